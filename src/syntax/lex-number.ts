/** Numbers: decimal, `0x`, `0b`, `0o`, with `_` between digits, and with a unit of time or size. */
import type { TextEdit } from "../diagnostics/diagnostic.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { add, complain, type LexState, match } from "./lexer.js";
import { NumberToken } from "./tokens.js";

/** What one of a unit is: nanoseconds or bytes. */
export const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["d", 86_400_000_000_000n],
  ["KiB", 1n << 10n],
  ["MiB", 1n << 20n],
  ["GiB", 1n << 30n],
]);

/** Units that people write, and what they most likely mean. */
const strangers: ReadonlyMap<string, string> = new Map([
  ["K", "KiB"],
  ["k", "KiB"],
  ["KB", "KiB"],
  ["kB", "KiB"],
  ["kb", "KiB"],
  ["M", "MiB"],
  ["MB", "MiB"],
  ["mb", "MiB"],
  ["G", "GiB"],
  ["GB", "GiB"],
  ["gb", "GiB"],
  ["sec", "s"],
  ["secs", "s"],
  ["second", "s"],
  ["seconds", "s"],
  ["min", "m"],
  ["mins", "m"],
  ["minute", "m"],
  ["minutes", "m"],
  ["hour", "h"],
  ["hours", "h"],
  ["hr", "h"],
  ["day", "d"],
  ["days", "d"],
  ["µs", "us"],
  ["msec", "ms"],
  ["usec", "us"],
  ["nsec", "ns"],
]);

/** More digits than any type of the language can hold; reading them would only cost time. */
const maxDigits = 160;

const decimal = /[0-9][0-9_]*/y;
const fractional = /\.[0-9][0-9_]*/y;
const suffix = /[A-Za-zµ$][\w$]*/y;

export function readNumber(state: LexState): void {
  const prefix = state.text[state.at] === "0" ? (state.text[state.at + 1] ?? "").toLowerCase() : "";
  if (prefix === "x" || prefix === "b" || prefix === "o") readRadix(state, `0${prefix}`);
  else readDecimal(state);
}

function readRadix(state: LexState, prefix: string): void {
  const start = state.at;
  const body = match(/[\w$]*/y, state.text, start + 2);
  const end = start + 2 + body.length;
  const [digits, name] =
    prefix === "0x"
      ? ([/^[0-9a-fA-F]+(_[0-9a-fA-F]+)*$/, "hexadecimal"] as const)
      : prefix === "0b"
        ? ([/^[01]+(_[01]+)*$/, "binary"] as const)
        : ([/^[0-7]+(_[0-7]+)*$/, "octal"] as const);
  if (!digits.test(body)) {
    const what = body === "" ? `\`${prefix}\` needs ${name} digits after it` : `this is not a ${name} number`;
    complain(state, "XD1011", start, end, what.replace("a octal", "an octal"), {
      label: `${prefix} takes ${prefix === "0x" ? "0–9 and a–f" : prefix === "0b" ? "0 and 1" : "0–7"}`,
      notes: [/__|_$|^_/.test(body) ? "`_` may stand only between two digits" : ""].filter(
        (note) => note !== "",
      ),
    });
    addNumber(state, end, 0n, undefined);
    return;
  }
  addNumber(state, end, toBigInt(state, prefix + body.replaceAll("_", ""), end), undefined);
}

function readDecimal(state: LexState): void {
  const start = state.at;
  const digits = match(decimal, state.text, start);
  let end = start + digits.length;
  const fraction = match(fractional, state.text, end);
  if (fraction !== "") {
    float(state, digits, fraction);
    return;
  }
  const clean = digits.replaceAll("_", "");
  const tail = match(suffix, state.text, end);
  end += tail.length;
  const span = { file: state.file, start, end };
  if (/__|_$/.test(digits)) {
    complain(state, "XD1011", start, end, "`_` may stand only between two digits", {
      fixes: [
        {
          title: "take it away",
          edits: [{ span, text: digits.replace(/_+/g, "_").replace(/_$/, "") + tail }],
        },
      ],
    });
  } else if (clean.length > 1 && clean.startsWith("0")) {
    const plain = clean.replace(/^0+(?=\d)/, "");
    const octal = /^[0-7]+$/.test(plain)
      ? [{ title: `as an octal number: \`0o${plain}\``, text: `0o${plain}` }]
      : [];
    complain(state, "XD1011", start, end, "a number may not start with `0`: in C it would be octal", {
      fixes: [{ title: `as a decimal number: \`${plain}\``, text: plain }, ...octal].map((fix) => ({
        title: fix.title,
        edits: [{ span: { file: state.file, start, end: start + digits.length }, text: fix.text }],
      })),
    });
  }
  let unit = units.get(tail) === undefined ? undefined : tail;
  if (tail !== "" && unit === undefined) unit = unknownUnit(state, clean, tail, end);
  const value = toBigInt(state, clean, end) * (units.get(unit ?? "") ?? 1n);
  addNumber(state, end, value, unit);
}

