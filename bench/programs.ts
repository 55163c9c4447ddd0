/** Instructions, what the verifier had to do, and time a packet: each example beside its twin in C. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  instructionCounts,
  onOneCpu,
  openObject,
  readElf,
  TestRunner,
  type LoadedObject,
} from "../src/loader/index.js";
import { compileModule } from "../src/llvm/index.js";
import { buildWith } from "../src/pipeline.js";
import { fileHost, readSource } from "../src/host.js";
import { renderDiagnostics } from "../src/diagnostics/render.js";
import { emptyLoad, loads, type Load } from "./loads.js";
import { median, ratio, table } from "./numbers.js";

const root = join(import.meta.dirname, "..");
const rounds = 15;
const repeated = 200_000;
const single = 3000;

export function clangArguments(name: string): string[] {
  const include = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch as "x64" | "arm64"];
  return ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-I", join(root, "bench/twins")].concat(
    include === undefined ? [] : ["-I", `/usr/include/${include}`],
    ["-c", join(root, "bench/twins", `${name}.c`)],
  );
}

export function compileTwin(name: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  try {
    const out = join(folder, "twin.o");
    execFileSync("clang-19", [...clangArguments(name), "-o", out], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new Uint8Array(readFileSync(out));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function compileExample(path: string): Uint8Array {
  const built = buildWith(compileModule, readSource(path), fileHost(), "obj");
  if (built.output === undefined || typeof built.output === "string")
    throw new Error(renderDiagnostics(built.diagnostics) || `${path} can't be built`);
  return built.output;
}

interface Subject {
  readonly object: LoadedObject;
  readonly runner: TestRunner;
  readonly load: Load;
  readonly times: number[];
}

function load(bytes: Uint8Array, what: Load): Subject {
  const result = openObject(bytes).load();
  if (result.kind === "rejected") throw new Error(`${result.program} rejected: ${result.log.slice(-600)}`);
  what.prepare?.(result.object);
  const [program] = result.object.programs;
  if (!program) throw new Error("no program");
  return { object: result.object, runner: new TestRunner(program.fd), load: what, times: [] };
}

/** One round of one subject. */
function measure({ runner, load: { packet, once }, times }: Subject): void {
  if (!once) {
    times.push(runner.run(packet, { repeat: repeated }).durationNs);
    return;
  }
  const each: number[] = [];
  for (let run = 0; run < single; run++) each.push(runner.run(packet).durationNs);
  // The kernel gives whole nanoseconds: the mean of the middle half says more than the median.
  each.sort((a, b) => a - b);
  const middle = each.slice(single / 4, (3 * single) / 4);
  times.push(middle.reduce((sum, one) => sum + one, 0) / middle.length);
}

/** Instructions of all functions of all programs. */
export function instructions(bytes: Uint8Array): number {
  const read = readElf(bytes);
  if (!read.ok) throw new Error(read.message);
  return [...instructionCounts(read.elf).values()].reduce((sum, one) => sum + one, 0);
}

function processed(object: LoadedObject): number {
  return object.programs.reduce((sum, one) => sum + (one.statistics?.processed ?? 0), 0);
}

const drop = "xdp empty(pkt) { return DROP; }";

export interface ProgramResult {
  readonly name: string;
  readonly path: string;
  readonly instructions: readonly [xdpl: number, c: number];
  readonly processed: readonly [xdpl: number, c: number];
  readonly nanoseconds: readonly [xdpl: number, c: number];
}

export function measurePrograms(names: readonly string[], log: (line: string) => void): ProgramResult[] {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  writeFileSync(join(folder, "empty.xdpl"), drop);
  const empty = load(compileExample(join(folder, "empty.xdpl")), emptyLoad);
  const results: ProgramResult[] = [];
  try {
    for (const name of names) {
      const what = loads[name];
      if (!what) continue;
      const ours = compileExample(join(root, "examples", `${name}.xdpl`));
      const theirs = compileTwin(name);
      const left = load(ours, what);
      const right = load(theirs, what);
      empty.times.length = 0;
      onOneCpu(() => {
        for (let round = 0; round < rounds; round++) {
          // Each goes first every other time.
          for (const one of round % 2 === 0 ? [left, right] : [right, left]) measure(one);
          if (what.once) measure(empty);
        }
      });
      const base = what.once ? median(empty.times) : 0;
      results.push({
        name,
        path: what.path,
        instructions: [instructions(ours), instructions(theirs)],
        processed: [processed(left.object), processed(right.object)],
        nanoseconds: [median(left.times) - base, median(right.times) - base],
      });
      left.object.close();
      right.object.close();
    }
  } finally {
    empty.object.close();
    rmSync(folder, { recursive: true, force: true });
  }
  log(showPrograms(results));
  return results;
}

function showPrograms(results: readonly ProgramResult[]): string {
  const head = ["example", "insns", "C", "ratio", "verifier", "C", "ratio", "ns", "C", "ratio", "path"];
  const rows = results.map(({ name, path, instructions: i, processed: p, nanoseconds: n }) => [
    name,
    ...[i, p].flatMap(([ours, theirs]) => [String(ours), String(theirs), ratio(ours, theirs)]),
    n[0].toFixed(1),
    n[1].toFixed(1),
    ratio(n[0], n[1]),
    path,
  ]);
  return table(head, rows);
}
