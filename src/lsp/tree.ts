/** Places in the syntax tree. */
import type { Module } from "../syntax/ast.js";
import { childrenOf, type AnyNode } from "../syntax/walk.js";

/** From the module down to the smallest node around an offset; both ends of a node count as inside. */
export function pathAt(module: Module, offset: number): readonly AnyNode[] {
  const path: AnyNode[] = [module];
  for (let node: AnyNode | undefined = module; node;) {
    const inside: readonly AnyNode[] = childrenOf(node).filter(
      ({ span }) => span.start <= offset && offset <= span.end,
    );
    // Of two that touch at the offset, the name counts, else the one behind it.
    node = inside.find((one) => one.kind === "identifier") ?? inside.at(-1);
    if (node) path.push(node);
  }
  return path;
}

/** Every node below one with those above it, the nearest first. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
  parents: readonly AnyNode[] = [],
): void {
  visit(node, parents);
  const below = [node, ...parents];
  for (const child of childrenOf(node)) walk(child, visit, below);
}
