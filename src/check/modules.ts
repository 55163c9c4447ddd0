/** All declarations of a module, in order. */
import { removeFix, replaceFix } from "../diagnostics/edits.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import type { ModuleScope } from "../resolve/index.js";
import type { Declaration, LicenseDeclaration, StringLiteral, TargetDeclaration } from "../syntax/ast.js";
import type { GlobalSymbol, MapSymbol, ParamSymbol, ProgramSymbol, TestSymbol } from "./checked.js";
import { error, moduleContext, type Context, type Root } from "./context.js";
import { symbolOf } from "./declarations.js";
import { enumOf } from "./enums.js";
import { checkFunction } from "./functions.js";
import { checkProgram, programSymbol } from "./programs.js";
import { structOf } from "./structs.js";
import { checkTest } from "./tests.js";
import { resolveType } from "./type-nodes.js";
import type { StructType } from "./types.js";

export interface Output {
  readonly programs: ProgramSymbol[];
  readonly tests: TestSymbol[];
  readonly maps: MapSymbol[];
  readonly params: ParamSymbol[];
  readonly globals: GlobalSymbol[];
  readonly structs: StructType[];
  license: string | undefined;
  target: string | undefined;
  said: { readonly license?: StringLiteral; readonly target?: StringLiteral };
}

export function emptyOutput(): Output {
  return {
    programs: [],
    tests: [],
    maps: [],
    params: [],
    globals: [],
    structs: [],
    license: undefined,
    target: undefined,
    said: {},
  };
}

/** Checks the declarations that `wanted` chooses; others as far as these need them. */
export function checkModule(
  cx: Context,
  scope: ModuleScope,
  output: Output,
  wanted: (declaration: Declaration) => boolean,
): void {
  for (const declaration of scope.module.declarations) {
    if (wanted(declaration)) checkDeclaration(cx, scope, declaration, output);
  }
}

function checkDeclaration(cx: Context, scope: ModuleScope, declaration: Declaration, output: Output): void {
  switch (declaration.kind) {
    case "import":
    case "header":
      return;
    case "license":
    case "target":
      checkSaying(cx, declaration, output);
      return;
    case "struct": {
      const type = structOf(cx, declaration);
      if (type.kind === "struct") output.structs.push(type);
      return;
    }
    case "enum":
      enumOf(cx, declaration);
      return;
    case "type":
      resolveType(cx, {
        kind: "named-type",
        id: -1,
        span: declaration.name.span,
        name: declaration.name,
        arguments: [],
      });
      return;
    case "test":
      checkTest(cx, declaration, output);
      return;
    case "program": {
      const named = scope.own.get(declaration.name?.name ?? "");
      const symbol =
        named?.declaration === declaration ? symbolOf(cx.root, named) : programSymbol(cx, declaration);
      if (symbol?.kind !== "program") return;
      output.programs.push(symbol);
      checkProgram(cx, symbol);
      return;
    }
    default: {
      const binding = scope.own.get(declaration.name.name);
      if (!binding) return;
      const own = binding.overloads.find((one) => one === declaration);
      // A second declaration of a name has been reported; it is not checked further.
      if (binding.declaration !== declaration && !own) return;
      const symbol = symbolOf(cx.root, own ? { ...binding, declaration: own } : binding);
      if (symbol?.kind === "map") output.maps.push(symbol);
      else if (symbol?.kind === "param") output.params.push(symbol);
      else if (symbol?.kind === "global") output.globals.push(symbol);
      else if (symbol?.kind === "function") checkFunction(cx, symbol);
    }
  }
}

