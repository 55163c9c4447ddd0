/** A half-open range `[start, end)` of UTF-16 code units in one source file. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One source text, immutable. `path` is what a user reads: a path, `<stdin>`, `<command line>` or `std/net`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A 1-based position: `column` counts UTF-16 code units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<SourceFile, readonly number[]>();

function lineStarts(file: SourceFile): readonly number[] {
  const known = lineStartsOf.get(file);
  if (known) return known;
  const starts = [0];
  for (let at = file.text.indexOf("\n"); at >= 0; at = file.text.indexOf("\n", at + 1)) starts.push(at + 1);
  lineStartsOf.set(file, starts);
  return starts;
}

/** The line and column of an offset; offsets past the end give the last position. */
export function lineColumn(file: SourceFile, offset: number): LineColumn {
  const starts = lineStarts(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

/** The text of a 1-based line without its line break; empty when there is no such line. */
export function lineText(file: SourceFile, line: number): string {
  const starts = lineStarts(file);
  const start = starts[line - 1];
  if (start === undefined) return "";
  const end = starts[line] ?? file.text.length + 1;
  return file.text.slice(start, end - 1).replace(/\r$/, "");
}

/** The smallest span that covers both, which must be of one file. */
export function cover(first: Span, last: Span): Span {
  return { file: first.file, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
