/** Literals; numbers, addresses and texts are printed as they are written. */
import type { Doc } from "prettier";
import { builders, printer } from "prettier/doc";
import type { ListLiteral, ObjectField, ObjectLiteral, TemplateLiteral } from "../syntax/ast.js";
import { assignment } from "./assignment.js";
import { isPlain } from "./calls.js";
import type { Context } from "./context.js";
import { commaList } from "./lists.js";
import { indexAfter } from "./tokens.js";

const { join, literallineWithoutBreakParent } = builders;

export function printList(node: ListLiteral, cx: Context): Doc {
  const { elements } = node;
  const rows = elements.length > 1 && elements.every((one) => isRow(one, elements));
  return commaList(node, "items", { open: "[", close: "]", filled: isPlain(node), broken: rows }, cx);
}

/** Of several lists or objects in a list, each has a line. */
function isRow(node: ListLiteral["elements"][number], all: ListLiteral["elements"]): boolean {
  if (node.kind !== all[0]?.kind) return false;
  return node.kind === "list" ? node.elements.length > 1 : node.kind === "object" && node.fields.length > 1;
}

export function printObject(node: ObjectLiteral, cx: Context): Doc {
  return commaList(node, "items", { open: "{", close: "}", spaced: true }, cx);
}

export function printObjectField({ name, value }: ObjectField, cx: Context): Doc {
  return value === undefined ? cx.print(name) : assignment(cx.print(name), ":", value, cx);
}

/** The texts as written; what is between them on one line. */
export function printTemplate(node: TemplateLiteral, cx: Context): Doc {
  const { tokens } = cx.source;
  const parts: string[] = [];
  let at = indexAfter(tokens, node.span.start);
  for (const value of node.values) {
    const { formatted } = printer.printDocToString(cx.print(value), { printWidth: Infinity, tabWidth: 2 });
    parts.push(tokens[at]?.text ?? "", formatted);
    at = tokens[at]?.match ?? at;
  }
  parts.push(tokens[at]?.text ?? "");
  return join(literallineWithoutBreakParent, parts.join("").split("\n"));
}
