/**
 * Arithmetic of the IR as JavaScript source: the same definitions as `src/ir/interpret/arithmetic.ts`, which the tests
 * hold against it, on numbers where they do.
 */
import { assertNever } from "../../base/invariant.js";
import type { BinaryOp, CompareOp, IrInt } from "../../ir/ir.js";
import type { Held } from "./represent.js";

/** An integer operand: its source text, its type, and how it is held. */
export interface Operand {
  readonly text: string;
  readonly type: IrInt;
  readonly held: Held;
}

export function asBig(one: Operand): string {
  if (one.held === "big") return one.text;
  return /^\(?-?\d+\)?$/.test(one.text) ? `${one.text.replaceAll(/[()]/g, "")}n` : `BigInt(${one.text})`;
}

/** A number's lowest bits as the canonical value of a type of at most 32 bits. */
export function wrapNumber(type: IrInt, text: string): string {
  const { bits, signed } = type;
  if (bits === 32) return signed ? `(${text}|0)` : `((${text})>>>0)`;
  if (!signed) return `((${text})&${2 ** bits - 1})`;
  return `((${text})<<${32 - bits}>>${32 - bits})`;
}

export function wrapBig(type: IrInt, text: string): string {
  return `BigInt.as${type.signed ? "Int" : "Uint"}N(${type.bits},${text})`;
}

/** A bigint as the canonical value of any type, held as asked. */
export function fromBig(type: IrInt, held: Held, text: string): string {
  if (held === "big") return wrapBig(type, text);
  return `Number(${wrapBig(type, text)})`;
}

/** `value` converted to `type`. */
export function convert(type: IrInt, held: Held, value: Operand): string {
  if (held === "big") {
    if (value.held === "big") return wrapBig(type, value.text);
    const fits = !value.type.signed && value.type.bits <= type.bits - (type.signed ? 1 : 0);
    return fits || (value.type.signed && type.signed) ? asBig(value) : wrapBig(type, asBig(value));
  }
  if (value.held === "big") return `Number(${wrapBig(type, value.text)})`;
  if (held === "small") return value.text;
  const widens =
    value.type.bits <= type.bits &&
    (value.type.signed === type.signed || (!value.type.signed && value.type.bits < type.bits));
  return widens ? value.text : wrapNumber(type, value.text);
}

export function binary(op: BinaryOp, type: IrInt, held: Held, left: Operand, right: Operand): string {
  const shift = op === "shl" || op === "lshr" || op === "ashr";
  if (held === "number") {
    const count = shift && right.held === "big" ? `Number(${right.text}&${type.bits - 1}n)` : right.text;
    return narrow(op, type, left.text, count);
  }
  if (held === "small" && left.held !== "big" && (shift || right.held !== "big")) {
    const text = wide(op, left.text, right, type.bits);
    if (text !== undefined) return text;
  }
  return fromBig(type, held, bigBinary(op, type, asBig(left), asBig(right)));
}

/** On numbers of at most 32 bits. */
function narrow(op: BinaryOp, type: IrInt, a: string, b: string): string {
  const { bits, signed } = type;
  const unsignedOf = (text: string): string =>
    signed ? (bits === 32 ? `(${text}>>>0)` : `(${text}&${2 ** bits - 1})`) : text;
  const signedOf = (text: string): string => (signed ? text : wrapNumber({ ...type, signed: true }, text));
  const count = `(${b}&${bits - 1})`;
  switch (op) {
    case "add":
      return wrapNumber(type, `${a}+${b}`);
    case "sub":
      return wrapNumber(type, `${a}-${b}`);
    case "mul":
      return wrapNumber(type, `Math.imul(${a},${b})`);
    case "udiv":
      return `(${b}===0?0:${wrapNumber(type, `${unsignedOf(a)}/${unsignedOf(b)}>>>0`)})`;
    case "sdiv":
      return `(${b}===0?0:${wrapNumber(type, `${signedOf(a)}/${signedOf(b)}|0`)})`;
    case "urem":
      return `(${b}===0?${a}:${wrapNumber(type, `${unsignedOf(a)}%${unsignedOf(b)}`)})`;
    case "srem":
      return `(${b}===0?${a}:${wrapNumber(type, `${signedOf(a)}%${signedOf(b)}`)})`;
    case "and":
      return wrapNumber(type, `${a}&${b}`);
    case "or":
      return wrapNumber(type, `${a}|${b}`);
    case "xor":
      return wrapNumber(type, `${a}^${b}`);
    case "shl":
      return wrapNumber(type, `${a}<<${count}`);
    case "lshr":
      return wrapNumber(type, `${unsignedOf(a)}>>>${count}`);
    case "ashr":
      return wrapNumber(type, `${signedOf(a)}>>${count}`);
    default:
      return assertNever(op, "operator");
  }
}

