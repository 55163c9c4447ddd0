/** How diagnostics leave a command: as text on standard error, or as part of its JSON. */
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import { jsonDiagnostic, type JsonDiagnostic } from "../diagnostics/render-json.js";
import { renderDiagnostics } from "../diagnostics/render.js";
import { exitCode, type ExitCode } from "./failure.js";
import type { Context } from "./program.js";

export function showDiagnostics({ terminal, json }: Context, found: readonly Diagnostic[]): void {
  if (!json && found.length > 0)
    terminal.err(renderDiagnostics(found, { color: terminal.errColor, width: terminal.width }));
}

export interface JsonCounts {
  readonly ok: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly JsonDiagnostic[];
}

/** The part that the JSON of all commands which compile has in common. */
export function jsonCounts(found: readonly Diagnostic[]): JsonCounts {
  const errors = found.filter((one) => one.severity === "error").length;
  return {
    ok: errors === 0,
    errors,
    warnings: found.length - errors,
    diagnostics: found.map(jsonDiagnostic),
  };
}

export function showJson({ terminal }: Context, value: unknown): void {
  const text = JSON.stringify(
    value,
    (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one),
    2,
  );
  terminal.out(`${text}\n`);
}

export function exitFor(found: readonly Diagnostic[]): ExitCode {
  return hasErrors(found) ? exitCode.script : exitCode.ok;
}
