/** Diagnostics for people, in a terminal. */
import pc from "picocolors";
import { lineColumn, lineText, type SourceFile, type Span } from "../base/span.js";
import type { Diagnostic, Fix, TextEdit } from "./diagnostic.js";
import { excerpt, lineRange, margin, type Frame, type Mark, type Paint } from "./render-excerpt.js";
import { drawLine, safe, sliceCells, wrap } from "./render-width.js";

export interface RenderOptions {
  readonly color?: boolean;
  /** Cells of the terminal; 80 unless told. */
  readonly width?: number;
}

function painter(color: boolean): Paint {
  const colors = pc.createColors(color);
  return {
    error: (text) => colors.bold(colors.red(text)),
    warning: (text) => colors.bold(colors.yellow(text)),
    secondary: (text) => colors.bold(colors.blue(text)),
    frame: (text) => colors.blue(text),
    strong: (text) => colors.bold(text),
    removed: (text) => colors.red(text),
    added: (text) => colors.green(text),
  };
}

/** One diagnostic as lines of text, without a line break at the end. */
export function renderDiagnostic(one: Diagnostic, options: RenderOptions = {}): string {
  const paint = painter(options.color ?? false);
  const width = Math.max(40, options.width ?? 80);
  const frame: Frame = { paint, width, gutter: gutterFor(one) };
  const colour = one.severity === "error" ? paint.error : paint.warning;
  const lines: string[] = [];

  const head = `${one.severity} ${one.code}: `;
  wrap(safe(one.message), width - head.length).forEach((text, index) => {
    lines.push((index === 0 ? colour(head.trimEnd()) + " " : " ".repeat(head.length)) + paint.strong(text));
  });

  const mark: Mark = { span: one.span, label: one.label, sign: "^", paint: colour };
  const others = one.related.map((place): Mark => ({
    span: place.span,
    label: place.message,
    sign: "-",
    paint: paint.secondary,
  }));
  lines.push(place(frame, "-->", one.span));
  lines.push(margin(frame, undefined));
  lines.push(
    ...excerpt(frame, one.span.file, [mark, ...others.filter((other) => other.span.file === one.span.file)]),
  );
  for (const [file, marks] of byFile(others.filter((other) => other.span.file !== one.span.file))) {
    const [first] = marks;
    if (!first) continue;
    lines.push(margin(frame, undefined), place(frame, ":::", first.span), margin(frame, undefined));
    lines.push(...excerpt(frame, file, marks));
  }

  for (const note of one.notes) lines.push(...advice(frame, "note", safe(note)));
  for (const fix of one.fixes) lines.push(...renderFix(frame, fix));
  return lines.join("\n");
}

/** All diagnostics, an empty line between them, and the summary. Empty when there are none. */
export function renderDiagnostics(found: readonly Diagnostic[], options: RenderOptions = {}): string {
  if (found.length === 0) return "";
  const paint = painter(options.color ?? false);
  const errors = found.some((one) => one.severity === "error");
  const shown = found.map((one) => renderDiagnostic(one, options));
  return [...shown, (errors ? paint.error : paint.warning)(summary(found))].join("\n\n") + "\n";
}

/** `2 errors, 1 warning`; empty when there are none. */
export function summary(found: readonly Diagnostic[]): string {
  const count = (severity: string): string => {
    const number = found.filter((one) => one.severity === severity).length;
    return number === 0 ? "" : `${number} ${severity}${number === 1 ? "" : "s"}`;
  };
  return [count("error"), count("warning")].filter((text) => text !== "").join(", ");
}

/** `path:line:column`, as editors and terminals make it a link. */
export function location({ file, start }: Span): string {
  const { line, column } = lineColumn(file, start);
  return `${safe(file.path)}:${line}:${column}`;
}

function place(frame: Frame, arrow: string, span: Span): string {
  return `${" ".repeat(frame.gutter)}${frame.paint.frame(arrow)} ${location(span)}`;
}

function gutterFor(one: Diagnostic): number {
  const spans = [
    one.span,
    ...one.related.map((other) => other.span),
    ...one.fixes.flatMap((fix) => fix.edits.map((edit) => edit.span)),
  ];
  return Math.max(2, ...spans.map((span) => String(lineRange(span).last).length));
}

