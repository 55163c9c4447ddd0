/** Widths and ranges of integers: what the language's arithmetic rules are made of. */
import type { IntType, Type } from "./types.js";
import { intType } from "./type-tools.js";

/** The type arithmetic is done in: 8, 16, 32 or 64 bits, so `u4` is computed as `u8`. */
export function rounded(type: IntType): IntType {
  const bits = type.bits <= 8 ? 8 : type.bits <= 16 ? 16 : type.bits <= 32 ? 32 : 64;
  return bits === type.bits ? type : intType(bits, type.signed);
}

export interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

export function boundsOf(type: IntType): Bounds {
  const bits = BigInt(type.bits);
  return type.signed
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
}

export function fits(value: bigint, type: IntType): boolean {
  const { min, max } = boundsOf(type);
  return value >= min && value <= max;
}

/** Two's complement at the type's width. */
export function wrap(value: bigint, type: IntType): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

/** Every value of `from` is a value of `to`. */
export function widens(from: IntType, to: IntType): boolean {
  if (from.signed === to.signed) return from.bits <= to.bits;
  return !from.signed && from.bits < to.bits;
}

/**
 * The type both operands are widened to, rounded: the wider one; of a signed and an unsigned one the smallest signed
 * type that holds all values of both. Undefined when 64 bits are not enough.
 */
export function commonInt(a: IntType, b: IntType): IntType | undefined {
  if (a.signed === b.signed) return rounded(a.bits >= b.bits ? a : b);
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  const bits = Math.max(signed.bits, unsigned.bits + 1);
  return bits <= 64 ? rounded(intType(bits, true)) : undefined;
}

/** The type of a constant without context: `u64`, `i64` when negative. */
export function defaultInt(value: bigint): IntType {
  return intType(64, value < 0n);
}

/** The smallest ordinary type of one signedness that holds the value, for suggestions. */
export function smallestInt(value: bigint, signed: boolean = value < 0n): IntType | undefined {
  return [8, 16, 32, 64].map((bits) => intType(bits, signed)).find((type) => fits(value, type));
}

/** The integer behind an enum, an integer or a boolean; undefined for others. */
export function integerOf(type: Type): IntType | undefined {
  switch (type.kind) {
    case "int":
      return type;
    case "enum":
      return type.base;
    case "bool":
      return intType(1);
    default:
      return undefined;
  }
}
