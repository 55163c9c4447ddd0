/** Calls, `new`, members, elements. */
import type { Doc } from "prettier";
import { builders, utils } from "prettier/doc";
import type { CallExpression, IndexExpression, MemberExpression, NewExpression } from "../syntax/ast.js";
import { hasComments } from "./comments.js";
import { type Context, listOf } from "./context.js";
import { commaList } from "./lists.js";
import type { FormatNode } from "./tree.js";
import { typeArguments } from "./types.js";

const { breakParent, conditionalGroup, group, indent, softline } = builders;

export function printCall(node: CallExpression, cx: Context): Doc {
  const types: Doc = node.typeArguments.length > 0 ? typeArguments(node, cx) : "";
  return [cx.print(node.callee), types, printArguments(node, cx)];
}

export function printNew(node: NewExpression, cx: Context): Doc {
  return ["new ", cx.print(node.type), printArguments(node, cx)];
}

export function printMember({ object, member, optional }: MemberExpression, cx: Context): Doc {
  return [cx.print(object), optional ? "?." : ".", cx.print(member)];
}

export function printIndex({ object, index }: IndexExpression, cx: Context): Doc {
  return [cx.print(object), group(["[", indent([softline, cx.print(index)]), softline, "]"])];
}

/** A last argument in braces or brackets keeps the parentheses at its edges: `f(x, {` … `})`. */
export function printArguments(node: FormatNode, cx: Context): Doc {
  const items = listOf(cx, node, "arguments")?.items ?? [];
  const all = (): Doc => commaList(node, "arguments", { open: "(", close: ")" }, cx);
  const last = items.at(-1);
  if (last === undefined || items.some((item) => hasComments(item, cx)) || !hugs(last, items)) return all();
  if (items.length === 1) return ["(", cx.print(last), ")"];

  const docs = items.map((item) => cx.print(item));
  const before = docs.slice(0, -1).flatMap((doc): Doc[] => [doc, ", "]);
  if (before.some((doc) => utils.willBreak(doc)))
    return commaList(node, "arguments", { ...parentheses, broken: true }, cx);
  const end = docs.at(-1) ?? "";
  return [
    utils.willBreak(end) ? breakParent : "",
    conditionalGroup([
      ["(", ...before, end, ")"],
      ["(", ...before, group(end, { shouldBreak: true }), ")"],
      commaList(node, "arguments", { ...parentheses, broken: true }, cx),
    ]),
  ];
}

const parentheses = { open: "(", close: ")" };

function hugs(last: FormatNode, items: readonly FormatNode[]): boolean {
  if (items.at(-2)?.kind === last.kind) return false;
  if (last.kind === "object") return last.fields.length > 0;
  return last.kind === "list" && last.elements.length > 0 && (items.length === 1 || !isPlain(last));
}

/** A list of numbers and addresses, which fills its lines. */
export function isPlain(node: FormatNode): boolean {
  return node.kind === "list" && node.elements.length > 1 && node.elements.every(isPlainValue);
}

function isPlainValue(node: FormatNode): boolean {
  switch (node.kind) {
    case "number":
    case "address":
    case "prefix":
      return true;
    case "unary":
      return isPlainValue(node.operand);
    case "range":
      return isPlainValue(node.from) && isPlainValue(node.to);
    default:
      return false;
  }
}
