/** `xdpl test`: runs the tests of scripts in the simulator. */
import { mkdirSync, readdirSync, watch as watchFile } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import { fileHost } from "../host.js";
import { readCapture, writePcap } from "../pcap/index.js";
import { analyze, testModule } from "../pipeline.js";
import { coveragePage, lcov, runTests, type FileCoverage, type TestResult } from "../testing/index.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import { readBytes } from "./object-input.js";
import { writeOutputs } from "./output.js";
import type { Context, TestFlags } from "./program.js";
import { jsonCounts, showDiagnostics, showJson } from "./report.js";
import { readScripts } from "./sources.js";
import { openProgress, showCoverage, showSummary, type FileResult } from "./test-report.js";
import { jsonTests, junit } from "./test-reports.js";

export async function test(context: Context, files: readonly string[], flags: TestFlags): Promise<ExitCode> {
  const chosen = files.length > 0 || flags.e !== undefined ? files : scriptsHere();
  if (flags.watch) return watchAndRun(context, chosen, flags);
  return runOnce(context, chosen, flags);
}

function whole(text: string | undefined, name: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= 1_000_000_000) return number;
  throw usage(`${name} takes a whole number from ${least} on, not \`${text}\``);
}

/** The scripts of the working directory. */
function scriptsHere(): readonly string[] {
  const found = readdirSync(".").filter((name) => name.endsWith(".xdpl"));
  if (found.length === 0) throw usage("there is no script here", "name one: xdpl test firewall.xdpl");
  return found.toSorted();
}

function runOnce(context: Context, files: readonly string[], flags: TestFlags): ExitCode {
  const seed = whole(flags.seed, "--seed", 1) ?? 1 + Math.floor(Math.random() * 999_999);
  const runs = whole(flags.runs, "--runs", 1) ?? 300;
  const { json, terminal } = context;
  const quiet = json || flags.reporter === "json" || flags.reporter === "junit";
  const progress = openProgress(terminal, quiet);
  const results: FileResult[] = [];
  const found: Diagnostic[] = [];
  for (const source of readScripts(files, flags, "test")) {
    const analysis = analyze(source, fileHost());
    if (!quiet) showDiagnostics(context, analysis.diagnostics);
    found.push(...analysis.diagnostics);
    const module = testModule(analysis);
    if (!module) {
      results.push({ path: source.path, results: [], coverage: [], broken: true });
      continue;
    }
    progress.file(source.path);
    const report = runTests(analysis.checked, module, {
      seed,
      runs,
      filter: flags.t,
      readCapture: (path) => packetsIn(source.path, path),
      onTest: progress.test,
    });
    for (const result of report.results) keepPacket(source.path, result, flags);
    results.push({ path: source.path, ...report, broken: false });
  }
  const failed = hasErrors(found) || results.some((one) => one.results.some(({ failure }) => failure));
  writeCoverage(results, flags);
  if (flags.reporter === "junit") terminal.out(junit(results));
  else if (quiet) showJson(context, { ...jsonCounts(found), ok: !failed, ...jsonTests(results, seed) });
  else {
    showSummary(terminal, results, seed);
    if (flags.coverage !== undefined) showCoverage(terminal, mergedCoverage(results));
  }
  return failed ? exitCode.script : exitCode.ok;
}

/** A capture that a script names lies beside it. */
function packetsIn(script: string, path: string): readonly Uint8Array[] | string {
  const file = isAbsolute(path) || script.startsWith("<") ? path : join(dirname(script), path);
  try {
    const read = readCapture(readBytes(file, "the capture"));
    if (!read.ok) return `\`${path}\` is not a capture: ${read.message}`;
    return read.capture.packets.map(({ data }) => data);
  } catch (error) {
    return error instanceof Error ? error.message : `\`${path}\` can't be read`;
  }
}

/** The packet on which a property failed, beside the script. */
function keepPacket(script: string, { test, packet }: TestResult, flags: TestFlags): void {
  if (!packet) return;
  const name = `${test.name.replaceAll(/[^a-zA-Z0-9]+/g, "-").slice(0, 60)}.pcap`;
  const folder = flags.out ?? (script.startsWith("<") ? "." : dirname(script));
  if (flags.out !== undefined) mkdirSync(folder, { recursive: true });
  writeOutputs([{ path: join(folder, name), content: writePcap([{ data: packet }]) }]);
}

function mergedCoverage(results: readonly FileResult[]): readonly FileCoverage[] {
  return results.flatMap((one) => one.coverage);
}

function writeCoverage(results: readonly FileResult[], { coverage }: TestFlags): void {
  if (coverage !== "lcov" && coverage !== "html") return;
  mkdirSync("coverage", { recursive: true });
  const files = mergedCoverage(results);
  const path = coverage === "lcov" ? "coverage/lcov.info" : "coverage/index.html";
  writeOutputs([{ path, content: Buffer.from(coverage === "lcov" ? lcov(files) : coveragePage(files)) }]);
}

/** Runs again when a script changes; ends with ^C. */
async function watchAndRun(context: Context, files: readonly string[], flags: TestFlags): Promise<ExitCode> {
  let last = runOnce(context, files, flags);
  await new Promise<void>((resolve) => {
    let waiting: NodeJS.Timeout | undefined;
    const folders = new Set(files.map((file) => dirname(file)));
    const watchers = [...folders].map((folder) =>
      watchFile(folder, (_, name) => {
        if (name !== null && !name.endsWith(".xdpl")) return;
        clearTimeout(waiting);
        waiting = setTimeout(() => {
          context.terminal.out("\n");
          last = runOnce(context, files, flags);
        }, 50);
      }),
    );
    process.once("SIGINT", () => {
      clearTimeout(waiting);
      for (const one of watchers) one.close();
      resolve();
    });
  });
  return last;
}
