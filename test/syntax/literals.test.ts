import { expect, test } from "vitest";
import { expression, sexp } from "./support.js";

const addresses: readonly (readonly [string, string])[] = [
  ["cond ? a::b : c", '(conditional cond (address "ipv6" 51922968585348276285304963292200971) c)'],
  [
    "x ? dead::beef : ::1",
    '(conditional x (address "ipv6" 295986882420777848964380943247191621359) (address "ipv6" 1))',
  ],
  ["x ? y : aa:bb:cc:dd:ee:ff", '(conditional x y (address "mac" 187723572702975))'],
  [
    "f({ dst: fe80::1 })",
    '(call f [(object [(object-field dst (address "ipv6" 338288524927261089654018896841347694593))])])',
  ],
  [
    "f({dst:fe80::1})",
    '(call f [(object [(object-field dst (address "ipv6" 338288524927261089654018896841347694593))])])',
  ],
  ["f({ a:1 })", "(call f [(object [(object-field a (number 1))])])"],
  ["f({ ab:cd })", "(call f [(object [(object-field ab cd)])])"],
  [
    "f({ a:fe80::1, b:c::1 })",
    '(call f [(object [(object-field a (address "ipv6" 338288524927261089654018896841347694593)) (object-field b (address "ipv6" 62307562302417931542365955950641153))])])',
  ],
  ["f({ c: dead })", "(call f [(object [(object-field c dead)])])"],
  ["x ? a:b", "(conditional x a b)"],
  ["x?a:b", "(conditional x a b)"],
  ["x?1:2", "(conditional x (number 1) (number 2))"],
  ["x ? a:::1", '(conditional x a (address "ipv6" 1))'],
  ["[a ? b : c, aa:bb:cc:dd:ee:ff]", '(list [(conditional a b c) (address "mac" 187723572702975)])'],
  ["::ffff:10.0.0.1", '(address "ipv6" 281470849515521)'],
  ["::/0", '(prefix "ipv6" 0 0)'],
  ["::", '(address "ipv6" 0)'],
  ["2001:db8::/32", '(prefix "ipv6" 42540766411282592856903984951653826560 32)'],
  ["aa:bb:cc:00:00:00/24", '(prefix "mac" 187723558158336 24)'],
  ["f(a, b::1, c)", '(call f [a (address "ipv6" 57115265443883103913835459621421057) c])'],
  ["m[aa:bb:cc:dd:ee:ff]", '(index m (address "mac" 187723572702975))'],
  ["10.0.0.1", '(address "ipv4" 167772161)'],
  ["10.0.0.1..10.0.0.9", '(range (address "ipv4" 167772161) (address "ipv4" 167772169))'],
  ["10.0.0.0/8", '(prefix "ipv4" 167772160 8)'],
  ["10.0.0.0 / 8", '(binary "/" (address "ipv4" 167772160) (number 8))'],
  [
    "a in [10.0.0.0/8, ::1, fe80::/10, 5, 6..7]",
    '(binary "in" a (list [(prefix "ipv4" 167772160 8) (address "ipv6" 1) (prefix "ipv6" 338288524927261089654018896841347694592 10) (number 5) (range (number 6) (number 7))]))',
  ],
  ["fe80 + beef", '(binary "+" fe80 beef)'],
];

test.each(addresses)("address or not: %s", (text, tree) => {
  expect(sexp(expression(text))).toBe(tree);
});

const literals: readonly (readonly [string, string])[] = [
  ["1:2:3:4:5:6:7:8", '(address "ipv6" 5192455318486707404433266433261576)'],
  ["1..2", "(range (number 1) (number 2))"],
  ["5 .. 6", "(range (number 5) (number 6))"],
  ["1_000", "(number 1000)"],
  ["0xff_ff", "(number 65535)"],
  ["0b1_0", "(number 2)"],
  ["0o17", "(number 15)"],
  ["0", "(number 0)"],
  ["10ns", '(number 10 "ns")'],
  ["10us", '(number 10000 "us")'],
  ["10ms", '(number 10000000 "ms")'],
  ["1s", '(number 1000000000 "s")'],
  ["5m", '(number 300000000000 "m")'],
  ["2h", '(number 7200000000000 "h")'],
  ["1d", '(number 86400000000000 "d")'],
  ["64KiB", '(number 65536 "KiB")'],
  ["1MiB", '(number 1048576 "MiB")'],
  ["2GiB", '(number 2147483648 "GiB")'],
  ["1_0us", '(number 10000 "us")'],
  ['"a\\n\\t\\x41\\u0042\\u{1F600}\\"\'"', '(string "a\\n\\tAB😀\\"\'")'],
  ["'it\\'s'", '(string "it\'s")'],
  ["`a${b}c${`d${e}`}f`", '(template ["a" "c" "f"] [b (template ["d" ""] [e])])'],
  ["`${{ a: 1 }}`", '(template ["" ""] [(object [(object-field a (number 1))])])'],
  ["`\\${a} \\``", '(template ["${a} `"])'],
  ["`a $ b {}`", '(template ["a $ b {}"])'],
  ["true", "(boolean true)"],
  ["null", "(null)"],
  ["[]", "(list)"],
  ["[1, 2,]", "(list [(number 1) (number 2)])"],
  ["{}", "(object)"],
  [
    '{ a, b: 1, 0: c, "x y": 3, if: 4, }',
    "(object [(object-field a) (object-field b (number 1)) (object-field 0 c) (object-field x y (number 3)) (object-field if (number 4))])",
  ],
];

test.each(literals)("literal %s", (text, tree) => {
  expect(sexp(expression(text))).toBe(tree);
});
