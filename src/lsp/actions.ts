/** What can be done where the cursor is: the fixes of diagnostics, and imports put in order. */
import { CodeActionKind, type CodeAction, type TextEdit } from "vscode-languageserver/node";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { ImportDeclaration } from "../syntax/ast.js";
import { fixActions, fixAll } from "./diagnostics.js";
import { withGuards } from "./guards.js";
import { inFile } from "./proofs.js";
import { rangeOf } from "./positions.js";
import type { Script } from "./script.js";
import { walk } from "./tree.js";
import { uriOf } from "./uris.js";

export function codeActions(
  script: Script,
  found: readonly Diagnostic[],
  at: { readonly start: number; readonly end: number },
  only: readonly string[] | undefined,
): readonly CodeAction[] {
  const here = withGuards(script, inFile(found, script.file));
  const wants = (kind: string): boolean =>
    only === undefined || only.some((one) => kind === one || kind.startsWith(`${one}.`));
  const actions: CodeAction[] = [];
  if (wants(CodeActionKind.QuickFix)) actions.push(...fixActions(here, at));
  const all = wants(CodeActionKind.SourceFixAll) ? fixAll(here) : undefined;
  if (all && (only !== undefined || actions.length > 0)) actions.push(all);
  const organized = wants(CodeActionKind.SourceOrganizeImports) ? organizeImports(script) : undefined;
  if (organized && only !== undefined) actions.push(organized);
  return actions;
}

/** Drops names that nothing uses, joins imports of one module, and sorts them. */
export function organizeImports(script: Script): CodeAction | undefined {
  const imports = script.module.declarations.filter((one): one is ImportDeclaration => one.kind === "import");
  const [first, last] = [imports[0], imports.at(-1)];
  if (!first || !last || imports.length === script.module.declarations.length) return undefined;
  const { text } = script.file;
  // What could not be read may use any of them.
  if ((script.resolved.faults.get(script.file)?.length ?? 0) > 0) return undefined;
  // Comments between imports say something about one of them: they stay where they are.
  if (script.comments.some(({ span }) => span.start > first.span.start && span.end < last.span.end))
    return undefined;
  const used = usedNames(script);
  const bySpecifier = new Map<string, Set<string>>();
  for (const { names, from } of imports) {
    const list = bySpecifier.get(from.value) ?? new Set<string>();
    bySpecifier.set(from.value, list);
    for (const { name, alias } of names) {
      if (used.has((alias ?? name).name)) list.add(alias ? `${name.name} as ${alias.name}` : name.name);
    }
  }
  const lines = [...bySpecifier]
    .filter(([, names]) => names.size > 0)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([from, names]) => `import { ${[...names].sort().join(", ")} } from ${JSON.stringify(from)};`);
  const span = { file: script.file, start: first.span.start, end: last.span.end };
  const newText = lines.join("\n");
  if (text.slice(span.start, span.end) === newText) return undefined;
  const edit: TextEdit = { range: rangeOf(span), newText };
  return {
    title: "Organize imports",
    kind: CodeActionKind.SourceOrganizeImports,
    edit: { changes: { [uriOf(script.file.path)]: [edit] } },
  };
}

function rank(specifier: string): number {
  return specifier.startsWith("std/") ? 0 : 1;
}

/** Imported names that the rest of the module names; headers count as used, for they are looked for in packets. */
function usedNames(script: Script): ReadonlySet<string> {
  const used = new Set<string>();
  for (const declaration of script.module.declarations) {
    if (declaration.kind === "import") continue;
    walk(declaration, (node) => {
      if (node.kind === "identifier") used.add(node.name);
    });
  }
  for (const [name, { declaration }] of script.scope.imports)
    if (declaration.kind === "header") used.add(name);
  return used;
}
