/**
 * Tracked numbers: which bits of a 64-bit value are known, as in the kernel (kernel/bpf/tnum.c). A bit is known where
 * `mask` is 0, and then it is that of `value`; `value & mask` is 0.
 */
export interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

const all = (1n << 64n) - 1n;

export const unknownBits: Tnum = { value: 0n, mask: all };

export function knownBits(value: bigint): Tnum {
  return { value: BigInt.asUintN(64, value), mask: 0n };
}

function bitLength(value: bigint): number {
  if (value <= 0xffffffffn) return 32 - Math.clz32(Number(value));
  return 64 - Math.clz32(Number(value >> 32n));
}

/** By number of bits below 64: all of them set. */
const lows: readonly bigint[] = Array.from({ length: 64 }, (_, bits) => (1n << BigInt(bits)) - 1n);

/** The bits that all of `min..max` share. */
export function tnumRange(min: bigint, max: bigint): Tnum {
  const length = bitLength(min ^ max);
  const delta = lows[length];
  if (delta === undefined) return unknownBits;
  return { value: min & ~delta, mask: delta };
}

export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const sum = a.value + b.value;
  const mask = ((sum + a.mask + b.mask) ^ sum) | a.mask | b.mask;
  return { value: BigInt.asUintN(64, sum & ~mask), mask: BigInt.asUintN(64, mask) };
}

export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const difference = BigInt.asUintN(64, a.value - b.value);
  const alpha = BigInt.asUintN(64, difference + a.mask);
  const beta = BigInt.asUintN(64, difference - b.mask);
  const mask = (alpha ^ beta) | a.mask | b.mask;
  return { value: difference & ~mask, mask };
}

export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const alpha = a.value | a.mask;
  const beta = b.value | b.mask;
  const value = a.value & b.value;
  return { value, mask: alpha & beta & ~value };
}

export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const value = a.value | b.value;
  return { value, mask: (a.mask | b.mask) & ~value };
}

export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

export function tnumMul(a: Tnum, b: Tnum): Tnum {
  let { value, mask } = a;
  let left = b;
  let unsure: Tnum = knownBits(0n);
  while (value !== 0n || mask !== 0n) {
    if ((value & 1n) !== 0n) unsure = tnumAdd(unsure, { value: 0n, mask: left.mask });
    else if ((mask & 1n) !== 0n) unsure = tnumAdd(unsure, { value: 0n, mask: left.value | left.mask });
    value >>= 1n;
    mask >>= 1n;
    left = tnumShiftLeft(left, 1n);
  }
  return tnumAdd(knownBits(a.value * b.value), unsure);
}

export function tnumShiftLeft(a: Tnum, by: bigint): Tnum {
  return { value: BigInt.asUintN(64, a.value << by), mask: BigInt.asUintN(64, a.mask << by) };
}

export function tnumShiftRight(a: Tnum, by: bigint): Tnum {
  return { value: a.value >> by, mask: a.mask >> by };
}

export function tnumShiftSigned(a: Tnum, by: bigint): Tnum {
  return {
    value: BigInt.asUintN(64, BigInt.asIntN(64, a.value) >> by),
    mask: BigInt.asUintN(64, BigInt.asIntN(64, a.mask) >> by),
  };
}

/** What both say of one value; undefined when they contradict each other. */
export function tnumMeet(a: Tnum, b: Tnum): Tnum | undefined {
  if (((a.value ^ b.value) & ~(a.mask | b.mask)) !== 0n) return undefined;
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}

/** What holds of a value that is one or the other. */
export function tnumJoin(a: Tnum, b: Tnum): Tnum {
  const mask = (a.value ^ b.value) | a.mask | b.mask;
  return { value: a.value & ~mask, mask };
}
