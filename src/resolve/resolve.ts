/**
 * Loads the modules a script needs, and says what every module sees. The file access is the host's; nothing here
 * knows about folders. Every mistake is reported at the import that makes it; what could not be imported stays
 * silent afterwards.
 */
import { once } from "../base/once.js";
import type { SourceFile } from "../base/span.js";
import { diagnostic, type Diagnostic, type Fix } from "../diagnostics/diagnostic.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { KernelFacts } from "../kernel/facts.js";
import type { Identifier, ImportDeclaration, Module } from "../syntax/ast.js";
import { ownNames, reportTwice } from "./names.js";
import type { Binding, Elsewhere, ModuleScope, Resolved } from "./resolved.js";

/** How modules are found. */
export interface Host {
  readonly read: (path: string) => SourceFile | undefined;
  /** The path a specifier means in a file; any path when there is no such module. */
  readonly resolve: (from: string, specifier: string) => string;
  /** Specifiers of the modules that can be imported from anywhere (`std/net`), for suggestions. */
  readonly known?: () => readonly string[];
  /** The kernel that scripts are compiled for, as far as they name its types, functions and tracepoints. */
  readonly kernel?: KernelFacts;
}

export type Parse<Ids> = (
  file: SourceFile,
  ids: Ids,
) => { readonly module: Module; readonly diagnostics: readonly Diagnostic[] };

export const preludeSpecifier = "std/prelude";

/** Types the language itself has: importing one from the standard library is allowed, and does nothing. */
const ownTypes: ReadonlySet<string> = new Set(["Ipv4Addr", "Ipv6Addr", "MacAddr", "XdpPacket"]);

interface Loaded extends ModuleScope {
  readonly own: Map<string, Binding>;
  readonly imports: Map<string, Binding>;
  readonly exports: Map<string, Binding>;
  readonly broken: Set<string>;
  state: "loading" | "done";
}

interface Loader<Ids> {
  readonly host: Host;
  readonly parse: Parse<Ids>;
  readonly ids: Ids;
  readonly byPath: Map<string, Loaded>;
  readonly order: Loaded[];
  readonly found: Diagnostic[];
  readonly faults: Map<SourceFile, readonly number[]>;
}

export function resolve<Ids>(
  files: readonly SourceFile[],
  host: Host,
  parse: Parse<Ids>,
  ids: Ids,
): { readonly resolved: Resolved; readonly diagnostics: readonly Diagnostic[] } {
  const loader: Loader<Ids> = {
    host,
    parse,
    ids,
    byPath: new Map(),
    order: [],
    found: [],
    faults: new Map(),
  };
  const preludeFile = host.read(host.resolve("", preludeSpecifier));
  const prelude = preludeFile && load(loader, preludeFile, preludeSpecifier, false, []);
  for (const file of files) load(loader, file, undefined, true, []);
  const resolved: Resolved = {
    modules: loader.order,
    prelude: prelude ? prelude.exports : new Map<string, Binding>(),
    broken: new Map(loader.order.map((one) => [one, one.broken])),
    faults: loader.faults,
    elsewhere: once(() => elsewhere(loader)),
  };
  return { resolved, diagnostics: loader.found };
}

/** One step of the chain of imports that led here, for reporting circles. */
interface Step {
  readonly path: string;
  readonly through: ImportDeclaration;
}

function load<Ids>(
  loader: Loader<Ids>,
  file: SourceFile,
  specifier: string | undefined,
  entry: boolean,
  chain: readonly Step[],
): Loaded {
  const known = loader.byPath.get(file.path);
  if (known) return known;
  const parsed = loader.parse(file, loader.ids);
  loader.found.push(...parsed.diagnostics);
  const faults = parsed.diagnostics.filter((one) => one.severity === "error").map((one) => one.span.start);
  loader.faults.set(file, faults);
  const report = (one: Diagnostic): void => void loader.found.push(one);
  const scope: Loaded = {
    module: parsed.module,
    path: file.path,
    specifier,
    entry,
    own: new Map(),
    imports: new Map(),
    exports: new Map(),
    broken: new Set(),
    state: "loading",
  };
  loader.byPath.set(file.path, scope);
  for (const [name, own] of ownNames(parsed.module, report)) {
    const binding: Binding = { name, declaration: own.declaration, overloads: own.overloads, module: scope };
    scope.own.set(name, binding);
    if (own.declaration.kind !== "program" && own.declaration.exported) scope.exports.set(name, binding);
  }
  for (const declaration of parsed.module.declarations) {
    if (declaration.kind === "import") importNames(loader, scope, declaration, chain);
  }
  if (isIndex(parsed.module)) for (const [name, binding] of scope.imports) scope.exports.set(name, binding);
  scope.state = "done";
  loader.order.push(scope);
  return scope;
}

/** A file of imports only exports what it imports. */
function isIndex(module: Module): boolean {
  return module.declarations.length > 0 && module.declarations.every((one) => one.kind === "import");
}

function importNames<Ids>(
  loader: Loader<Ids>,
  scope: Loaded,
  declaration: ImportDeclaration,
  chain: readonly Step[],
): void {
  const target = importModule(loader, scope, declaration, chain);
  const report = (one: Diagnostic): void => void loader.found.push(one);
  for (const { name, alias } of declaration.names) {
    const local = alias ?? name;
    if (!alias && target?.specifier !== undefined && ownTypes.has(name.name)) continue;
    const binding = target && importName(loader, target, declaration, name);
    const own = scope.own.get(local.name);
    const before = scope.imports.get(local.name);
    if (own) reportTwice(local.name, own.declaration.name, local, report);
    else if (before && binding && before.declaration !== binding.declaration) {
      reportTwice(local.name, local, before.declaration.name, report);
    } else if (binding) scope.imports.set(local.name, binding);
    else scope.broken.add(local.name);
  }
}

