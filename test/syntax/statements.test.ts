import { expect, test } from "vitest";
import { sexp, statements } from "./support.js";

const cases: readonly (readonly [string, string])[] = [
  ["x = 1;", '(assign x "=" (number 1))'],
  [
    "x += 1; x -= 1; x *= 1; x /= 1; x %= 1; x &= 1; x |= 1; x ^= 1; x <<= 1; x >>= 1; x ??= 1;",
    '(assign x "+=" (number 1)) (assign x "-=" (number 1)) (assign x "*=" (number 1)) (assign x "/=" (number 1)) (assign x "%=" (number 1)) (assign x "&=" (number 1)) (assign x "|=" (number 1)) (assign x "^=" (number 1)) (assign x "<<=" (number 1)) (assign x ">>=" (number 1)) (assign x "??=" (number 1))',
  ],
  ["x++; y.z--;", '(assign x "+=" (number 1) true) (assign (member-access y z) "-=" (number 1) true)'],
  ["blocked[ip.src] += 1;", '(assign (index blocked (member-access ip src)) "+=" (number 1))'],
  ["f();", "(expression-statement (call f))"],
  [";", "(empty)"],
  ["{ a(); { } }", "(block [(expression-statement (call a)) (block)])"],
  ["const x = 1;", "(variable-statement (variable x (number 1)))"],
  ["let x: u32;", "(variable-statement (variable x true (named-type u32)))"],
  [
    "let x: u8[16][4] | null = null;",
    "(variable-statement (variable x true (nullable-type (array-type (array-type (named-type u8) (number 16)) (number 4))) (null)))",
  ],
  [
    "let y: string<16>; let z: A<(N * 2), -1>;",
    '(variable-statement (variable y true (named-type string [(number 16)]))) (variable-statement (variable z true (named-type A [(binary "*" N (number 2)) (unary "-" (number 1))])))',
  ],
  [
    "let x: Hash<u32, Hash<u32, u64>>= y;",
    "(variable-statement (variable x true (named-type Hash [(named-type u32) (named-type Hash [(named-type u32) (named-type u64)])]) y))",
  ],
  ["const { src, dst: to } = ip;", "(destructuring [(src src) (dst to)] ip)"],
  ["let { type, } = eth;", "(destructuring true [(type type)] eth)"],
  ["if (a) b();", "(if a (expression-statement (call b)))"],
  [
    "if (a) b(); else if (c) d(); else { e(); }",
    "(if a (expression-statement (call b)) (if c (expression-statement (call d)) (block [(expression-statement (call e))])))",
  ],
  [
    "for (let i = 0; i < 8; i++) {}",
    '(for (variable-statement (variable i true (number 0))) (binary "<" i (number 8)) (assign i "+=" (number 1) true) (block))',
  ],
  ["for (;;) break;", "(for (break))"],
  [
    "for (i = 0; i < 3; i += 2) continue;",
    '(for (assign i "=" (number 0)) (binary "<" i (number 3)) (assign i "+=" (number 2)) (continue))',
  ],
  ["for (const x of tcp.options) {}", "(for-of [x] (member-access tcp options) (block))"],
  ["for (const [k, v] of m) {}", "(for-of [k v] m (block))"],
  ["for (let of of of) {}", "(for-of [of] true of (block))"],
  ["while (a) {}", "(while a (block))"],
  [
    "switch (x) { case 1: case 2: a(); break; case 3..5: return; default: b(); }",
    "(switch x [(case [(number 1) (number 2)] [(expression-statement (call a)) (break)]) (case [(range (number 3) (number 5))] [(return)]) (case true [(expression-statement (call b))])])",
  ],
  ["switch (x) {}", "(switch x)"],
  ["return;", "(return)"],
  ["return { a: 1 };", "(return (object [(object-field a (number 1))]))"],
  ["header.type = next.size;", '(assign (member-access header type) "=" (member-access next size))'],
  [
    "type = 1; param = license; target(test); max(1, 2); zero = none;",
    '(assign type "=" (number 1)) (assign param "=" license) (expression-statement (call target [test])) (expression-statement (call max [(number 1) (number 2)])) (assign zero "=" none)',
  ],
  [
    "const covers = 1; let options = 2; const declare = 3;",
    "(variable-statement (variable covers (number 1))) (variable-statement (variable options true (number 2))) (variable-statement (variable declare (number 3)))",
  ],
  [
    "m.delete(k); delete(x);",
    "(expression-statement (call (member-access m delete) [k])) (expression-statement (call delete [x]))",
  ],
];

test.each(cases)("%s", (text, tree) => {
  expect(
    statements(text)
      .map((one) => sexp(one))
      .join(" "),
  ).toBe(tree);
});
