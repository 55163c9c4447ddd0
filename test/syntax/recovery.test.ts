import { expect, test } from "vitest";
import type { Declaration } from "../../src/syntax/ast.js";
import { processorTime } from "../support/time.js";
import { complaints, parseText, sexp } from "./support.js";

function trees(text: string): string[] {
  return parseText(text).module.declarations.map((one: Declaration) => sexp(one));
}

test("a bad value keeps the variable", () => {
  expect(trees("const a = 5 +; const b = 1;")).toEqual(["(variable a (error))", "(variable b (number 1))"]);
});

test("a bad statement is an error, and the others stay", () => {
  expect(trees("xdp f(p) {\n  a();\n  b c d;\n  e();\n}")).toEqual([
    '(program ("xdp") f [(parameter p)] (block [(expression-statement (call a)) (error-statement) (expression-statement (call e))]))',
  ]);
});

test("a bad condition keeps the body", () => {
  expect(trees("xdp f(p) { if (a ==) { b(); } }")).toEqual([
    '(program ("xdp") f [(parameter p)] (block [(if (error) (block [(expression-statement (call b))]))]))',
  ]);
});

test("a bad head of a loop keeps the body", () => {
  expect(trees("xdp f(p) { for (let i = 0; i <; i++) { b(); } }")).toEqual([
    '(program ("xdp") f [(parameter p)] (block [(for (block [(expression-statement (call b))]))]))',
  ]);
});

test("a bad field keeps the other fields", () => {
  expect(trees("struct A {\n  x: ;\n  y: u8;\n  z u8;\n  w: u16;\n}")).toEqual([
    "(struct A [(field y (named-type u8)) (field w (named-type u16))])",
  ]);
});

test("a bad declaration keeps the next one", () => {
  expect(trees("struct {\n  x: u8;\n}\n\nconst y = 1;\n")).toEqual(["(variable y (number 1))"]);
});

test("a body that is never closed ends where a declaration starts", () => {
  const text = "xdp f(p) {\n  a();\n\nexport struct A { x: u8; }\n\ntc.ingress g(p) { b(); }\n";
  expect(complaints(text)).toEqual(["2:7 XD1003 expected `}` before `export`"]);
  expect(parseText(text).module.declarations.map((one) => one.kind)).toEqual([
    "program",
    "struct",
    "program",
  ]);
});

test("a mistake inside brackets does not end the block around", () => {
  const text = "xdp f(p) {\n  f(a, { b: [1 2], c: 3 });\n  g();\n  x = h(1, (2 3));\n}\nconst y = 1;\n";
  expect(complaints(text)).toEqual([
    "2:16 XD1001 expected `,` or `]`, found `2`",
    "4:15 XD1001 expected `)`, found `3`",
  ]);
});

test("deep nesting gives one diagnostic", () => {
  const most = 100_000;
  const many = 10_000;
  const deep = [
    `const x = ${"(".repeat(most)}1${")".repeat(most)};`,
    `const x = ${"[".repeat(many)}${"]".repeat(many)};`,
    `const x = ${"{a:".repeat(many)}1${"}".repeat(many)};`,
    `const x = ${"f(".repeat(many)}${")".repeat(many)};`,
    `const x = ${"`${".repeat(many)}1${"}`".repeat(many)};`,
    `const x = ${"!".repeat(many)}1;`,
    `const x = 1${" + 1".repeat(many)};`,
    `const x = a${".b".repeat(many)};`,
    `const x = ${"a ? b : ".repeat(many)}c;`,
    `let x: ${"A<".repeat(many)}u8${">".repeat(many)};`,
    `xdp f(p) {${"{".repeat(many)}${"}".repeat(many)}}`,
    `xdp f(p) {${"if (a) b(); else ".repeat(many)}c();}`,
  ];
  for (const text of deep) expect(parseText(text).diagnostics.map((one) => one.code)).toEqual(["XD1005"]);
  expect(parseText(`let x: u8${"[1]".repeat(many)};`).diagnostics).toHaveLength(1);
  expect(parseText("(".repeat(many)).diagnostics).toHaveLength(1);
});

test("thousands of mistakes are read in time", () => {
  for (const piece of [
    "a ",
    "a\n",
    "} ",
    "else ",
    "\nx y(",
    "try{",
    "function f(){",
    "do{",
    "if a ",
    "`${",
    "\\`\n",
    "a:",
  ]) {
    const start = processorTime();
    parseText(`xdp f(p) {${piece.repeat(20_000)}`);
    expect(processorTime() - start).toBeLessThan(5000);
  }
});
