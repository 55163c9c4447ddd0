/** What completion offers, one by one. */
import {
  CompletionItemKind,
  CompletionItemTag,
  InsertTextFormat,
  MarkupKind,
  type CompletionItem,
  type TextEdit,
} from "vscode-languageserver/node";
import type { SightName } from "../check/index.js";
import { typeName } from "../check/index.js";
import type { EnumType, Header, StructType } from "../check/types.js";
import type { NamedDeclaration } from "../resolve/index.js";
import { bytes, docBefore, functionText, headerFieldFacts, parameterText, sourceOf } from "./describe.js";
import { marker } from "./marker.js";
import type { Word } from "./words.js";

/** Smaller comes first: what the place asks for, what is near, what is anywhere. */
export type Rank = 0 | 1 | 2 | 3 | 4 | 5;

export interface Extra {
  readonly rank?: Rank;
  /** Edits elsewhere that go with it: an import, a `?`. */
  readonly edits?: readonly TextEdit[];
  readonly snippets: boolean;
}

function item(
  label: string,
  kind: CompletionItemKind,
  detail: string,
  doc: string | undefined,
  { rank = 2, edits = [] }: Extra,
): CompletionItem {
  // What is being written says nothing yet.
  const shown = detail.includes(marker) ? "" : detail;
  return {
    label,
    kind,
    sortText: `${rank}${label}`,
    ...(shown !== "" && { detail: shown }),
    // Beside every name, not only the one that is chosen.
    ...(shown !== "" && shown.length <= 32 && { labelDetails: { description: shown } }),
    ...(doc !== undefined && doc !== "" && { documentation: { kind: MarkupKind.Markdown, value: doc } }),
    ...(edits.length > 0 && { additionalTextEdits: [...edits] }),
  };
}

function withSnippet(made: CompletionItem, snippet: string | undefined, { snippets }: Extra): CompletionItem {
  if (snippet === undefined || !snippets) return made;
  return { ...made, insertText: snippet, insertTextFormat: InsertTextFormat.Snippet };
}

export function wordItem(word: Word, kind: CompletionItemKind, extra: Extra): CompletionItem {
  return withSnippet(item(word.name, kind, word.signature, word.doc, extra), word.snippet, extra);
}

export function methodItem(word: Word, extra: Extra): CompletionItem {
  const none = word.signature.startsWith(`${word.name}()`);
  const call = word.snippet ?? (none ? `${word.name}()` : `${word.name}($0)`);
  const made = withSnippet(
    item(word.name, CompletionItemKind.Method, word.signature, word.doc, extra),
    call,
    extra,
  );
  return none || !extra.snippets ? made : { ...made, command: parameterHints };
}

const parameterHints = { title: "Parameters", command: "editor.action.triggerParameterHints" };

export function nameItem({ symbol, type, dead }: SightName, extra: Extra): CompletionItem {
  const kind =
    symbol.kind === "local" && symbol.mutable ? CompletionItemKind.Variable : CompletionItemKind.Constant;
  const made = item(symbol.name, kind, typeName(type), undefined, {
    ...extra,
    rank: dead ? 5 : (extra.rank ?? 1),
  });
  if (!dead) return made;
  const gone = "Refers to where the packet was before it moved.";
  return { ...made, tags: [CompletionItemTag.Deprecated], documentation: gone };
}

export function declarationItem(declaration: NamedDeclaration, extra: Extra, from?: string): CompletionItem {
  const name = declaration.name.name;
  const { doc } = declaration;
  const [kind, detail] = kindOf(declaration);
  const made = item(
    name,
    kind,
    from === undefined ? detail : `${detail} (import from "${from}")`,
    doc,
    extra,
  );
  if (declaration.kind !== "function") return made;
  const places = declaration.parameters.map(
    (one, i) => `\${${i + 1}:${parameterText(one).replace(/:.*/, "")}}`,
  );
  const call = withSnippet(made, `${name}(${places.join(", ")})`, extra);
  return places.length === 0 || !extra.snippets ? call : { ...call, command: parameterHints };
}

function kindOf(declaration: NamedDeclaration): readonly [CompletionItemKind, string] {
  switch (declaration.kind) {
    case "param":
      return [
        CompletionItemKind.Constant,
        `param${declaration.type ? `: ${sourceOf(declaration.type)}` : ""}`,
      ];
    case "variable":
      if (declaration.value?.kind === "new")
        return [CompletionItemKind.Variable, sourceOf(declaration.value.type)];
      return [
        declaration.mutable ? CompletionItemKind.Variable : CompletionItemKind.Constant,
        declaration.value ? sourceOf(declaration.value).slice(0, 60) : "",
      ];
    case "function":
      return [CompletionItemKind.Function, functionText(declaration)];
    case "program":
      return [CompletionItemKind.Event, declaration.hook.name];
    case "struct":
      return [CompletionItemKind.Struct, "struct"];
    case "enum":
      return [CompletionItemKind.Enum, "enum"];
    case "type":
      return [CompletionItemKind.TypeParameter, sourceOf(declaration.type)];
    case "header":
      return [CompletionItemKind.Class, "header"];
    default:
      return [CompletionItemKind.Text, ""];
  }
}

/** Fields of a layer, in the order of the header. */
export function headerFieldItems(header: Header, extra: Extra): readonly CompletionItem[] {
  return header.fields.map((field, i) => {
    const facts = headerFieldFacts(field).join("\n\n");
    const doc = [field.declaration.doc ?? "", facts].filter((one) => one !== "").join("\n\n");
    const made = item(field.name, CompletionItemKind.Field, typeName(field.type), doc, { rank: 0, ...extra });
    return { ...made, sortText: `${extra.rank ?? 0}${String(i).padStart(3, "0")}` };
  });
}

export function structFieldItems(struct: StructType, extra: Extra): readonly CompletionItem[] {
  return struct.fields.map((field, i) => {
    const said = struct.declaration.fields.find((one) => one.name.name === field.name)?.doc ?? "";
    const doc = `${said}\n\noffset ${field.offset} of ${bytes(struct.size)}`.trim();
    const made = item(field.name, CompletionItemKind.Field, typeName(field.type), doc, extra);
    return { ...made, sortText: `${extra.rank ?? 0}${String(i).padStart(3, "0")}` };
  });
}

/** `name: ` for a literal that gives the fields of a struct or header. */
export function keyItems(
  items: readonly CompletionItem[],
  given: ReadonlySet<string>,
): readonly CompletionItem[] {
  return items
    .filter(({ label }) => !given.has(label))
    .map((one) => ({ ...one, insertText: `${one.label}: `, insertTextFormat: InsertTextFormat.PlainText }));
}

export function layerItem(header: Header, type: string, extra: Extra): CompletionItem {
  const { doc } = header.declaration;
  return item(header.layer, CompletionItemKind.Property, type, doc, extra);
}

/** `qualified` writes `Color.Red` where a bare `Red` would mean nothing. */
export function enumItems(type: EnumType, qualified: boolean, extra: Extra): readonly CompletionItem[] {
  return type.members.map((member, i) => {
    const declared = type.declaration?.members.find((one) => one.name.name === member.name);
    const doc = declared && docBefore(declared.name);
    const label = qualified ? `${type.name}.${member.name}` : member.name;
    const made = item(label, CompletionItemKind.EnumMember, `${type.name} = ${member.value}`, doc, extra);
    return { ...made, sortText: `${extra.rank ?? 0}${String(i).padStart(3, "0")}` };
  });
}

export function moduleItem(specifier: string, extra: Extra): CompletionItem {
  return item(specifier, CompletionItemKind.Module, "", undefined, extra);
}
