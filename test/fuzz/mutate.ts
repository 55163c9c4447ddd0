/**
 * Scripts that are almost right: an accepted one with a guard dropped, an operator or a width changed, a constant off by
 * one, a line repeated; and scripts that are hardly scripts: tokens lost, repeated and put in.
 */
import type { Rng } from "./generate.js";

/** Words, numbers, strings, comments, operators and white space, as far as this file needs to tell them apart. */
const tokenPattern =
  /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*|\d[\w.:/]*|\s+|\?\?=|<<=|>>=|===|!==|\.\.|\?\?|\?\.|=>|==|!=|<=|>=|<<|>>|&&|\|\||\+\+|--|[-+*/%&|^]=|[^]/g;

export function tokens(text: string): string[] {
  return text.match(tokenPattern) ?? [];
}

const groups: readonly (readonly string[])[] = [
  ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["&&", "||"],
  ["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="],
  ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "u4", "u13", "u24", "u48", "bool"],
  ["Ipv4Addr", "Ipv6Addr", "MacAddr"],
  ["Hash", "LruHash", "PerCpuHash", "LruPerCpuHash", "LpmTrie"],
  ["Array", "PerCpuArray", "Hash"],
  ["DevMap", "DevMapHash", "CpuMap", "XskMap"],
  ["get", "set", "has", "delete", "take", "emit", "call"],
  ["PASS", "DROP", "ABORTED", "TX"],
  ["adjustHead", "adjustTail", "adjustMeta"],
  ["u8", "u16", "u32", "u64", "set"],
  ["ipv4", "ipv6", "tcp", "udp", "icmp", "eth", "vlan", "arp", "vxlan", "gre"],
  ["src", "dst", "ttl", "protocol", "checksum", "payload", "offset", "size", "options", "length"],
  ["break", "continue", "return"],
  ["const", "let", "param"],
  ["true", "false", "null"],
  ["min", "max", "clamp", "hash", "redirect", "prefix"],
  ["if", "while"],
  ["?.", "."],
];

const isWord = (token: string): boolean => /^[A-Za-z_]/.test(token);
const isNumber = (token: string): boolean => /^(?:\d[\d_]*|0x[\da-fA-F]+)$/.test(token);

function placesOf(all: readonly string[], test: (token: string) => boolean): number[] {
  return all.flatMap((token, at) => (test(token) ? [at] : []));
}

type Change = (rng: Rng, all: string[]) => void;

const replaceToken: Change = (rng, all) => {
  const at = rng.pick(placesOf(all, (token) => groups.some((group) => group.includes(token))).concat(0));
  const group = groups.filter((one) => one.includes(all[at] ?? ""));
  if (group.length > 0) all[at] = rng.pick(rng.pick(group));
};

const changeNumber: Change = (rng, all) => {
  const places = placesOf(all, isNumber);
  if (places.length === 0) return;
  const at = rng.pick(places);
  const value = BigInt((all[at] ?? "0").replaceAll("_", ""));
  all[at] = rng.pick([
    `${value + 1n}`,
    `${value > 0n ? value - 1n : 0n}`,
    `${value * 2n}`,
    "0",
    "65535",
    "65536",
    "0xffffffff",
    `${1n << 64n}`,
    `${value + 32n}`,
  ]);
};

/** A name for another, of the same script. */
const changeName: Change = (rng, all) => {
  const places = placesOf(all, isWord);
  if (places.length < 2) return;
  all[rng.pick(places)] = all[rng.pick(places)] ?? "";
};

/** `?? return PASS` and `?? 0` away. */
const dropDefault: Change = (rng, all) => {
  const places = placesOf(all, (token) => token === "??");
  if (places.length === 0) return;
  const at = rng.pick(places);
  let depth = 0;
  let end = at;
  for (; end < all.length; end++) {
    const token = all[end] ?? "";
    if ("([{".includes(token)) depth++;
    if (")]}".includes(token)) depth--;
    if (depth < 0 || token === ";" || (depth === 0 && token === ",")) break;
  }
  all.splice(at, end - at);
};

function changeLines(change: (rng: Rng, lines: string[]) => void): Change {
  return (rng, all) => {
    const lines = all.join("").split("\n");
    change(rng, lines);
    all.splice(0, all.length, ...tokens(lines.join("\n")));
  };
}

const dropGuard: Change = changeLines((rng, lines) => {
  const guards = lines.flatMap((line, at) =>
    /^\s*if \(.*\) (?:return|break|continue|\{ )/.test(line) ? [at] : [],
  );
  if (guards.length > 0) lines.splice(rng.pick(guards), 1);
});

/** The test of an `if` becomes true, or its opposite. */
const spoilCondition: Change = changeLines((rng, lines) => {
  const places = lines.flatMap((line, at) => (/^\s*(?:\} else )?if \(.*\) /.test(line) ? [at] : []));
  if (places.length === 0) return;
  const at = rng.pick(places);
  lines[at] = (lines[at] ?? "").replace(/if \((.*)\) /, (_, test: string) =>
    rng.pick([`if (!(${test})) `, "if (true) ", `if (${test} || pkt.length) `]),
  );
});

const dropLine: Change = changeLines((rng, lines) => void lines.splice(rng.below(lines.length), 1));

const repeatLine: Change = changeLines((rng, lines) => {
  const at = rng.below(lines.length);
  lines.splice(at, 0, lines[at] ?? "");
});

const moveLine: Change = changeLines((rng, lines) => {
  const [line] = lines.splice(rng.below(lines.length), 1);
  lines.splice(rng.below(lines.length + 1), 0, line ?? "");
});

const changes: readonly (readonly [number, Change])[] = [
  [5, replaceToken],
  [5, changeNumber],
  [3, changeName],
  [3, dropDefault],
  [3, dropGuard],
  [2, spoilCondition],
  [2, dropLine],
  [3, repeatLine],
  [2, moveLine],
];

/** One to three small changes. */
export function mutate(text: string, rng: Rng): string {
  const all = tokens(text);
  for (let left = 1 + rng.below(3); left > 0; left--)
    rng.choose(changes.map(([weight, one]) => [weight, () => one] as const))(rng, all);
  return all.join("");
}

const junk: readonly string[] = (
  "( ) { } [ ] < > ; , . .. : ? ?? ?. => = == + - * / % & | ^ ~ ! && || << >> ++ -- in as of if else for while switch case default " +
  "return break continue const let param struct enum header type function import export from new null true false after when next size " +
  'continues covers options max xdp pkt u8 u13 i64 Hash Array string 0 1 0xffff 10.0.0.1 ::1 10.0.0.0/8 aa:bb:cc:dd:ee:ff 10ms "" ` ${'
).split(" ");

/** Tokens lost, repeated, exchanged and put in. */
export function garble(text: string, rng: Rng): string {
  const all = tokens(text);
  for (let left = 1 + rng.below(8); left > 0; left--) {
    const at = rng.below(all.length + 1);
    rng.choose<() => void>([
      [3, () => () => void all.splice(at, 1 + rng.below(3))],
      [2, () => () => void all.splice(at, 0, ...all.slice(at, at + 1 + rng.below(6)))],
      [4, () => () => void all.splice(at, 0, ` ${rng.pick(junk)} `)],
      [2, () => () => void all.splice(at, 1, rng.pick(all.length > 0 ? all : [""]))],
      [1, () => () => void all.splice(rng.below(all.length + 1), 0, ...all.splice(at, 1 + rng.below(20)))],
    ])();
  }
  return all.join("");
}
