/**
 * Addresses and prefixes. They share their characters with numbers, names, `?:`, `case x:` and object keys, so
 * an address is read only as a whole: the longest run of its characters must be one.
 *
 * - MAC: exactly six groups of two hex digits.
 * - IPv6: `::`, or eight groups. `::` means nothing else in the language.
 * - After `{`, and after a `,` directly inside braces, a key is expected: `{ a:fe80::1 }` starts with the key `a`.
 */
import { replaceFix } from "../diagnostics/edits.js";
import type { DiagnosticDetails } from "../diagnostics/diagnostic.js";
import { add, complain, type LexState, match } from "./lexer.js";
import { AddressToken, kw, PrefixToken } from "./tokens.js";

type Family = "ipv4" | "ipv6" | "mac";

const bits: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128, mac: 48 };

const ipv4Start = /[0-9]+\.[0-9]+\.[0-9]/y;
const colonStart = /(?:[0-9a-fA-F]{1,4})?:/y;

/** Reads the address that starts here, if one does. A malformed one is reported and read as 0. */
export function readAddress(state: LexState): boolean {
  const { text, at } = state;
  ipv4Start.lastIndex = at;
  if (ipv4Start.test(text)) return readIpv4(state);
  colonStart.lastIndex = at;
  if (!colonStart.test(text) || expectsKey(state)) return false;

  const run = colonRun(text, at);
  if (!run.includes(":") || run.includes(":::")) return false;
  const mac = /^(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(run);
  if (mac) return finish(state, "mac", run.length, BigInt(`0x${run.replaceAll(":", "")}`));
  const ipv6 = parseIpv6(run);
  if (ipv6 !== undefined) return finish(state, "ipv6", run.length, ipv6);

  const whole = match(/[\w:]{1,200}/y, text, at).replace(/:$/, "");
  const groups = whole.split(":");
  if (groups.length < 5 && !run.includes("::")) return false;
  return badAddress(state, run.includes("::") ? run : whole);
}

/** A name of a field comes next, so what looks like an address is `key:value`. */
function expectsKey(state: LexState): boolean {
  const before = state.tokens.at(-1)?.tokenType;
  return before === kw("{") || (before === kw(",") && state.brackets.at(-1) === "}");
}

/** The longest text at `at` that may be an address with colons, without what follows it (`case fe80::1:`). */
function colonRun(text: string, at: number): string {
  let run = match(/[0-9a-fA-F:]{1,64}/y, text, at);
  const dotted = match(/\.[0-9]+\.[0-9]+\.[0-9]+/y, text, at + run.length);
  if (dotted !== "" && /[:][0-9]+$/.test(run)) return run + dotted;
  // The last group is the start of a word: `fe80::1:return`.
  if (/[\w$]/.test(text[at + run.length] ?? "")) run = run.replace(/[0-9a-fA-F]+$/, "");
  return /(?:^|[^:]):$|:::$/.test(run) ? run.slice(0, -1) : run;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? join(head) : undefined;
  if (head.length + tail.length > 7) return undefined;
  return join([...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0n), ...tail]);
}

/** The 16-bit groups of one side of `::`; a last group may be an IPv4 address, which is two. */
function groupsOf(text: string): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else {
      const last = i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (last === undefined) return undefined;
      groups.push(last >> 16n, last & 0xffffn);
    }
  }
  return groups;
}

