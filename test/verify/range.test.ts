import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareCanonical, evaluateBinary, wrap } from "../../src/ir/interpret/arithmetic.js";
import type { BinaryOp, CompareOp, IrInt } from "../../src/ir/ir.js";
import { decide, refine } from "../../src/verify/range/compare.js";
import {
  constantRange,
  contains,
  join,
  makeRange,
  meet,
  typeRange,
  unsignedRange,
  widen,
  type Range,
} from "../../src/verify/range/range.js";
import { fit, transferBinary } from "../../src/verify/range/transfer.js";
import { int, u64, u8 } from "../support/ir.js";

const binary: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "udiv",
  "sdiv",
  "urem",
  "srem",
  "and",
  "or",
  "xor",
  "shl",
  "lshr",
  "ashr",
];
const compare: readonly CompareOp[] = ["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"];

const anyType: fc.Arbitrary<IrInt> = fc
  .record({ bits: fc.constantFrom(1, 4, 8, 13, 16, 32, 64), signed: fc.boolean() })
  .map(({ bits, signed }) => int(bits, signed && bits > 1));

const word = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.bigInt(0n, 300n),
  fc.integer({ min: 0, max: 63 }).map((bit) => 1n << BigInt(bit)),
  fc.bigInt((1n << 64n) - 40n, (1n << 64n) - 1n),
);

interface Sample {
  readonly range: Range;
  readonly value: bigint;
}

/** A range of values of a type and one value in it, made in several ways so that all views are imprecise differently. */
function sample(type: IrInt): fc.Arbitrary<Sample> {
  return fc.tuple(word, word, word, fc.integer({ min: 0, max: 3 })).map(([a, b, mask, how]) => {
    const value = wrap(type, a);
    const other = wrap(type, b);
    const bits = BigInt.asUintN(64, value);
    const loose = { value: bits & ~mask, mask };
    let range: Range | undefined;
    if (how === 0) range = constantRange(value);
    else if (how === 1) range = join(constantRange(value), constantRange(other));
    else if (how === 2) range = makeRange(0n, (1n << 64n) - 1n, -(1n << 63n), (1n << 63n) - 1n, loose);
    else
      range = meet(
        join(constantRange(value), constantRange(other)),
        makeRange(0n, (1n << 64n) - 1n, -(1n << 63n), (1n << 63n) - 1n, loose) ?? typeRange(type),
      );
    const typed = range && meet(range, typeRange(type));
    return { range: typed ?? typeRange(type), value };
  });
}

describe("ranges contain what operations give", () => {
  for (const op of binary) {
    it(op, () => {
      const cases = anyType.chain((type) => fc.tuple(fc.constant(type), sample(type), sample(type)));
      fc.assert(
        fc.property(cases, ([type, left, right]) => {
          expect(contains(left.range, left.value)).toBe(true);
          const result = transferBinary(op, type, left.range, right.range);
          expect(contains(result, evaluateBinary(op, type, left.value, right.value))).toBe(true);
        }),
        { numRuns: 3000 },
      );
    });
  }

  it("conversions", () => {
    const cases = fc.tuple(anyType, anyType).chain(([from, to]) => fc.tuple(fc.constant(to), sample(from)));
    fc.assert(
      fc.property(cases, ([to, { range, value }]) => {
        expect(contains(fit(range, to), wrap(to, value))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("meet, join and widening", () => {
    fc.assert(
      fc.property(sample(u64), sample(u64), ({ range, value }, other) => {
        expect(contains(join(range, other.range), value)).toBe(true);
        expect(contains(widen(range, other.range, [8n, 64n]), value)).toBe(true);
        expect(contains(widen(range, other.range, [8n, 64n]), other.value)).toBe(true);
        const both = meet(range, join(other.range, constantRange(value)));
        expect(both && contains(both, value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("comparisons", () => {
  for (const op of compare) {
    it(op, () => {
      const cases = anyType.chain((type) => fc.tuple(fc.constant(type), sample(type), sample(type)));
      fc.assert(
        fc.property(cases, ([type, left, right]) => {
          const holds = compareCanonical(op, type, left.value, right.value);
          const decided = decide(op, left.range, right.range);
          if (decided !== undefined) expect(decided).toBe(holds);
          if (!holds) return;
          const refined = refine(op, left.range, right.range);
          expect(refined && contains(refined[0], left.value) && contains(refined[1], right.value)).toBe(true);
        }),
        { numRuns: 3000 },
      );
    });
  }
});

describe("ranges are precise", () => {
  it("knows masks, shifts and remainders", () => {
    const byte = typeRange(u8);
    expect(transferBinary("and", u8, byte, constantRange(15n))).toMatchObject({ umin: 0n, umax: 15n });
    expect(
      transferBinary("shl", u64, transferBinary("and", u64, byte, constantRange(15n)), constantRange(2n)),
    ).toMatchObject({ umax: 60n, bits: { mask: 60n } });
    expect(transferBinary("urem", u64, typeRange(u64), constantRange(7n))).toMatchObject({ umax: 6n });
    expect(transferBinary("urem", u64, typeRange(u64), constantRange(16n))).toMatchObject({ umax: 15n });
    expect(transferBinary("sub", u64, unsignedRange(5n, 9n), unsignedRange(1n, 5n))).toMatchObject({
      umin: 0n,
      umax: 8n,
    });
    expect(transferBinary("mul", u64, unsignedRange(0n, 15n), constantRange(8n))).toMatchObject({
      umax: 120n,
      bits: { mask: 120n },
    });
  });

  it("widens to thresholds and keeps alignment", () => {
    const grown = widen(constantRange(0n), constantRange(4n), [64n]);
    expect(grown).toMatchObject({ umin: 0n, umax: 64n });
    expect(grown.bits.mask & 3n).toBe(0n);
  });
});
