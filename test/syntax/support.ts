import { lineColumn } from "../../src/base/span.js";
import type { Diagnostic, Fix } from "../../src/diagnostics/diagnostic.js";
import type { Expression, Module, Statement } from "../../src/syntax/ast.js";
import { parse, type ParseResult } from "../../src/syntax/index.js";

export function parseText(text: string): ParseResult {
  let next = 0;
  return parse({ path: "test.xdpl", text }, { next: () => next++ });
}

/** The module of a text that must be free of mistakes. */
export function clean(text: string): Module {
  const { module, diagnostics } = parseText(text);
  if (diagnostics.length > 0) throw new Error(`${text}\n${shown(diagnostics).join("\n")}`);
  return module;
}

/** The statements of a program with this body. */
export function statements(body: string): readonly Statement[] {
  const [program] = clean(`xdp f(pkt) { ${body} }`).declarations;
  if (program?.kind !== "program") throw new Error("no program");
  return program.body.statements;
}

export function expression(text: string): Expression {
  const [statement] = statements(`x = ${text};`);
  if (statement?.kind !== "assign") throw new Error("no assignment");
  return statement.value;
}

/** Diagnostics as `line:column code message`. */
export function shown(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map((one) => {
    const { line, column } = lineColumn(one.span.file, one.span.start);
    return `${line}:${column} ${one.code} ${one.message}`;
  });
}

export function complaints(text: string): string[] {
  return shown(parseText(text).diagnostics);
}

/** The text after a fix. */
export function applied(text: string, fix: Fix): string {
  const edits = fix.edits.toSorted((a, b) => b.span.start - a.span.start);
  return edits.reduce(
    (all, edit) => all.slice(0, edit.span.start) + edit.text + all.slice(edit.span.end),
    text,
  );
}

const hidden: ReadonlySet<string> = new Set(["kind", "id", "span", "operatorSpan", "file"]);

/** A node as an s-expression: its kind, then its parts in order; what is absent, false or empty is left out. */
export function sexp(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map((item) => sexp(item)).join(" ")}]`;
  if (typeof node !== "object" || node === null)
    return typeof node === "string" ? JSON.stringify(node) : String(node);
  if ("kind" in node && node.kind === "identifier" && "name" in node) return String(node.name);
  const kind = "kind" in node ? [String(node.kind)] : [];
  const parts = Object.entries(node)
    .filter(([key, value]) => !hidden.has(key) && value !== undefined && value !== false)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([, value]) => sexp(value));
  return `(${[...kind, ...parts].join(" ")})`;
}
