/** Diagnostics and their fixes as the protocol has them. */
import {
  CodeActionKind,
  DiagnosticSeverity,
  DiagnosticTag,
  type CodeAction,
  type Diagnostic as LspDiagnostic,
  type TextEdit as LspTextEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import type { Diagnostic, Fix, TextEdit } from "../diagnostics/diagnostic.js";
import { rangeOf } from "./positions.js";
import { locationOf, uriOf } from "./uris.js";

export const source = "xdpl";

/** Codes of what makes no difference to a script and may be shown faded. */
const faded: ReadonlySet<string> = new Set(["XD3304"]);

export function lspDiagnostic(one: Diagnostic): LspDiagnostic {
  const { code, severity, related } = one;
  return {
    range: rangeOf(one.span),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source,
    message: messageOf(one),
    ...(faded.has(code) && { tags: [DiagnosticTag.Unnecessary] }),
    relatedInformation: related.map(({ span, message }) => ({ location: locationOf(span), message })),
  };
}

/** Editors show one text: label and notes follow the message, and what can be done where no edit can do it. */
function messageOf({ message, label, notes, fixes }: Diagnostic): string {
  const advice = fixes.filter((fix) => fix.edits.length === 0).map((fix) => `Help: ${fix.title}`);
  const more = label === undefined || message.includes(label) ? [] : [label];
  return [message, ...more, ...notes, ...advice].join("\n");
}

/** The fixes of the diagnostics that stand in a range. */
export function fixActions(
  found: readonly Diagnostic[],
  at: { start: number; end: number },
): readonly CodeAction[] {
  return found
    .filter(({ span }) => span.start <= at.end && at.start <= span.end)
    .flatMap((one) => {
      const fixes = one.fixes.filter((fix) => fix.edits.length > 0);
      return fixes.map((fix) => fixAction(one, fix, fixes.length === 1));
    });
}

function fixAction(one: Diagnostic, fix: Fix, only: boolean): CodeAction {
  return {
    title: fix.title.charAt(0).toUpperCase() + fix.title.slice(1),
    kind: CodeActionKind.QuickFix,
    diagnostics: [lspDiagnostic(one)],
    isPreferred: only,
    edit: workspaceEdit(fix.edits),
  };
}

/** All fixes in a document that leave no choice, in one edit; those that overlap wait for the next time. */
export function fixAll(found: readonly Diagnostic[]): CodeAction | undefined {
  const edits: TextEdit[] = [];
  for (const { fixes } of found) {
    const possible = fixes.filter((fix) => fix.edits.length > 0);
    const [fix] = possible;
    if (!fix || possible.length !== 1) continue;
    const apart = fix.edits.every((edit) => edits.every((other) => isApart(edit, other)));
    if (apart) edits.push(...fix.edits);
  }
  if (edits.length === 0) return undefined;
  return {
    title: "Fix all that can be fixed",
    kind: CodeActionKind.SourceFixAll,
    edit: workspaceEdit(edits),
  };
}

function isApart({ span: a }: TextEdit, { span: b }: TextEdit): boolean {
  return a.file.path !== b.file.path || a.end < b.start || b.end < a.start;
}

export function workspaceEdit(edits: readonly TextEdit[]): WorkspaceEdit {
  const changes: Record<string, LspTextEdit[]> = {};
  for (const { span, text } of edits) {
    const uri = uriOf(span.file.path);
    (changes[uri] ??= []).push({ range: rangeOf(span), newText: text });
  }
  return { changes };
}