function join(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let value = 0n;
  for (const octet of octets) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

/** Three or more numbers with dots between: an IPv4 address, or an attempt at one. */
function readIpv4(state: LexState): boolean {
  const start = state.at;
  const run = match(/[0-9]+(?:\.[0-9]+)+/y, state.text, start);
  const word = match(/[A-Za-z_$][\w$]*/y, state.text, start + run.length);
  const value = parseIpv4(run);
  if (value !== undefined && word === "") return finish(state, "ipv4", run.length, value);
  const octets = run.split(".");
  const large = octets.find((octet) => Number(octet) > 255);
  const padded = octets.find((octet) => /^0[0-9]/.test(octet));
  const end = start + run.length + word.length;
  const span = { file: state.file, start, end };
  if (octets.length !== 4) {
    complainAddress(state, "XD1014", end, `an IPv4 address has four parts; this has ${octets.length}`);
  } else if (large !== undefined) {
    complainAddress(state, "XD1014", end, `${large} does not fit in a part of an IPv4 address`, {
      label: "each part is 0 to 255",
    });
  } else if (padded !== undefined) {
    const text = octets.map((octet) => octet.replace(/^0+(?=.)/, "")).join(".");
    complainAddress(state, "XD1014", end, "a part of an IPv4 address may not start with `0`", {
      label: "some programs read such a part as octal",
      fixes: [{ title: `write \`${text}\``, edits: [{ span, text: text + word }] }],
    });
  } else complainAddress(state, "XD1014", end, `\`${word}\` may not follow an IPv4 address directly`);
  return finish(state, "ipv4", end - start, 0n);
}

function badAddress(state: LexState, run: string): boolean {
  const end = state.at + run.length;
  const groups = run.split(":");
  const span = { file: state.file, start: state.at, end };
  const wrong = groups.find((group) => !/^[0-9a-fA-F]*$/.test(group) && !group.includes("."));
  if (!run.includes("::") && groups.length < 8) {
    const padded = groups.map((group) => group.padStart(2, "0")).join(":");
    if (groups.length !== 6) {
      complainAddress(state, "XD1016", end, `a MAC address has six groups; this has ${groups.length}`);
    } else if (wrong !== undefined) {
      complainAddress(state, "XD1016", end, `\`${wrong}\` is not a hexadecimal number`, {
        label: "a MAC address has six groups of two hex digits",
      });
    } else {
      const fixes =
        padded.length === 17 ? [{ title: `write \`${padded}\``, edits: [{ span, text: padded }] }] : [];
      complainAddress(state, "XD1016", end, "each group of a MAC address has two hex digits", { fixes });
    }
    return finish(state, "mac", run.length, 0n);
  }
  const long = groups.find((group) => group.length > 4 && !group.includes("."));
  const message =
    run.split("::").length > 2
      ? "an IPv6 address may have `::` only once"
      : wrong !== undefined
        ? `\`${wrong}\` is not a hexadecimal number`
        : long !== undefined
          ? `\`${long}\` is too long: a group of an IPv6 address has at most four hex digits`
          : run.includes(".")
            ? "the IPv4 part of this IPv6 address is wrong"
            : `an IPv6 address has eight groups of 16 bits${run.includes("::") ? ", fewer with `::`" : ""}`;
  complainAddress(state, "XD1015", end, message);
  return finish(state, "ipv6", run.length, 0n);
}

function complainAddress(
  state: LexState,
  code: "XD1014" | "XD1015" | "XD1016",
  end: number,
  message: string,
  details: DiagnosticDetails = {},
): void {
  const name =
    code === "XD1014" ? "an IPv4 address" : code === "XD1015" ? "an IPv6 address" : "a MAC address";
  complain(state, code, state.at, end, message, { label: `not ${name}`, ...details });
}

/** Adds the address of `size` characters, or the prefix when `/digits` follows at once. */
function finish(state: LexState, family: Family, size: number, value: bigint): true {
  const start = state.at;
  const slash = match(/\/[0-9]+/y, state.text, start + size);
  if (slash === "") {
    add(state, AddressToken, start, start + size, { kind: "address", family, value, length: undefined });
    return true;
  }
  const end = start + size + slash.length;
  let length = Number(slash.slice(1));
  if (length > bits[family]) {
    const name = { ipv4: "an IPv4", ipv6: "an IPv6", mac: "a MAC" }[family];
    complain(state, "XD1017", start + size, end, `${name} prefix has at most ${bits[family]} bits`, {
      label: `${slash} is too long`,
      fixes: [
        replaceFix(
          `change it to \`/${bits[family]}\``,
          { span: { file: state.file, start: start + size, end } },
          `/${bits[family]}`,
        ),
      ],
    });
    length = bits[family];
  }
  add(state, PrefixToken, start, end, { kind: "address", family, value, length });
  return true;
}
