import { assertNever } from "../base/invariant.js";
import { layoutSize, type AddressFamily, type Layout } from "../base/layout.js";

/** Reads values out of the bytes of keys, values and events, and writes them as a user reads them. */

/** A value as data, for JSON and tables. Integers are bigints only where a number can't hold them. */
export type Decoded =
  number | bigint | boolean | string | readonly Decoded[] | { readonly [field: string]: Decoded };

/** Decodes bytes by their layout. Bytes that are missing give the hexadecimal of those that are there. */
export function decodeValue(layout: Layout, bytes: Uint8Array, littleEndian = true): Decoded {
  if (bytes.length < layoutSize(layout)) return hex(bytes);
  return decode(layout, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, littleEndian);
}

function decode(layout: Layout, view: DataView, at: number, littleEndian: boolean): Decoded {
  switch (layout.kind) {
    case "int":
      return integer(view, at, layout.bits, layout.signed, littleEndian);
    case "bool":
      return view.getUint8(at) !== 0;
    case "enum": {
      const value = integer(view, at, layout.bits, false, littleEndian);
      return layout.members.find(([, number]) => number === Number(value))?.[0] ?? value;
    }
    case "address":
      return formatAddress(layout.family, slice(view, at, layoutSize(layout)));
    case "array": {
      const size = layoutSize(layout.element);
      return Array.from({ length: layout.length }, (_, index) =>
        decode(layout.element, view, at + index * size, littleEndian),
      );
    }
    case "string":
      return text(slice(view, at, layout.length));
    case "struct":
      return Object.fromEntries(
        layout.fields.map((field) => [field.name, decode(field.type, view, at + field.offset, littleEndian)]),
      );
    case "lpm":
      return prefix(layout.address, view, at, littleEndian);
    default:
      return assertNever(layout, "layout");
  }
}

function prefix(address: Layout, view: DataView, at: number, littleEndian: boolean): string {
  const length = view.getUint32(at, littleEndian);
  const value = decode(address, view, at + 4, littleEndian);
  return `${typeof value === "string" ? value : formatDecoded(value)}/${length}`;
}

function integer(
  view: DataView,
  at: number,
  bits: number,
  signed: boolean,
  littleEndian: boolean,
): number | bigint {
  switch (bits) {
    case 8:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 16:
      return signed ? view.getInt16(at, littleEndian) : view.getUint16(at, littleEndian);
    case 32:
      return signed ? view.getInt32(at, littleEndian) : view.getUint32(at, littleEndian);
    default: {
      const value = signed ? view.getBigInt64(at, littleEndian) : view.getBigUint64(at, littleEndian);
      const fits = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
      return fits ? Number(value) : value;
    }
  }
}

function slice(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Decodes bytes and writes them on one line. */
export function formatValue(layout: Layout, bytes: Uint8Array, littleEndian = true): string {
  return formatDecoded(decodeValue(layout, bytes, littleEndian));
}

/** Writes a decoded value on one line: `{ packets: 3, bytes: 180 }`. */
export function formatDecoded(value: Decoded): string {
  switch (typeof value) {
    case "object":
      return isList(value)
        ? `[${value.map(formatDecoded).join(", ")}]`
        : `{ ${Object.entries(value)
            .map(([name, field]) => `${name}: ${formatDecoded(field)}`)
            .join(", ")} }`;
    case "string":
      return value;
    default:
      return `${value}`;
  }
}

function isList(value: object): value is readonly Decoded[] {
  return Array.isArray(value);
}

/** Bytes as a user reads them who knows nothing of them: `0a 0b 0c`. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte).join(" ");
}

function byte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** Writes an address that lies in network order. */
export function formatAddress(family: AddressFamily, bytes: Uint8Array): string {
  switch (family) {
    case "ipv4":
      return bytes.join(".");
    case "mac":
      return Array.from(bytes, byte).join(":");
    case "ipv6":
      return formatIpv6(bytes);
    default:
      return assertNever(family, "address family");
  }
}

/**
 * RFC 5952: no leading zeros, lower case, the longest run of two or more zero groups (the first of equals) shortened to
 * `::`; an IPv4-mapped address with its last part as IPv4 (section 5).
 */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.subarray(12, 16).join(".")}`;
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return best.length < 2
    ? write(groups)
    : `${write(groups.slice(0, best.start))}::${write(groups.slice(best.start + best.length))}`;
}
