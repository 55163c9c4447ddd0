/** Semantic tokens: what each name is, where a grammar of words can't know. */
import {
  SemanticTokensBuilder,
  type SemanticTokens,
  type SemanticTokensLegend,
} from "vscode-languageserver/node";
import type { NamedDeclaration } from "../resolve/index.js";
import { definitionOf, type Meaning } from "./meanings.js";
import type { Occurrence } from "./occurrences.js";
import { positionAt } from "./positions.js";
import type { Script } from "./script.js";
import { isStandard } from "./uris.js";

const types = [
  "class",
  "struct",
  "enum",
  "type",
  "function",
  "method",
  "property",
  "enumMember",
  "variable",
  "parameter",
] as const;
const modifiers = ["declaration", "readonly", "modification", "defaultLibrary"] as const;

export const legend: SemanticTokensLegend = { tokenTypes: [...types], tokenModifiers: [...modifiers] };

type TokenType = (typeof types)[number];

export function semanticTokens(
  script: Script,
  from = 0,
  to: number = script.file.text.length,
): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  let end = -1;
  for (const one of [...script.occurrences()].sort((a, b) => a.name.span.start - b.name.span.start)) {
    const { span } = one.name;
    // Tokens may not overlap: of two meanings of one word the first is shown.
    if (span.start < end || span.end < from || span.start > to) continue;
    end = span.end;
    const { line, character } = positionAt(script.file, span.start);
    builder.push(line, character, span.end - span.start, types.indexOf(typeOf(one)), modifiersOf(one));
  }
  return builder.build();
}

function modifiersOf({ meaning, declares, writes }: Occurrence): number {
  const definition = definitionOf(meaning);
  const on: Record<(typeof modifiers)[number], boolean> = {
    declaration: declares,
    readonly: isReadonly(meaning),
    modification: writes,
    defaultLibrary: !definition || isStandard(definition.span.file),
  };
  return modifiers.reduce((bits, name, i) => bits | (on[name] ? 1 << i : 0), 0);
}

function isReadonly(meaning: Meaning): boolean {
  if (meaning.kind === "local") return meaning.symbol.kind === "constant" || !meaning.symbol.mutable;
  if (meaning.kind !== "declaration") return meaning.kind === "enum-member";
  const { declaration } = meaning;
  return declaration.kind === "param" || (declaration.kind === "variable" && !declaration.mutable);
}

function typeOf({ meaning, parents, name }: Occurrence): TokenType {
  switch (meaning.kind) {
    case "local": {
      const [parent] = parents;
      const declared =
        meaning.symbol.kind === "local" && parent?.kind === "parameter" && parent.name === name;
      return declared ? "parameter" : "variable";
    }
    case "declaration":
      return declaredType(meaning.declaration);
    case "struct-field":
    case "header-field":
    case "kernel-field":
    case "layer":
    case "property":
    case "option":
      return "property";
    case "enum-member":
      return "enumMember";
    case "method":
      return "method";
    case "builtin":
      return "function";
    case "type":
      return "type";
  }
}

function declaredType(declaration: NamedDeclaration): TokenType {
  switch (declaration.kind) {
    case "struct":
      return "struct";
    case "enum":
      return "enum";
    case "type":
      return "type";
    case "header":
      return "class";
    case "function":
    case "program":
      return "function";
    default:
      return "variable";
  }
}
