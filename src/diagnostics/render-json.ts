/** Diagnostics for programs. The shape is stable: fields are added, never renamed or taken away. */
import { lineColumn, type Span } from "../base/span.js";
import type { Diagnostic } from "./diagnostic.js";
import { registry } from "./registry.js";

/** `offset` counts UTF-16 code units from 0; `line` and `column` from 1, the column in UTF-16 code units too. */
export interface JsonPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Half open: `end` is the position after the last character. */
export interface JsonSpan {
  readonly file: string;
  readonly start: JsonPosition;
  readonly end: JsonPosition;
}

export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** What the code stands for in general; `message` says it of this script. */
  readonly title: string;
  readonly message: string;
  readonly span: JsonSpan;
  /** What stands under the marked tokens, or null. */
  readonly label: string | null;
  readonly notes: readonly string[];
  readonly related: readonly { readonly span: JsonSpan; readonly message: string }[];
  readonly fixes: readonly {
    readonly title: string;
    readonly edits: readonly { readonly span: JsonSpan; readonly text: string }[];
  }[];
}

export function jsonSpan({ file, start, end }: Span): JsonSpan {
  return {
    file: file.path,
    start: { offset: start, ...lineColumn(file, start) },
    end: { offset: end, ...lineColumn(file, end) },
  };
}

/** One diagnostic as a value for `JSON.stringify`. */
export function jsonDiagnostic(one: Diagnostic): JsonDiagnostic {
  return {
    code: one.code,
    severity: one.severity,
    title: registry[one.code],
    message: one.message,
    span: jsonSpan(one.span),
    label: one.label ?? null,
    notes: one.notes,
    related: one.related.map(({ span, message }) => ({ span: jsonSpan(span), message })),
    fixes: one.fixes.map(({ title, edits }) => ({
      title,
      edits: edits.map(({ span, text }) => ({ span: jsonSpan(span), text })),
    })),
  };
}
