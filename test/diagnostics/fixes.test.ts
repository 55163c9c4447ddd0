/**
 * What every diagnostic owes: a page, a script that shows it, and a fix that compiles: as an edit where one is offered,
 * else as the page's `right` script.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SourceFile } from "../../src/base/span.js";
import type { Diagnostic, TextEdit } from "../../src/diagnostics/diagnostic.js";
import { registry } from "../../src/diagnostics/registry.js";
import { withGuards } from "../../src/lsp/guards.js";
import { scriptOf, type Script } from "../../src/lsp/script.js";
import { analyze } from "../../src/pipeline.js";
import type { Host } from "../../src/resolve/index.js";
import { kernellessHost, testHost } from "../support/kernel-facts.js";

const root = join(import.meta.dirname, "../..");
const pages = join(root, "docs/errors");
const scripts = join(root, "test/ui");

/** Codes whose script shows them in a folder of modules, or that no text can bring about. */
const elsewhere: ReadonlySet<string> = new Set([
  "XD2003",
  "XD2005",
  "XD2008",
  // What the checker refuses before the verifier sees it: they stand behind it as a second lock.
  "XD4102",
  "XD4103",
  "XD4104",
  "XD4105",
  "XD4106",
  "XD4301",
  "XD4302",
  "XD4303",
  "XD4304",
  "XD4401",
  "XD4402",
  "XD4501",
]);

/** A host that reads this text at a path, whatever lies there. */
function over(host: Host, file: SourceFile): Host {
  return { ...host, read: (path) => (path === file.path ? file : host.read(path)) };
}

function analyzed(
  path: string,
  text: string,
  host: Host,
): { found: readonly Diagnostic[]; script: Script | undefined } {
  const file = { path, text };
  const here = over(host, file);
  const analysis = analyze(file, here);
  return { found: analysis.diagnostics, script: scriptOf({ ...analysis, target: undefined }, file, []) };
}

function apply(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end)
    .reduce((whole, { span, text: by }) => whole.slice(0, span.start) + by + whole.slice(span.end), text);
}

const errorsOf = (found: readonly Diagnostic[]): readonly Diagnostic[] =>
  found.filter((one) => one.severity === "error");

/** Each fix of each diagnostic alone: what it was for is gone, and where that was all, the script compiles. */
function failures(
  path: string,
  text: string,
  host: Host,
): { readonly offered: number; readonly wrong: readonly string[] } {
  const { found, script } = analyzed(path, text, host);
  const guarded = script ? withGuards(script, found) : found;
  const before = errorsOf(found);
  let offered = 0;
  const wrong: string[] = [];
  for (const one of guarded) {
    for (const { title, edits } of one.fixes) {
      if (edits.length === 0 || edits.some((edit) => edit.span.file.path !== path)) continue;
      offered++;
      const mended = apply(text, edits);
      const after = errorsOf(analyze({ path, text: mended }, over(host, { path, text: mended })).diagnostics);
      const same = (of: readonly Diagnostic[]): number =>
        of.filter((each) => each.code === one.code && each.message === one.message).length;
      // Behind one mistake of many there may be the next.
      const gone = before.length > 1 ? same(after) < same(before) : after.length === 0;
      const list = after.map((each) => `${each.code} ${each.message}`).join("; ");
      if (one.severity === "error" ? !gone : after.length > before.length)
        wrong.push(`${path}: ${one.message} → ${title}: ${list}\n${mended}`);
    }
  }
  return { offered, wrong };
}

const codes = Object.entries(registry).sort(([left], [right]) => (left < right ? -1 : 1));
const page = (code: string): string => {
  const path = join(pages, `${code}.md`);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const blocks = (code: string, which: "wrong" | "right"): readonly string[] =>
  [...page(code).matchAll(/^```xdpl (wrong|right)\n([\s\S]*?)^```$/gm)].flatMap((match) =>
    match[1] === which ? [match[2] ?? ""] : [],
  );
const shown = readdirSync(scripts, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".expected"))
  .map((name) => readFileSync(join(scripts, name), "utf8"))
  .join("\n");

describe("every code", () => {
  it.each(codes)("%s has a page, a script that shows it, and a way out of it: %s", (code) => {
    expect(page(code), "no page").not.toBe("");
    if (elsewhere.has(code)) return;
    const wrong = blocks(code, "wrong");
    expect(wrong.length, "nothing shows it").toBeGreaterThan(0);
    // test/docs/errors.test.ts compiles them.
    expect(blocks(code, "right").length, "no script that compiles").toBeGreaterThan(0);
    // What a machine lacks can't be shown by a script alone.
    if (code !== "XD3707") expect(shown).toContain(` ${code} `);
  });

  it("has no page without a way out that is not said to be elsewhere", () => {
    const without = codes.map(([code]) => code).filter((code) => blocks(code, "right").length === 0);
    expect(without.filter((code) => !elsewhere.has(code))).toEqual([]);
  });
});

describe("every fix that is offered compiles", () => {
  it.each(codes.map(([code]) => [code] as const))("on the page of %s", (code) => {
    const host = code === "XD3707" ? kernellessHost() : testHost();
    for (const text of blocks(code, "wrong")) {
      const { wrong } = failures(`/pages/${code}.xdpl`, text, host);
      // A bracket that is put in may show what stood behind it.
      if (code !== "XD1003") expect(wrong).toEqual([]);
    }
  });

  const folders = readdirSync(scripts, { withFileTypes: true }).filter((one) => one.isDirectory());
  it.each(folders.map((one) => [one.name] as const))("in test/ui/%s", (folder) => {
    const names = readdirSync(join(scripts, folder)).filter((name) => name.endsWith(".xdpl"));
    const results = names.map((name) => {
      const path = join(scripts, folder, name);
      return failures(path, readFileSync(path, "utf8"), testHost());
    });
    expect(results.flatMap((one) => one.wrong)).toEqual([]);
  });
});
