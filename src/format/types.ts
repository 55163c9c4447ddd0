/** Types. */
import type { Doc } from "prettier";
import type { ArrayType, CallExpression, NamedType, NullableType } from "../syntax/ast.js";
import type { Context } from "./context.js";
import { commaList } from "./lists.js";

export function printNamedType(node: NamedType, cx: Context): Doc {
  const name = cx.print(node.name);
  return node.arguments.length === 0 ? name : [name, typeArguments(node, cx)];
}

export function printArrayType({ element, length }: ArrayType, cx: Context): Doc {
  return [cx.print(element), "[", cx.print(length), "]"];
}

export function printNullableType({ inner }: NullableType, cx: Context): Doc {
  return [cx.print(inner), " | null"];
}

/** `: T`, where a type is given. */
export function annotation(type: Parameters<Context["print"]>[0] | undefined, cx: Context): Doc {
  return type === undefined ? "" : [": ", cx.print(type)];
}

/** No comma at the end: in `,>>` two lists end, and the comma would seem to be followed by something. */
export function typeArguments(node: NamedType | CallExpression, cx: Context): Doc {
  return commaList(node, "types", { open: "<", close: ">", bare: true }, cx);
}
