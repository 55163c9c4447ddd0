/** What a name means where it stands, and what was meant when it means nothing. */
import type { Fix } from "../diagnostics/diagnostic.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { lookup, visible, type Binding } from "../resolve/index.js";
import type { Identifier } from "../syntax/ast.js";
import type { BuiltinName, ConstantSymbol, LocalSymbol } from "./checked.js";
import { error, findLocal, type Context } from "./context.js";

export const builtinNames: readonly BuiltinName[] = [
  "min",
  "max",
  "clamp",
  "hash",
  "print",
  "redirect",
  "prefix",
  "str",
  "userStr",
  "read",
  "userRead",
  "exists",
  "task",
];

export type Found =
  | { readonly kind: "local"; readonly symbol: LocalSymbol | ConstantSymbol }
  | { readonly kind: "binding"; readonly binding: Binding }
  | { readonly kind: "builtin"; readonly name: BuiltinName };

export function findName(cx: Context, name: string): Found | undefined {
  const local = findLocal(cx, name);
  if (local) return { kind: "local", symbol: local };
  const binding = lookup(cx.root.resolved, cx.module, name);
  if (binding) return { kind: "binding", binding };
  const builtin = builtinNames.find((one) => one === name);
  return builtin === undefined ? undefined : { kind: "builtin", name: builtin };
}

/** Whether the name comes from an import that failed, which has been reported. */
export function isBroken(cx: Context, name: string): boolean {
  return name === "" || (cx.root.resolved.broken.get(cx.module)?.has(name) ?? false);
}

/** Every name that has a value here, for suggestions. */
function valueNames(cx: Context): Set<string> {
  const names = new Set<string>(builtinNames);
  for (const [name, { declaration }] of visible(cx.root.resolved, cx.module)) {
    if (!["struct", "type", "header", "program"].includes(declaration.kind)) names.add(name);
  }
  for (const name of cx.header?.fields.keys() ?? []) names.add(name);
  for (let scope = cx.scope; scope; scope = scope.parent)
    for (const name of scope.names.keys()) names.add(name);
  return names;
}

/** An import of `name` from a module of the standard library that exports it. */
export function importFix(
  cx: Context,
  name: string,
): { readonly fix: Fix; readonly specifier: string } | undefined {
  const elsewhere = cx.root.resolved.elsewhere().filter((one) => one.name === name);
  // The module that declares it, not an index that passes it on.
  const found = elsewhere.find((one) => one.specifier !== "std/prelude");
  if (!found) return undefined;
  const { module } = cx.module;
  const imports = module.declarations.filter((one) => one.kind === "import");
  const last = imports.at(-1);
  const same = imports.find((one) => one.from.value === found.specifier);
  const lastName = same?.names.at(-1);
  if (lastName) {
    const end = (lastName.alias ?? lastName.name).span.end;
    const span = { file: module.file, start: end, end };
    return {
      specifier: found.specifier,
      fix: { title: `import \`${name}\` from \`${found.specifier}\``, edits: [{ span, text: `, ${name}` }] },
    };
  }
  const line = `import { ${name} } from "${found.specifier}";`;
  const at = last ? last.span.end : 0;
  return {
    specifier: found.specifier,
    fix: {
      title: `import \`${name}\` from \`${found.specifier}\``,
      edits: [{ span: { file: module.file, start: at, end: at }, text: last ? `\n${line}` : `${line}\n` }],
    },
  };
}

/** Says that a name means nothing, with the best guess at what was meant. */
export function unknownName(
  cx: Context,
  name: Identifier,
  what: "name" | "type" | "function",
  candidates: Iterable<string> = valueNames(cx),
  notes: readonly string[] = [],
  known?: string,
): void {
  if (isBroken(cx, name.name)) return;
  const importable = importFix(cx, name.name);
  if (importable) {
    error(cx, "XD2010", name, `\`${name.name}\` is not imported.`, {
      label: `exported by \`${importable.specifier}\``,
      fixes: [importable.fix],
    });
    return;
  }
  const meant = known ?? didYouMean(name.name, candidates);
  const code = what === "type" ? "XD2007" : "XD2006";
  const kind =
    what === "name"
      ? "Nothing here is called"
      : what === "type"
        ? "There is no type"
        : "There is no function";
  error(cx, code, name, `${kind} \`${name.name}\`.`, {
    label: meant === undefined ? "not found" : `did you mean \`${meant}\`?`,
    notes,
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: name.span, text: meant }] }],
  });
}
