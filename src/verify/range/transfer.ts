/** How ranges go through arithmetic. Each function is sound: it contains every value the operation can give. */
import { assertNever } from "../../base/invariant.js";
import type { BinaryOp, IrInt } from "../../ir/ir.js";
import {
  anything,
  constantRange,
  isConstant,
  makeRange,
  signedMax,
  signedMin,
  signedRange,
  typeRange,
  unsignedMax,
  unsignedRange,
  type Range,
} from "./range.js";
import {
  tnumAdd,
  tnumAnd,
  tnumMul,
  tnumOr,
  tnumShiftLeft,
  tnumShiftRight,
  tnumShiftSigned,
  tnumSub,
  tnumXor,
  unknownBits,
  type Tnum,
} from "./tnum.js";

/** Truncates or extends to `type`: the canonical form of the low bits. */
export function fit(range: Range, type: IrInt): Range {
  if (type.bits === 64) return range;
  const width = BigInt(type.bits);
  const low = (1n << width) - 1n;
  const half = 1n << (width - 1n);
  if (!type.signed) {
    if (range.umax <= low) return range;
    const bits: Tnum = { value: range.bits.value & low, mask: range.bits.mask & low };
    const same = range.umin >> width === range.umax >> width;
    return made(
      same ? range.umin & low : 0n,
      same ? range.umax & low : low,
      signedMin,
      signedMax,
      bits,
      type,
    );
  }
  if (range.smin >= -half && range.smax < half) return range;
  const inner = fit(range, { kind: "int", bits: type.bits, signed: false });
  const high = unsignedMax & ~low;
  const signKnown = (inner.bits.mask & half) === 0n;
  const negative = (inner.bits.value & half) !== 0n;
  const bits: Tnum = {
    value: signKnown && negative ? inner.bits.value | high : inner.bits.value,
    mask: signKnown ? inner.bits.mask : inner.bits.mask | high,
  };
  const [smin, smax] =
    inner.umax < half
      ? [inner.umin, inner.umax]
      : inner.umin >= half
        ? [inner.umin - low - 1n, inner.umax - low - 1n]
        : [-half, half - 1n];
  return made(0n, unsignedMax, smin, smax, bits, type);
}

function made(umin: bigint, umax: bigint, smin: bigint, smax: bigint, bits: Tnum, type?: IrInt): Range {
  return makeRange(umin, umax, smin, smax, bits) ?? (type ? typeRange(type) : anything);
}

export function transferBinary(op: BinaryOp, type: IrInt, left: Range, right: Range): Range {
  return fit(wide(op, type, left, right), type);
}

function wide(op: BinaryOp, type: IrInt, a: Range, b: Range): Range {
  switch (op) {
    case "add":
      return add(a, b);
    case "sub":
      return subtract(a, b);
    case "mul":
      return multiply(a, b);
    case "and":
      return made(0n, a.umax < b.umax ? a.umax : b.umax, signedMin, signedMax, tnumAnd(a.bits, b.bits));
    case "or":
      return made(
        a.umin > b.umin ? a.umin : b.umin,
        unsignedMax,
        signedMin,
        signedMax,
        tnumOr(a.bits, b.bits),
      );
    case "xor":
      return made(0n, unsignedMax, signedMin, signedMax, tnumXor(a.bits, b.bits));
    case "shl":
      return shiftLeft(a, countOf(type, b));
    case "lshr": {
      const from = fit(a, unsigned(type));
      const { low, high } = countOf(type, b);
      const bits = low === high ? tnumShiftRight(from.bits, low) : unknownBits;
      return made(from.umin >> high, from.umax >> low, signedMin, signedMax, bits);
    }
    case "ashr": {
      const from = fit(a, signed(type));
      const { low, high } = countOf(type, b);
      const bits = low === high ? tnumShiftSigned(from.bits, low) : unknownBits;
      const smin = from.smin >> (from.smin < 0n ? low : high);
      const smax = from.smax >> (from.smax < 0n ? high : low);
      return made(0n, unsignedMax, smin, smax, bits);
    }
    case "udiv": {
      const [x, y] = [fit(a, unsigned(type)), fit(b, unsigned(type))];
      if (y.umax === 0n) return constantRange(0n);
      return y.umin > 0n ? unsignedRange(x.umin / y.umax, x.umax / y.umin) : unsignedRange(0n, x.umax);
    }
    case "urem": {
      const [x, y] = [fit(a, unsigned(type)), fit(b, unsigned(type))];
      if (y.umin > x.umax || y.umax === 0n) return x;
      if (isConstant(y) && (y.umin & (y.umin - 1n)) === 0n)
        return wide("and", type, x, constantRange(y.umin - 1n));
      if (y.umin === 0n) return unsignedRange(0n, x.umax);
      return unsignedRange(0n, x.umax < y.umax - 1n ? x.umax : y.umax - 1n);
    }
    case "sdiv":
      return divideSigned(fit(a, signed(type)), fit(b, signed(type)), type);
    case "srem":
      return remainderSigned(fit(a, signed(type)), fit(b, signed(type)), type);
    default:
      return assertNever(op, "operator");
  }
}

