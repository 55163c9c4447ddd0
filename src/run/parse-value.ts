import { assertNever } from "../base/invariant.js";
import {
  layoutSize,
  type EnumLayout,
  type IntLayout,
  type Layout,
  type StructLayout,
} from "../base/layout.js";

/** Values from the command line, such as `--set ports=80,443`, as the bytes of their layout. */
export type ParseResult =
  { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly message: string };

/**
 * Reads a value. Lists are separated by commas, in brackets or not; structs are written `{ tokens: 5, refilled: 0 }` or
 * `tokens=5, refilled=0`, and fields that are not named are those of `base`, or zero.
 */
export function parseValue(layout: Layout, text: string, base?: Uint8Array): ParseResult {
  const bytes = new Uint8Array(layoutSize(layout));
  if (base) bytes.set(base.subarray(0, bytes.length));
  const message = write(layout, text.trim(), new DataView(bytes.buffer), 0);
  return message === undefined ? { ok: true, bytes } : { ok: false, message };
}

/** Writes at an offset; returns what is wrong. */
function write(layout: Layout, text: string, view: DataView, at: number): string | undefined {
  switch (layout.kind) {
    case "int":
      return writeInteger(layout, text, view, at);
    case "bool":
      if (!["true", "false", "1", "0"].includes(text)) return `\`${text}\` is neither true nor false`;
      view.setUint8(at, text === "true" || text === "1" ? 1 : 0);
      return undefined;
    case "enum":
      return writeEnum(layout, text, view, at);
    case "address":
      return writeAddress(layout.family, text, view, at);
    case "array":
      return writeArray(layout.element, layout.length, text, view, at);
    case "string": {
      const encoded = new TextEncoder().encode(/^(["'`]).*\1$/s.test(text) ? text.slice(1, -1) : text);
      if (encoded.length > layout.length) return `\`${text}\` is longer than ${layout.length} bytes`;
      for (let index = 0; index < layout.length; index++) view.setUint8(at + index, 0);
      encoded.forEach((byte, index) => view.setUint8(at + index, byte));
      return undefined;
    }
    case "lpm": {
      const [address = "", length] = text.split("/");
      const most = layoutSize(layout.address) * 8;
      const bits = length === undefined ? most : Number(length);
      if (!Number.isInteger(bits) || bits < 0 || bits > most) return `a prefix length is 0 to ${most}`;
      view.setUint32(at, bits, true);
      return write(layout.address, address, view, at + 4);
    }
    case "struct":
      return writeStruct(layout, text, view, at);
    default:
      return assertNever(layout, "layout");
  }
}

function writeStruct(layout: StructLayout, text: string, view: DataView, at: number): string | undefined {
  const names = layout.fields.map(({ name }) => name).join(", ");
  const seen = new Set<string>();
  for (const item of split(inside(text, "{}"))) {
    const found = /^(\w+)\s*[:=](.*)$/s.exec(item);
    if (!found)
      return `\`${item}\` is not a field of ${layout.name} and its value; write { ${layout.fields[0]?.name ?? ""}: … }`;
    const [, name = "", value = ""] = found;
    const field = layout.fields.find((one) => one.name === name);
    if (!field) return `${layout.name} has no field \`${name}\`, it has ${names}`;
    if (seen.has(name)) return `\`${name}\` is given twice`;
    seen.add(name);
    const message = write(field.type, value.trim(), view, at + field.offset);
    if (message !== undefined) return `${name}: ${message}`;
  }
  return seen.size === 0 ? `no field of ${layout.name} is given, it has ${names}` : undefined;
}

/** The text within brackets, when it is in some. */
function inside(text: string, [open = "", close = ""]: string): string {
  return text.startsWith(open) && text.endsWith(close) ? text.slice(1, -1) : text;
}

/** What stands between the commas that are in no brackets and no quotes. */
function split(text: string): readonly string[] {
  const items: string[] = [];
  let depth = 0;
  let quote: string | undefined;
  let start = 0;
  for (const [at, one] of [...text].entries()) {
    if (quote !== undefined) quote = one === quote ? undefined : quote;
    else if (one === '"' || one === "'" || one === "`") quote = one;
    else if (one === "{" || one === "[") depth++;
    else if (one === "}" || one === "]") depth--;
    else if (one === "," && depth === 0) {
      items.push([...text].slice(start, at).join("").trim());
      start = at + 1;
    }
  }
  const last = [...text].slice(start).join("").trim();
  return last === "" && items.length === 0 ? [] : last === "" ? items : [...items, last];
}

function writeArray(
  element: Layout,
  length: number,
  text: string,
  view: DataView,
  at: number,
): string | undefined {
  // Bytes whose meaning is not known are read as they are shown: `0a 0b 0c`.
  const bytes = element.kind === "int" && element.bits === 8 && /^[0-9a-f]{2}(?: [0-9a-f]{2})+$/i.test(text);
  const items = bytes ? text.split(" ").map((one) => `0x${one}`) : split(inside(text, "[]"));
  if (items.length > length) return `${items.length} values, but there is room for ${length}`;
  for (const [index, item] of items.entries()) {
    const message = write(element, item.trim(), view, at + index * layoutSize(element));
    if (message !== undefined) return message;
  }
  return undefined;
}

function integer(text: string): bigint | undefined {
  const plain = text.replaceAll("_", "");
  const negative = plain.startsWith("-");
  const digits = negative ? plain.slice(1) : plain;
  if (!/^(?:\d+|0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/i.test(digits)) return undefined;
  return negative ? -BigInt(digits) : BigInt(digits);
}

function writeInteger(layout: IntLayout, text: string, view: DataView, at: number): string | undefined {
  const value = integer(text);
  if (value === undefined) return `\`${text}\` is not a whole number`;
  const bits = BigInt(layout.bits);
  const [low, high] = layout.signed
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
  if (value < low || value > high)
    return `${value} does not fit in ${layout.signed ? "i" : "u"}${layout.bits} (${low} to ${high})`;
  putInteger(layout.bits, value, view, at);
  return undefined;
}

function putInteger(bits: number, value: bigint, view: DataView, at: number): void {
  const pattern = BigInt.asUintN(bits, value);
  for (let index = 0; index < bits / 8; index++)
    view.setUint8(at + index, Number((pattern >> BigInt(8 * index)) & 0xffn));
}

function writeEnum(layout: EnumLayout, text: string, view: DataView, at: number): string | undefined {
  const named = layout.members.find(([name]) => name === text);
  if (named) {
    putInteger(layout.bits, BigInt(named[1]), view, at);
    return undefined;
  }
  const value = integer(text);
  if (value === undefined)
    return `\`${text}\` is not a member of ${layout.name}: ${layout.members.map(([name]) => name).join(", ")}`;
  return writeInteger({ kind: "int", bits: layout.bits, signed: false }, text, view, at);
}

function writeAddress(
  family: "ipv4" | "ipv6" | "mac",
  text: string,
  view: DataView,
  at: number,
): string | undefined {
  const bytes = family === "ipv4" ? ipv4Bytes(text) : family === "mac" ? macBytes(text) : ipv6Bytes(text);
  if (!bytes)
    return `\`${text}\` is not ${{ ipv4: "an IPv4", ipv6: "an IPv6", mac: "a MAC" }[family]} address`;
  bytes.forEach((byte, index) => view.setUint8(at + index, byte));
  return undefined;
}

function ipv4Bytes(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

function macBytes(text: string): readonly number[] | undefined {
  return /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i.test(text)
    ? text.split(/[:-]/).map((part) => Number.parseInt(part, 16))
    : undefined;
}

/** RFC 4291, section 2.2: eight groups, `::` once, the last 32 bits perhaps as IPv4. */
function ipv6Bytes(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = (half: string | undefined): readonly number[] | undefined => {
    if (half === undefined || half === "") return [];
    const parts = half.split(":");
    const all: number[] = [];
    for (const [index, part] of parts.entries()) {
      const mapped = index === parts.length - 1 && part.includes(".") ? ipv4Bytes(part) : undefined;
      if (mapped) all.push(...mapped);
      else if (/^[0-9a-f]{1,4}$/i.test(part)) {
        const value = Number.parseInt(part, 16);
        all.push(value >> 8, value & 0xff);
      } else return undefined;
    }
    return all;
  };
  const front = groups(halves[0]);
  const back = groups(halves[1]);
  if (!front || !back || (halves.length === 2 && halves[0]?.includes("."))) return undefined;
  const missing = 16 - front.length - back.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...front, ...Array.from({ length: missing }, () => 0), ...back];
}
