/** Formatting by the printer of `xdpl fmt`, as the smallest edits. */
import type { FormattingOptions, TextEdit } from "vscode-languageserver/node";
import type { SourceFile, Span } from "../base/span.js";
import { formatSource } from "../format/index.js";
import { rangeOf } from "./positions.js";

/** Nothing for a text with syntax errors: they are shown already. */
export async function formatEdits(
  file: SourceFile,
  options: FormattingOptions,
): Promise<readonly TextEdit[]> {
  const { tabSize, insertSpaces } = options;
  const endOfLine = file.text.includes("\r\n") ? "crlf" : "lf";
  const result = await formatSource(file.text, {
    path: file.path,
    tabWidth: tabSize,
    useTabs: !insertSpaces,
    endOfLine,
  });
  return result.ok ? lineEdits(file, result.text) : [];
}

/** The edits of the whole text that touch a range. */
export async function formatRangeEdits(
  file: SourceFile,
  options: FormattingOptions,
  from: number,
  to: number,
): Promise<readonly TextEdit[]> {
  const first = rangeOf({ file, start: from, end: to });
  const edits = await formatEdits(file, options);
  return edits.filter(
    ({ range }) => range.start.line <= first.end.line && range.end.line >= first.start.line,
  );
}

/** One edit for each run of lines that differ: cursors and marks elsewhere stay. */
function lineEdits(file: SourceFile, text: string): readonly TextEdit[] {
  const before = linesOf(file.text);
  const after = linesOf(text);
  const edits: TextEdit[] = [];
  let offset = 0;
  let [i, j] = [0, 0];
  for (const [keptBefore, keptAfter] of [...common(before, after), [before.length, after.length] as const]) {
    const start = offset;
    const removed = before.slice(i, keptBefore).join("");
    const added = after.slice(j, keptAfter).join("");
    if (removed !== added)
      edits.push({ range: rangeOf(spanOf(file, start, removed.length)), newText: added });
    offset = start + removed.length + (before[keptBefore]?.length ?? 0);
    [i, j] = [keptBefore + 1, keptAfter + 1];
  }
  return edits;
}

function spanOf(file: SourceFile, start: number, length: number): Span {
  return { file, start, end: start + length };
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** Pairs of equal lines, in order: what is equal in front and behind, and lines between that are there only once. */
function common(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) pairs.push([start, start++]);
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const places = new Map<string, number>();
  for (let j = start; j < b.length - end; j++) places.set(b[j] ?? "", places.has(b[j] ?? "") ? -1 : j);
  const counts = new Map<string, number>();
  for (let i = start; i < a.length - end; i++) counts.set(a[i] ?? "", (counts.get(a[i] ?? "") ?? 0) + 1);
  let last = start - 1;
  for (let i = start; i < a.length - end; i++) {
    const line = a[i] ?? "";
    const place = counts.get(line) === 1 ? (places.get(line) ?? -1) : -1;
    if (place > last) {
      pairs.push([i, place]);
      last = place;
    }
  }
  for (let k = end; k > 0; k--) pairs.push([a.length - k, b.length - k]);
  return pairs;
}
