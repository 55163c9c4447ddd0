import type { Span } from "../base/span.js";
import type { DiagnosticCode } from "./registry.js";

export type Severity = "error" | "warning";

/** A second place that explains the first: where a name was declared, where a value was lost. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** Replaces the text of `span`; an empty span inserts. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** A change that mends the mistake. Without `edits` it is advice only. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/**
 * What the compiler says about a script, as data; the renderers for terminal, editor and JSON read it.
 * `message` says what is wrong with this code, in one sentence; `label` stands under the marked tokens; `notes`
 * say what is known and where it came from.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  readonly label: string | undefined;
  readonly notes: readonly string[];
  readonly related: readonly Related[];
  readonly fixes: readonly Fix[];
}

export interface DiagnosticDetails {
  readonly label?: string;
  readonly notes?: readonly string[];
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
  readonly severity?: Severity;
}

/** Makes a diagnostic; what is left out is empty. */
export function diagnostic(
  code: DiagnosticCode,
  span: Span,
  message: string,
  details: DiagnosticDetails = {},
): Diagnostic {
  return {
    code,
    severity: details.severity ?? "error",
    message,
    span,
    label: details.label,
    notes: details.notes ?? [],
    related: details.related ?? [],
    fixes: details.fixes ?? [],
  };
}

/** Where a pass puts what it finds. */
export type Report = (found: Diagnostic) => void;

export function hasErrors(found: readonly Diagnostic[]): boolean {
  return found.some((one) => one.severity === "error");
}
