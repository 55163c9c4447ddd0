/** What can stand at the cursor, most likely first. */
import { bindingItems } from "./completion-bindings.js";
import { CompletionItemKind, type CompletionItem, type CompletionList } from "vscode-languageserver/node";
import type { SourceFile } from "../base/span.js";
import type { Sight } from "../check/index.js";
import { mapKinds } from "../check/map-kinds.js";
import type { Type } from "../check/types.js";
import { packetTypeNames, programKind, supportedHooks } from "../kernel/programs.js";
import { visible, type ModuleScope, type NamedDeclaration } from "../resolve/index.js";
import type { AnyNode } from "../syntax/walk.js";
import { allowedIn } from "./allowed.js";
import { memberItems } from "./completion-members.js";
import { importer, importItems } from "./completion-imports.js";
import { placeAt, stringBefore, type Place } from "./completion-place.js";
import {
  declarationItem,
  enumItems,
  headerFieldItems,
  keyItems,
  nameItem,
  structFieldItems,
  wordItem,
  type Extra,
} from "./completion-items.js";
import { stringItems } from "./completion-strings.js";
import { inTest, testItems, testTypeItems } from "./completion-tests.js";
import { rangeOf } from "./positions.js";
import * as words from "./words.js";
import type { Workspace } from "./workspace.js";

export interface CompletionOptions {
  /** The client fills in places. */
  readonly snippets: boolean;
}

export function completionAt(
  workspace: Workspace,
  file: SourceFile,
  offset: number,
  { snippets }: CompletionOptions,
): CompletionList {
  const extra: Extra = { snippets };
  const string = stringBefore(file.text, offset);
  if (string) {
    const { items, cut } = stringItems(workspace, file, string, extra);
    return { ...list(items, file, string.start, offset), isIncomplete: cut };
  }
  if (inComment(workspace, file, offset)) return { isIncomplete: false, items: [] };
  const place = placeAt(workspace, file, offset);
  return list(itemsAt(workspace, place, extra), file, place.start, place.end);
}

function list(
  items: readonly CompletionItem[],
  file: SourceFile,
  start: number,
  end: number,
): CompletionList {
  const range = rangeOf({ file, start, end });
  const seen = new Set<string>();
  return {
    isIncomplete: false,
    items: items
      .filter(({ label }) => !seen.has(label) && seen.add(label))
      .map((one) => ({ ...one, textEdit: { range, newText: one.insertText ?? one.label } })),
  };
}

function inComment(workspace: Workspace, file: SourceFile, offset: number): boolean {
  return workspace
    .parse(file)
    .comments.some(
      ({ span, text }) =>
        span.start < offset && (offset < span.end || (!text.endsWith("*/") && offset === span.end)),
    );
}

function itemsAt(workspace: Workspace, place: Place, extra: Extra): readonly CompletionItem[] {
  const { before, parents, node } = place;
  const [parent] = parents;
  const scope = place.understood.resolved.modules.find((one) => one.entry);
  if (!scope) return [];
  if (/(?:^|[;}\s])import\s*\{[^}]*$/.test(before)) return importItems(workspace, place, scope, extra);
  if (/\bnew\s+$/.test(before)) {
    return [...mapKinds.keys()].map((name) => {
      const word = words.maps.get(name) ?? { name, signature: `${name}(…)`, doc: "" };
      return wordItem(word, CompletionItemKind.Class, { ...extra, rank: 0 });
    });
  }
  if (parent?.kind === "member-access" && node && parent.member === node) {
    return memberItems(place, parent, scope, extra);
  }
  if (
    inTypeArguments(before) ||
    (parent?.kind === "named-type" && node) ||
    /(?:\bas|[\w)\]]\s*:)\s*$/.test(typeBefore(place))
  ) {
    return testTypeItems(place, extra) ?? typeItems(workspace, place, scope, extra);
  }
  const bound = bindingItems(place, extra);
  if (bound) return bound;
  const keys = objectKeys(place, extra);
  if (keys) return keys;
  if (
    parent?.kind === "parent" ||
    parent?.kind === "continues" ||
    /\b(?:after|next|continues)\s+$/.test(before)
  ) {
    return headerNames(place, scope, extra);
  }
  if (atTop(place)) return topItems(place, extra);
  return valueItems(workspace, place, scope, extra);
}

/** `new Hash<`, `new Hash<u32, `, `ip.prepend<`: what was begun and is not closed. */
function inTypeArguments(before: string): boolean {
  return /(?:\bnew\s+\w+|\.prepend|\bstring)\s*<(?:[\w\s,|[\]]|<[\w\s,]*>)*$/.test(before);
}

