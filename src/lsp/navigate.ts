/** From a name to where it was declared, and to everywhere it is used. */
import { DocumentHighlightKind, type DocumentHighlight, type Location } from "vscode-languageserver/node";
import { definitionOf, keyOf, type Meaning } from "./meanings.js";
import type { Occurrence } from "./occurrences.js";
import { rangeOf } from "./positions.js";
import { occurrencesAt, type Script } from "./script.js";
import { locationOf } from "./uris.js";
import { moduleOf, type Workspace } from "./workspace.js";

export function definitionsAt(workspace: Workspace, script: Script, offset: number): readonly Location[] {
  const imported = importAt(workspace, script, offset);
  if (imported) return [imported];
  return occurrencesAt(script, offset).flatMap(({ meaning }) => {
    const overloads = meaning.kind === "declaration" ? overloadsOf(script, meaning) : [];
    const name = definitionOf(meaning);
    return overloads.length > 1 ? overloads : name ? [locationOf(name.span)] : [];
  });
}

/** Declarations of `declare function` that share a name. */
function overloadsOf(
  script: Script,
  { declaration }: Extract<Meaning, { kind: "declaration" }>,
): readonly Location[] {
  for (const { own } of script.resolved.modules) {
    const binding = own.get(declaration.name.name);
    if (binding?.declaration === declaration)
      return binding.overloads.map((one) => locationOf(one.name.span));
  }
  return [];
}

/** The type of what is under the cursor, where it was declared. */
export function typeDefinitionsAt(script: Script, offset: number): readonly Location[] {
  return occurrencesAt(script, offset).flatMap(({ name, parents, meaning }) => {
    const [parent] = parents;
    const node = parent?.kind === "member-access" && parent.member === name ? parent : name;
    const known =
      script.checked.types.get(node.id) ?? (meaning.kind === "local" ? meaning.symbol.type : undefined);
    const type = known?.kind === "nullable" ? known.inner : known;
    switch (type?.kind) {
      case "struct":
      case "enum":
        return type.declaration ? [locationOf(type.declaration.name.span)] : [];
      case "layer":
        return [locationOf(type.header.declaration.name.span)];
      default:
        return [];
    }
  });
}

/** The module named by the text of an import. */
function importAt(workspace: Workspace, script: Script, offset: number): Location | undefined {
  for (const one of script.module.declarations) {
    if (one.kind !== "import") continue;
    const { span, value } = one.from;
    if (offset < span.start || offset > span.end) continue;
    const file = workspace.text(workspace.host.resolve(script.file.path, value));
    return file && locationOf({ file, start: 0, end: 0 });
  }
  return undefined;
}

export interface Use {
  readonly script: Script;
  readonly occurrence: Occurrence;
}

/** Every use of what is named at an offset: here, and in whatever module of the workspace can see it. */
export function usesAt(workspace: Workspace, script: Script, offset: number): readonly Use[] {
  const keys = new Set(occurrencesAt(script, offset).flatMap(({ meaning }) => keyOf(meaning) ?? []));
  if (keys.size === 0) return [];
  const local = occurrencesAt(script, offset).every(({ meaning }) => meaning.kind === "local");
  return usesOf(local ? [script] : scriptsAround(workspace, script), keys);
}

/** The scripts of the workspace, and the modules that this one is made of, each once. */
function scriptsAround(workspace: Workspace, script: Script): readonly Script[] {
  const found = new Map<string, Script>([[script.file.path, script]]);
  for (const one of workspace.everywhere()) if (!found.has(one.file.path)) found.set(one.file.path, one);
  for (const { path } of script.resolved.modules) {
    const module = found.has(path) ? undefined : moduleOf(script, path);
    if (module) found.set(path, module);
  }
  return [...found.values()];
}

function usesOf(scripts: readonly Script[], keys: ReadonlySet<string>): readonly Use[] {
  return scripts.flatMap((script) =>
    script
      .occurrences()
      .filter(({ meaning }) => keys.has(keyOf(meaning) ?? ""))
      .map((occurrence) => ({ script, occurrence })),
  );
}

export function referencesAt(
  workspace: Workspace,
  script: Script,
  offset: number,
  withDeclaration: boolean,
): readonly Location[] {
  const found = usesAt(workspace, script, offset).filter(
    ({ occurrence }) => withDeclaration || !occurrence.declares,
  );
  return distinct(found.map(({ occurrence }) => locationOf(occurrence.name.span)));
}

function distinct(locations: readonly Location[]): readonly Location[] {
  const seen = new Set<string>();
  return locations.filter(({ uri, range }) => {
    const key = `${uri} ${range.start.line}:${range.start.character}`;
    return !seen.has(key) && seen.add(key);
  });
}

export function highlightsAt(script: Script, offset: number): readonly DocumentHighlight[] {
  const keys = new Set(occurrencesAt(script, offset).flatMap(({ meaning }) => keyOf(meaning) ?? []));
  return usesOf([script], keys).map(({ occurrence: { name, writes, declares } }) => ({
    range: rangeOf(name.span),
    kind: writes || declares ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
  }));
}
