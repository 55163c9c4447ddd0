/** What the names of a script stand for, and where that was declared. */
import type { KernelField } from "../check/types.js";
import type { CallMeaning, Checked, ConstantSymbol, LocalSymbol, Symbol } from "../check/checked.js";
import type { NamedDeclaration } from "../resolve/index.js";
import type {
  EnumDeclaration,
  EnumMember,
  HeaderDeclaration,
  HeaderField,
  Identifier,
  StructDeclaration,
  StructField,
  VariableDeclaration,
} from "../syntax/ast.js";

export type Meaning =
  | { readonly kind: "local"; readonly symbol: LocalSymbol | ConstantSymbol }
  /** A name at the top of a module. */
  | { readonly kind: "declaration"; readonly declaration: NamedDeclaration }
  | { readonly kind: "struct-field"; readonly struct: StructDeclaration; readonly field: StructField }
  | { readonly kind: "enum-member"; readonly declaration: EnumDeclaration; readonly member: EnumMember }
  | { readonly kind: "header-field"; readonly header: HeaderDeclaration; readonly field: HeaderField }
  /** The name by which a header's layers are reached. */
  | { readonly kind: "layer"; readonly header: HeaderDeclaration }
  /** Of the kernel's, which is declared in BTF or a tracepoint's format. */
  | { readonly kind: "kernel-field"; readonly struct: string; readonly field: KernelField }
  | { readonly kind: "property"; readonly name: string }
  | { readonly kind: "method"; readonly name: string; readonly call: CallMeaning }
  | { readonly kind: "builtin"; readonly name: string }
  /** A type of the language itself: `u16`, `Hash`. */
  | { readonly kind: "type"; readonly name: string }
  | { readonly kind: "option"; readonly name: string };

/** The name that declares it; undefined for what the language itself has. */
export function definitionOf(meaning: Meaning): Identifier | undefined {
  switch (meaning.kind) {
    case "local": {
      const { symbol } = meaning;
      return symbol.kind === "local" ? symbol.declaration : symbol.declaration.name;
    }
    case "declaration":
      return meaning.declaration.name;
    case "struct-field":
    case "header-field":
      return meaning.field.name;
    case "enum-member":
      return meaning.member.name;
    case "layer":
      return meaning.header.alias ?? meaning.header.name;
    default:
      return undefined;
  }
}

/** One text a declaration, in whichever analysis it was met: its file and place. */
export function keyOf(meaning: Meaning): string | undefined {
  const name = definitionOf(meaning);
  if (!name) return undefined;
  // A layer that has no name of its own is called after its header, and renamed with it.
  return `${name.span.file.path}:${name.span.start}`;
}

export function symbolMeaning(symbol: Symbol, known: Known): Meaning | undefined {
  switch (symbol.kind) {
    case "local": {
      // In a `when`, a parent's layer goes by its name.
      const { type } = symbol;
      return known.inWhen(symbol) && type.kind === "layer"
        ? { kind: "layer", header: type.header.declaration }
        : { kind: "local", symbol };
    }
    case "constant":
      return known.isTop(symbol.declaration)
        ? { kind: "declaration", declaration: symbol.declaration }
        : { kind: "local", symbol };
    case "param":
    case "global":
    case "map":
    case "function":
      return { kind: "declaration", declaration: symbol.declaration };
    case "program": {
      const { declaration } = symbol;
      const { name } = declaration;
      return name && { kind: "declaration", declaration: { ...declaration, name } };
    }
    case "enum":
      return symbol.type.declaration && { kind: "declaration", declaration: symbol.type.declaration };
    case "enum-member":
      return memberMeaning(symbol.type.declaration, symbol.member);
    case "header-field":
      return known.fieldMeaning(symbol.field.declaration);
    case "header-property":
      return { kind: "property", name: symbol.property };
    case "builtin":
      return { kind: "builtin", name: symbol.name };
    default:
      // A kind of symbol that is newer than this file has no meaning to show.
      return undefined;
  }
}

/** An enum of the kernel's is declared nowhere. */
export function memberMeaning(declaration: EnumDeclaration | undefined, name: string): Meaning | undefined {
  const member = declaration?.members.find((one) => one.name.name === name);
  return member && declaration && { kind: "enum-member", declaration, member };
}

/** What has to be looked for in the whole compilation. */
export interface Known {
  /** The header of a field. */
  readonly fieldMeaning: (field: HeaderField) => Meaning | undefined;
  /** The symbol is a layer's name in a `when`. */
  readonly inWhen: (symbol: LocalSymbol) => boolean;
  /** Declared at the top of a module. */
  readonly isTop: (declaration: VariableDeclaration) => boolean;
}

export function knownOf({ headers, modules }: Pick<Checked, "headers" | "modules">): Known {
  const owners = new Map<HeaderField, HeaderDeclaration>();
  const names = new Set<number>();
  for (const { declaration } of headers) {
    for (const field of declaration.fields) owners.set(field, declaration);
    for (const parent of declaration.parents) names.add(parent.header.id);
    names.add(declaration.name.id);
    if (declaration.alias) names.add(declaration.alias.id);
    if (declaration.continues) names.add(declaration.continues.header.id);
  }
  const top = new Set<unknown>(modules.flatMap((module) => module.declarations));
  return {
    fieldMeaning: (field) => {
      const header = owners.get(field);
      return header && { kind: "header-field", header, field };
    },
    inWhen: (symbol) => names.has(symbol.declaration.id),
    isTop: (declaration) => top.has(declaration),
  };
}
