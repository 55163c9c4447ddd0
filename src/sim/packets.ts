/**
 * Packets from layers: what is not given is derived from the headers' declarations, lengths and what says which layer
 * follows, and checksums last. The same facts are what `prepend` writes from.
 */
import { invariant } from "../base/invariant.js";
import type { Checked } from "../check/checked.js";
import type { Header, HeaderFieldInfo } from "../check/types.js";
import type { LayerSite } from "../ir/sites.js";
import type { Expression } from "../syntax/ast.js";

/** Values are big-endian numbers, in the order of each layer's `fields`. */
export interface LayerValues {
  readonly site: LayerSite;
  readonly values: readonly bigint[];
}

interface Built {
  readonly header: Header | undefined;
  readonly bytes: Uint8Array;
  readonly given: ReadonlySet<HeaderFieldInfo>;
  /** The protocol number by which the layer inside was chosen. */
  readonly inside: bigint;
  /** Where it begins in the packet. */
  at: number;
}

export function buildPacket(checked: Checked, layers: readonly LayerValues[]): Uint8Array {
  const built: Built[] = [];
  let following = 0;
  for (let i = layers.length - 1; i >= 0; i--) {
    const { site, values } = layers[i] ?? { site: { kind: "bytes", bytes: [] } as const, values: [] };
    const next = layers[i + 1]?.site;
    const one = buildLayer(
      checked,
      site,
      values,
      next?.kind === "header" ? next.header : undefined,
      following,
    );
    built.unshift(one);
    following += one.bytes.length;
  }
  const packet = new Uint8Array(following);
  let at = 0;
  for (const one of built) {
    one.at = at;
    packet.set(one.bytes, at);
    at += one.bytes.length;
  }
  for (let i = built.length - 1; i >= 0; i--) writeChecksums(built, i, packet);
  return packet;
}

function buildLayer(
  checked: Checked,
  site: LayerSite,
  values: readonly bigint[],
  next: Header | undefined,
  following: number,
): Built {
  if (site.kind === "bytes")
    return { header: undefined, bytes: Uint8Array.from(site.bytes), given: new Set(), inside: 0n, at: 0 };
  const { header } = site;
  const given = new Map(site.fields.map((field, i) => [field, values[i] ?? 0n]));
  const implied = next ? impliedBy(checked, header, next, given) : new Map<HeaderFieldInfo, bigint>();
  const wanted = header.fixedSize + site.options.length;
  const size = fittingSize(checked, header, wanted, given);
  const length = size + following;
  const known = new Map<HeaderFieldInfo, bigint>([
    ...sizeFields(checked, header, size, given),
    ...implied,
    ...given,
  ]);
  for (const field of header.fields) {
    if (known.has(field)) continue;
    const value = field.value && evaluate(checked, field.value, { header, known, size, length });
    known.set(field, value ?? 0n);
  }
  const bytes = new Uint8Array(size);
  for (const field of header.fields) writeBits(bytes, field.bitOffset, field.bits, known.get(field) ?? 0n);
  bytes.set(site.options, header.fixedSize);
  const inside = [...implied].find(([field, value]) => field.bits === 8 && value !== 0n)?.[1] ?? 0n;
  return { header, bytes, given: new Set(given.keys()), inside, at: 0 };
}

/** The fields that a layer must have for `child` to follow it. */
export function impliedBy(
  checked: Checked,
  header: Header,
  child: Header,
  given: ReadonlyMap<HeaderFieldInfo, bigint> = new Map(),
): Map<HeaderFieldInfo, bigint> {
  const found = new Map<HeaderFieldInfo, bigint>();
  const own = child.parents.find((one) => one.header === header);
  const { continues } = header;
  const edge = own ?? child.parents.find((one) => one.header === continues?.header);
  if (!edge?.when) return found;
  const put = (field: HeaderFieldInfo, value: bigint): void => {
    const replaced = own ? undefined : continues?.fields.find((one) => one.field === field)?.value;
    if (own) found.set(field, value);
    else if (replaced && "bitOffset" in replaced) found.set(replaced, value);
  };
  const walk = (when: Expression): void => {
    if (when.kind !== "binary") return;
    if (when.operator === "&&") {
      walk(when.left);
      walk(when.right);
      return;
    }
    if (when.operator === "||") {
      // One of them is enough: the one that is given, else the first.
      const { right } = when;
      const named = right.kind === "binary" ? checked.members.get(right.left.id) : undefined;
      walk(named?.kind === "header-field" && given.has(named.field) ? right : when.left);
      return;
    }
    const meaning = checked.members.get(when.left.id);
    const value = checked.constants.get(when.right.id);
    const first = value?.kind === "list" ? value.elements[0] : value;
    if (
      (when.operator === "==" || when.operator === "in") &&
      meaning?.kind === "header-field" &&
      first?.kind === "number"
    )
      put(meaning.field, first.value);
  };
  walk(edge.when);
  return found;
}

interface Known {
  readonly header: Header;
  readonly known: ReadonlyMap<HeaderFieldInfo, bigint>;
  readonly size: number;
  readonly length: number;
}

