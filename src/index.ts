/**
 * xdpl as a library.
 *
 * ```ts
 * import { check, compile, render } from "xdpl";
 *
 * const result = await compile("xdp f(pkt) { return DROP; }");
 * if (result.ok) await writeFile("f.o", result.object);
 * else console.error(render(result.diagnostics));
 * ```
 */
import type { SourceFile } from "./base/span.js";
import { hasErrors, type Diagnostic } from "./diagnostics/diagnostic.js";
import { jsonDiagnostic, type JsonDiagnostic } from "./diagnostics/render-json.js";
import { renderDiagnostics, type RenderOptions } from "./diagnostics/render.js";
import { fileHost, readSource } from "./host.js";
import { openSimulation, type Simulation, type SimulationOptions } from "./sim/simulate.js";
import { analyze, build, type AnalyzeOptions, type BuildOptions } from "./pipeline.js";

export type { Diagnostic, Fix, Related, Severity, TextEdit } from "./diagnostics/diagnostic.js";
export type { SourceFile, Span } from "./base/span.js";
export type { JsonDiagnostic, JsonPosition, JsonSpan } from "./diagnostics/render-json.js";
export type { RenderOptions } from "./diagnostics/render.js";
export type { AnalyzeOptions, BuildOptions } from "./pipeline.js";
export {
  SimulationError,
  type SimulatedRun,
  type SimulatedValue,
  type Simulation,
  type SimulationOptions,
} from "./sim/simulate.js";
export type { MapContents, MapContentsEntry } from "./run/contents.js";
export type { Decoded } from "./run/format-value.js";
export type { ProgramEvent } from "./run/print-text.js";

/** A script's text, or where it is. Imports are relative to the file, or to the working directory for a text. */
export type Script = string | { readonly file: string };

export interface CheckResult {
  /** No errors; there may be warnings. */
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export type CompileResult =
  | { readonly ok: true; readonly object: Uint8Array; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** There is no libLLVM that can be used; `remedy` says how to get one. */
export class LlvmUnavailable extends Error {
  override readonly name = "LlvmUnavailable";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(`${message}: ${remedy}`);
    this.remedy = remedy;
  }
}

function sourceOf(script: Script): SourceFile {
  return typeof script === "string" ? { path: "<script>", text: script } : readSource(script.file);
}

/** Says what is wrong with a script. Needs neither LLVM nor privileges. */
export function check(script: Script, options: AnalyzeOptions = {}): CheckResult {
  const { diagnostics } = analyze(sourceOf(script), fileHost(), options);
  return { ok: !hasErrors(diagnostics), diagnostics };
}

/** Compiles a script to a BPF object. Throws {@link LlvmUnavailable} when the machine has no libLLVM. */
export async function compile(script: Script, options: BuildOptions = {}): Promise<CompileResult> {
  const { diagnostics, output, missing } = await build(sourceOf(script), fileHost(), "obj", options);
  if (missing) throw new LlvmUnavailable(missing.message, missing.remedy);
  return typeof output === "object" ? { ok: true, object: output, diagnostics } : { ok: false, diagnostics };
}

export type SimulateResult =
  | { readonly ok: true; readonly simulation: Simulation; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * A script in the simulator: its programs run on packets, without privileges, libLLVM or a kernel.
 *
 * ```ts
 * const made = simulate({ file: "firewall.xdpl" });
 * if (!made.ok) throw new Error(render(made.diagnostics));
 * made.simulation.set("blocked", "192.0.2.0/24", "0");
 * expect(made.simulation.run(packet).verdict).toBe("DROP");
 * ```
 */
export function simulate(script: Script, options: SimulationOptions = {}): SimulateResult {
  const { diagnostics, ir } = analyze(sourceOf(script), fileHost());
  return ir ? { ok: true, simulation: openSimulation(ir, options), diagnostics } : { ok: false, diagnostics };
}

/** Diagnostics as the command shows them: the place, the source, what to do. */
export function render(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  return renderDiagnostics(diagnostics, options);
}

/** A diagnostic as a plain value with lines and columns, the same as `xdpl check --json` prints. */
export function toJson(diagnostic: Diagnostic): JsonDiagnostic {
  return jsonDiagnostic(diagnostic);
}
