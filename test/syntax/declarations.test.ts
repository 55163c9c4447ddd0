import { expect, test } from "vitest";
import { clean, sexp } from "./support.js";
import { snippets } from "./snippets.js";

const cases: readonly (readonly [string, string])[] = [
  ["xdp drop(pkt) {}", '(program ("xdp") drop [(parameter pkt)] (block))'],
  ["tc.egress mark(pkt) {}", '(program ("tc.egress") mark [(parameter pkt)] (block))'],
  ['tracepoint("a:b") {}', '(program ("tracepoint") [(string "a:b")] (block))'],
  [
    'fexit("vfs_read") (file, ret) {}',
    '(program ("fexit") [(string "vfs_read")] [(parameter file) (parameter ret)] (block))',
  ],
  [
    "xdp({ frags: true }) jumbo(pkt) {}",
    '(program ("xdp") [(object [(object-field frags (boolean true))])] jumbo [(parameter pkt)] (block))',
  ],
  [
    'lsm("file_open") audit(file) {}',
    '(program ("lsm") [(string "file_open")] audit [(parameter file)] (block))',
  ],
  ['interval("1s") {}', '(program ("interval") [(string "1s")] (block))'],
  ["param(x) {}", '(program ("param") [x] (block))'],
  ["type.in f(p) {}", '(program ("type.in") f [(parameter p)] (block))'],
  ["test f(x) {}", '(program ("test") f [(parameter x)] (block))'],
  ['import { a as b, type, } from "x";', '(import [(a b) (type)] (string "x"))'],
  ['license "GPL"; target "linux 5.15";', '(license (string "GPL")) (target (string "linux 5.15"))'],
  [
    "param rate: u64 = 1_000; param on = false;",
    "(param rate (named-type u64) (number 1000)) (param on (boolean))",
  ],
  [
    "export const x = 1; export let y: u32; let z = 2;",
    "(variable x true (number 1)) (variable y true true (named-type u32)) (variable z true (number 2))",
  ],
  [
    "struct A { x: u32; type: u8[4]; if: u16; }",
    "(struct A [(field x (named-type u32)) (field type (array-type (named-type u8) (number 4))) (field if (named-type u16))])",
  ],
  ["export struct A {}", "(struct A true)"],
  ["struct A { x: u8; };", "(struct A [(field x (named-type u8))])"],
  [
    "enum C: u8 { Red, Green = 4, } enum D {}",
    "(enum C (named-type u8) [(member Red) (member Green (number 4))]) (enum D)",
  ],
  [
    "export type Port = u16; type N = Ipv4 | null;",
    "(type Port true (named-type u16)) (type N (nullable-type (named-type Ipv4)))",
  ],
  [
    "header Ipv4 as ip after Ethernet when (eth.type == 0x0800), Vlan { version: u4 = 4; size: u8; next: u8; size = ihl * 4; next Udp; continues Ethernet { type, a: b } max 2 when (x); options { end: 0, pad: 1 }; sum: u16 covers (header, payload, ipv4.src) zero none = 0; }",
    '(header Ipv4 ip [(parent Ethernet (binary "==" (member-access eth type) (number 2048))) (parent Vlan)] [(header-field version (named-type u4) (number 4)) (header-field size (named-type u8)) (header-field next (named-type u8)) (header-field sum (named-type u16) (number 0) (covers [header payload (member-access ipv4 src)] true))] (binary "*" ihl (number 4)) Udp (continues Ethernet [(type) (a b)] (number 2) x) (object [(object-field end (number 0)) (object-field pad (number 1))]))',
  ],
  [
    "export header Ethernet as eth { dst: MacAddr; }",
    "(header Ethernet true eth [(header-field dst (named-type MacAddr))])",
  ],
  [
    "header options { options: u8; options { end: 0 }; }",
    "(header options [(header-field options (named-type u8))] (object [(object-field end (number 0))]))",
  ],
  [
    "function f(a: u32, b): bool | null { return null; }",
    "(function f [(parameter a (named-type u32)) (parameter b)] (nullable-type (named-type bool)) (block [(return (null))]))",
  ],
  ["export function f() {}", "(function f (block) true)"],
  [
    'declare function now(): u64 from "bpf_ktime_get_ns";',
    '(function now (named-type u64) (string "bpf_ktime_get_ns"))',
  ],
  [
    'export declare function f(a: u8,): u64 from "xdpl:f";',
    '(function f [(parameter a (named-type u8))] (named-type u64) (string "xdpl:f") true)',
  ],
  ["", ""],
  ["#!/usr/bin/env xdpl\nxdp f(p) {}", '(program ("xdp") f [(parameter p)] (block))'],
  [
    "/** doc\n * two */\nexport const x = 1; /** a */ /** b */ struct A { /** f */ x: u8; y: u8; } /* no */ const z = 1; /** p */ xdp q(p) {}",
    '(variable x true "doc\\ntwo" (number 1)) (struct A "b" [(field x (named-type u8) "f") (field y (named-type u8))]) (variable z (number 1)) (program ("xdp") q [(parameter p)] (block) "p")',
  ],
];

test.each(cases)("%s", (text, tree) => {
  const trees = clean(text).declarations.map((one) => sexp(one));
  expect(trees.join(" ")).toBe(tree);
});

test("every script of the language's description is read without a complaint", () => {
  const kinds = snippets.map((text) =>
    clean(text)
      .declarations.map((one) => one.kind)
      .join(" "),
  );
  expect(kinds).toEqual([
    "program",
    "import param variable variable program",
    "struct param param variable function program",
    "header header",
    "program program",
    "program",
    "variable variable variable program program program program",
    "program program program program",
    "struct variable program",
    "import import",
  ]);
});

test("a reserved word is a field's name after a dot, in a struct and in an object", () => {
  clean("struct A { if: u8; new: u8; in: u8; } xdp f(p) { x.if = y.new; g({ in: 1, as: 2 }); }");
});

/** Every word of the grammar that is not reserved. */
const words =
  "header param after when size next continues covers zero none max type target license test as of from declare options";

test.each(words.split(" "))("%s can be a variable, a field, a function and a parameter", (word) => {
  clean(`struct A { ${word}: u8; } header H { ${word}: u8; ${word}2: u8; }`);
  clean(`function ${word}(${word}: u8): u8 { const x = ${word} + a.${word}; return ${word}(x); }`);
  clean(
    `const ${word} = 1; xdp f(p) { let ${word} = 2; ${word} = 3; ${word}(); ${word}.x += 1; g({ ${word} }); }`,
  );
});
