/**
 * Places in a text as the protocol counts them: lines from 0, UTF-16 code units from 0; `\n`, `\r\n` and `\r` end a
 * line. The compiler counts offsets in UTF-16 code units.
 */
import type { Position, Range } from "vscode-languageserver/node";
import type { SourceFile, Span } from "../base/span.js";

const startsOf = new WeakMap<SourceFile, readonly number[]>();

function lineStarts(file: SourceFile): readonly number[] {
  const known = startsOf.get(file);
  if (known) return known;
  const starts = [0];
  for (const { index, 0: end } of file.text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  startsOf.set(file, starts);
  return starts;
}

export function positionAt(file: SourceFile, offset: number): Position {
  const starts = lineStarts(file);
  const at = Math.min(Math.max(offset, 0), file.text.length);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low, character: at - (starts[low] ?? 0) };
}

/** The offset of a position; one behind the end of its line is the end of the line. */
export function offsetAt(file: SourceFile, { line, character }: Position): number {
  const starts = lineStarts(file);
  if (line < 0) return 0;
  const start = starts[line];
  if (start === undefined) return file.text.length;
  let end = starts[line + 1] ?? file.text.length;
  while (end > start && /[\r\n]/.test(file.text.charAt(end - 1))) end--;
  return Math.min(start + Math.max(character, 0), end);
}

export function rangeOf({ file, start, end }: Span): Range {
  return { start: positionAt(file, start), end: positionAt(file, end) };
}

/** A change of a document as a client tells it; without a range it is the whole text. */
export interface Change {
  readonly range?: Range;
  readonly text: string;
}

export function applyChanges(file: SourceFile, changes: readonly Change[]): SourceFile {
  return changes.reduce<SourceFile>((before, { range, text }) => {
    if (!range) return { path: file.path, text };
    const start = offsetAt(before, range.start);
    const end = Math.max(start, offsetAt(before, range.end));
    return { path: file.path, text: before.text.slice(0, start) + text + before.text.slice(end) };
  }, file);
}
