/**
 * A chain such as `a + b + c …` nests to the left: a thousand terms are a tree a thousand levels deep, over
 * which a recursive pass would run out of stack. This walk uses a list.
 */
import type { Expression } from "./ast.js";

/** Levels that every pass can descend; with what is around an expression, still far from the stack's end. */
const maxDepth = 600;

/** Whether the tree is at most `maxDepth` levels deep. */
export function limitDepth(root: Expression): boolean {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (depth > maxDepth) return false;
    if (Array.isArray(value)) for (const item of value) open.push({ value: item, depth });
    else if (typeof value === "object" && value !== null && ("kind" in value || "value" in value)) {
      for (const [key, child] of Object.entries(value)) {
        if (typeof child === "object" && child !== null && key !== "span" && key !== "operatorSpan") {
          open.push({ value: child, depth: depth + 1 });
        }
      }
    }
  }
  return true;
}
