/** Diagnostics of the checker, each mistake once. */
import type { Span } from "../base/span.js";
import type { Diagnostic, Report } from "../diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../diagnostics/registry.js";
import type { Resolved } from "../resolve/index.js";

/** Follow from what every statement does; where one could not be read they are guesses. */
const guesses: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  "XD3101",
  "XD3102",
  "XD3104",
  "XD3206",
  "XD3207",
  "XD3303",
  "XD3309",
]);

/**
 * Keeps one diagnostic of a kind for a place, also when a body is checked several times, and none that a syntax
 * error in the same declaration may have caused.
 */
export function collector(resolved: Resolved): { readonly report: Report; readonly found: Diagnostic[] } {
  const found: Diagnostic[] = [];
  const seen = new Map<object, Set<string>>();
  const report: Report = (one) => {
    const keys = seen.get(one.span.file) ?? new Set<string>();
    seen.set(one.span.file, keys);
    const key = `${one.code} ${one.span.start} ${one.span.end}`;
    if (keys.has(key)) return;
    keys.add(key);
    if ((one.severity === "warning" || guesses.has(one.code)) && nearFault(resolved, one.span)) return;
    found.push(one);
  };
  return { report, found };
}

function nearFault(resolved: Resolved, span: Span): boolean {
  const faults = resolved.faults.get(span.file) ?? [];
  if (faults.length === 0) return false;
  const scope = resolved.modules.find((one) => one.module.file === span.file);
  const around = scope?.module.declarations.find(
    (one) => one.span.start <= span.start && span.end <= one.span.end,
  );
  const [start, end] = around ? [around.span.start, around.span.end] : [0, span.file.text.length];
  return faults.some((at) => at >= start && at <= end);
}