function byFile(marks: readonly Mark[]): Map<SourceFile, Mark[]> {
  const files = new Map<SourceFile, Mark[]>();
  for (const mark of marks) files.set(mark.span.file, [...(files.get(mark.span.file) ?? []), mark]);
  return files;
}

function advice(frame: Frame, kind: string, text: string): string[] {
  const indent = " ".repeat(frame.gutter + 1);
  const head = `${frame.paint.frame("=")} ${frame.paint.strong(`${kind}:`)} `;
  const hang = kind.length + 4;
  return wrap(text, frame.width - indent.length - hang).map((line, index) =>
    index === 0 ? `${indent}${head}${line}` : `${indent}${" ".repeat(hang)}${line}`,
  );
}

/** A run of whole lines of one file that edits replace. */
interface Hunk {
  readonly file: SourceFile;
  first: number;
  last: number;
  readonly edits: TextEdit[];
}

const longestHunk = 6;

function renderFix(frame: Frame, fix: Fix): string[] {
  const lines = advice(frame, "fix", safe(fix.title));
  for (const hunk of hunks(fix.edits)) {
    const before = linesOf(hunk.file, hunk.first, hunk.last);
    const after = applied(hunk).split("\n");
    // Lines that stay as they are, at either end, are not worth showing.
    let skip = 0;
    while (skip < before.length && skip < after.length && before[skip] === after[skip]) skip++;
    let tail = 0;
    while (
      tail < before.length - skip &&
      tail < after.length - skip &&
      before[before.length - 1 - tail] === after[after.length - 1 - tail]
    )
      tail++;
    lines.push(
      ...side(frame, "-", hunk.first + skip, before.slice(skip, before.length - tail), frame.paint.removed),
      ...side(frame, "+", hunk.first + skip, after.slice(skip, after.length - tail), frame.paint.added),
    );
  }
  return lines;
}

function side(
  frame: Frame,
  sign: "+" | "-",
  first: number,
  texts: readonly string[],
  paint: (text: string) => string,
): string[] {
  const room = Math.max(20, frame.width - frame.gutter - 3);
  const shown = texts.length > longestHunk ? texts.slice(0, longestHunk - 1) : texts;
  const lines = shown.map((text, index) => {
    const drawn = drawLine(text);
    const width = drawn.columns.at(-1) ?? 0;
    const cut = width > room ? sliceCells(drawn, 0, room - 1) + "…" : sliceCells(drawn, 0, width);
    return `${frame.paint.frame(String(first + index).padStart(frame.gutter))} ${paint(`${sign} ${cut}`.trimEnd())}`;
  });
  if (shown.length < texts.length)
    lines.push(
      `${" ".repeat(frame.gutter + 1)}${paint(`${sign} … ${texts.length - shown.length} more lines`)}`,
    );
  return lines;
}

function hunks(edits: readonly TextEdit[]): Hunk[] {
  const found: Hunk[] = [];
  const ordered = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  for (const edit of ordered) {
    const { file } = edit.span;
    const first = lineColumn(file, edit.span.start).line;
    const last = lineColumn(file, edit.span.end).line;
    const near = found.find((hunk) => hunk.file === file && first <= hunk.last + 1 && last >= hunk.first - 1);
    if (near) {
      near.first = Math.min(near.first, first);
      near.last = Math.max(near.last, last);
      near.edits.push(edit);
    } else found.push({ file, first, last, edits: [edit] });
  }
  return found;
}

function linesOf(file: SourceFile, first: number, last: number): string[] {
  const lines: string[] = [];
  for (let line = first; line <= last; line++) lines.push(lineText(file, line));
  return lines;
}

/** The hunk's lines after its edits, which do not overlap. */
function applied(hunk: Hunk): string {
  const { file, first, last } = hunk;
  let start = file.text.length;
  let end = 0;
  for (const { span } of hunk.edits) {
    start = Math.min(start, span.start - (lineColumn(file, span.start).column - 1));
    const at = lineColumn(file, span.end);
    end = Math.max(end, span.end - (at.column - 1) + lineText(file, at.line).length);
  }
  // A hunk made of neighbours spans from the first's line to the last's; both ends come from its own edits.
  let text = "";
  let at = start;
  for (const edit of hunk.edits) {
    text += file.text.slice(at, Math.max(at, edit.span.start)) + edit.text;
    at = Math.max(at, edit.span.end);
  }
  text += file.text.slice(at, Math.max(at, end));
  return first > last ? "" : text.replaceAll("\r\n", "\n");
}
