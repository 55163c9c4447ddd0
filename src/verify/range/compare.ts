/** What a comparison says of its operands, and what ranges say of a comparison. */
import { assertNever } from "../../base/invariant.js";
import type { CompareOp } from "../../ir/ir.js";
import { isConstant, makeRange, meet, signedMax, signedMin, unsignedMax, type Range } from "./range.js";
import { tnumMeet, unknownBits } from "./tnum.js";

/** Whether the comparison is always true, always false, or undecided. */
export function decide(op: CompareOp, a: Range, b: Range): boolean | undefined {
  switch (op) {
    case "eq":
      if (isConstant(a) && isConstant(b)) return a.umin === b.umin;
      return disjoint(a, b) ? false : undefined;
    case "ne":
      if (isConstant(a) && isConstant(b)) return a.umin !== b.umin;
      return disjoint(a, b) ? true : undefined;
    case "ult":
      return a.umax < b.umin ? true : a.umin >= b.umax ? false : undefined;
    case "ule":
      return a.umax <= b.umin ? true : a.umin > b.umax ? false : undefined;
    case "ugt":
      return decide("ult", b, a);
    case "uge":
      return decide("ule", b, a);
    case "slt":
      return a.smax < b.smin ? true : a.smin >= b.smax ? false : undefined;
    case "sle":
      return a.smax <= b.smin ? true : a.smin > b.smax ? false : undefined;
    case "sgt":
      return decide("slt", b, a);
    case "sge":
      return decide("sle", b, a);
    default:
      return assertNever(op, "comparison");
  }
}

function disjoint(a: Range, b: Range): boolean {
  return (
    a.umax < b.umin ||
    b.umax < a.umin ||
    a.smax < b.smin ||
    b.smax < a.smin ||
    tnumMeet(a.bits, b.bits) === undefined
  );
}

/** The operands where the comparison holds; undefined when it cannot. */
export function refine(op: CompareOp, a: Range, b: Range): readonly [Range, Range] | undefined {
  switch (op) {
    case "eq": {
      const both = meet(a, b);
      return both && [both, both];
    }
    case "ne": {
      const left = isConstant(b) ? without(a, b.umin) : a;
      const right = isConstant(a) ? without(b, a.umin) : b;
      return left && right && [left, right];
    }
    case "ult":
    case "ule": {
      const gap = op === "ult" ? 1n : 0n;
      if (b.umax < gap || a.umin + gap > unsignedMax) return undefined;
      return pair(unsigned(a, 0n, b.umax - gap), unsigned(b, a.umin + gap, unsignedMax));
    }
    case "slt":
    case "sle": {
      const gap = op === "slt" ? 1n : 0n;
      if (b.smax - gap < signedMin || a.smin + gap > signedMax) return undefined;
      return pair(signed(a, signedMin, b.smax - gap), signed(b, a.smin + gap, signedMax));
    }
    case "ugt":
    case "uge":
    case "sgt":
    case "sge": {
      const opposite = { ugt: "ult", uge: "ule", sgt: "slt", sge: "sle" } as const;
      const found = refine(opposite[op], b, a);
      return found && [found[1], found[0]];
    }
    default:
      return assertNever(op, "comparison");
  }
}

function pair(a: Range | undefined, b: Range | undefined): readonly [Range, Range] | undefined {
  return a && b && [a, b];
}

function unsigned(range: Range, min: bigint, max: bigint): Range | undefined {
  if (range.umin >= min && range.umax <= max) return range;
  const made = makeRange(min, max, signedMin, signedMax, unknownBits);
  return made && meet(range, made);
}

function signed(range: Range, min: bigint, max: bigint): Range | undefined {
  if (range.smin >= min && range.smax <= max) return range;
  const made = makeRange(0n, unsignedMax, min, max, unknownBits);
  return made && meet(range, made);
}

/** The range without one value, where that is at an end. */
function without(range: Range, value: bigint): Range | undefined {
  const asSigned = BigInt.asIntN(64, value);
  const { umin, umax, smin, smax, bits } = range;
  if (umin !== value && umax !== value && smin !== asSigned && smax !== asSigned) return range;
  return makeRange(
    umin === value ? umin + 1n : umin,
    umax === value ? umax - 1n : umax,
    smin === asSigned ? smin + 1n : smin,
    smax === asSigned ? smax - 1n : smax,
    bits,
  );
}
