/** The outline of a script, and names of the whole workspace. */
import { SymbolKind, type DocumentSymbol, type SymbolInformation } from "vscode-languageserver/node";
import type { Span } from "../base/span.js";
import type { Declaration, HeaderDeclaration, Identifier, StructDeclaration } from "../syntax/ast.js";
import type { AnyNode } from "../syntax/walk.js";
import { rangeOf } from "./positions.js";
import type { Script } from "./script.js";
import { locationOf } from "./uris.js";

interface Outlined {
  readonly name: string;
  readonly at: Span;
  readonly kind: SymbolKind;
  readonly detail: string;
  readonly children: readonly DocumentSymbol[];
}

export function documentSymbols(script: Script): readonly DocumentSymbol[] {
  return script.module.declarations.flatMap((one) => {
    const outlined = outline(one);
    return outlined ? [symbol(one.span, outlined)] : [];
  });
}

function symbol(span: Span, { name, at, kind, detail, children }: Outlined): DocumentSymbol {
  const range = rangeOf(span);
  const within = at.start >= span.start && at.end <= span.end;
  return {
    name: name === "" ? "…" : name,
    kind,
    range,
    selectionRange: within ? rangeOf(at) : { start: range.start, end: range.start },
    ...(detail !== "" && { detail }),
    children: [...children],
  };
}

const mapKind = SymbolKind.Object;

function outline(one: Declaration): Outlined | undefined {
  switch (one.kind) {
    case "import":
    case "license":
    case "target":
      return undefined;
    case "param":
      return named(one.name, SymbolKind.Constant, "param");
    case "variable":
      if (one.value?.kind === "new") return named(one.name, mapKind, one.value.type.name.name);
      return named(one.name, one.mutable ? SymbolKind.Variable : SymbolKind.Constant);
    case "struct":
      return named(one.name, SymbolKind.Struct, "", fieldsOf(one));
    case "enum":
      return named(
        one.name,
        SymbolKind.Enum,
        "",
        one.members.map((each) => child(each, each.name, SymbolKind.EnumMember)),
      );
    case "type":
      return named(one.name, SymbolKind.TypeParameter);
    case "header":
      return named(one.name, SymbolKind.Class, "header", fieldsOf(one));
    case "function":
      return named(one.name, SymbolKind.Function);
    case "program": {
      const { name, hook } = one;
      return {
        name: name?.name ?? hook.name,
        at: name?.span ?? hook.span,
        kind: SymbolKind.Event,
        detail: hook.name,
        children: [],
      };
    }
    case "test":
      return {
        name: one.name.value,
        at: one.name.span,
        kind: SymbolKind.Method,
        detail: "test",
        children: [],
      };
    default:
      // A declaration that is newer than this file: shown by its name, if it has one.
      return newer(one);
  }
}

function newer(one: { readonly kind: string; readonly span: Span; readonly name?: unknown }): Outlined {
  const { name, span, kind } = one;
  const known = typeof name === "object" && name !== null && "name" in name ? String(name.name) : kind;
  return {
    name: known,
    at: { ...span, end: span.start },
    kind: SymbolKind.Function,
    detail: kind,
    children: [],
  };
}

function named(
  { name, span }: Identifier,
  kind: SymbolKind,
  detail = "",
  children: readonly DocumentSymbol[] = [],
): Outlined {
  return { name, at: span, kind, detail, children };
}

function child(node: AnyNode, { name, span }: Identifier, kind: SymbolKind): DocumentSymbol {
  return symbol(node.span, { name, at: span, kind, detail: "", children: [] });
}

/** Names that contain the letters of a query in their order, the best matches first. */
export function workspaceSymbols(scripts: readonly Script[], query: string): readonly SymbolInformation[] {
  const wanted = [...query.toLowerCase()];
  const matches = (name: string): boolean => {
    let at = 0;
    const text = name.toLowerCase();
    return wanted.every((letter) => {
      at = text.indexOf(letter, at) + 1;
      return at > 0;
    });
  };
  const found = scripts.flatMap((script) =>
    script.module.declarations.flatMap((one) => {
      const outlined = outline(one);
      if (!outlined || !matches(outlined.name)) return [];
      return [
        {
          name: outlined.name,
          kind: outlined.kind,
          location: locationOf(outlined.at),
          containerName: script.file.path,
        },
      ];
    }),
  );
  return found.sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1)).slice(0, 256);
}

const fieldsOf = ({ fields }: StructDeclaration | HeaderDeclaration): readonly DocumentSymbol[] =>
  fields.map((field) => child(field, field.name, SymbolKind.Field));
