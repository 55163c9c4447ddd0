/** Source lines with marks under them, as the terminal renderer shows them. */
import { lineColumn, lineText, type SourceFile, type Span } from "../base/span.js";
import { drawLine, safe, sliceCells, textWidth, wrap, type DrawnLine } from "./render-width.js";

/** Colours as functions, so that the renderer does not know whether there are any. */
export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly secondary: (text: string) => string;
  readonly frame: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly removed: (text: string) => string;
  readonly added: (text: string) => string;
}

export interface Mark {
  readonly span: Span;
  readonly label: string | undefined;
  /** `^` for the place of the mistake, `-` for a place that explains it. */
  readonly sign: "^" | "-";
  readonly paint: (text: string) => string;
}

export interface Frame {
  readonly paint: Paint;
  /** Cells of the whole output. */
  readonly width: number;
  /** Cells of the line numbers. */
  readonly gutter: number;
}

/** First and last line of a span, with 0-based UTF-16 columns; a trailing line break does not count. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

export function lineRange({ file, start, end }: Span): LineRange {
  const first = lineColumn(file, start);
  let last = lineColumn(file, Math.max(start, end));
  if (last.line > first.line && last.column === 1) {
    const line = last.line - 1;
    last = { line, column: lineText(file, line).length + 1 };
  }
  return { first: first.line, last: last.line, from: first.column - 1, to: last.column - 1 };
}

/** `  12 | `, or `     | ` without a number. */
export function margin(frame: Frame, line: number | undefined, sign = "|"): string {
  return frame.paint.frame(`${String(line ?? "").padStart(frame.gutter)} ${sign}`);
}

/** The part of a long line that is shown: columns `from` to `to`, in cells. */
interface Window {
  readonly from: number;
  readonly to: number;
}

function windowFor(line: DrawnLine, marks: readonly { from: number; to: number }[], room: number): Window {
  const width = line.columns.at(-1) ?? 0;
  if (width <= room) return { from: 0, to: width };
  const first = Math.min(...marks.map((mark) => mark.from), width);
  const last = Math.min(Math.max(...marks.map((mark) => mark.to), 0), first + room - 4);
  if (last <= room - 2) return { from: 0, to: room - 1 };
  const slack = Math.max(0, room - 2 - (last - first));
  const from = Math.max(0, Math.min(first - Math.floor(slack / 2), width - room + 1));
  return { from, to: Math.min(width, from + room - 2) };
}

/** The text of a window with `…` where it was cut; its first cell stands for column `window.from`. */
function cut(line: DrawnLine, window: Window): { readonly text: string; readonly shift: number } {
  const width = line.columns.at(-1) ?? 0;
  const body = sliceCells(line, window.from, window.to);
  return {
    text: (window.from > 0 ? "…" : "") + body.trimEnd() + (window.to < width ? "…" : ""),
    shift: window.from > 0 ? window.from - 1 : 0,
  };
}

function room(frame: Frame): number {
  return Math.max(20, frame.width - frame.gutter - 3);
}

/** A row of text behind the empty margin. */
function row(frame: Frame, text: string): string {
  return `${margin(frame, undefined)}${text === "" ? "" : ` ${text}`}`;
}

/** The label after the marks where there is room, else below them. */
function labelled(frame: Frame, mark: Mark, indent: number, signs: string): string[] {
  const before = " ".repeat(indent) + mark.paint(signs);
  if (mark.label === undefined || mark.label === "") return [row(frame, before)];
  const label = safe(mark.label);
  const used = indent + signs.length + 1;
  if (!label.includes("\n") && used + textWidth(label) <= room(frame))
    return [row(frame, `${before} ${mark.paint(label)}`)];
  const beside = room(frame) - used;
  if (beside >= 34) {
    const [first = "", ...rest] = wrap(label, beside);
    return [
      row(frame, `${before} ${mark.paint(first)}`),
      ...rest.map((text) => row(frame, " ".repeat(used) + mark.paint(text))),
    ];
  }
  const start = Math.max(0, Math.min(indent, room(frame) - 44));
  return [
    row(frame, before),
    ...wrap(label, room(frame) - start).map((text) => row(frame, " ".repeat(start) + mark.paint(text))),
  ];
}

