/** Declarations at the top of a file, without headers and functions. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type {
  EnumDeclaration,
  EnumMember,
  ImportDeclaration,
  LicenseDeclaration,
  Module,
  ParamDeclaration,
  StructDeclaration,
  StructField,
  TargetDeclaration,
  TypeDeclaration,
  VariableDeclaration,
} from "../syntax/ast.js";
import { assignment } from "./assignment.js";
import { danglingIn, printLines } from "./comments.js";
import { type Context, parentOf } from "./context.js";
import { braces, commaList, fieldLines, itemLines } from "./lists.js";
import type { Binding, FormatNode, ImportName } from "./tree.js";
import { annotation } from "./types.js";

const { group, hardline, indent, line } = builders;

export function printModule(node: Module, cx: Context): Doc {
  const found = danglingIn(node, "items", cx);
  if (node.declarations.length > 0) return [itemLines(node.declarations, cx), hardline];
  return found.length > 0 ? [printLines(found, cx), hardline] : "";
}

export function printImport(node: ImportDeclaration, cx: Context): Doc {
  const names = commaList(node, "items", { open: "{", close: "}", spaced: true }, cx);
  return ["import ", names, " from ", cx.print(node.from), ";"];
}

export function printImportName({ name, alias }: ImportName, cx: Context): Doc {
  return alias === undefined ? cx.print(name) : [cx.print(name), " as ", cx.print(alias)];
}

export function printSetting({ kind, value }: LicenseDeclaration | TargetDeclaration, cx: Context): Doc {
  return [kind, " ", cx.print(value), ";"];
}

export function exported(node: { readonly exported: boolean }): string {
  return node.exported ? "export " : "";
}

export function printParam(node: ParamDeclaration, cx: Context): Doc {
  const left = [exported(node), "param ", cx.print(node.name), annotation(node.type, cx)];
  return [assignment(left, " =", node.value, cx), ";"];
}

/** The `;` belongs to the statement around it, except at the top. */
export function printVariable(node: VariableDeclaration, cx: Context): Doc {
  const left = [
    exported(node),
    node.mutable ? "let " : "const ",
    cx.print(node.name),
    annotation(node.type, cx),
  ];
  const end = parentOf(cx, node)?.kind === "module" ? ";" : "";
  return [node.value === undefined ? left : assignment(left, " =", node.value, cx), end];
}

export function printBinding({ field, name }: Binding, cx: Context): Doc {
  return name === undefined ? cx.print(field) : [cx.print(field), ": ", cx.print(name)];
}

export function printTypeDeclaration(node: TypeDeclaration, cx: Context): Doc {
  return group([
    exported(node),
    "type ",
    cx.print(node.name),
    " =",
    indent([line, cx.print(node.type)]),
    ";",
  ]);
}

export function printStruct(node: StructDeclaration, cx: Context): Doc {
  return [exported(node), "struct ", cx.print(node.name), " ", braces(node, cx, fieldLines)];
}

export function printField({ name, type }: StructField, cx: Context): Doc {
  return [cx.print(name), annotation(type, cx), ";"];
}

export function printEnum(node: EnumDeclaration, cx: Context): Doc {
  const members = braces(node, cx, memberLines);
  return [exported(node), "enum ", cx.print(node.name), annotation(node.base, cx), " ", members];
}

/** A comma behind every member. */
function memberLines(items: readonly FormatNode[], cx: Context): Doc {
  return itemLines(items, {
    ...cx,
    print: (item) => [cx.print(item), ","],
  });
}

export function printMemberOfEnum({ name, value }: EnumMember, cx: Context): Doc {
  return value === undefined ? cx.print(name) : assignment(cx.print(name), " =", value, cx);
}