/** A `:` starts a type in declarations, and a value in literals and `? :`. */
function typeBefore({ before, parents }: Place): string {
  const declares: readonly string[] = [
    "field",
    "parameter",
    "header-field",
    "param",
    "variable",
    "function",
    "struct",
    "header",
  ];
  const [parent] = parents;
  const around = parents.find(
    (one) => one.kind === "object" || one.kind === "block" || declares.includes(one.kind),
  );
  if (/\bas\s*$/.test(before)) return before;
  if (/\b(?:const|let|param)\s+\w+\s*:\s*$/.test(before)) return before;
  return around && declares.includes(around.kind) && parent?.kind !== "conditional" ? before : "";
}

function typeItems(
  workspace: Workspace,
  place: Place,
  scope: ModuleScope,
  extra: Extra,
): readonly CompletionItem[] {
  const { resolved } = place.understood;
  const inLayer = place.before.endsWith("prepend<") || place.parents.some((one) => one.kind === "header");
  const isType = ({ kind }: NamedDeclaration): boolean => ["struct", "enum", "type", "header"].includes(kind);
  const declared = [...visible(resolved, scope)].filter(([, { declaration }]) => isType(declaration));
  return [
    ...[...words.types.values()]
      .filter(({ name }) => !packetTypeNames.includes(name))
      .map((one) => wordItem(one, CompletionItemKind.Keyword, { ...extra, rank: 1 })),
    ...packetTypeNames.map((name) =>
      wordItem(words.types.get(name) ?? { name, signature: name, doc: "" }, CompletionItemKind.Class, {
        ...extra,
        rank: 2,
      }),
    ),
    ...declared.map(([, { declaration, module }]) =>
      declarationItem(declaration, {
        ...extra,
        rank: module === scope ? 0 : declaration.kind === "header" && !inLayer ? 3 : 2,
      }),
    ),
    ...notImported(workspace, place, scope, extra, isType),
  ];
}

function headerNames(place: Place, scope: ModuleScope, extra: Extra): readonly CompletionItem[] {
  return [...visible(place.understood.resolved, scope)]
    .filter(([, { declaration }]) => declaration.kind === "header")
    .map(([, { declaration }]) => declarationItem(declaration, extra));
}

/** Keys of `{ … }`: fields of what it fills, options of a map or program. Undefined outside of literals. */
function objectKeys(place: Place, extra: Extra): readonly CompletionItem[] | undefined {
  const { parents, node, understood } = place;
  const at = parents.findIndex((one) => one.kind === "object");
  const object = parents[at];
  if (object?.kind !== "object" || at > 1) return undefined;
  const [field] = parents;
  const onKey = field?.kind === "object" || (field?.kind === "object-field" && field.name === node);
  if (!onKey) return undefined;
  const given = new Set(object.fields.filter((one) => one.name !== node).map((one) => one.name.name));
  const around: AnyNode | undefined = parents[at + 1];
  const options =
    around?.kind === "new" ? words.mapOptions : around?.kind === "program" ? words.programOptions : undefined;
  if (options) {
    return [...options.values()]
      .filter(({ name }) => !given.has(name))
      .map((one) => wordItem(one, CompletionItemKind.Property, extra));
  }
  const type = understood.checked.types.get(object.id);
  if (type?.kind === "struct") return keyItems(structFieldItems(type, { ...extra, rank: 0 }), given);
  if (type?.kind === "layer") return keyItems(headerFieldItems(type.header, { ...extra, rank: 0 }), given);
  return undefined;
}

function atTop({ parents, sight }: Place): boolean {
  return !sight && !parents.some((one) => one.kind !== "module");
}

function topItems({ before }: Place, extra: Extra): readonly CompletionItem[] {
  const hooks = supportedHooks.map((hook) => {
    const kind = programKind(hook);
    const example = kind?.family === "probe" ? (kind.example ?? "") : undefined;
    const head = example === undefined ? "name(pkt)" : "";
    const target = example === undefined || example === "" ? "" : `("${example}")`;
    const place = target === "" ? target : `("\${1:${example}}")`;
    const snippet =
      example === undefined ? `${hook} \${1:name}(pkt) {\n  $0\n}` : `${hook}${place} {\n  $0\n}`;
    return wordItem(
      {
        name: hook,
        signature: `${hook}${target} ${head}`.trimEnd() + " { … }",
        doc: kind ? `Runs ${kind.summary.replace(/^runs /, "")}.` : "",
        snippet,
      },
      CompletionItemKind.Event,
      { ...extra, rank: 1 },
    );
  });
  const exported = /\bexport\s+$/.test(before);
  const declarations = words.declarations.filter(
    ({ name }) => !exported || !["import", "export", "license", "target"].includes(name),
  );
  return [
    ...(exported ? [] : hooks),
    ...declarations.map((one) => wordItem(one, CompletionItemKind.Keyword, { ...extra, rank: 2 })),
  ];
}