function addNumber(state: LexState, end: number, value: bigint, unit: string | undefined): void {
  add(state, NumberToken, state.at, end, { kind: "number", value, unit });
}

function toBigInt(state: LexState, digits: string, end: number): bigint {
  const value = digits.length > maxDigits ? -1n : BigInt(digits);
  if (value >= 0n && value < 1n << 128n) return value;
  complain(state, "XD1011", state.at, end, "this number is too large: no type holds more than 64 bits", {
    label: "the largest is 18_446_744_073_709_551_615",
  });
  return 0n;
}

/** `10mss`, `64KB`, `1e6`, `10n`, `5abc`: says so and gives the unit that was meant, if that is clear. */
function unknownUnit(state: LexState, digits: string, tail: string, end: number): string | undefined {
  const start = state.at;
  const tailStart = end - tail.length;
  const replace = (text: string, from = tailStart): TextEdit => ({
    span: { file: state.file, start: from, end },
    text,
  });
  const exponent = /^[eE](\d+)$/.exec(tail)?.[1];
  if (exponent !== undefined) {
    const zeros = Number(exponent);
    const fixes =
      zeros <= 19 && digits.length < 30
        ? [{ title: "write it out", edits: [replace(grouped(digits + "0".repeat(zeros)), start)] }]
        : [];
    complain(state, "XD1013", start, end, "a number has no exponent", { label: "write the zeros", fixes });
    return undefined;
  }
  if (/^([uU]?[lL]{0,2}|[lL]{1,2}[uU]|n)$/.test(tail)) {
    complain(state, "XD1013", tailStart, end, `a number needs no suffix \`${tail}\``, {
      label: "numbers take the type that their place asks for",
      fixes: [{ title: "take it away", edits: [replace("")] }],
    });
    return undefined;
  }
  const meant = strangers.get(tail) ?? didYouMean(tail, units.keys());
  const known = "units of time are ns, us, ms, s, m, h and d; units of size are KiB, MiB and GiB";
  const size = /^[kKmMgG][bB]?$/.test(tail) ? [`\`${tail}\` could be a power of 1000 or of 1024`] : [];
  complain(state, "XD1013", tailStart, end, `\`${tail}\` is not a unit`, {
    ...(meant === undefined ? {} : { label: `did you mean \`${meant}\`?` }),
    notes: [...size, known],
    fixes: meant === undefined ? [] : [{ title: `write \`${meant}\``, edits: [replace(meant)] }],
  });
  return meant;
}

/** `1.5`, `1.5ms`, `10.0.1`: there are no fractions, and an address has four parts. */
function float(state: LexState, digits: string, fraction: string): void {
  const start = state.at;
  const tail = match(/[A-Za-z]*/y, state.text, start + digits.length + fraction.length);
  const end = start + digits.length + fraction.length + tail.length;
  const scale = units.get(tail);
  const places = fraction.length - 1;
  const whole = BigInt(digits.replaceAll("_", "").slice(0, 40) + fraction.slice(1, 41).replaceAll("_", ""));
  const exact =
    scale === undefined ? undefined : exactUnit(whole * scale, places, scale > 1000n && tail.endsWith("B"));
  complain(state, "XD1012", start, end, "the language has no fractions", {
    label: exact === undefined ? "a number must be whole" : `write \`${exact}\``,
    notes: ["eBPF has no floating-point registers: scale the number, or use a smaller unit"],
    fixes:
      exact === undefined
        ? []
        : [{ title: `write \`${exact}\``, edits: [{ span: { file: state.file, start, end }, text: exact }] }],
  });
  addNumber(state, end, 0n, undefined);
}

/** `amount / 10^places` of the base unit in the largest unit that gives a whole number. */
function exactUnit(amount: bigint, places: number, size: boolean): string | undefined {
  const divisor = 10n ** BigInt(Math.min(places, 40));
  if (amount % divisor !== 0n) return undefined;
  const base = amount / divisor;
  let best = size ? `${base}` : `${base}ns`;
  for (const [unit, one] of units) {
    if (unit.endsWith("B") === size && base % one === 0n) best = `${base / one}${unit}`;
  }
  return best;
}

function grouped(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, "_");
}
