/** Imports: what a module exports, which modules there are, and the edit that imports a name. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { CompletionItemKind, type CompletionItem, type TextEdit } from "vscode-languageserver/node";
import type { SourceFile } from "../base/span.js";
import type { ModuleScope } from "../resolve/index.js";
import type { ImportDeclaration } from "../syntax/ast.js";
import { declarationItem, moduleItem, wordItem, type Extra } from "./completion-items.js";
import type { Place } from "./completion-place.js";
import { rangeOf } from "./positions.js";
import type { Workspace } from "./workspace.js";

/** Between the braces of an import: what the module exports, if it is named already, else what anyone does. */
export function importItems(
  workspace: Workspace,
  place: Place,
  scope: ModuleScope,
  extra: Extra,
): readonly CompletionItem[] {
  const { file, start, end } = place;
  const rest = /^[^{};]*\}\s*from\s*["']([^"'\n]*)["']/.exec(file.text.slice(end));
  const open = file.text.lastIndexOf("{", start);
  const given = new Set(file.text.slice(open + 1, start).match(/[\w$]+/g) ?? []);
  const specifier = rest?.[1];
  if (specifier === undefined) {
    return place.understood.resolved
      .elsewhere()
      .filter((one) => !given.has(one.name))
      .map((one) =>
        wordItem(
          { name: one.name, signature: `from "${one.specifier}"`, doc: one.declaration.doc ?? "" },
          CompletionItemKind.Reference,
          extra,
        ),
      );
  }
  const path = workspace.host.resolve(scope.path, specifier);
  const module = place.understood.resolved.modules.find((one) => one.path === path);
  const other = module ?? workspace.script(path)?.scope;
  return [...(other?.exports ?? [])]
    .filter(([name]) => !given.has(name))
    .map(([, { declaration }]) => ({ ...declarationItem(declaration, { ...extra, snippets: false }) }));
}

export function moduleItems(
  workspace: Workspace,
  file: SourceFile,
  typed: string,
  extra: Extra,
): readonly CompletionItem[] {
  const standard = (workspace.host.known?.() ?? []).filter((one) => one !== "std/prelude");
  const near = typed.startsWith(".")
    ? neighbours(file.path, typed)
    : typed === ""
      ? neighbours(file.path, "./")
      : [];
  return [
    ...(typed.startsWith(".") ? [] : standard.map((one) => moduleItem(one, { ...extra, rank: 1 }))),
    ...near.map((one) => moduleItem(one, { ...extra, rank: 0 })),
  ];
}

/** Scripts and folders beside a file, as an import names them. */
function neighbours(path: string, typed: string): readonly string[] {
  const prefix = typed.slice(0, typed.lastIndexOf("/") + 1) || "./";
  const folder = join(dirname(path), prefix);
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((one) => !one.name.startsWith(".") && join(folder, one.name) !== path)
      .filter((one) => one.name.endsWith(".xdpl") || (one.isDirectory() && one.name !== "node_modules"))
      .map((one) => `${prefix}${one.name}${one.isDirectory() ? "/" : ""}`);
  } catch {
    return [];
  }
}

/** How a name is imported: added to the import of its module, or by an import behind the last one. */
export function importer(
  workspace: Workspace,
  file: SourceFile,
): (name: string, specifier: string) => readonly TextEdit[] {
  const imports = workspace
    .parse(file)
    .module.declarations.filter((one): one is ImportDeclaration => one.kind === "import");
  const insert = (at: number, newText: string): readonly TextEdit[] => [
    { range: rangeOf({ file, start: at, end: at }), newText },
  ];
  return (name, specifier) => {
    const same = imports.find((one) => one.from.value === specifier)?.names.at(-1);
    if (same) return insert((same.alias ?? same.name).span.end, `, ${name}`);
    const line = `import { ${name} } from "${specifier}";`;
    const last = imports.at(-1);
    return last ? insert(last.span.end, `\n${line}`) : insert(0, `${line}\n`);
  };
}
