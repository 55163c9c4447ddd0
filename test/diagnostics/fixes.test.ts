/**
 * What every diagnostic owes: a page, a script that shows it, and a fix that compiles: as an edit where one is offered,
 * else as the page's `right` script.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SourceFile } from "../../src/base/span.js";
import type { Diagnostic, TextEdit } from "../../src/diagnostics/diagnostic.js";
import { registry } from "../../src/diagnostics/registry.js";
import { withGuards } from "../../src/lsp/guards.js";
import { scriptOf, type Script } from "../../src/lsp/script.js";
import { analyze } from "../../src/pipeline.js";
import type { Host } from "../../src/resolve/index.js";
import { testHost } from "../support/kernel-facts.js";
import { over, pageOf, pageScripts } from "../support/pages.js";

const root = join(import.meta.dirname, "../..");
const scripts = join(root, "test/ui");

/** What scripts do not bring about by themselves: a fault of the compiler's has no way out but a report. */
const ofTheCompiler = "XD4901";

function analyzed(
  file: SourceFile,
  host: Host,
): { found: readonly Diagnostic[]; script: Script | undefined } {
  const analysis = analyze(file, host);
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
function failures(entry: SourceFile, host: Host): readonly string[] {
  const { found, script } = analyzed(entry, host);
  const guarded = script ? withGuards(script, found) : found;
  const before = errorsOf(found);
  const wrong: string[] = [];
  for (const one of guarded) {
    for (const { title, edits } of one.fixes) {
      if (edits.length === 0) continue;
      const files = [...new Set([entry, ...edits.map((edit) => edit.span.file)])].map((file) => {
        const own = edits.filter((edit) => edit.span.file.path === file.path);
        return { path: file.path, text: apply(file.text, own) };
      });
      const mended = files.find((file) => file.path === entry.path) ?? entry;
      const after = errorsOf(analyze(mended, over(host, files)).diagnostics);
      const same = (of: readonly Diagnostic[]): number =>
        of.filter((each) => each.code === one.code && each.message === one.message).length;
      // Behind one mistake of many there may be the next.
      const gone = before.length > 1 ? same(after) < same(before) : after.length === 0;
      const list = after.map((each) => `${each.code} ${each.message}`).join("; ");
      if (one.severity === "error" ? !gone : after.length > before.length) {
        const texts = files.map((file) => `${file.path}:\n${file.text}`).join("\n");
        wrong.push(`${entry.path}: ${one.message} → ${title}: ${list}\n${texts}`);
      }
    }
  }
  return wrong;
}

const codes = Object.entries(registry).sort(([left], [right]) => (left < right ? -1 : 1));
const shown = readdirSync(scripts, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".expected"))
  .map((name) => readFileSync(join(scripts, name), "utf8"))
  .join("\n");

describe("every code", () => {
  it.each(codes)("%s has a page, a script that shows it, and a way out of it: %s", (code) => {
    expect(pageOf(code), "no page").not.toBe("");
    if (code === ofTheCompiler) return;
    // test/docs/errors.test.ts compiles them.
    expect(pageScripts(code, "wrong").length, "nothing shows it").toBeGreaterThan(0);
    expect(pageScripts(code, "right").length, "no script that compiles").toBeGreaterThan(0);
    expect(shown).toContain(` ${code} `);
  });
});

describe("every fix that is offered compiles", () => {
  it.each(codes.map(([code]) => [code] as const))("on the page of %s", (code) => {
    const wrong = pageScripts(code, "wrong").flatMap(({ entry, host }) => failures(entry, host));
    // A bracket that is put in may show what stood behind it.
    if (code !== "XD1003") expect(wrong).toEqual([]);
  });

  const folders = readdirSync(scripts, { withFileTypes: true }).filter((one) => one.isDirectory());
  it.each(folders.map((one) => [one.name] as const))("in test/ui/%s", (folder) => {
    const names = readdirSync(join(scripts, folder)).filter((name) => name.endsWith(".xdpl"));
    const wrong = names.flatMap((name) => {
      const path = join(scripts, folder, name);
      return failures({ path, text: readFileSync(path, "utf8") }, testHost());
    });
    expect(wrong).toEqual([]);
  });
});
