import { expect, test } from "vitest";
import { applied, complaints, parseText, shown } from "./support.js";

/** What is wrong, what is said, and the text after each fix. */
type Case = readonly [text: string, said: readonly string[], fixed?: readonly string[]];

const cases: readonly Case[] = [
  // XD1001
  ["xdp f(pkt) {\n  x = (1 + );\n}\n", ["2:12 XD1001 expected an expression, found `)`"]],
  ["xdp f(pkt) {\n  f(a b);\n}\n", ["2:7 XD1001 expected `,` or `)`, found `b`"]],
  [
    "xdp f(pkt) {\n  x = a ? b;\n}\n",
    ["2:12 XD1001 expected `:` and the value for when the condition does not hold, found `;`"],
  ],
  ["xdp f(pkt) {\n  x = a.;\n}\n", ["2:9 XD1001 expected the name of a field after `.`, found `;`"]],
  [
    "const x = f({\n  a: 1\n  b: 2,\n});\n",
    ["2:7 XD1001 expected `,` before `b`"],
    ["const x = f({\n  a: 1,\n  b: 2,\n});\n"],
  ],
  [
    "xdp f(pkt)\n  return PASS;\n}\n",
    ["1:11 XD1001 expected `{` and the body of the program, found `return`"],
    ["xdp f(pkt) {\n  return PASS;\n}\n"],
  ],
  ["struct { x: u32; }\n", ["1:8 XD1001 expected a name for the struct, found `{`"]],
  ["export\n", ["2:1 XD1001 expected a declaration after `export`, found the end of the file"]],
  ["xdp f(pkt) {\n  else { }\n}\n", ["2:3 XD1001 `else` without an `if` before it"]],
  ["xdp f(pkt) {\n  switch (x) { a(); }\n}\n", ["2:16 XD1001 expected `case`, `default` or `}`, found `a`"]],
  ["const x: u8 | u16 = 1;\n", ["1:15 XD1001 expected `null`: a union is always `T | null`, found `u16`"]],
  ["xdp f(pkt) {\n  for (i) { }\n}\n", ["2:9 XD1001 expected `;` after the start of the loop, found `)`"]],
  ["header H { x: ; y: u8; }\n", ["1:15 XD1001 expected a type, found `;`"]],
  ["xdp f(pkt) {\n  x = if;\n}\n", ["2:7 XD1001 expected an expression, found `if`"]],
  // XD1002
  [
    "xdp f(pkt) {\n  x = 1\n  y = 2;\n}\n",
    ["2:8 XD1002 expected `;` after the statement"],
    ["xdp f(pkt) {\n  x = 1;\n  y = 2;\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  return DROP\n}\n",
    ["2:14 XD1002 expected `;` after the value that is returned"],
    ["xdp f(pkt) {\n  return DROP;\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  let x = 1\n  let y = 2;\n}\n",
    ["2:12 XD1002 expected `;` after the declaration"],
    ["xdp f(pkt) {\n  let x = 1;\n  let y = 2;\n}\n"],
  ],
  [
    "struct A { x: u32 y: u16; }\n",
    ["1:18 XD1002 expected `;` after the field"],
    ["struct A { x: u32; y: u16; }\n"],
  ],
  [
    'import { a } from "b"\nconst x = 1;\n',
    ["1:22 XD1002 expected `;` after the import"],
    ['import { a } from "b";\nconst x = 1;\n'],
  ],
  ['license "GPL"\n', ["1:14 XD1002 expected `;` after the license"], ['license "GPL";\n']],
  // XD1003
  [
    "xdp f(pkt) {\n  if (a) {\n    b();\n  return PASS;\n}\n\nxdp g(pkt) { return DROP; }\n",
    ["5:2 XD1003 expected `}` before `xdp`"],
    ["xdp f(pkt) {\n  if (a) {\n    b();\n  return PASS;\n}\n}\n\nxdp g(pkt) { return DROP; }\n"],
  ],
  [
    "xdp f(pkt) {\n  return PASS;\n",
    ["2:15 XD1003 expected `}` before the end of the file"],
    ["xdp f(pkt) {\n  return PASS;\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  f(a, b;\n}\n",
    ["2:9 XD1003 expected `,` or `)`, found `;`"],
    ["xdp f(pkt) {\n  f(a, b);\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  x = [1, 2;\n}\n",
    ["2:12 XD1003 expected `,` or `]`, found `;`"],
    ["xdp f(pkt) {\n  x = [1, 2];\n}\n"],
  ],
  [
    "struct A {\n  x: u32;\n\nstruct B { y: u8; }\n",
    ["2:10 XD1003 expected `}` before `struct`"],
    ["struct A {\n  x: u32;\n}\n\nstruct B { y: u8; }\n"],
  ],
  // XD1004
  ["xdp f(pkt) { }\n}\n", ["2:1 XD1004 nothing is open that this `}` could close"], ["xdp f(pkt) { }\n\n"]],
  [
    "xdp f(pkt) {\n  x = 1;\n  )\n}\n",
    ["3:3 XD1004 nothing is open that this `)` could close"],
    ["xdp f(pkt) {\n  x = 1;\n  \n}\n"],
  ],
  // XD1005
  [`const x = ${"(".repeat(65)}1${")".repeat(65)};\n`, ["1:75 XD1005 this is nested too deeply"]],
  // XD1006
  ["const x = 1 @ 2;\n", ["1:13 XD1006 `@` means nothing here"]],
  [
    "const x = “hi”;\n",
    [
      '1:11 XD1006 `“` is not a character of the language; `"` is',
      '1:14 XD1006 `”` is not a character of the language; `"` is',
    ],
  ],
  ["const größe = 1;\n", ["1:7 XD1006 a name may have only the letters a to z, digits, `_` and `$`"]],
  ["xdp f(pkt) {\n  x = a \\ b;\n}\n", ["2:9 XD1006 `\\` means nothing here"]],
  ["const x = 1；\n", ["1:12 XD1006 `；` is not a character of the language; `;` is"], ["const x = 1;\n"]],
  // XD1007
  [
    'xdp f(pkt) {\n  print("abc);\n  y = 1;\n}\n',
    ["2:9 XD1007 this string is never closed"],
    ['xdp f(pkt) {\n  print("abc");\n  y = 1;\n}\n'],
  ],
  [
    'import { a } from "std/net;\n',
    ["1:19 XD1007 this string is never closed"],
    ['import { a } from "std/net";\n'],
  ],
  ["const x = 'a;\n", ["1:11 XD1007 this string is never closed"], ["const x = 'a';\n"]],
  // XD1008
  [
    "xdp f(pkt) {\n  print(`abc ${x} d);\n  y = 1;\n}\n",
    ["2:17 XD1008 this template string is never closed"],
    ["xdp f(pkt) {\n  print(`abc ${x} d`);\n  y = 1;\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  print(`abc);\n  y = 1;\n}\n",
    ["2:9 XD1008 this template string is never closed"],
    ["xdp f(pkt) {\n  print(`abc`);\n  y = 1;\n}\n"],
  ],
  // XD1009
  [
    "const x = 1; /* no end\nconst y = 2;\n",
    ["1:14 XD1009 this comment is never closed"],
    ["const x = 1; /* no end\nconst y = 2;\n */"],
  ],
  // XD1010
  ['const x = "C:\\dir";\n', ["1:14 XD1010 `\\d` is not an escape"], ['const x = "C:\\\\dir";\n']],
  // XD1011
  ["const x = 0xfg;\n", ["1:11 XD1011 this is not a hexadecimal number"]],
  ["const x = 0x;\n", ["1:11 XD1011 `0x` needs hexadecimal digits after it"]],
  ["const x = 0b12;\n", ["1:11 XD1011 this is not a binary number"]],
  [
    "const x = 017;\n",
    ["1:11 XD1011 a number may not start with `0`: in C it would be octal"],
    ["const x = 17;\n", "const x = 0o17;\n"],
  ],
  ["const x = 1__0;\n", ["1:11 XD1011 `_` may stand only between two digits"], ["const x = 1_0;\n"]],
  [
    "const x = 999999999999999999999999999999999999999999;\n",
    ["1:11 XD1011 this number is too large: no type holds more than 64 bits"],
  ],
  // XD1012
  ["const x = 1.5;\n", ["1:11 XD1012 the language has no fractions"]],
  ["const x = 1.5ms;\n", ["1:11 XD1012 the language has no fractions"], ["const x = 1500us;\n"]],
  ["const x = 0.5KiB;\n", ["1:11 XD1012 the language has no fractions"], ["const x = 512;\n"]],
  // XD1013
  ["const x = 10mss;\n", ["1:13 XD1013 `mss` is not a unit"], ["const x = 10ms;\n"]],
  ["const x = 64KB;\n", ["1:13 XD1013 `KB` is not a unit"], ["const x = 64KiB;\n"]],
  ["const x = 1e6;\n", ["1:11 XD1013 a number has no exponent"], ["const x = 1_000_000;\n"]],
  ["const x = 10n;\n", ["1:13 XD1013 a number needs no suffix `n`"], ["const x = 10;\n"]],
  ["const x = 5abcdef;\n", ["1:12 XD1013 `abcdef` is not a unit"]],
  ["const x = 10sec;\n", ["1:13 XD1013 `sec` is not a unit"], ["const x = 10s;\n"]],
  // XD1014
  ["const x = 10.0.0.256;\n", ["1:11 XD1014 256 does not fit in a part of an IPv4 address"]],
  ["const x = 10.0.1;\n", ["1:11 XD1014 an IPv4 address has four parts; this has 3"]],
  ["const x = 10.0.0.0.1;\n", ["1:11 XD1014 an IPv4 address has four parts; this has 5"]],
  [
    "const x = 010.0.0.1;\n",
    ["1:11 XD1014 a part of an IPv4 address may not start with `0`"],
    ["const x = 10.0.0.1;\n"],
  ],
  // XD1015
  ["const x = 2001:db8::1::2;\n", ["1:11 XD1015 an IPv6 address may have `::` only once"]],
  [
    "const x = 2001:db8::12345;\n",
    ["1:11 XD1015 `12345` is too long: a group of an IPv6 address has at most four hex digits"],
  ],
  ["const x = ::ffff:10.0.0.999;\n", ["1:11 XD1015 the IPv4 part of this IPv6 address is wrong"]],
  ["const x = 1:2:3:4:5:6:7:8:9;\n", ["1:11 XD1015 an IPv6 address has eight groups of 16 bits"]],
  // XD1016
  ["const x = aa:bb:cc:dd:ee;\n", ["1:11 XD1016 a MAC address has six groups; this has 5"]],
  ["const x = aa:bb:cc:dd:ee:gg;\n", ["1:11 XD1016 `gg` is not a hexadecimal number"]],
  [
    "const x = a:bb:cc:dd:ee:ff;\n",
    ["1:11 XD1016 each group of a MAC address has two hex digits"],
    ["const x = 0a:bb:cc:dd:ee:ff;\n"],
  ],
  // XD1017
  [
    "const x = 10.0.0.0/33;\n",
    ["1:19 XD1017 an IPv4 prefix has at most 32 bits"],
    ["const x = 10.0.0.0/32;\n"],
  ],
  ["const x = ::/129;\n", ["1:13 XD1017 an IPv6 prefix has at most 128 bits"], ["const x = ::/128;\n"]],
  // XD1020
  [
    "xdp f(pkt) {\n  var x = 1;\n}\n",
    ["2:3 XD1020 variables are declared with `let`, or with `const`"],
    ["xdp f(pkt) {\n  let x = 1;\n}\n"],
  ],
  ["var x = 1;\n", ["1:1 XD1020 variables are declared with `let`, or with `const`"], ["let x = 1;\n"]],
  // XD1021
  [
    "xdp f(pkt) {\n  function g(a) { return 1; }\n  x = 1;\n}\n",
    ["2:3 XD1021 a function may not be declared inside another"],
  ],
  // XD1022
  ["class A { x() { } }\nconst y = 1;\n", ["1:1 XD1022 there is no `class`"]],
  ["xdp f(pkt) {\n  class A { }\n}\n", ["2:3 XD1022 there is no `class`"]],
  // XD1023
  [
    "xdp f(pkt) {\n  try { f(); } catch (e) { g(); } finally { h(); }\n  x = 1;\n}\n",
    ["2:3 XD1023 there are no exceptions"],
  ],
  ["xdp f(pkt) {\n  throw x;\n}\n", ["2:3 XD1023 there are no exceptions"]],
  // XD1024
  ["async function f() { }\n", ["1:1 XD1024 there is no `async`"]],
  ["xdp f(pkt) {\n  await f();\n}\n", ["2:3 XD1024 there is no `await`"]],
  // XD1025
  ["xdp f(pkt) {\n  const f = (a, b) => { return a; };\n}\n", ["2:13 XD1025 there are no closures"]],
  ["xdp f(pkt) {\n  const f = a => a + 1;\n}\n", ["2:13 XD1025 there are no closures"]],
  [
    "xdp f(pkt) {\n  const f = function (a) { };\n}\n",
    ["2:13 XD1025 a function is not a value: there are no closures"],
  ],
  ["xdp f(pkt) {\n  m.forEach((k, v) => f(k));\n}\n", ["2:13 XD1025 there are no closures"]],
  // XD1026
  [
    "xdp f(pkt) {\n  const ip = pkt.ipv4!;\n}\n",
    ["2:22 XD1026 there is no `!` that says a value is not null"],
  ],
  ["xdp f(pkt) {\n  x = pkt.ipv4!.src;\n}\n", ["2:15 XD1026 there is no `!` that says a value is not null"]],
  // XD1027
  ["xdp f(pkt) {\n  let x: any = 1;\n}\n", ["2:10 XD1027 there is no type `any`"]],
  // XD1028
  [
    "xdp f(pkt) {\n  if (x = 1) { }\n}\n",
    ["2:9 XD1028 an assignment is not a condition"],
    ["xdp f(pkt) {\n  if (x == 1) { }\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  x = y = 1;\n}\n",
    ["2:9 XD1028 an assignment has no value: it is a statement of its own"],
    ["xdp f(pkt) {\n  x = y == 1;\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  while (x = f()) { }\n}\n",
    ["2:12 XD1028 an assignment is not a condition"],
    ["xdp f(pkt) {\n  while (x == f()) { }\n}\n"],
  ],
  // XD1029
  ["xdp f(pkt) {\n  x = y++;\n}\n", ["2:8 XD1029 `++` has no value: it is a statement of its own"]],
  ["xdp f(pkt) {\n  ++x;\n}\n", ["2:3 XD1029 write `++` after the variable"], ["xdp f(pkt) {\n  x++;\n}\n"]],
  ["xdp f(pkt) {\n  f(--x);\n}\n", ["2:5 XD1029 `--` changes a variable, and so is a statement of its own"]],
  // XD1030
  [
    "xdp f(pkt) {\n  if (a) { b(); } elif (c) { d(); } else { e(); }\n}\n",
    ["2:19 XD1030 `elif` is written `else if` here"],
    ["xdp f(pkt) {\n  if (a) { b(); } else if (c) { d(); } else { e(); }\n}\n"],
  ],
  // XD1031
  [
    "xdp f(pkt) {\n  u32 x = 1;\n}\n",
    ["2:3 XD1031 the type of a variable stands after its name"],
    ["xdp f(pkt) {\n  let x: u32 = 1;\n}\n"],
  ],
  ["u32 x = 1;\n", ["1:1 XD1031 the type of a variable stands after its name"], ["let x: u32 = 1;\n"]],
  [
    "xdp f(pkt) {\n  const u32 x = 1;\n}\n",
    ["2:3 XD1031 the type of a variable stands after its name"],
    ["xdp f(pkt) {\n  const x: u32 = 1;\n}\n"],
  ],
  [
    "struct A { u32 x; y u8; }\n",
    [
      "1:16 XD1031 a field is its name, `:`, and its type",
      "1:21 XD1031 a field is its name, `:`, and its type",
    ],
  ],
  // XD1032
  [
    "xdp f(pkt) {\n  x = a ?? b || c;\n}\n",
    ["2:14 XD1032 `??` and `||` may not be mixed without parentheses"],
    ["xdp f(pkt) {\n  x = (a ?? b) || c;\n}\n", "xdp f(pkt) {\n  x = a ?? (b || c);\n}\n"],
  ],
  // XD1033
  ['import foo from "bar";\n', ["1:8 XD1033 an import lists the names it takes"]],
  ['import * as foo from "bar";\n', ["1:8 XD1033 an import lists the names it takes"]],
  ["export { a };\n", ["1:8 XD1033 `export` stands before a declaration"]],
  ["export default 1;\n", ["1:8 XD1033 `export` stands before a declaration"]],
  ['import "bar";\n', ["1:8 XD1033 an import lists the names it takes"]],
  // XD1034
  [
    "export xdp f(pkt) { }\n",
    ["1:1 XD1034 a program is not exported: it is always part of the output"],
    ["xdp f(pkt) { }\n"],
  ],
  // XD1035
  ["struct A { x: u8[]; y: u8; }\n", ["1:15 XD1035 an array type needs its length"]],
  // XD1036
  ["xdp f(pkt) {\n  do { f(); } while (x);\n  y = 1;\n}\n", ["2:3 XD1036 there is no `do … while`"]],
  ["xdp f(pkt) {\n  goto out;\n}\n", ["2:3 XD1036 there is no `goto` in the language"]],
  ["xdp f(pkt) {\n  using l = m.lock(k);\n}\n", ["2:3 XD1036 there is no `using` in the language"]],
  // XD1037
  ["header H { x: u8; size = 1; size = 2; }\n", ["1:36 XD1037 `size` is given twice"]],
  // XD1038
  [
    "const x;\nlet y;\n",
    ["1:7 XD1038 the constant `x` needs a value", "2:5 XD1038 `y` needs a value or a type"],
  ],
  ["xdp f(pkt) {\n  const x: u8;\n}\n", ["2:9 XD1038 the constant `x` needs a value"]],
  // XD1039
  [
    "xdp f(pkt) {\n  if x > 1 { f(); }\n}\n",
    ["2:6 XD1039 a condition stands in parentheses"],
    ["xdp f(pkt) {\n  if (x > 1) { f(); }\n}\n"],
  ],
  [
    "xdp f(pkt) {\n  while x { f(); }\n}\n",
    ["2:9 XD1039 a condition stands in parentheses"],
    ["xdp f(pkt) {\n  while (x) { f(); }\n}\n"],
  ],
  // XD1040
  ["return 5;\n", ["1:1 XD1040 a statement stands in a program or a function"]],
  ["if (x) { }\n", ["1:1 XD1040 a statement stands in a program or a function"]],
  ["f(x);\n", ["1:1 XD1040 a statement stands in a program or a function"]],
  ["x = 1;\n", ["1:1 XD1040 a statement stands in a program or a function"]],
  ["x += 1;\n", ["1:1 XD1040 a statement stands in a program or a function"]],
  ["const { a } = b;\n", ["1:1 XD1040 fields are taken out of a value in a program or a function"]],
  // XD1041
  [
    "xdp f(pkt) {\n  for (const k in m) { }\n}\n",
    ["2:16 XD1041 a loop over values is written with `of`"],
    ["xdp f(pkt) {\n  for (const k of m) { }\n}\n"],
  ],
  // XD1042
  [
    "xdp f(pkt) {\n  let a = 1, b = 2;\n}\n",
    ["2:12 XD1042 each variable has a declaration of its own"],
    ["xdp f(pkt) {\n  let a = 1; let b = 2;\n}\n"],
  ],
  // XD1043
  [
    "xdp f(pkt) {\n  switch (x) { case 1, 2: f(); }\n}\n",
    ["2:22 XD1043 each value has a `case` of its own"],
    ["xdp f(pkt) {\n  switch (x) { case 1: case 2: f(); }\n}\n"],
  ],
];

for (const [text, said, fixed] of cases) {
  test(JSON.stringify(text).slice(0, 100), () => {
    const { diagnostics } = parseText(text);
    expect(shown(diagnostics)).toEqual(said);
    const fixes = diagnostics.flatMap((one) => one.fixes);
    if (diagnostics.length === 1) expect(fixes.map((fix) => applied(text, fix))).toEqual(fixed ?? []);
    // A fix leaves nothing to complain about.
    for (const mended of fixed ?? []) expect(complaints(mended)).toEqual([]);
  });
}

test("several mistakes in one file are told, each once", () => {
  const text = `param rate = 1.5;
xdp f(pkt) {
  var x = 1;
  if (x = 2) return DROP
  foo(a, [b c], d);
  return PASS;
}

struct A { x: u8; y }

xdp g(pkt) {
  const m = 10.0.0.256;
  let k: any = m;
  return "abc;
}
`;
  expect(complaints(text)).toEqual([
    "1:14 XD1012 the language has no fractions",
    "3:3 XD1020 variables are declared with `let`, or with `const`",
    "4:9 XD1028 an assignment is not a condition",
    "4:25 XD1002 expected `;` after the value that is returned",
    "5:13 XD1001 expected `,` or `]`, found `c`",
    "9:21 XD1001 expected `:` and the type of the field, found `}`",
    "12:13 XD1014 256 does not fit in a part of an IPv4 address",
    "13:10 XD1027 there is no type `any`",
    "14:10 XD1007 this string is never closed",
  ]);
});

test("a missing `}` points to the brace that is open", () => {
  const text = "xdp f(pkt) {\n  if (a) {\n    b();\n  c();\n}\n\nxdp g(pkt) { return DROP; }\n";
  const [found] = parseText(text).diagnostics;
  expect(found?.related.map((one) => [one.span.start, one.message])).toEqual([
    [text.indexOf("{", 14), "this `{` is not closed"],
  ]);
});
