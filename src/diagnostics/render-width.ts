/**
 * How text looks in a terminal's cells. Control characters, which could move the cursor or turn text around, are
 * shown as pictures of themselves; tabs are spaces up to the next multiple of {@link tabWidth}.
 */

export const tabWidth = 4;

/** Ranges that terminals draw two cells wide: East Asian Wide and Fullwidth of UAX #11, and emoji. */
const wide: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x23f0, 0x23f0],
  [0x23f3, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26ce, 0x26ce],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26ea],
  [0x26f2, 0x26f3],
  [0x26f5, 0x26f5],
  [0x26fa, 0x26fa],
  [0x26fd, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x274e, 0x274e],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27b0],
  [0x27bf, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2b55, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1aff0, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f335],
  [0x1f337, 0x1f37c],
  [0x1f37e, 0x1f393],
  [0x1f3a0, 0x1f3ca],
  [0x1f3cf, 0x1f3d3],
  [0x1f3e0, 0x1f3f0],
  [0x1f3f4, 0x1f3f4],
  [0x1f3f8, 0x1f43e],
  [0x1f440, 0x1f440],
  [0x1f442, 0x1f4fc],
  [0x1f4ff, 0x1f53d],
  [0x1f54b, 0x1f54e],
  [0x1f550, 0x1f567],
  [0x1f57a, 0x1f57a],
  [0x1f595, 0x1f596],
  [0x1f5a4, 0x1f5a4],
  [0x1f5fb, 0x1f64f],
  [0x1f680, 0x1f6c5],
  [0x1f6cc, 0x1f6cc],
  [0x1f6d0, 0x1f6d2],
  [0x1f6d5, 0x1f6d7],
  [0x1f6dc, 0x1f6df],
  [0x1f6eb, 0x1f6ec],
  [0x1f6f4, 0x1f6fc],
  [0x1f7e0, 0x1f7eb],
  [0x1f7f0, 0x1f7f0],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(codePoint: number): boolean {
  if (codePoint < 0x1100) return false;
  let low = 0;
  let high = wide.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = wide[middle] ?? [0, 0];
    if (codePoint < range[0]) high = middle - 1;
    else if (codePoint > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** Combining marks and format characters, which take no cell: they join what stands before them. */
const noCell = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Turn the direction of the text around them (UAX #9): what is read would not be what is compiled. */
const bidirectional = /^[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]$/u;

interface Cell {
  readonly text: string;
  readonly width: number;
}

/** What one code point looks like at a column (0-based, in cells). */
function cell(character: string, column: number): Cell {
  const codePoint = character.codePointAt(0) ?? 0;
  if (character === "\t") {
    const width = tabWidth - (column % tabWidth);
    return { text: " ".repeat(width), width };
  }
  if (codePoint < 0x20) return { text: String.fromCodePoint(0x2400 + codePoint), width: 1 };
  if (codePoint < 0x7f) return { text: character, width: 1 };
  if (codePoint < 0xa0) return { text: codePoint === 0x7f ? "\u2421" : "\ufffd", width: 1 };
  // A lone surrogate can't be written as UTF-8.
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return { text: "\ufffd", width: 1 };
  if (bidirectional.test(character)) return { text: "\ufffd", width: 1 };
  if (noCell.test(character)) return { text: character, width: 0 };
  return { text: character, width: isWide(codePoint) ? 2 : 1 };
}

/** A line made fit for the terminal, and for every UTF-16 offset in it the column where that code unit is drawn. */
export interface DrawnLine {
  readonly cells: readonly Cell[];
  /** `columns[i]` is the cell column of code unit `i`; one more element gives the line's width. */
  readonly columns: readonly number[];
}

export function drawLine(text: string): DrawnLine {
  const cells: Cell[] = [];
  const columns: number[] = [];
  let column = 0;
  for (const character of text) {
    const drawn = cell(character, column);
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    cells.push(drawn);
    column += drawn.width;
  }
  columns.push(column);
  return { cells, columns };
}

/** The part of a drawn line from one column (included) to another; a wide character cut in half becomes a space. */
export function sliceCells(line: DrawnLine, from: number, to: number): string {
  let text = "";
  let column = 0;
  for (const one of line.cells) {
    const start = column;
    column += one.width;
    if (one.width === 0) {
      if (start > from && start <= to) text += one.text;
    } else if (start >= from && column <= to) text += one.text;
    else if (start < to && column > from) text += " ".repeat(Math.min(column, to) - Math.max(start, from));
  }
  return text;
}

/** A message made fit for the terminal; line breaks stay. */
export function safe(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      drawLine(line)
        .cells.map((one) => one.text)
        .join(""),
    )
    .join("\n");
}

export function textWidth(text: string): number {
  return drawLine(text).columns.at(-1) ?? 0;
}

/** Breaks text at spaces into lines of at most `width` cells; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    const indent = /^ */.exec(paragraph)?.[0] ?? "";
    let line = indent;
    let empty = true;
    for (const word of paragraph.trim().split(/ +/)) {
      if (!empty && textWidth(line) + 1 + textWidth(word) > width) {
        lines.push(line);
        line = indent;
        empty = true;
      }
      line += empty ? word : ` ${word}`;
      empty = false;
    }
    lines.push(line);
  }
  return lines;
}