function checkSaying(cx: Context, declaration: LicenseDeclaration | TargetDeclaration, output: Output): void {
  const { kind, value } = declaration;
  const before = output.said[kind];
  if (before && before.value !== value.value) {
    error(
      cx,
      "XD2012",
      declaration,
      `The ${kind} is given twice, as \`${before.value}\` and \`${value.value}\`.`,
      {
        label: "given again here",
        related: [{ span: before.span, message: "given here first" }],
        notes: ["All modules go into one object, which has one license and one target."],
        fixes: [removeFix("leave it out", declaration)],
      },
    );
    return;
  }
  output.said = { ...output.said, [kind]: value };
  if (kind === "license") {
    output.license = value.value;
    return;
  }
  output.target = value.value;
  if (/^linux [1-9]\d*\.\d+$/.test(value.value)) return;
  error(cx, "XD3705", value, `\`${value.value}\` is not a target.`, {
    label: 'write `"linux 5.15"`',
    fixes: targetFix(value),
    notes: ["A target is the oldest kernel that the script must run on."],
  });
}

/** `5.15`, `Linux 5.15`, `linux-5.15.0`: what is there of a version, as a target says it. */
function targetFix(said: StringLiteral): readonly Fix[] {
  const version = /(?:^|[^\d.])([1-9]\d*\.\d+)(?=$|[^\d])/.exec(said.value)?.[1];
  if (version === undefined) return [];
  return [replaceFix(`change it to \`linux ${version}\``, said, JSON.stringify(`linux ${version}`))];
}

/** Programs, maps, params and globals of all modules share the object's names; the kernel sees 15 characters. */
export function outputNames(root: Root, output: Output): void {
  const seen = new Map<string, ProgramSymbol | MapSymbol | ParamSymbol | GlobalSymbol>();
  const sections = new Set(["license", ...output.programs.map(({ section }) => section)]);
  for (const symbol of [...output.maps, ...output.params, ...output.globals, ...output.programs]) {
    if (sections.has(symbol.name)) {
      error(
        contextOf(root),
        "XD2014",
        nameOf(symbol),
        `A ${symbol.kind} cannot be called \`${symbol.name}\`.`,
        {
          label: "a section of the object has this name",
          notes: ["A symbol of the object and a section of it cannot share a name. Any other name will do."],
        },
      );
    }
    const before = seen.get(symbol.name);
    if (!before) {
      seen.set(symbol.name, symbol);
      continue;
    }
    if (nameOf(before).span.file === nameOf(symbol).span.file && symbol.kind !== "program") continue;
    error(contextOf(root), "XD2011", nameOf(symbol), `\`${symbol.name}\` exists twice in this object.`, {
      label: `a ${symbol.kind}`,
      related: [{ span: nameOf(before).span, message: `a ${before.kind} of this name is here` }],
      notes: [
        "Programs, maps, params and globals of all modules lie in one object and need different names.",
      ],
    });
  }
  const short = new Map<string, MapSymbol>();
  for (const map of output.maps) {
    const key = map.name.slice(0, 15);
    const before = short.get(key);
    short.set(key, before ?? map);
    if (!before || before.name === map.name) continue;
    error(
      contextOf(root),
      "XD3508",
      map.declaration.name,
      `\`${before.name}\` and \`${map.name}\` look alike in the kernel: both are called \`${key}\`.`,
      {
        severity: "warning",
        label: "the kernel keeps 15 characters",
        related: [{ span: before.declaration.name.span, message: "the other map" }],
      },
    );
  }
}

function nameOf(symbol: ProgramSymbol | MapSymbol | ParamSymbol | GlobalSymbol): {
  readonly span: ProgramSymbol["declaration"]["span"];
} {
  return symbol.kind === "program"
    ? (symbol.declaration.name ?? symbol.declaration.hook)
    : symbol.declaration.name;
}

function contextOf(root: Root): Context {
  const [first] = root.resolved.modules;
  if (first) return moduleContext(root, first);
  const empty = new Map<string, never>();
  const scope = { path: "", specifier: undefined, entry: false, own: empty, imports: empty, exports: empty };
  const file = { path: "", text: "" };
  const module = { kind: "module", id: 0, span: { file, start: 0, end: 0 }, file, declarations: [] } as const;
  return moduleContext(root, { ...scope, module });
}