function valueItems(
  workspace: Workspace,
  place: Place,
  scope: ModuleScope,
  extra: Extra,
): readonly CompletionItem[] {
  const { sight, understood, parents } = place;
  const found: CompletionItem[] = [];
  const statement =
    parents[0]?.kind === "expression-statement" ||
    parents[0]?.kind === "block" ||
    parents[0]?.kind === "error-statement";
  const tests = inTest(place);
  const allowed = allowedIn(understood, tests ? undefined : sight?.hook);
  if (sight) found.push(...expectedItems(sight, tests, extra));
  if (tests) found.push(...testItems(place, scope, statement, extra));
  found.push(...(sight?.names ?? []).map((one) => nameItem(one, { ...extra, rank: statement ? 2 : 1 })));
  for (const name of sight?.headerFields ?? []) {
    found.push(wordItem({ name, signature: "", doc: "" }, CompletionItemKind.Field, { ...extra, rank: 1 }));
  }
  const isValue = ({ kind }: NamedDeclaration): boolean =>
    ["param", "variable", "function", "enum"].includes(kind);
  for (const [, { declaration, module }] of visible(understood.resolved, scope)) {
    if (!isValue(declaration) || !allowed.declaration(declaration, module)) continue;
    const rank =
      module === scope ? 2 : module.specifier === undefined ? 2 : declaration.kind === "enum" ? 4 : 3;
    found.push(declarationItem(declaration, { ...extra, rank }));
  }
  found.push(
    ...[...words.builtins.values()]
      .filter(({ name }) => allowed.builtin(name))
      .map((one) => wordItem(call(one), CompletionItemKind.Function, { ...extra, rank: 3 })),
  );
  if (statement) {
    const inLoop = sight?.inLoop ?? true;
    const fits = ({ name }: words.Word): boolean => inLoop || name !== "continue";
    found.push(
      ...words.statements
        .filter(fits)
        .map((one) => wordItem(one, CompletionItemKind.Keyword, { ...extra, rank: 3 })),
    );
  } else {
    found.push(
      ...words.values.map((one) => wordItem(one, CompletionItemKind.Keyword, { ...extra, rank: 4 })),
    );
    if (/\?\?\s*$/.test(place.before)) {
      const exits = ["return", ...(sight?.inLoop ? ["continue", "break"] : [])];
      const exit = (name: string): words.Word => ({
        name,
        signature: `${name} when it is null`,
        doc: "",
        snippet: name === "return" ? "return $0" : name,
      });
      found.push(
        ...exits.map((name) => wordItem(exit(name), CompletionItemKind.Keyword, { ...extra, rank: 0 })),
      );
    }
  }
  const fits = (one: NamedDeclaration): boolean => isValue(one) && allowed.declaration(one, undefined);
  found.push(...notImported(workspace, place, scope, extra, fits));
  return found;
}

function call(word: words.Word): words.Word {
  return { ...word, snippet: word.name === "print" ? "print(`$0`)" : (word.snippet ?? `${word.name}($0)`) };
}

/** Members of the enum that is expected, and the verdicts of the program around. */
function expectedItems(sight: Sight, tests: boolean, extra: Extra): readonly CompletionItem[] {
  const wanted = inner(sight.expected);
  const found: CompletionItem[] = [];
  if (wanted?.kind === "enum") found.push(...enumItems(wanted, false, { ...extra, rank: 0 }));
  if (wanted?.kind === "bool") {
    for (const name of ["true", "false"]) {
      found.push(
        wordItem({ name, signature: name, doc: "" }, CompletionItemKind.Keyword, { ...extra, rank: 0 }),
      );
    }
  }
  if (sight.verdict && sight.verdict !== wanted && !tests)
    found.push(...enumItems(sight.verdict, false, { ...extra, rank: 3 }));
  return found;
}

function inner(type: Type | undefined): Type | undefined {
  return type?.kind === "nullable" ? type.inner : type;
}

/** What the standard library and the script's neighbours export, with the import that it takes. */
function notImported(
  workspace: Workspace,
  place: Place,
  scope: ModuleScope,
  extra: Extra,
  fits: (declaration: NamedDeclaration) => boolean,
): readonly CompletionItem[] {
  const { resolved } = place.understood;
  const known = visible(resolved, scope);
  const imported = importer(workspace, place.file);
  return resolved
    .elsewhere()
    .filter((one) => !known.has(one.name) && fits(one.declaration) && !mapKinds.has(one.name))
    .map(({ specifier, name, declaration }) => {
      const edits = imported(name, specifier);
      return declarationItem(declaration, { ...extra, rank: 5, edits }, specifier);
    });
}
