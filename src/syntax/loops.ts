/** The loop statements of a module. */
import type { Span } from "../base/span.js";
import type { ForOfStatement, ForStatement, Module, WhileStatement } from "./ast.js";
import { forEachNode } from "./walk.js";

export type LoopStatement = ForStatement | ForOfStatement | WhileStatement;

/** The loop that a place lies in, of those around it the last. */
export function innermostLoop(module: Module, { start }: Span): LoopStatement | undefined {
  let found: LoopStatement | undefined;
  forEachNode(module, (node) => {
    if (node.kind !== "for" && node.kind !== "for-of" && node.kind !== "while") return;
    if (start < node.span.start || start >= node.span.end) return;
    if (!found || node.span.start > found.span.start) found = node;
  });
  return found;
}
