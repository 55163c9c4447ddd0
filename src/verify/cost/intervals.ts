/**
 * Arithmetic of intervals in plain numbers. It only has to tell what the kernel can tell apart: what is too large to be
 * exact may be anything.
 */
import type { BinaryOp, CompareOp } from "../../ir/ir.js";

export type Interval = readonly [least: number, most: number];

/** Where results are put: the walk makes hundreds of thousands, and keeps none. */
export interface Bounds {
  least: number;
  most: number;
}

/** Numbers past this are not exact. */
const exact = 2 ** 53;

function set(out: Bounds, least: number, most: number): void {
  out.least = least;
  out.most = most;
}

/** Kernels before 7.0 compute no quotient, not even of two numbers that they know; shifts and masks they do. */
export function dividesByShift(divisor: number): boolean {
  return Number.isInteger(Math.log2(divisor));
}

/** What is computed from `x0..x1` and `y0..y1`. */
export function computed(op: BinaryOp, x0: number, x1: number, y0: number, y1: number, out: Bounds): void {
  const exactly = y0 === y1;
  switch (op) {
    case "add":
      return set(out, x0 + y0, x1 + y1);
    case "sub":
      return set(out, x0 - y1, x1 - y0);
    case "mul":
      if (x0 >= 0 && y0 >= 0) return set(out, x0 * y0, x1 * y1);
      break;
    case "and":
      if (x0 === x1 && exactly) return bitwise(op, x0, y0, out);
      if (x0 >= 0 || y0 >= 0) return set(out, 0, Math.min(x0 >= 0 ? x1 : Infinity, y0 >= 0 ? y1 : Infinity));
      break;
    case "or":
    case "xor":
      if (x0 === x1 && exactly) return bitwise(op, x0, y0, out);
      if (x0 >= 0 && y0 >= 0) return set(out, op === "or" ? Math.max(x0, y0) : 0, allOnes(Math.max(x1, y1)));
      break;
    case "shl":
      if (exactly && x0 >= 0) return set(out, x0 * 2 ** y0, x1 * 2 ** y0);
      break;
    case "lshr":
      if (exactly && x0 >= 0) return set(out, Math.floor(x0 / 2 ** y0), Math.floor(x1 / 2 ** y0));
      return set(out, 0, x0 >= 0 ? x1 : Infinity);
    case "udiv":
      if (!exactly || y0 <= 0 || x0 < 0) break;
      return set(out, dividesByShift(y0) ? Math.floor(x0 / y0) : 0, Math.floor(x1 / y0));
    case "urem":
      // By what may be anything: the kernel knows nothing of the result.
      if (!exactly || y0 <= 0) break;
      return x0 === x1 && dividesByShift(y0) ? set(out, x0 % y0, x0 % y0) : set(out, 0, Math.min(x1, y0 - 1));
    default:
      break;
  }
  set(out, -Infinity, Infinity);
}

function bitwise(op: "and" | "or" | "xor", x: number, y: number, out: Bounds): void {
  if (x < 0 || y < 0) return set(out, -Infinity, Infinity);
  if (x >= 2 ** 31 || y >= 2 ** 31) return set(out, 0, allOnes(Math.max(x, y)));
  const value = op === "and" ? x & y : op === "or" ? x | y : x ^ y;
  set(out, value, value);
}

function allOnes(most: number): number {
  return most >= exact ? Infinity : 2 ** Math.ceil(Math.log2(most + 1)) - 1;
}

/** 1 where it holds of all values, 0 where of none. */
export function decide(op: CompareOp, x0: number, x1: number, y0: number, y1: number): 0 | 1 | undefined {
  switch (op) {
    case "eq":
    case "ne": {
      if (x1 < y0 || y1 < x0) return op === "eq" ? 0 : 1;
      const same = x0 === x1 && y0 === y1 && x0 === y0;
      return same ? (op === "eq" ? 1 : 0) : undefined;
    }
    case "ult":
    case "slt":
      return x1 < y0 ? 1 : x0 >= y1 ? 0 : undefined;
    case "ule":
    case "sle":
      return x1 <= y0 ? 1 : x0 > y1 ? 0 : undefined;
    case "ugt":
    case "sgt":
      return y1 < x0 ? 1 : y0 >= x1 ? 0 : undefined;
    case "uge":
    case "sge":
      return y1 <= x0 ? 1 : y0 > x1 ? 0 : undefined;
  }
}

const opposite: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "ne",
  ne: "eq",
  ult: "uge",
  uge: "ult",
  ule: "ugt",
  ugt: "ule",
  slt: "sge",
  sge: "slt",
  sle: "sgt",
  sgt: "sle",
};

/** What is left of `a` where it compares with `b` like this, or unlike it. */
export function narrowed(op: CompareOp, holds: boolean, a: Interval, b: Interval): Interval {
  const [x0, x1] = a;
  const [y0, y1] = b;
  switch (holds ? op : opposite[op]) {
    case "eq":
      return [Math.max(x0, y0), Math.min(x1, y1)];
    case "ne":
      if (y0 !== y1) return a;
      return x0 === y0 ? [x0 + 1, x1] : x1 === y0 ? [x0, x1 - 1] : a;
    case "ult":
    case "slt":
      return [x0, Math.min(x1, y1 - 1)];
    case "ule":
    case "sle":
      return [x0, Math.min(x1, y1)];
    case "ugt":
    case "sgt":
      return [Math.max(x0, y0 + 1), x1];
    case "uge":
    case "sge":
      return [Math.max(x0, y0), x1];
    default:
      return a;
  }
}

export const mirrored: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "eq",
  ne: "ne",
  ult: "ugt",
  ugt: "ult",
  ule: "uge",
  uge: "ule",
  slt: "sgt",
  sgt: "slt",
  sle: "sge",
  sge: "sle",
};
