import { expect, test } from "vitest";
import { processorTime } from "../support/time.js";
import { clean, expression, parseText, statements } from "./support.js";

test("spans are those of all tokens of a node", () => {
  const text = "xdp f(pkt) {\n  const x = (a + b) * c.d[1] as u8;\n  return x;\n}\n";
  const [program] = clean(text).declarations;
  if (program?.kind !== "program") throw new Error("no program");
  const of = (node: { readonly span: { readonly start: number; readonly end: number } }): string =>
    text.slice(node.span.start, node.span.end);
  expect(of(program)).toBe(text.trimEnd());
  expect(of(program.body)).toBe(text.slice(11).trimEnd());
  const [variable, last] = program.body.statements;
  if (variable?.kind !== "variable-statement" || last === undefined) throw new Error("no statements");
  expect(of(variable)).toBe("const x = (a + b) * c.d[1] as u8;");
  expect(of(variable.declaration)).toBe("const x = (a + b) * c.d[1] as u8");
  const cast = variable.declaration.value;
  if (cast?.kind !== "cast" || cast.value.kind !== "binary") throw new Error("no cast");
  expect(of(cast)).toBe("(a + b) * c.d[1] as u8");
  expect(of(cast.value)).toBe("(a + b) * c.d[1]");
  expect(of(cast.value.left)).toBe("a + b");
  expect(of(cast.value.right)).toBe("c.d[1]");
  expect(of(last)).toBe("return x;");
});

test("a split `>>` leaves right spans", () => {
  const text = "let x: A<B<C>> = 1;";
  const [variable] = clean(text).declarations;
  if (variable?.kind !== "variable" || variable.type?.kind !== "named-type") throw new Error("no variable");
  const inner = variable.type.arguments[0];
  expect(text.slice(variable.type.span.start, variable.type.span.end)).toBe("A<B<C>>");
  expect(text.slice(inner?.span.start, inner?.span.end)).toBe("B<C>");
});

test("every node has an id of its own", () => {
  const { module } = parseText(
    "struct A { x: u8; } xdp f(p) { const { a, b: c } = p; if (a ?? return) c += 1; x++; }",
  );
  const ids: unknown[] = [];
  const open: unknown[] = [module.declarations];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== "object" || node === null) continue;
    if ("id" in node && "span" in node) ids.push(node.id);
    for (const [key, child] of Object.entries(node))
      if (!/span/i.test(key) && child !== undefined) open.push(child);
  }
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size).toBe(ids.length);
});

test("comments are kept in order, with their spans", () => {
  const text = "#!/usr/bin/env xdpl\n// a\nconst x = 1; /* b\n */ /** c */ const y = `// no`; // d";
  const { comments } = parseText(text);
  expect(comments.map((one) => one.text)).toEqual([
    "#!/usr/bin/env xdpl",
    "// a",
    "/* b\n */",
    "/** c */",
    "// d",
  ]);
  for (const { span, text: comment } of comments) expect(text.slice(span.start, span.end)).toBe(comment);
});

test("doc comments lose their stars", () => {
  const [first, second] = clean(
    "/**\n * One.\n *\n *   - two\n */\nconst a = 1;\n/***/ const b = 2;",
  ).declarations;
  expect(first?.kind === "variable" && first.doc).toBe("One.\n\n  - two");
  expect(second?.kind === "variable" && second.doc).toBe(undefined);
});

test("numbers are exact", () => {
  const value = (text: string): unknown => {
    const node = expression(text);
    return node.kind === "number" ? node.value : undefined;
  };
  expect(value("18_446_744_073_709_551_615")).toBe(0xffff_ffff_ffff_ffffn);
  expect(value("0xffff_ffff_ffff_ffff")).toBe(0xffff_ffff_ffff_ffffn);
  expect(value("365d")).toBe(31_536_000_000_000_000n);
});

test("a byte order mark and line ends of all kinds are white space", () => {
  expect(clean("\ufeffconst x = 1;\r\nconst y = 2;\rconst z = 3;").declarations).toHaveLength(3);
  expect(statements("a();\u00a0b();")).toHaveLength(2);
});

test("5000 rules are read at once", () => {
  const rules = Array.from(
    { length: 5000 },
    (_, i) => `  if (ip.src == 10.0.${i >> 8}.${i & 255}) return DROP;`,
  );
  const text = `xdp f(pkt) {\n${rules.join("\n")}\n  return PASS;\n}\n`;
  clean(text);
  const start = processorTime();
  clean(text);
  expect(processorTime() - start).toBeLessThan(1000);
});