const unsigned = (type: IrInt): IrInt => (type.signed ? { ...type, signed: false } : type);
const signed = (type: IrInt): IrInt => (type.signed ? type : { ...type, signed: true });

export function add(a: Range, b: Range): Range {
  let [umin, umax] = [a.umin + b.umin, a.umax + b.umax];
  if (umin > unsignedMax) [umin, umax] = [umin - unsignedMax - 1n, umax - unsignedMax - 1n];
  else if (umax > unsignedMax) [umin, umax] = [0n, unsignedMax];
  const [smin, smax] = signedEnds(a.smin + b.smin, a.smax + b.smax);
  return made(umin, umax, smin, smax, tnumAdd(a.bits, b.bits));
}

export function subtract(a: Range, b: Range): Range {
  let [umin, umax] = [a.umin - b.umax, a.umax - b.umin];
  if (umax < 0n) [umin, umax] = [umin + unsignedMax + 1n, umax + unsignedMax + 1n];
  else if (umin < 0n) [umin, umax] = [0n, unsignedMax];
  const [smin, smax] = signedEnds(a.smin - b.smax, a.smax - b.smin);
  return made(umin, umax, smin, smax, tnumSub(a.bits, b.bits));
}

function signedEnds(smin: bigint, smax: bigint): [bigint, bigint] {
  return smin < signedMin || smax > signedMax ? [signedMin, signedMax] : [smin, smax];
}

function multiply(a: Range, b: Range): Range {
  const most = a.umax * b.umax;
  const [umin, umax] = most > unsignedMax ? [0n, unsignedMax] : [a.umin * b.umin, most];
  const ends = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
  const [smin, smax] = signedEnds(smallest(ends), largest(ends));
  return made(umin, umax, smin, smax, tnumMul(a.bits, b.bits));
}

const smallest = (list: readonly bigint[]): bigint => list.reduce((a, b) => (a < b ? a : b));
const largest = (list: readonly bigint[]): bigint => list.reduce((a, b) => (a > b ? a : b));

/** The shift counts, after masking by width - 1. */
function countOf(type: IrInt, by: Range): { low: bigint; high: bigint } {
  const mask = BigInt(type.bits - 1);
  if (isConstant(by)) return { low: by.umin & mask, high: by.umin & mask };
  return by.umax <= mask && (mask & (mask + 1n)) === 0n
    ? { low: by.umin, high: by.umax }
    : { low: 0n, high: mask };
}

function shiftLeft(a: Range, { low, high }: { low: bigint; high: bigint }): Range {
  const fits = a.umax << high <= unsignedMax;
  const [umin, umax] = fits ? [a.umin << low, a.umax << high] : [0n, unsignedMax];
  const [smin, smax] = low === high ? signedEnds(a.smin << low, a.smax << low) : [signedMin, signedMax];
  const bits = low === high ? tnumShiftLeft(a.bits, low) : unknownBits;
  return made(umin, umax, smin, smax, bits);
}

function divideSigned(a: Range, b: Range, type: IrInt): Range {
  // The quotient of the least value by -1 wraps, and division by zero is zero: only plain cases.
  if (b.smin <= 0n && b.smax >= -1n) return typeRange(type);
  const ends = [a.smin / b.smin, a.smin / b.smax, a.smax / b.smin, a.smax / b.smax];
  const across = a.smin <= 0n && a.smax >= 0n ? [...ends, 0n] : ends;
  return signedRange(smallest(across), largest(across));
}

function remainderSigned(a: Range, b: Range, type: IrInt): Range {
  if (b.smin <= 0n && b.smax >= 0n) return typeRange(type);
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  const limit = largest([size(b.smin), size(b.smax)]) - 1n;
  const low = a.smin < 0n ? largest([a.smin, -limit]) : 0n;
  const high = a.smax > 0n ? smallest([a.smax, limit]) : 0n;
  return signedRange(low, high);
}