/** On non-negative numbers below 2^53 with a result below 2^53; undefined where numbers don't do. */
function wide(op: BinaryOp, a: string, right: Operand, bits: number): string | undefined {
  const b = right.text;
  switch (op) {
    case "add":
      return `(${a}+${b})`;
    case "mul":
      return `(${a}*${b})`;
    case "udiv":
      return `(${b}===0?0:Math.floor(${a}/${b}))`;
    case "urem":
      return `(${b}===0?${a}:${a}%${b})`;
    case "lshr":
      return /^\d+$/.test(b) ? `Math.floor(${a}/${2 ** (Number(b) & (bits - 1))})` : undefined;
    default:
      return undefined;
  }
}

function bigBinary(op: BinaryOp, type: IrInt, a: string, b: string): string {
  const { bits, signed } = type;
  const unsignedOf = (text: string): string => (signed ? `BigInt.asUintN(${bits},${text})` : text);
  const signedOf = (text: string): string => (signed ? text : `BigInt.asIntN(${bits},${text})`);
  const count = `(BigInt.asUintN(64,${b})&${bits - 1}n)`;
  switch (op) {
    case "add":
      return `${a}+${b}`;
    case "sub":
      return `${a}-${b}`;
    case "mul":
      return `${a}*${b}`;
    case "udiv":
      return `(${b}===0n?0n:${unsignedOf(a)}/${unsignedOf(b)})`;
    case "sdiv":
      return `(${b}===0n?0n:${signedOf(a)}/${signedOf(b)})`;
    case "urem":
      return `(${b}===0n?${a}:${unsignedOf(a)}%${unsignedOf(b)})`;
    case "srem":
      return `(${b}===0n?${a}:${signedOf(a)}%${signedOf(b)})`;
    case "and":
      return `${a}&${b}`;
    case "or":
      return `${a}|${b}`;
    case "xor":
      return `${a}^${b}`;
    case "shl":
      return `${a}<<${count}`;
    case "lshr":
      return `${unsignedOf(a)}>>${count}`;
    case "ashr":
      return `${signedOf(a)}>>${count}`;
    default:
      return assertNever(op, "operator");
  }
}

const signs: Readonly<Record<CompareOp, string>> = {
  eq: "==",
  ne: "!=",
  ult: "<",
  ule: "<=",
  ugt: ">",
  uge: ">=",
  slt: "<",
  sle: "<=",
  sgt: ">",
  sge: ">=",
};

/** A JavaScript boolean. Numbers and bigints compare with each other as integers. */
export function compare(op: CompareOp, left: Operand, right: Operand): string {
  const sign = signs[op];
  const unsigned = op.startsWith("u");
  const signed = op.startsWith("s");
  const operand = (one: Operand): string => {
    const { bits } = one.type;
    if (unsigned && one.type.signed) {
      return one.held === "big" ? `BigInt.asUintN(64,${one.text})` : `(${one.text}>>>0)`;
    }
    if (signed && !one.type.signed && bits === 64 && one.held === "big")
      return `BigInt.asIntN(64,${one.text})`;
    return one.text;
  };
  const same = left.held === "big" ? right.held === "big" : right.held !== "big";
  const exact = same && (op === "eq" || op === "ne") ? `${sign}=` : sign;
  return `(${operand(left)}${exact}${operand(right)})`;
}

/** Reverses the bytes. */
export function swapBytes(type: IrInt, held: Held, value: Operand): string {
  const { bits } = type;
  if (bits === 16) return wrapNumber(type, `(${value.text}&255)<<8|${value.text}>>>8&255`);
  if (bits === 32) return wrapNumber(type, `E.swap32(${value.text})`);
  return fromBig(type, held, `E.swap64(${asBig(value)})`);
}
