/** The arithmetic of the IR on canonical values: the one definition that folding, interpreter and tests share. */
import { assertNever } from "../../base/invariant.js";
import type { BinaryOp, CompareOp, IrInt } from "../ir.js";

/** `value` in the canonical range of `type`. */
export function wrap(type: IrInt, value: bigint): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

export function evaluateBinary(op: BinaryOp, type: IrInt, left: bigint, right: bigint): bigint {
  const { bits } = type;
  const count = (): bigint => BigInt.asUintN(64, right) & BigInt(bits - 1);
  const unsigned = (value: bigint): bigint => BigInt.asUintN(bits, value);
  const signed = (value: bigint): bigint => BigInt.asIntN(bits, value);
  switch (op) {
    case "add":
      return wrap(type, left + right);
    case "sub":
      return wrap(type, left - right);
    case "mul":
      return wrap(type, left * right);
    case "udiv":
      return right === 0n ? 0n : wrap(type, unsigned(left) / unsigned(right));
    case "sdiv":
      return right === 0n ? 0n : wrap(type, signed(left) / signed(right));
    case "urem":
      return right === 0n ? left : wrap(type, unsigned(left) % unsigned(right));
    case "srem":
      return right === 0n ? left : wrap(type, signed(left) % signed(right));
    case "and":
      return wrap(type, left & right);
    case "or":
      return wrap(type, left | right);
    case "xor":
      return wrap(type, left ^ right);
    case "shl":
      return wrap(type, left << count());
    case "lshr":
      return wrap(type, unsigned(left) >> count());
    case "ashr":
      return wrap(type, signed(left) >> count());
    default:
      return assertNever(op, "operator");
  }
}

function evaluateCompare(op: CompareOp, left: bigint, right: bigint): boolean {
  const u = (value: bigint): bigint => BigInt.asUintN(64, value);
  switch (op) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "ult":
      return u(left) < u(right);
    case "ule":
      return u(left) <= u(right);
    case "ugt":
      return u(left) > u(right);
    case "uge":
      return u(left) >= u(right);
    case "slt":
      return left < right;
    case "sle":
      return left <= right;
    case "sgt":
      return left > right;
    case "sge":
      return left >= right;
    default:
      return assertNever(op, "comparison");
  }
}

/** `signed` compares of u64 values see them as i64. */
export function compareCanonical(op: CompareOp, type: IrInt, left: bigint, right: bigint): boolean {
  const signed = op === "slt" || op === "sle" || op === "sgt" || op === "sge";
  if (!signed || type.signed) return evaluateCompare(op, left, right);
  return evaluateCompare(op, BigInt.asIntN(64, left), BigInt.asIntN(64, right));
}

/** Reverses the bytes of the lowest `bits` bits. */
export function swapBytes(type: IrInt, value: bigint): bigint {
  let rest = BigInt.asUintN(type.bits, value);
  let result = 0n;
  for (let at = 0; at < type.bits; at += 8) {
    result = (result << 8n) | (rest & 0xffn);
    rest >>= 8n;
  }
  return wrap(type, result);
}

/** The comparison that is true exactly when `op` is false. */
export const negated: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "ne",
  ne: "eq",
  ult: "uge",
  ule: "ugt",
  ugt: "ule",
  uge: "ult",
  slt: "sge",
  sle: "sgt",
  sgt: "sle",
  sge: "slt",
};

/** The comparison with its operands exchanged. */
export const swapped: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "eq",
  ne: "ne",
  ult: "ugt",
  ule: "uge",
  ugt: "ult",
  uge: "ule",
  slt: "sgt",
  sle: "sge",
  sgt: "slt",
  sge: "sle",
};
