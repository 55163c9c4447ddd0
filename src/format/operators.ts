/** Operators: binary chains, choices, `??` with an exit, casts, ranges. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type {
  BinaryExpression,
  CastExpression,
  CoalesceReturn,
  ConditionalExpression,
  RangeExpression,
  UnaryExpression,
} from "../syntax/ast.js";
import { withComments } from "./comments.js";
import { type Context, parentOf } from "./context.js";
import { needsParentheses, flattens } from "./parentheses.js";
import { sticks } from "./place-comments.js";

const { align, group, indent, line, softline } = builders;

/** `a + b + c` breaks behind its operators; all parts of a chain stand below each other. */
export function printBinary(node: BinaryExpression, cx: Context): Doc {
  const [first = "", ...rest] = chain(node, cx);
  const parent = parentOf(cx, node);
  switch (parent?.kind) {
    case "if":
    case "while":
    case "switch":
      return [first, ...rest];
    case "unary":
      return group([indent([softline, first, ...rest]), softline]);
    case "parent":
    case "continues":
    case "param":
    case "variable":
    case "assign":
    case "return":
    case "member":
    case "object-field":
    case "header-field":
    case "header-size":
    case "continues-field":
    case "destructuring":
      return sticks(node) ? group([first, indent(rest)]) : group([first, ...rest]);
    default:
      return group([first, indent(rest)]);
  }
}

function chain(node: BinaryExpression, cx: Context): Doc[] {
  const { left, right, operator } = node;
  const parts =
    left.kind === "binary" && flattens(left, node)
      ? [withComments(left, chain(left, cx), cx)]
      : [cx.print(left)];
  parts.push([" ", operator, sticks(node) ? " " : line, cx.print(right)]);
  return parts;
}

/** `x ?? return v` */
export function printCoalesceExit(node: CoalesceReturn, cx: Context): Doc {
  return group([cx.print(node.value), " ??", line, cx.print(node.exit)]);
}

export function printConditional(node: ConditionalExpression, cx: Context): Doc {
  const parent = parentOf(cx, node);
  const nested =
    parent?.kind === "conditional" && parent.otherwise === node && !needsParentheses(node, cx.source);
  const arms: Doc = [
    line,
    ["? ", align(2, cx.print(node.then))],
    line,
    [
      ": ",
      node.otherwise.kind === "conditional" ? cx.print(node.otherwise) : align(2, cx.print(node.otherwise)),
    ],
  ];
  const doc: Doc = [cx.print(node.condition), indent(arms)];
  return nested ? doc : group(doc);
}

export function printUnary({ operator, operand }: UnaryExpression, cx: Context): Doc {
  return [operator, cx.print(operand)];
}

export function printCast({ value, type }: CastExpression, cx: Context): Doc {
  return [cx.print(value), " as ", cx.print(type)];
}

export function printRange({ from, to }: RangeExpression, cx: Context): Doc {
  return [cx.print(from), "..", cx.print(to)];
}