function importModule<Ids>(
  loader: Loader<Ids>,
  scope: Loaded,
  declaration: ImportDeclaration,
  chain: readonly Step[],
): Loaded | undefined {
  const specifier = declaration.from.value;
  const path = loader.host.resolve(scope.path, specifier);
  const known = loader.byPath.get(path);
  if (known?.state === "done") return known;
  if (known) {
    reportCycle(loader, scope, known, declaration, chain);
    return undefined;
  }
  const file = loader.host.read(path);
  if (!file) {
    reportUnknownModule(loader, declaration, path);
    return undefined;
  }
  const std = specifier.startsWith("std/") ? specifier : undefined;
  return load(loader, file, std, false, [...chain, { path: scope.path, through: declaration }]);
}

function importName<Ids>(
  loader: Loader<Ids>,
  target: Loaded,
  declaration: ImportDeclaration,
  name: Identifier,
): Binding | undefined {
  const exported = target.exports.get(name.name);
  if (exported) return exported;
  if (target.broken.has(name.name)) return undefined;
  const own = target.own.get(name.name);
  const from = declaration.from.value;
  if (own?.declaration.kind === "program") {
    loader.found.push(
      diagnostic("XD2008", name.span, `\`${name.name}\` is a program and cannot be imported.`, {
        label: "a program",
        related: [{ span: own.declaration.name.span, message: "declared here" }],
        notes: [
          "The programs of every module are emitted; move shared code into a function and export that.",
        ],
      }),
    );
  } else if (own) {
    const at = { ...own.declaration.span, end: own.declaration.span.start };
    loader.found.push(
      diagnostic("XD2005", name.span, `\`${from}\` declares \`${name.name}\` but does not export it.`, {
        label: "not exported",
        related: [{ span: own.declaration.name.span, message: "declared here, without `export`" }],
        fixes: [{ title: `export \`${name.name}\``, edits: [{ span: at, text: "export " }] }],
      }),
    );
  } else {
    const meant = didYouMean(name.name, target.exports.keys());
    const names = [...target.exports.keys()];
    const list = names.slice(0, 8).map((one) => `\`${one}\``);
    loader.found.push(
      diagnostic("XD2002", name.span, `\`${from}\` has no \`${name.name}\`.`, {
        label: meant === undefined ? "not declared there" : `did you mean \`${meant}\`?`,
        notes:
          meant !== undefined || names.length === 0
            ? []
            : [`It exports ${list.join(", ")}${names.length > 8 ? " and more" : ""}.`],
        fixes: meant === undefined ? [] : [replace(name, meant)],
      }),
    );
  }
  return undefined;
}

function replace(name: Identifier, text: string): Fix {
  return { title: `change it to \`${text}\``, edits: [{ span: name.span, text }] };
}

function reportCycle<Ids>(
  loader: Loader<Ids>,
  scope: Loaded,
  again: Loaded,
  declaration: ImportDeclaration,
  chain: readonly Step[],
): void {
  const start = chain.findIndex((step) => step.path === again.path);
  const circle = start < 0 ? [] : chain.slice(start);
  const paths = [...circle.map((step) => step.path), scope.path, again.path];
  loader.found.push(
    diagnostic(
      "XD2003",
      declaration.from.span,
      `\`${again.path}\` and \`${scope.path}\` import each other.`,
      {
        label: "closes the circle",
        notes: [
          `The circle: ${paths.map((one) => `\`${one}\``).join(" → ")}.`,
          "Move what both need into a third module that imports neither.",
        ],
        related: circle.map((step) => ({ span: step.through.from.span, message: "imported from here" })),
      },
    ),
  );
}

function reportUnknownModule<Ids>(loader: Loader<Ids>, declaration: ImportDeclaration, path: string): void {
  const specifier = declaration.from.value;
  const known = loader.host.known?.() ?? [];
  const relative = specifier.startsWith("./") || specifier.startsWith("../");
  const last = specifier.slice(specifier.lastIndexOf("/"));
  const deeper = known.filter((one) => one.endsWith(last));
  const meant = relative ? undefined : deeper.length === 1 ? deeper[0] : didYouMean(specifier, known);
  const notes: string[] = [];
  if (relative) notes.push(`There is no file \`${path}\`.`);
  else if (!specifier.startsWith("std/")) {
    notes.push('A module is `"std/…"` for the standard library, or a path that starts with `./` or `../`.');
  } else if (meant === undefined && known.length > 0) {
    notes.push(`The standard library has ${known.map((one) => `\`${one}\``).join(", ")}.`);
  }
  const { span } = declaration.from;
  loader.found.push(
    diagnostic("XD2001", span, `There is no module \`${specifier}\`.`, {
      label: meant === undefined ? "not found" : `did you mean \`${meant}\`?`,
      notes,
      fixes:
        meant === undefined
          ? []
          : [{ title: `import from \`${meant}\``, edits: [{ span, text: JSON.stringify(meant) }] }],
    }),
  );
}

function elsewhere<Ids>(loader: Loader<Ids>): readonly Elsewhere[] {
  const found: Elsewhere[] = [];
  for (const specifier of loader.host.known?.() ?? []) {
    const path = loader.host.resolve("", specifier);
    const loaded = loader.byPath.get(path);
    const file = loaded ? undefined : loader.host.read(path);
    const module = loaded?.module ?? (file && loader.parse(file, loader.ids).module);
    if (!module) continue;
    for (const [name, { declaration }] of ownNames(module, () => {})) {
      if (declaration.kind !== "program" && declaration.exported)
        found.push({ specifier, name, declaration });
    }
  }
  return found;
}
