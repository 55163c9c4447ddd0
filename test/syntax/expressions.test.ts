import { expect, test } from "vitest";
import { expression, sexp } from "./support.js";

const cases: readonly (readonly [string, string])[] = [
  ["a..b", "(range a b)"],
  [
    'new Hash<u32, u64>(1024, { pin: "flows" })',
    '(new (named-type Hash [(named-type u32) (named-type u64)]) [(number 1024) (object [(object-field pin (string "flows"))])])',
  ],
  ["new Counter<Comm>()", "(new (named-type Counter [(named-type Comm)]))"],
  [
    "new Hash<u32, Hash<u32, u64>>(1)",
    "(new (named-type Hash [(named-type u32) (named-type Hash [(named-type u32) (named-type u64)])]) [(number 1)])",
  ],
  [
    "new A<string<16>, B<C<D>>>()",
    "(new (named-type A [(named-type string [(number 16)]) (named-type B [(named-type C [(named-type D)])])]))",
  ],
  [
    "a.b?.c[0].d(1, 2,)",
    "(call (member-access (index (member-access (member-access a b) c true) (number 0)) d) [(number 1) (number 2)])",
  ],
  [
    "a.type.size.next.from.in.as.if",
    "(member-access (member-access (member-access (member-access (member-access (member-access (member-access a type) size) next) from) in) as) if)",
  ],
  [
    "inner.prepend<Ipv4>({ ttl: 64 })",
    "(call (member-access inner prepend) [(named-type Ipv4)] [(object [(object-field ttl (number 64))])])",
  ],
  [
    "f<u8[4], A | null>(x)",
    "(call f [(array-type (named-type u8) (number 4)) (nullable-type (named-type A))] [x])",
  ],
  ["a < b > c", '(binary ">" (binary "<" a b) c)'],
  ["a < b > (c)", "(call a [(named-type b)] [c])"],
  ["a < b && c > (d)", '(binary "&&" (binary "<" a b) (binary ">" c d))'],
  ["a < b", '(binary "<" a b)'],
  ["a << b >> c", '(binary ">>" (binary "<<" a b) c)'],
  ["a >> 1", '(binary ">>" a (number 1))'],
  [
    "-a.b[1] as u16 in 1..5 + 2",
    '(binary "in" (cast (unary "-" (index (member-access a b) (number 1))) (named-type u16)) (range (number 1) (binary "+" (number 5) (number 2))))',
  ],
  ["a + b as u8 == c", '(binary "==" (cast (binary "+" a b) (named-type u8)) c)'],
  ["a as u8 as u16", "(cast (cast a (named-type u8)) (named-type u16))"],
  ["a as Ipv4 | null", "(cast a (nullable-type (named-type Ipv4)))"],
  ["!a in b", '(binary "in" (unary "!" a) b)'],
  ["!a && -b", '(binary "&&" (unary "!" a) (unary "-" b))'],
  ["a - -b", '(binary "-" a (unary "-" b))'],
  ["~-+!a", '(unary "~" (unary "-" (unary "+" (unary "!" a))))'],
  ["a === b", '(binary "==" a b)'],
  ["a !== b", '(binary "!=" a b)'],
  [
    "a || b && c | d ^ e & f == g < h << i + j * k",
    '(binary "||" a (binary "&&" b (binary "|" c (binary "^" d (binary "&" e (binary "==" f (binary "<" g (binary "<<" h (binary "+" i (binary "*" j k))))))))))',
  ],
  [
    "a * b + c << d < e == f & g ^ h | i && j || k",
    '(binary "||" (binary "&&" (binary "|" (binary "^" (binary "&" (binary "==" (binary "<" (binary "<<" (binary "+" (binary "*" a b) c) d) e) f) g) h) i) j) k)',
  ],
  ["a - b - c", '(binary "-" (binary "-" a b) c)'],
  ["a / b * c % d", '(binary "%" (binary "*" (binary "/" a b) c) d)'],
  ["a ?? b ?? c", '(binary "??" (binary "??" a b) c)'],
  ["(a ?? b) || c", '(binary "||" (binary "??" a b) c)'],
  ["a ?? (b || c)", '(binary "??" a (binary "||" b c))'],
  ["(a + b) * c", '(binary "*" (binary "+" a b) c)'],
  ["a ? b : c ? d : e", "(conditional a b (conditional c d e))"],
  ["a ? b ? c : d : e", "(conditional a (conditional b c d) e)"],
  ["a == b ? c + 1 : d", '(conditional (binary "==" a b) (binary "+" c (number 1)) d)'],
  [
    "m.get(k)?.x ?? return",
    "(coalesce-exit (member-access (call (member-access m get) [k]) x true) (return))",
  ],
  ["a ?? return b ? c : d", "(coalesce-exit a (return (conditional b c d)))"],
  ["a ?? continue", "(coalesce-exit a (continue))"],
  ["a ?? break", "(coalesce-exit a (break))"],
  ["a + b ?? return PASS", '(coalesce-exit (binary "+" a b) (return PASS))'],
  ["f(a ?? return)", "(call f [(coalesce-exit a (return))])"],
  ["x in 1..2", '(binary "in" x (range (number 1) (number 2)))'],
  ["from(param) + type", '(binary "+" (call from [param]) type)'],
  ["as + of", '(binary "+" as of)'],
];

test.each(cases)("%s", (text, tree) => {
  expect(sexp(expression(text))).toBe(tree);
});
