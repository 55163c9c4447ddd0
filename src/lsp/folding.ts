/** What can be folded away, and what a selection grows to. */
import { FoldingRangeKind, type FoldingRange, type SelectionRange } from "vscode-languageserver/node";
import type { Module } from "../syntax/ast.js";
import type { Comment } from "../syntax/index.js";
import type { AnyNode } from "../syntax/walk.js";
import { positionAt, rangeOf } from "./positions.js";
import { pathAt, walk } from "./tree.js";

const foldable: readonly string[] = [
  "struct",
  "enum",
  "header",
  "block",
  "switch",
  "case",
  "object",
  "list",
  "call",
];

export function foldingRanges(module: Module, comments: readonly Comment[]): readonly FoldingRange[] {
  const { file } = module;
  const found = new Map<number, FoldingRange>();
  const fold = (start: number, end: number, kind?: FoldingRangeKind): void => {
    const from = positionAt(file, start).line;
    // The line that closes stays, where it closes only.
    const closes = /^[\s)\]};,]*$/.test(file.text.slice(file.text.lastIndexOf("\n", end - 1) + 1, end));
    const to = positionAt(file, end).line - (kind === undefined && closes ? 1 : 0);
    const known = found.get(from);
    if (to > from && (known === undefined || known.endLine < to)) {
      found.set(from, { startLine: from, endLine: to, ...(kind !== undefined && { kind }) });
    }
  };
  const imports = module.declarations.filter((one) => one.kind === "import");
  const [first, last] = [imports[0], imports.at(-1)];
  if (first && last) fold(first.span.start, last.span.end, FoldingRangeKind.Imports);
  walk(module, (node) => {
    if (foldable.includes(node.kind)) fold(node.span.start, node.span.end);
  });
  for (const [start, end] of commentBlocks(comments, file.text)) fold(start, end, FoldingRangeKind.Comment);
  return [...found.values()].sort((a, b) => a.startLine - b.startLine);
}

/** Block comments, and line comments in lines that follow each other. */
function* commentBlocks(comments: readonly Comment[], text: string): Generator<readonly [number, number]> {
  let open: [number, number] | undefined;
  for (const { span, text: comment } of comments) {
    const isLine = comment.startsWith("//");
    const alone = text.slice(text.lastIndexOf("\n", span.start - 1) + 1, span.start).trim() === "";
    const follows = open && isLine && alone && /^\r?\n[ \t]*$/.test(text.slice(open[1], span.start));
    if (open && follows) open[1] = span.end;
    else {
      if (open) yield open;
      open = isLine && alone ? [span.start, span.end] : undefined;
      if (!isLine) yield [span.start, span.end];
    }
  }
  if (open) yield open;
}

/** The nodes around an offset, the smallest first, each once. */
export function selectionRange(module: Module, offset: number): SelectionRange {
  const path = pathAt(module, offset);
  let selection: SelectionRange | undefined;
  let before: AnyNode | undefined;
  for (const node of path) {
    const same = before && before.span.start === node.span.start && before.span.end === node.span.end;
    before = node;
    if (!same) selection = { range: rangeOf(node.span), ...(selection && { parent: selection }) };
  }
  return selection ?? { range: rangeOf(module.span) };
}
