/** A new name for a declaration, in every module that names it. */
import type { Range, WorkspaceEdit } from "vscode-languageserver/node";
import type { TextEdit } from "../diagnostics/diagnostic.js";
import { isName, kw, Name } from "../syntax/tokens.js";
import { workspaceEdit } from "./diagnostics.js";
import { definitionOf, type Meaning } from "./meanings.js";
import { usesAt, type Use } from "./navigate.js";
import { rangeOf } from "./positions.js";
import { occurrencesAt, type Script } from "./script.js";
import { isStandard } from "./uris.js";
import type { Workspace } from "./workspace.js";

/** Why something keeps its name. */
export class NotRenamed extends Error {
  override readonly name = "NotRenamed";
}

export function renameRange(
  script: Script,
  offset: number,
): { readonly range: Range; readonly placeholder: string } {
  const [one] = occurrencesAt(script, offset);
  if (!one) throw new NotRenamed("There is no name here.");
  const definition = definitionOf(one.meaning);
  if (!definition) throw new NotRenamed(`\`${one.name.name}\` is part of the language.`);
  if (isStandard(definition.span.file))
    throw new NotRenamed(`\`${one.name.name}\` is part of the standard library.`);
  return { range: rangeOf(one.name.span), placeholder: one.name.name };
}

export function renameAt(workspace: Workspace, script: Script, offset: number, name: string): WorkspaceEdit {
  renameRange(script, offset);
  if (!canBeName(name)) throw new NotRenamed(`\`${name}\` can't be a name.`);
  // A word that stands for two things, as the `src` of `{ src }`, is renamed as the variable.
  const found = occurrencesAt(script, offset);
  const [meant] = found.length > 1 ? found.filter((one) => one.meaning.kind === "local") : found;
  const uses = usesAt(workspace, script, offset).filter(
    ({ occurrence }) => !meant || found.length === 1 || sameMeaning(occurrence.meaning, meant.meaning),
  );
  return workspaceEdit(distinct(uses.map((use) => edit(use, name))));
}

function canBeName(name: string): boolean {
  if (!/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name)) return false;
  try {
    return isName(kw(name));
  } catch {
    return isName(Name);
  }
}

function sameMeaning(a: Meaning, b: Meaning): boolean {
  return definitionOf(a)?.span.start === definitionOf(b)?.span.start;
}

function edit({ occurrence }: Use, name: string): TextEdit {
  const { name: identifier, meaning, shorthand } = occurrence;
  const { span } = identifier;
  const [parent] = occurrence.parents;
  // Layers without a name of their own are called as their header, with a small letter.
  if (meaning.kind === "layer" && !meaning.header.alias) return { span, text: firstSmall(name) };
  if (meaning.kind === "declaration" && meaning.declaration.kind === "header" && isLayerName(occurrence)) {
    return { span, text: firstSmall(name) };
  }
  if (!shorthand) return { span, text: name };
  const old = identifier.name;
  // `{ src }` becomes `{ src: sender }` for the variable, `{ from: src }` for the field; the other way round in a pattern.
  const isLocal = meaning.kind === "local" || meaning.kind === "declaration";
  const text =
    parent?.kind === "destructuring" || !isLocal
      ? isLocal
        ? `${old}: ${name}`
        : `${name}: ${old}`
      : `${old}: ${name}`;
  return { span, text };
}

function isLayerName({ parents, name }: Use["occurrence"]): boolean {
  const [parent] = parents;
  return parent?.kind === "member-access" && parent.member === name;
}

function firstSmall(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function distinct(edits: readonly TextEdit[]): readonly TextEdit[] {
  const seen = new Set<string>();
  return edits.filter(({ span }) => {
    const key = `${span.file.path} ${span.start}`;
    return !isStandard(span.file) && !seen.has(key) && seen.add(key);
  });
}
