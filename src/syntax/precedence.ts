/** Operators between operands, sorted into a tree by how tightly they bind. The order is TypeScript's. */
import type { Span } from "../base/span.js";
import { cover } from "../base/span.js";
import type { BinaryOperator, CoalesceReturn, Expression, NodeId, TypeNode } from "./ast.js";

/** `..` binds looser than arithmetic and tighter than `in` and comparisons. */
const levels: readonly (readonly string[])[] = [
  ["??"],
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">=", "in", "as"],
  [".."],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const binding: ReadonlyMap<string, number> = new Map(
  levels.flatMap((level, i) => level.map((operator) => [operator, i + 1] as const)),
);

/** How tightly a binary operator, `as`, or `..` binds; a larger number is tighter. */
export function precedence(operator: string): number {
  return binding.get(operator) ?? 0;
}

/** An operand with the span of its tokens, parentheses included. */
export interface Operand {
  readonly node: Expression;
  readonly span: Span;
}

/** What follows an operand. */
export type Link =
  | {
      readonly kind: "operator";
      readonly operator: BinaryOperator | "..";
      readonly span: Span;
      readonly right: Operand;
    }
  | { readonly kind: "cast"; readonly operator: "as"; readonly span: Span; readonly type: TypeNode }
  | {
      readonly kind: "exit";
      readonly operator: "??";
      readonly span: Span;
      readonly exit: CoalesceReturn["exit"];
    };

/** Precedence climbing over `first link link …`; the depth of its recursion is that of the table. */
export function buildTree(first: Operand, links: readonly Link[], id: () => NodeId): Expression {
  let at = 0;
  const climb = (start: Operand, level: number): Operand => {
    let left = start;
    for (let link = links[at]; link !== undefined && precedence(link.operator) >= level; link = links[at]) {
      at++;
      left = attach(left, link);
    }
    return left;
  };
  const attach = (left: Operand, link: Link): Operand => {
    if (link.kind === "cast") {
      const span = cover(left.span, link.type.span);
      return { node: { kind: "cast", id: id(), span, value: left.node, type: link.type }, span };
    }
    if (link.kind === "exit") {
      const span = cover(left.span, link.exit.span);
      return { node: { kind: "coalesce-exit", id: id(), span, value: left.node, exit: link.exit }, span };
    }
    const right = climb(link.right, precedence(link.operator) + 1);
    const span = cover(left.span, right.span);
    if (link.operator === "..") {
      return { node: { kind: "range", id: id(), span, from: left.node, to: right.node }, span };
    }
    const { operator, span: operatorSpan } = link;
    return {
      node: { kind: "binary", id: id(), span, operator, operatorSpan, left: left.node, right: right.node },
      span,
    };
  };
  return climb(first, 1).node;
}
