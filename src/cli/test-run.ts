/** `xdpl test-run`: what a program does to the packets of a capture, in the kernel or in the simulator. */
import { assertNever } from "../base/invariant.js";
import type { SourceFile } from "../base/span.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { fileHost } from "../host.js";
import type { IrModule, IrProgram } from "../ir/ir.js";
import { writePcap, type CapturedPacket, type PacketToWrite } from "../pcap/index.js";
import { analyze, type Analysis } from "../pipeline.js";
import type { PacketOutcome, PacketTestReport } from "../run/report.js";
import { openCaptures, packetsOf, readWhole } from "./captures.js";
import { engineOf, type Engine } from "./engine.js";
import { environment, exitCode, usage, type ExitCode } from "./failure.js";
import { compileScript, objectIn, showRejection } from "./object-input.js";
import { writeOutputs } from "./output.js";
import type { Context, TestRunFlags } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { parameters } from "./set-params.js";
import { readScripts } from "./sources.js";
import { openPacketLines, showReport } from "./test-run-report.js";

function scriptOf(file: string | undefined, flags: TestRunFlags): SourceFile {
  const [source] = readScripts(file === undefined ? [] : [file], flags, "test-run");
  if (!source) throw usage("no script is given");
  return source;
}

function targetOf(flags: TestRunFlags): { readonly target?: string } {
  return flags.target === undefined ? {} : { target: flags.target };
}

function count(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100_000_000)
    throw usage(`--repeat takes a number from 1 to 100000000, not \`${text}\``);
  return number;
}

/** Where the program runs, and a remark when nobody chose. */
async function chooseEngine(
  flags: TestRunFlags,
  object: Uint8Array | undefined,
): Promise<{ readonly engine: Engine; readonly remark?: string }> {
  const asked = engineOf(flags.engine);
  if (object) {
    if (asked === undefined || asked === "kernel") return { engine: "kernel" };
    throw usage("an object runs in the kernel only", "give the script to run it in the simulator");
  }
  if (asked !== undefined) return { engine: asked };
  const { probeBpf } = await import("../loader/probe.js");
  const refused = probeBpf();
  if (!refused) return { engine: "kernel" };
  return { engine: "sim", remark: `${refused.message}: the program runs in the simulator` };
}

export async function testRun(
  context: Context,
  file: string | undefined,
  flags: TestRunFlags,
): Promise<ExitCode> {
  const repeat = count(flags.repeat);
  const object = objectIn(file, flags);
  const { engine, remark } = await chooseEngine(flags, object);
  if (remark !== undefined && !context.json) context.terminal.err(`xdpl: ${remark}\n`);
  switch (engine) {
    case "kernel":
      return inKernel(context, object ?? scriptOf(file, flags), flags, repeat);
    case "sim":
      return inSimulator(context, scriptOf(file, flags), flags, repeat);
    case "both":
      if (repeat !== undefined) throw usage("--repeat measures, and --engine both compares");
      return inBoth(context, scriptOf(file, flags), flags);
    default:
      return assertNever(engine, "engine");
  }
}

/** Shows what a script's diagnostics and exit code are, where it can't run. */
function notRun(context: Context, found: readonly Diagnostic[]): ExitCode {
  if (context.json) showJson(context, jsonCounts(found));
  return exitFor(found);
}

async function inKernel(
  context: Context,
  given: Uint8Array | SourceFile,
  flags: TestRunFlags,
  repeat: number | undefined,
): Promise<ExitCode> {
  const captures = flags.pcap.map(readWhole);
  const packets = captures.flatMap((capture) => capture.packets);
  const { object, found } =
    given instanceof Uint8Array ? { object: given, found: [] } : await compileScript(context, given, flags);
  if (!object) return notRun(context, found);
  const { readMetadata } = await import("../loader/metadata.js");
  const { testRunPackets } = await import("../run/test-run.js");
  const read = readMetadata(object);
  const result = testRunPackets(object, packets, {
    params: parameters(flags.set ?? [], read.ok ? read.metadata : undefined),
    ...(flags.program === undefined ? {} : { program: flags.program }),
    ...(repeat === undefined ? {} : { repeat }),
  });
  if (result.kind === "rejected") return showRejection(context, result);
  return finish(context, flags, result, {
    engine: "kernel",
    captures,
    repeat,
    written: writeChanged(flags, result, packets),
  });
}

async function inSimulator(
  context: Context,
  source: SourceFile,
  flags: TestRunFlags,
  repeat: number | undefined,
): Promise<ExitCode> {
  const analysis = analyzed(context, source, targetOf(flags));
  if (!analysis.ir) return notRun(context, analysis.diagnostics);
  const { findProgram, metadataOf, simulatePackets } = await import("../sim/index.js");
  requireProgram(analysis.ir, flags.program, findProgram);
  const captures = openCaptures(flags.pcap);
  const changed: PacketToWrite[] = [];
  const packetLines = openPacketLines(context.terminal, repeat);
  const quiet = flags.quiet ?? false;
  const keep = context.json && !quiet;
  const outcomes: PacketOutcome[] = [];
  const report = simulatePackets(analysis.ir, packetsOf(captures), {
    params: parameters(flags.set ?? [], metadataOf(analysis.ir)),
    ...(flags.program === undefined ? {} : { program: flags.program }),
    ...(repeat === undefined ? {} : { repeat }),
    onPacket: (outcome, { timeNs }) => {
      if (keep) outcomes.push(outcome);
      else if (!quiet) packetLines.add(outcome);
      if (flags.out !== undefined && outcome.kind === "ran" && outcome.changed)
        changed.push({ data: outcome.changed, timeNs });
    },
  });
  if (!keep && !quiet) packetLines.end();
  if (flags.out !== undefined) writeOutputs([{ path: flags.out, content: writePcap(changed) }]);
  const written = flags.out === undefined ? undefined : changed.length;
  return finish(
    context,
    { ...flags, quiet: true },
    { ...report, packets: outcomes },
    { engine: "sim", captures, repeat, written },
  );
}

