/** Runs the front end on a script given as text, with the real standard library. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { SourceFile } from "../../src/base/span.js";
import { check } from "../../src/check/index.js";
import type { Checked } from "../../src/check/checked.js";
import { typeName } from "../../src/check/type-tools.js";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.js";
import { resolve, type Host, type Resolved } from "../../src/resolve/index.js";
import { parse } from "../../src/syntax/index.js";
import type { Module } from "../../src/syntax/ast.js";
import { forEachNode } from "../../src/syntax/walk.js";

const stdlib = join(import.meta.dirname, "../../stdlib");
const cache = new Map<string, SourceFile>();

function stdModules(folder = stdlib, prefix = "std"): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) =>
    one.isDirectory()
      ? stdModules(join(folder, one.name), `${prefix}/${one.name}`)
      : one.name.endsWith(".xdpl")
        ? [`${prefix}/${one.name.slice(0, -5)}`]
        : [],
  );
}

/** The standard library from disk, and the given files. */
export function host(files: Readonly<Record<string, string>> = {}): Host {
  return {
    read: (path) => {
      const own = files[path];
      if (own !== undefined) return { path, text: own };
      if (!path.startsWith("std/")) return undefined;
      const known = cache.get(path);
      if (known) return known;
      try {
        const file = { path, text: readFileSync(join(stdlib, `${path.slice(4)}.xdpl`), "utf8") };
        cache.set(path, file);
        return file;
      } catch {
        return undefined;
      }
    },
    resolve: (from, specifier) =>
      specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : specifier,
    known: () => stdModules(),
  };
}

export interface Outcome {
  readonly file: SourceFile;
  readonly module: Module;
  readonly resolved: Resolved;
  readonly checked: Checked;
  readonly diagnostics: readonly Diagnostic[];
}

export function run(text: string, files: Readonly<Record<string, string>> = {}, path = "test.xdpl"): Outcome {
  const file = { path, text };
  let next = 1;
  const ids = { next: () => next++ };
  const { resolved, diagnostics } = resolve([file], host(files), parse, ids);
  const checked = check(resolved);
  const scope = resolved.modules.find((one) => one.path === path);
  if (!scope) throw new Error("the module is missing");
  return {
    file,
    module: scope.module,
    resolved,
    checked: checked.checked,
    diagnostics: [...diagnostics, ...checked.diagnostics],
  };
}

/** Codes of what is found, in order of the text. */
export function codes(text: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  return [...run(text, files).diagnostics].sort((a, b) => a.span.start - b.span.start).map((one) => one.code);
}

/** The body of an XDP program, with what may be needed before it. */
export function inProgram(body: string, before = ""): string {
  return `${before}\nxdp test(pkt) {\n${body}\nreturn PASS;\n}\n`;
}

/** Codes for statements inside a program. */
export function bodyCodes(body: string, before = ""): readonly string[] {
  return codes(inProgram(body, before));
}

/** What marked text an error stands on, with its code: `XD3101 pkt.tcp`. */
export function marks(text: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  return run(text, files).diagnostics.map(
    (one) => `${one.code} ${one.span.file.text.slice(one.span.start, one.span.end)}`,
  );
}

/** The type of the last expression whose text is this. */
export function typeAt(outcome: Outcome, text: string): string {
  let found = "";
  let best = -1;
  forEachNode(outcome.module, (node) => {
    const { id, span } = node;
    if (outcome.file.text.slice(span.start, span.end) !== text) return;
    const type = outcome.checked.types.get(id);
    if (type && span.start >= best) {
      best = span.start;
      found = typeName(type);
    }
  });
  return found;
}

/** Applies the first fix of every diagnostic, in one go; later edits first. */
export function mended(text: string, files: Readonly<Record<string, string>> = {}): string {
  const edits = run(text, files).diagnostics.flatMap((one) => one.fixes[0]?.edits ?? []);
  return [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce((all, edit) => all.slice(0, edit.span.start) + edit.text + all.slice(edit.span.end), text);
}
