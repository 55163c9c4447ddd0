/** `xdpl trace`: one packet's way through a script. */
import { lineColumn } from "../base/span.js";
import { fileHost } from "../host.js";
import { analyze, testModule } from "../pipeline.js";
import { findProgram, metadataOf } from "../sim/index.js";
import { openSession, type Layer, type ProgramRun } from "../testing/index.js";
import { readWhole } from "./captures.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import type { Context, TraceFlags } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { parameters } from "./set-params.js";
import { readScripts } from "./sources.js";
import { stepLines } from "./test-report.js";

export async function trace(
  context: Context,
  file: string | undefined,
  flags: TraceFlags,
): Promise<ExitCode> {
  const [source] = readScripts(file === undefined ? [] : [file], flags, "trace");
  if (!source) throw usage("no script is given");
  const { path, packets } = readWhole(flags.pcap);
  const number = Number(flags.packet ?? "1");
  const packet = packets[number - 1];
  if (!Number.isInteger(number) || !packet)
    throw usage(`--packet takes a number from 1 to ${packets.length}, not \`${flags.packet ?? ""}\``);
  const analysis = analyze(source, fileHost());
  showDiagnostics(context, analysis.diagnostics);
  const tests = testModule(analysis);
  if (!tests) {
    if (context.json) showJson(context, jsonCounts(analysis.diagnostics));
    return exitFor(analysis.diagnostics);
  }
  const program = findProgram(tests.module, flags.program);
  if (!program) {
    const names = tests.module.programs.map((one) => `\`${one.name}\``).join(", ");
    throw usage("which program? choose one with --program", `there is ${names}`);
  }
  const params = parameters(flags.set ?? [], metadataOf(tests.module));
  const session = openSession(analysis.checked, tests, { seed: 1, readCapture: () => "" });
  // Those before it run too: maps hold what they would hold.
  const run = session.trace(program.name, packets.slice(0, number), (machine) => {
    for (const { name, bytes } of params) machine.globalNamed(name)?.bytes.set(bytes);
  });
  if (!run) throw usage("the capture has no packets");
  const layers = session.layersOf(run.before);
  if (context.json) showJson(context, jsonTrace(number, run, session.dissect(run.before)));
  else {
    const { terminal } = context;
    terminal.out(`packet ${number} of ${path}, ${packet.data.length} bytes\n`);
    for (const layer of layers) terminal.out(`  ${layer}\n`);
    terminal.out(`\n${program.name}\n`);
    for (const line of stepLines(run.steps, Infinity)) terminal.out(`  ${line}\n`);
    terminal.out(`\n→ ${run.verdict ?? "did not end"}\n`);
    if (Buffer.compare(run.before, run.after) !== 0) {
      terminal.out(`\nthe packet afterwards, ${run.after.length} bytes\n`);
      for (const layer of session.layersOf(run.after)) terminal.out(`  ${layer}\n`);
    }
  }
  return exitCode.ok;
}

function jsonTrace(number: number, run: ProgramRun, layers: readonly Layer[]): object {
  return {
    ok: true,
    program: run.program,
    packet: {
      number,
      bytes: Buffer.from(run.before).toString("hex"),
      layers: layers.map(({ name, offset, size, fields }) => ({
        name,
        offset,
        size,
        fields: Object.fromEntries(fields.map((field) => [field.name, `${field.value}`])),
      })),
    },
    steps: run.steps.map(({ span, value, outcome }) => {
      const { line, column } = lineColumn(span.file, span.start);
      return {
        path: span.file.path,
        line,
        column,
        start: span.start,
        end: span.end,
        ...(value && { variable: value.name, value: value.text }),
        ...(outcome === undefined ? {} : { outcome }),
      };
    }),
    verdict: run.verdict,
    after: Buffer.compare(run.before, run.after) === 0 ? null : Buffer.from(run.after).toString("hex"),
  };
}