async function inBoth(context: Context, source: SourceFile, flags: TestRunFlags): Promise<ExitCode> {
  const captures = flags.pcap.map(readWhole);
  const packets = captures.flatMap((capture) => capture.packets);
  const analysis = analyzed(context, source, targetOf(flags));
  if (!analysis.ir) return notRun(context, analysis.diagnostics);
  const { findProgram, metadataOf } = await import("../sim/index.js");
  const { compareEngines } = await import("../testing/compare.js");
  requireProgram(analysis.ir, flags.program, findProgram);
  const result = compareEngines(analysis.ir, packets, {
    params: parameters(flags.set ?? [], metadataOf(analysis.ir)),
    ...(flags.program === undefined ? {} : { program: flags.program }),
  });
  if (result.kind === "missing") throw environment(result.missing.message, result.missing.remedy);
  if (result.kind === "rejected") return showRejection(context, result);
  const { report, differences } = result;
  const written = writeChanged(flags, report, packets);
  finish(context, flags, report, { engine: "both", captures, repeat: undefined, written, differences });
  return differences.length === 0 ? exitCode.ok : exitCode.script;
}

/** A script, checked and verified. */
function analyzed(context: Context, source: SourceFile, options: { readonly target?: string }): Analysis {
  const analysis = analyze(source, fileHost(), options);
  showDiagnostics(context, analysis.diagnostics);
  return analysis;
}

function requireProgram(
  ir: IrModule,
  name: string | undefined,
  find: (ir: IrModule, name: string | undefined) => IrProgram | undefined,
): void {
  if (find(ir, name)) return;
  const names = ir.programs.map((one) => `\`${one.name}\``).join(", ");
  if (name !== undefined) throw usage(`there is no program \`${name}\``, `there is ${names}`);
  throw names === ""
    ? usage("the script has no program")
    : usage("the script has several programs", `choose one of ${names} with --program`);
}

/** Writes the packets that were changed; how many, when that was asked for. */
function writeChanged(
  { out }: TestRunFlags,
  report: PacketTestReport,
  packets: readonly CapturedPacket[],
): number | undefined {
  if (out === undefined) return undefined;
  const changed = report.packets.flatMap((packet) => {
    if (packet.kind !== "ran" || !packet.changed) return [];
    return [{ data: packet.changed, timeNs: packets[packet.index]?.timeNs ?? 0n }];
  });
  writeOutputs([{ path: out, content: writePcap(changed) }]);
  return changed.length;
}

interface Ran {
  readonly engine: Engine;
  readonly captures: readonly { readonly path: string; readonly warnings: readonly string[] }[];
  readonly repeat: number | undefined;
  readonly written: number | undefined;
  /** Between the engines, when both ran. */
  readonly differences?: readonly string[];
}

const mostDifferences = 20;

function finish(context: Context, flags: TestRunFlags, report: PacketTestReport, ran: Ran): ExitCode {
  const { engine, captures, repeat, written, differences } = ran;
  const warnings = captures.flatMap((one) => one.warnings);
  if (context.json) {
    const ok = (differences ?? []).length === 0;
    showJson(context, { ok, engine, ...jsonReport(report), ...(differences && { differences }), warnings });
    return exitCode.ok;
  }
  const { terminal } = context;
  for (const { path, warnings: own } of captures)
    for (const warning of own) terminal.err(`xdpl: ${path}: ${warning}\n`);
  showReport(terminal, report, { quiet: flags.quiet ?? false, repeat });
  if (written !== undefined) terminal.out(`\n${written} changed packets written to ${flags.out ?? ""}\n`);
  if (!differences) return exitCode.ok;
  terminal.out(
    differences.length === 0
      ? "\nkernel and simulator agree\n"
      : `\nkernel and simulator differ in ${differences.length} places, which is a bug in xdpl:\n`,
  );
  for (const one of differences.slice(0, mostDifferences)) terminal.out(`  ${one}\n`);
  return exitCode.ok;
}

function jsonReport(report: PacketTestReport): object {
  return {
    program: report.program,
    totals: Object.fromEntries(report.totals),
    skipped: report.skipped,
    changed: report.changed,
    packets: report.packets.map((packet) =>
      packet.kind === "skipped"
        ? { index: packet.index, skipped: packet.reason }
        : {
            index: packet.index,
            verdict: packet.verdictName,
            nanoseconds: packet.durationNs,
            changed: packet.changed === undefined ? null : Buffer.from(packet.changed).toString("hex"),
            events: packet.events,
          },
    ),
    maps: report.maps,
  };
}
