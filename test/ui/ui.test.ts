/**
 * Scripts and what the compiler says about them: `test/ui/<area>/<name>.xdpl` with `<name>.expected` beside it.
 * `BLESS=1 npx vitest run test/ui` writes the expected files; review their diff like code. A folder `<name>/` beside it
 * holds modules that it imports with `./<name>/…`.
 *
 * A first line says what the kernel makes of the script when the compiler's checks are off (`kernel.test.ts`):
 *
 *     //@ kernel rejects: <words of the kernel's log>
 *     //@ kernel accepts: <why the compiler is stricter>
 *     //@ kernel depends: <on what>
 *     //@ no object: <why there is nothing to load>
 *
 * `//@ no types of the kernel` reads the script on a machine without BTF.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { lineColumn, type Span } from "../../src/base/span.js";
import type { Diagnostic, TextEdit } from "../../src/diagnostics/diagnostic.js";
import type { Host } from "../../src/resolve/index.js";
import { kernellessHost, testHost } from "../support/kernel-facts.js";
import { analyze } from "../../src/pipeline.js";

const root = join(import.meta.dirname, "../..");
const bless = process.env["BLESS"] !== undefined;

const hostOf = (text: string): Host =>
  text.startsWith("//@ no types of the kernel\n") ? kernellessHost() : testHost();

const scripts = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".xdpl") && name.split("/").length === 2)
  .sort();

function at(span: Span): string {
  const from = lineColumn(span.file, span.start);
  const to = lineColumn(span.file, span.end);
  const end = to.line === from.line ? String(to.column) : `${to.line}:${to.column}`;
  return `${from.line}:${from.column}-${end}`;
}

/** The marked text, shortened to one line. */
function marked(span: Span): string {
  const [first = "", ...rest] = span.file.text.slice(span.start, span.end).split("\n");
  return rest.length === 0 ? first : `${first} …`;
}

/** A plain form that changes only when what is said changes. */
function show(one: Diagnostic, main: string): string {
  const place = (span: Span): string =>
    span.file.path === main ? at(span) : `${span.file.path}:${at(span)}`;
  const edit = ({ span, text }: TextEdit): string =>
    `        ${place(span)} ${JSON.stringify(span.file.text.slice(span.start, span.end))} -> ${JSON.stringify(text)}`;
  return [
    `${one.severity} ${one.code} ${place(one.span)}: ${one.message}`,
    `    \`${marked(one.span)}\`${one.label === undefined ? "" : `: ${one.label}`}`,
    ...one.related.map((two) => `    see ${place(two.span)} \`${marked(two.span)}\`: ${two.message}`),
    ...one.notes.map((note) => `    note: ${note}`),
    ...one.fixes.flatMap((fix) => [`    fix: ${fix.title}`, ...fix.edits.map(edit)]),
  ].join("\n");
}

function outcome(path: string): { readonly text: string; readonly found: readonly Diagnostic[] } {
  const name = relative(root, path);
  const text = readFileSync(path, "utf8");
  const { diagnostics } = analyze({ path: name, text }, hostOf(text));
  const found = [...diagnostics].sort((a, b) => a.span.start - b.span.start || a.code.localeCompare(b.code));
  return { text: found.map((one) => `${show(one, name)}\n`).join("\n"), found };
}

/** The script with the first fix of every diagnostic made; undefined when some has no edits. */
function mend(path: string, found: readonly Diagnostic[]): string | undefined {
  const name = relative(root, path);
  const errors = found.filter((one) => one.severity === "error");
  // What is a warning may be right; where there are errors, they are what has to be mended.
  const edits = (errors.length > 0 ? errors : found).map((one) => one.fixes[0]?.edits ?? []);
  if (edits.some((one) => one.length === 0 || one.some((two) => two.span.file.path !== name)))
    return undefined;
  return edits
    .flat()
    .sort((a, b) => b.span.start - a.span.start || b.span.end - a.span.end)
    .reduce(
      (text, { span, text: by }) => text.slice(0, span.start) + by + text.slice(span.end),
      readFileSync(path, "utf8"),
    );
}

describe("what the compiler says", () => {
  it.each(scripts)("%s", (name) => {
    const path = join(import.meta.dirname, name);
    const { text } = outcome(path);
    const expected = path.replace(/\.xdpl$/, ".expected");
    if (bless) writeFileSync(expected, text);
    expect(existsSync(expected) && readFileSync(expected, "utf8")).toBe(text);
  });
});

/** The script with the guard that a fix without edits advises, before the statement. */
function guarded(text: string, one: Diagnostic): string | undefined {
  const advice = one.fixes.flatMap(({ title, edits }) =>
    edits.length === 0 ? (/`(const index = .*|if \(.*\) return …;)`$/.exec(title)?.[1] ?? []) : [],
  )[0];
  const line = text.lastIndexOf("\n", one.span.start) + 1;
  const statement = text.slice(line, one.span.start);
  // Inside a condition, a loop's head or a function the guard's place is not the start of the line.
  if (advice === undefined || /^function/m.test(text) || /\b(if|for|while|return|function)\b/.test(statement))
    return undefined;
  const guard = advice.replace("return …", "return PASS");
  const named = /^const index = (.*?);/.exec(guard)?.[1];
  const rest = text.slice(line);
  return `${text.slice(0, line)}${guard}\n${named === undefined ? rest : rest.replace(named, "index")}`;
}

describe("every guard that is advised compiles", () => {
  it.each(scripts)("%s", (name) => {
    const path = join(import.meta.dirname, name);
    const { found } = outcome(path);
    const [only] = found;
    const text = only && found.length === 1 ? guarded(readFileSync(path, "utf8"), only) : undefined;
    if (text === undefined) return;
    const errors = analyze({ path: relative(root, path), text }, hostOf(text)).diagnostics;
    expect(
      errors.filter((one) => one.severity === "error").map((one) => `${one.code} ${one.message}`),
      text,
    ).toEqual([]);
  });
});

describe("every fix compiles", () => {
  it.each(scripts)("%s", (name) => {
    const path = join(import.meta.dirname, name);
    const { found } = outcome(path);
    const text = mend(path, found);
    if (text === undefined || found.length === 0) return;
    const errors = analyze({ path: relative(root, path), text }, hostOf(text)).diagnostics.filter(
      (one) => one.severity === "error",
    );
    expect(
      errors.map((one) => `${one.code} ${one.message}`),
      text,
    ).toEqual([]);
  });
});