/** One source line and the marks that lie wholly in it. */
function markedLine(frame: Frame, file: SourceFile, line: number, marks: readonly Mark[]): string[] {
  const drawn = drawLine(lineText(file, line));
  const end = drawn.columns.at(-1) ?? 0;
  const placed = marks
    .map((mark) => {
      const range = lineRange(mark.span);
      const from = drawn.columns[range.from] ?? end;
      return { mark, from, to: Math.max(drawn.columns[range.to] ?? end, from + 1) };
    })
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const window = windowFor(drawn, placed, room(frame));
  const { text, shift } = cut(drawn, window);
  const lines = [text === "" ? margin(frame, line) : `${margin(frame, line)} ${text}`];
  for (const { mark, from, to } of placed) {
    const last = Math.max(from + 1, Math.min(to, Math.max(window.to, from + 1)));
    lines.push(...labelled(frame, mark, from - shift, mark.sign.repeat(last - from)));
  }
  return lines;
}

/** How many lines of a long span are shown at its start and at its end. */
const shownAtEnds = 3;

/** A mark over several lines: a bar at the left from its first line to its last. */
function markedLines(frame: Frame, mark: Mark): string[] {
  const { file } = mark.span;
  const range = lineRange(mark.span);
  const narrow: Frame = { ...frame, width: frame.width - 2 };
  const source = (line: number): { text: string; drawn: DrawnLine; shift: number } => {
    const drawn = drawLine(lineText(file, line));
    return { drawn, ...cut(drawn, windowFor(drawn, [], room(narrow))) };
  };
  const bar = mark.paint("|");
  const output: string[] = [];
  const first = source(range.first);
  const blankBefore = lineText(file, range.first).slice(0, range.from).trim() === "";
  if (blankBefore) output.push(`${margin(frame, range.first)} ${mark.paint("/")} ${first.text}`);
  else {
    const column = (first.drawn.columns[range.from] ?? 0) - first.shift;
    output.push(`${margin(frame, range.first)}   ${first.text}`);
    output.push(row(frame, ` ${mark.paint("_".repeat(column + 1) + mark.sign)}`));
  }
  const skip = range.last - range.first - 1 > 2 * shownAtEnds;
  for (let line = range.first + 1; line <= range.last; line++) {
    if (skip && line === range.first + shownAtEnds) {
      output.push(`${" ".repeat(Math.max(0, frame.gutter - 1))}${frame.paint.frame("...")} ${bar}`);
      line = range.last - shownAtEnds + 1;
    }
    output.push(`${margin(frame, line)} ${bar} ${source(line).text}`.trimEnd());
  }
  const last = source(range.last);
  const column = Math.max(1, (last.drawn.columns[range.to] ?? 1) - last.shift);
  const tail = labelled({ ...frame, width: frame.width }, mark, 0, `|${"_".repeat(column)}${mark.sign}`);
  output.push(...tail);
  return output;
}

/** All marks of one file, in the order of its lines; `…` stands for lines left out. */
export function excerpt(frame: Frame, file: SourceFile, marks: readonly Mark[]): string[] {
  const lines: string[] = [];
  let previous: number | undefined;
  const between = (line: number): void => {
    if (previous === undefined || line === previous) return;
    if (line === previous + 2) {
      const { text } = cutLine(frame, file, previous + 1);
      lines.push(text === "" ? margin(frame, previous + 1) : `${margin(frame, previous + 1)} ${text}`);
    } else if (line !== previous + 1)
      lines.push(`${" ".repeat(Math.max(0, frame.gutter - 1))}${frame.paint.frame("...")}`);
  };
  const byLine = new Map<number, Mark[]>();
  const spread: Mark[] = [];
  for (const mark of marks) {
    const { first, last } = lineRange(mark.span);
    if (first !== last) spread.push(mark);
    else byLine.set(first, [...(byLine.get(first) ?? []), mark]);
  }
  const blocks = [
    ...[...byLine].map(([line, own]) => ({ first: line, last: line, own })),
    ...spread.map((mark) => ({ ...lineRange(mark.span), own: [mark] })),
  ].sort((a, b) => a.first - b.first || a.last - b.last);
  for (const { first, last, own } of blocks) {
    between(first);
    const [one] = own;
    if (one && first !== last) lines.push(...markedLines(frame, one));
    else lines.push(...markedLine(frame, file, first, own));
    previous = last;
  }
  return lines;
}

/** A source line without marks, cut to the frame. */
function cutLine(frame: Frame, file: SourceFile, line: number): { readonly text: string } {
  const drawn = drawLine(lineText(file, line));
  return cut(drawn, windowFor(drawn, [], room(frame)));
}
