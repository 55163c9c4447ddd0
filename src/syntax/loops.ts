/** The loop statements of a module. */
import type { Span } from "../base/span.js";
import type { ForOfStatement, ForStatement, Module, WhileStatement } from "./ast.js";
import { forEachNode } from "./walk.js";

export type LoopStatement = ForStatement | ForOfStatement | WhileStatement;

/** Statements of loops at these places, of those that are asked for, with the most turns that are said of each; none with another one in it. */
export function loopsAt(
  modules: readonly Module[],
  places: readonly { readonly span: Span; readonly turns: bigint }[],
  isAsked: (loop: LoopStatement) => boolean,
): ReadonlyMap<LoopStatement, bigint> {
  const found = new Map<LoopStatement, bigint>();
  for (const { span, turns } of places) {
    const module = modules.find((one) => one.span.file === span.file);
    const loop = module && innermostLoop(module, span);
    if (loop && isAsked(loop) && turns > (found.get(loop) ?? 0n)) found.set(loop, turns);
  }
  const holds = (outer: Span, inner: Span): boolean =>
    inner.file === outer.file && inner.start > outer.start && inner.end <= outer.end;
  for (const loop of found.keys())
    if ([...found.keys()].some((other) => holds(loop.span, other.span))) found.delete(loop);
  return found;
}

/** The loop that a place lies in, of those around it the last. */
function innermostLoop(module: Module, { start }: Span): LoopStatement | undefined {
  let found: LoopStatement | undefined;
  forEachNode(module, (node) => {
    if (node.kind !== "for" && node.kind !== "for-of" && node.kind !== "while") return;
    if (start < node.span.start || start >= node.span.end) return;
    if (!found || node.span.start > found.span.start) found = node;
  });
  return found;
}
