/** Header fields at any bit offset: read with one load where that is possible, written in place. */
import { invariant } from "../../../base/invariant.js";
import type { HeaderFieldInfo, Type } from "../../../check/types.js";
import type { IrInt, ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import {
  fromParts,
  irInt,
  partsOf,
  scalar,
  scalarParts,
  type LayerVal,
  type Scope,
  type Val,
} from "../values.js";
import { noteWrite, flushFor, type Word } from "./checksums.js";

/** A run of bytes that one load covers: `shift` bits lie below the field. */
interface Window {
  readonly byte: number;
  readonly bits: number;
  readonly shift: number;
}

/** The smallest load of 8 to 64 bits that covers a field and stays inside `limit` bytes; undefined when none does. */
function windowOf(bitOffset: number, bits: number, limit: number): Window | undefined {
  const first = bitOffset >> 3;
  const last = (bitOffset + bits - 1) >> 3;
  for (const size of [1, 2, 4, 8]) {
    if (size < last - first + 1 || size > limit) continue;
    const aligned = first - (first % size);
    const candidates = [aligned, first, Math.max(0, last - size + 1)];
    const byte = candidates.find((at) => at <= first && at + size > last && at + size <= limit);
    if (byte !== undefined) return { byte, bits: size * 8, shift: (byte + size) * 8 - (bitOffset + bits) };
  }
  return undefined;
}

/** Reads a field; addresses of 48 and 128 bits come in parts. */
export function readField(s: Scope, layer: LayerVal, field: HeaderFieldInfo): Val {
  const override = layer.overrides?.get(field.name);
  if (override !== undefined) return scalar(override);
  if (field.covers && layer.node.packet.live === undefined) flushFor(s, layer.node);
  return readBits(s, layer.pointer, field.bitOffset, field.bits, field.type, layer.node.header.fixedSize);
}

/** Reads `bits` at `bitOffset` of a checked pointer as a value of `type`. */
export function readBits(
  s: Scope,
  pointer: ValueId,
  bitOffset: number,
  bits: number,
  type: Type,
  limit: number,
): Val {
  if (type.kind === "array" || type.kind === "string") {
    return { kind: "memory", pointer, displacement: bitOffset >> 3, shared: false };
  }
  const parts = scalarParts(type);
  invariant(parts, `a header field of ${type.kind}`);
  if (parts.length > 1) {
    return fromParts(
      parts.map((part) => ir.load(s.b, pointer, (bitOffset >> 3) + part.offset, part.bits, "network")),
    );
  }
  const int = irInt(type);
  return scalar(readInt(s, pointer, bitOffset, bits, int, limit));
}

function readInt(
  s: Scope,
  pointer: ValueId,
  bitOffset: number,
  bits: number,
  type: IrInt,
  limit: number,
): ValueId {
  const window = windowOf(bitOffset, bits, limit);
  if (!window) {
    // Two loads: the high bits that a power of two covers, and the rest.
    const high = 1 << (31 - Math.clz32(Math.max(1, bits - 1) >> 3 || 1));
    const headBits = high * 8 - (bitOffset & 7);
    const wide: IrInt = { kind: "int", bits: 64, signed: false };
    const head = readInt(s, pointer, bitOffset, headBits, wide, limit);
    const tail = readInt(s, pointer, bitOffset + headBits, bits - headBits, wide, limit);
    const joined = ir.binary(s.b, "or", ir.binaryWith(s.b, "shl", head, bits - headBits), tail);
    return ir.convert(s.b, joined, type);
  }
  const loaded = ir.load(s.b, pointer, window.byte, window.bits, "network");
  const shifted = window.shift > 0 ? ir.binaryWith(s.b, "lshr", loaded, window.shift) : loaded;
  // Converting to the field's width cuts off what lies above it.
  const cut = ir.convert(s.b, shifted, { kind: "int", bits, signed: type.signed });
  return ir.convert(s.b, cut, type);
}

/**
 * Writes a field of a layer; checksums that cover it follow. `value` is of the field's type; where it is the old value
 * plus a constant, `step` is that.
 */
export function writeField(
  s: Scope,
  layer: LayerVal,
  field: HeaderFieldInfo,
  value: Val,
  step?: bigint,
): void {
  // A test writes what it says and nothing else: checksums may be made wrong.
  const live = layer.node.packet.live !== undefined;
  if (field.covers && !live) flushFor(s, layer.node);
  const limit = layer.node.header.fixedSize;
  const words = writeBits(s, layer.pointer, field.bitOffset, field.bits, field.type, value, limit);
  const whole = words.length === 1 && words[0]?.bits === field.bits;
  const known = whole ? words.map((one) => ({ ...one, step })) : words;
  if (words.length > 0 && !live) noteWrite(s, layer.node, field, known);
}

/** Writes bits in place and gives the words that changed, before and after. */
export function writeBits(
  s: Scope,
  pointer: ValueId,
  bitOffset: number,
  bits: number,
  type: Type,
  value: Val,
  limit: number,
): Word[] {
  const parts = scalarParts(type);
  invariant(parts, `a header field of ${type.kind} is written whole`);
  const values = partsOf(value);
  if (
    parts.length > 1 ||
    (bitOffset % 8 === 0 && (bits === 8 || bits === 16 || bits === 32 || bits === 64))
  ) {
    return parts.map((part, i) => {
      const given = values[i];
      invariant(given !== undefined, "an address lacks a part");
      const size = parts.length > 1 ? part.bits : bits;
      const after = ir.convert(s.b, given, { kind: "int", bits: size, signed: false });
      return replaceWord(
        s,
        pointer,
        (bitOffset >> 3) + (parts.length > 1 ? part.offset : 0),
        size,
        () => after,
      );
    });
  }
  const given = values[0];
  invariant(given !== undefined, "no value to write");
  const window = windowOf(bitOffset, bits, limit);
  if (!window) {
    const half = (bits >> 4) << 3 || 8;
    const wide = ir.convert(s.b, given, ir.u64);
    const upper: Type = { kind: "int", bits: half, signed: false };
    const lower: Type = { kind: "int", bits: bits - half, signed: false };
    const high = ir.convert(s.b, ir.binaryWith(s.b, "lshr", wide, bits - half), irInt(upper));
    return [
      ...writeBits(s, pointer, bitOffset, half, upper, scalar(high), limit),
      ...writeBits(
        s,
        pointer,
        bitOffset + half,
        bits - half,
        lower,
        scalar(ir.convert(s.b, wide, irInt(lower))),
        limit,
      ),
    ];
  }
  const word: IrInt = { kind: "int", bits: window.bits, signed: false };
  const mask = ((1n << BigInt(bits)) - 1n) << BigInt(window.shift);
  const clean = ir.convert(s.b, ir.convert(s.b, given, { kind: "int", bits, signed: false }), word);
  const placed = ir.binaryWith(s.b, "shl", clean, window.shift);
  return [
    replaceWord(s, pointer, window.byte, window.bits, (before) =>
      ir.binary(s.b, "or", ir.binaryWith(s.b, "and", before, ir.wrap(word, ~mask)), placed),
    ),
  ];
}

function replaceWord(
  s: Scope,
  pointer: ValueId,
  byte: number,
  bits: number,
  change: (before: ValueId) => ValueId,
): Word {
  const before = ir.load(s.b, pointer, byte, bits, "network");
  const after = change(before);
  ir.store(s.b, pointer, byte, after, bits, "network");
  return { byte, bits, before, after, step: undefined };
}
