/** Headers: where they stand, their fields, and what is said about their size and what follows. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type {
  FieldCovers,
  HeaderContinues,
  HeaderDeclaration,
  HeaderField,
  HeaderParent,
} from "../syntax/ast.js";
import { assignment } from "./assignment.js";
import type { Context } from "./context.js";
import { exported } from "./declarations.js";
import { braces, commaList, fieldLines } from "./lists.js";
import { head } from "./statements.js";
import type { ContinuesField, FormatNode, HeaderNext, HeaderOptions, HeaderSize } from "./tree.js";
import { annotation } from "./types.js";

const { align, group, indent, join, line } = builders;

export function printHeader(node: HeaderDeclaration, cx: Context): Doc {
  const { name, alias, parents } = node;
  const parts: Doc[] = [exported(node), "header ", cx.print(name)];
  if (alias !== undefined) parts.push(" as ", cx.print(alias));
  if (parents.length > 0) {
    const each = join(
      [",", line],
      parents.map((parent) => cx.print(parent)),
    );
    parts.push(indent([line, "after ", parents.length > 1 ? align("after ".length, each) : each]));
  }
  return [group(parts), " ", braces(node, cx, fieldLines)];
}

export function printParent({ header, when }: HeaderParent, cx: Context): Doc {
  return [cx.print(header), whenClause(when, cx)];
}

function whenClause(when: FormatNode | undefined, cx: Context): Doc {
  return when === undefined ? "" : [" when ", head(when, cx)];
}

export function printHeaderField({ name, type, covers, value }: HeaderField, cx: Context): Doc {
  const left = [cx.print(name), annotation(type, cx), covers === undefined ? "" : [" ", cx.print(covers)]];
  return [value === undefined ? left : assignment(left, " =", value, cx), ";"];
}

export function printCovers(node: FieldCovers, cx: Context): Doc {
  const parts = commaList(node, "items", { open: "(", close: ")" }, cx);
  return ["covers ", parts, node.zeroNone ? " zero none" : ""];
}

export function printSize({ value }: HeaderSize, cx: Context): Doc {
  return [assignment("size", " =", value, cx), ";"];
}

export function printNext({ header }: HeaderNext, cx: Context): Doc {
  return ["next ", cx.print(header), ";"];
}

export function printOptions({ value }: HeaderOptions, cx: Context): Doc {
  return ["options ", cx.print(value), ";"];
}

export function printContinues(node: HeaderContinues, cx: Context): Doc {
  const fields = commaList(node, "items", { open: "{", close: "}", spaced: true }, cx);
  const max: Doc = node.max === undefined ? "" : [" max ", cx.print(node.max)];
  return ["continues ", cx.print(node.header), " ", fields, max, whenClause(node.when, cx), ";"];
}

export function printContinuesField({ name, value }: ContinuesField, cx: Context): Doc {
  return value === undefined ? cx.print(name) : assignment(cx.print(name), ":", value, cx);
}
