/** Statements, without those that branch and loop. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type {
  AssignStatement,
  DestructuringStatement,
  ExpressionStatement,
  ReturnStatement,
  VariableStatement,
} from "../syntax/ast.js";
import { assignment } from "./assignment.js";
import { breaksLine } from "./comments.js";
import { type Context, parentOf } from "./context.js";
import { commaList } from "./lists.js";
import type { FormatNode } from "./tree.js";

const { group, hardline, ifBreak, indent, softline } = builders;

/** `(condition)` */
export function head(condition: FormatNode, cx: Context): Doc {
  return group(["(", indent([softline, cx.print(condition)]), softline, ")"]);
}

/** In the head of a `for` and behind `??` statements have no `;`. */
function semicolon(node: FormatNode, cx: Context): string {
  const parent = parentOf(cx, node);
  if (parent?.kind === "coalesce-exit") return "";
  return parent?.kind === "for" && parent.body !== node ? "" : ";";
}

export function printVariableStatement(node: VariableStatement, cx: Context): Doc {
  return [cx.print(node.declaration), semicolon(node, cx)];
}

export function printDestructuring(node: DestructuringStatement, cx: Context): Doc {
  const names = commaList(node, "items", { open: "{", close: "}", spaced: true }, cx);
  const left = [node.mutable ? "let " : "const ", names];
  return [assignment(left, " =", node.value, cx), semicolon(node, cx)];
}

export function printExpressionStatement(node: ExpressionStatement, cx: Context): Doc {
  return [cx.print(node.expression), semicolon(node, cx)];
}

export function printAssign(node: AssignStatement, cx: Context): Doc {
  const target = cx.print(node.target);
  const end = semicolon(node, cx);
  if (node.step) return [target, node.operator === "+=" ? "++" : "--", end];
  return [assignment(target, ` ${node.operator}`, node.value, cx), end];
}

export function printReturn(node: ReturnStatement, cx: Context): Doc {
  const { value } = node;
  const end = semicolon(node, cx);
  if (value === undefined) return ["return", end];
  const doc = cx.print(value);
  if (breaksLine(value, "leading", cx)) return ["return", indent([hardline, doc]), end];
  if (value.kind !== "binary" && value.kind !== "coalesce-exit") return ["return ", doc, end];
  return ["return ", group([ifBreak("("), indent([softline, doc]), softline, ifBreak(")")]), end];
}

export function printLeave(node: FormatNode, cx: Context): Doc {
  return [node.kind, semicolon(node, cx)];
}