/** Sizes and defaults: numbers, the header's own fields, `size` and `length`, and arithmetic. */
function evaluate(checked: Checked, node: Expression, cx: Known): bigint {
  const constant = checked.constants.get(node.id);
  if (constant?.kind === "number") return constant.value;
  switch (node.kind) {
    case "identifier": {
      const symbol = checked.symbols.get(node.id);
      if (symbol?.kind === "header-property") return BigInt(symbol.property === "size" ? cx.size : cx.length);
      if (symbol?.kind !== "header-field") return 0n;
      const known = cx.known.get(symbol.field);
      if (known !== undefined) return known;
      return symbol.field.value ? evaluate(checked, symbol.field.value, cx) : 0n;
    }
    case "cast":
      return evaluate(checked, node.value, cx);
    case "binary": {
      const [left, right] = [evaluate(checked, node.left, cx), evaluate(checked, node.right, cx)];
      if (node.operator === "+") return left + right;
      if (node.operator === "-") return left - right;
      if (node.operator === "*") return left * right;
      return node.operator === "/" && right !== 0n ? left / right : 0n;
    }
    default:
      return 0n;
  }
}

/** The field that a size is computed from, when it is one. */
function sizeField(checked: Checked, header: Header): HeaderFieldInfo | undefined {
  const named: HeaderFieldInfo[] = [];
  const walk = (node: Expression): void => {
    const symbol = checked.symbols.get(node.id);
    if (symbol?.kind === "header-field") named.push(symbol.field);
    if (node.kind === "binary") {
      walk(node.left);
      walk(node.right);
    } else if (node.kind === "cast") walk(node.value);
  };
  if (header.size) walk(header.size);
  return named.length === 1 ? named[0] : undefined;
}

function sizeWith(checked: Checked, header: Header, known: ReadonlyMap<HeaderFieldInfo, bigint>): number {
  if (!header.size) return header.fixedSize;
  return Number(evaluate(checked, header.size, { header, known, size: header.fixedSize, length: 0 }));
}

/** The value of the size field that makes the header at least so long. */
function sizeValue(
  checked: Checked,
  header: Header,
  wanted: number,
): { field: HeaderFieldInfo; value: bigint; size: number } | undefined {
  const field = sizeField(checked, header);
  if (!field) return undefined;
  for (let value = 0n; value < 1n << BigInt(Math.min(field.bits, 12)); value++) {
    const size = sizeWith(checked, header, new Map([[field, value]]));
    if (size >= wanted) return { field, value, size };
  }
  return undefined;
}

/** How long the header is: as its parts ask, up to the next length it can have. A size that is given wrong stays wrong. */
function fittingSize(
  checked: Checked,
  header: Header,
  wanted: number,
  given: ReadonlyMap<HeaderFieldInfo, bigint>,
): number {
  const found = sizeValue(checked, header, wanted);
  if (found) return given.has(found.field) ? wanted : found.size;
  return Math.max(wanted, header.size ? sizeWith(checked, header, given) : 0);
}

function sizeFields(
  checked: Checked,
  header: Header,
  size: number,
  given: ReadonlyMap<HeaderFieldInfo, bigint>,
): readonly (readonly [HeaderFieldInfo, bigint])[] {
  const found = sizeValue(checked, header, size);
  return found && !given.has(found.field) ? [[found.field, found.value]] : [];
}

export function writeBits(bytes: Uint8Array, bitOffset: number, bits: number, value: bigint): void {
  for (let i = 0; i < bits; i++) {
    const at = bitOffset + bits - 1 - i;
    const mask = 0x80 >> (at & 7);
    const set = ((value >> BigInt(i)) & 1n) === 1n;
    const byte = bytes[at >> 3] ?? 0;
    if (at >> 3 < bytes.length) bytes[at >> 3] = set ? byte | mask : byte & ~mask;
  }
}

export function readBits(bytes: Uint8Array, bitOffset: number, bits: number): bigint {
  let value = 0n;
  for (let i = 0; i < bits; i++) {
    const at = bitOffset + i;
    value = (value << 1n) | BigInt(((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  }
  return value;
}

/** RFC 1071 over all that a checksum covers, with the pseudo header of RFC 793 and RFC 8200. */
function writeChecksums(built: readonly Built[], i: number, packet: Uint8Array): void {
  const layer = built[i];
  if (!layer?.header) return;
  for (const field of layer.header.fields) {
    const { covers } = field;
    if (!covers || layer.given.has(field)) continue;
    const end = covers.payload ? packet.length : layer.at + layer.bytes.length;
    const start = covers.header ? layer.at : layer.at + layer.bytes.length;
    let sum = sumOf(packet.subarray(start, end));
    if (covers.outer.length > 0) {
      const outer = built
        .slice(0, i)
        .findLast((one) => covers.outer.some((cover) => cover.header === one.header));
      if (outer) {
        for (const cover of covers.outer) {
          if (cover.header !== outer.header) continue;
          const from = outer.at + (cover.field.bitOffset >> 3);
          sum += sumOf(packet.subarray(from, from + cover.field.bits / 8));
        }
        sum += Number(built[i - 1]?.inside ?? 0n) + (packet.length - layer.at);
      }
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    const checksum = ~sum & 0xffff;
    writeBits(
      packet,
      layer.at * 8 + field.bitOffset,
      16,
      BigInt(checksum === 0 && covers.zeroNone ? 0xffff : checksum),
    );
  }
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  return sum;
}

/** Joins the parts in which the code holds a wide address, most significant first. */
export function joinParts(parts: readonly (number | bigint)[], bits: readonly number[]): bigint {
  invariant(parts.length === bits.length, "parts of a value");
  if (parts.length === 1) return BigInt(parts[0] ?? 0);
  return parts.reduce<bigint>((joined, part, i) => (joined << BigInt(bits[i] ?? 0)) | BigInt(part), 0n);
}
