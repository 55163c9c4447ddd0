/**
 * What is known of an integer, as a 64-bit value in canonical form: the least and greatest it may be, seen without
 * and with sign, and its known bits. At least as precise as the kernel's `bpf_reg_state`, whose `reg_bounds_sync` is
 * `makeRange` here.
 */
import type { IrInt } from "../../ir/ir.js";
import { knownBits, tnumJoin, tnumMeet, tnumRange, unknownBits, type Tnum } from "./tnum.js";

export interface Range {
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly bits: Tnum;
}

export const unsignedMax: bigint = (1n << 64n) - 1n;
export const signedMin: bigint = -(1n << 63n);
export const signedMax: bigint = (1n << 63n) - 1n;
const sign = 1n << 63n;

export const anything: Range = {
  umin: 0n,
  umax: unsignedMax,
  smin: signedMin,
  smax: signedMax,
  bits: unknownBits,
};

const small = new Map<bigint, Range>();

export function constantRange(value: bigint): Range {
  const known = small.get(value);
  if (known) return known;
  const unsigned = BigInt.asUintN(64, value);
  const signed = BigInt.asIntN(64, value);
  const made = { umin: unsigned, umax: unsigned, smin: signed, smax: signed, bits: knownBits(value) };
  if (value >= -1n && value <= 256n) small.set(value, made);
  return made;
}

/** `min..max` of unsigned values. */
export function unsignedRange(min: bigint, max: bigint): Range {
  if (min <= max && max < sign)
    return { umin: min, umax: max, smin: min, smax: max, bits: tnumRange(min, max) };
  return makeRange(min, max, signedMin, signedMax, unknownBits) ?? anything;
}

export function signedRange(min: bigint, max: bigint): Range {
  return makeRange(0n, unsignedMax, min, max, unknownBits) ?? anything;
}

const types = new Map<number, Range>();

/** Everything a value of the type can be. */
export function typeRange(type: IrInt): Range {
  if (type.bits === 64) return anything;
  const key = type.signed ? -type.bits : type.bits;
  let found = types.get(key);
  if (!found) {
    const half = 1n << BigInt(type.bits - 1);
    found = type.signed ? signedRange(-half, half - 1n) : unsignedRange(0n, half * 2n - 1n);
    types.set(key, found);
  }
  return found;
}

export function isConstant(range: Range): boolean {
  return range.umin === range.umax;
}

/** Lets each view of the value sharpen the others; undefined when nothing satisfies all of them. */
export function makeRange(
  umin: bigint,
  umax: bigint,
  smin: bigint,
  smax: bigint,
  given: Tnum,
): Range | undefined {
  let bits = given;
  for (let round = 0; round < 2; round++) {
    const low = bits.value;
    const high = bits.value | bits.mask;
    if (low > umin) umin = low;
    if (high < umax) umax = high;
    const least = high < sign ? low : BigInt.asIntN(64, low | (bits.mask & sign));
    const most = high < sign ? high : BigInt.asIntN(64, low | (bits.mask & ~sign));
    if (least > smin) smin = least;
    if (most < smax) smax = most;
    if (umin > umax || smin > smax) return undefined;
    if (umax < sign || umin >= sign) {
      const from = umax < sign ? umin : BigInt.asIntN(64, umin);
      const to = umax < sign ? umax : BigInt.asIntN(64, umax);
      if (from > smin) smin = from;
      if (to < smax) smax = to;
      if (smin > smax) return undefined;
    }
    if (smin >= 0n || smax < 0n) {
      const from = smin >= 0n ? smin : BigInt.asUintN(64, smin);
      const to = smin >= 0n ? smax : BigInt.asUintN(64, smax);
      if (from > umin) umin = from;
      if (to < umax) umax = to;
      if (umin > umax) return undefined;
    }
    const met = tnumMeet(bits, tnumRange(umin, umax));
    if (!met) return undefined;
    if (met.value === bits.value && met.mask === bits.mask) break;
    bits = met;
  }
  return { umin, umax, smin, smax, bits };
}

export function sameRange(a: Range, b: Range): boolean {
  return (
    a === b ||
    (a.umin === b.umin &&
      a.umax === b.umax &&
      a.smin === b.smin &&
      a.smax === b.smax &&
      a.bits.value === b.bits.value &&
      a.bits.mask === b.bits.mask)
  );
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Whether a constant can be a value of the range. */
function holds(range: Range, constant: Range): boolean {
  const { umin, smin } = constant;
  const { value, mask } = range.bits;
  return (
    umin >= range.umin &&
    umin <= range.umax &&
    smin >= range.smin &&
    smin <= range.smax &&
    ((umin ^ value) & ~mask) === 0n
  );
}

/** What holds when both do; undefined when they cannot both. */
export function meet(a: Range, b: Range): Range | undefined {
  if (a === b || b === anything) return a;
  if (a === anything) return b;
  if (isConstant(b)) return isConstant(a) ? (a.umin === b.umin ? a : undefined) : holds(a, b) ? b : undefined;
  if (isConstant(a)) return holds(b, a) ? a : undefined;
  const bits = tnumMeet(a.bits, b.bits);
  if (!bits) return undefined;
  const made = makeRange(
    most(a.umin, b.umin),
    least(a.umax, b.umax),
    most(a.smin, b.smin),
    least(a.smax, b.smax),
    bits,
  );
  return made && sameRange(made, a) ? a : made;
}

/** What holds when one of them does. */
export function join(a: Range, b: Range): Range {
  if (a === b) return a;
  const made = {
    umin: least(a.umin, b.umin),
    umax: most(a.umax, b.umax),
    smin: least(a.smin, b.smin),
    smax: most(a.smax, b.smax),
    bits: tnumJoin(a.bits, b.bits),
  };
  return sameRange(made, a) ? a : made;
}

/**
 * A range that holds for `before` and `after` and grows in few steps only: a bound that moved goes to the next
 * threshold (constants of the function's comparisons), and bits above one that changed count as unknown.
 */
export function widen(before: Range, after: Range, thresholds: readonly bigint[]): Range {
  const joined = join(before, after);
  if (sameRange(joined, before)) return before;
  const up = (value: bigint): bigint => thresholds.find((one) => one >= value) ?? unsignedMax;
  const upSigned = (value: bigint): bigint =>
    thresholds.find((one) => one >= value && one <= signedMax) ?? signedMax;
  const down = (value: bigint): bigint => thresholds.findLast((one) => one <= value && one >= 0n) ?? 0n;
  const downSigned = (value: bigint): bigint => thresholds.findLast((one) => one <= value) ?? signedMin;
  const grown = joined.bits.mask & ~before.bits.mask;
  const lowest = grown & -grown;
  const mask = grown === 0n ? joined.bits.mask : joined.bits.mask | BigInt.asUintN(64, ~(lowest - 1n));
  const made = makeRange(
    joined.umin === before.umin ? joined.umin : down(joined.umin),
    joined.umax === before.umax ? joined.umax : up(joined.umax),
    joined.smin === before.smin ? joined.smin : downSigned(joined.smin),
    joined.smax === before.smax ? joined.smax : upSigned(joined.smax),
    { value: joined.bits.value & ~mask, mask },
  );
  return made ?? anything;
}

export function contains(range: Range, canonical: bigint): boolean {
  const unsigned = BigInt.asUintN(64, canonical);
  const signed = BigInt.asIntN(64, canonical);
  return (
    unsigned >= range.umin &&
    unsigned <= range.umax &&
    signed >= range.smin &&
    signed <= range.smax &&
    ((unsigned ^ range.bits.value) & ~range.bits.mask) === 0n
  );
}
