import type { Binary } from "../ir/ir.js";
import type { Width } from "./arithmetic.js";
import { canonical, signedView, unsignedView } from "./arithmetic.js";
import { attributes } from "./attributes.js";
import type { Emitter, Operand } from "./emitter.js";
import { as, assign, literal } from "./emitter.js";

/** Unsigned division: x/0 = 0, x%0 = x. */
export function divide(e: Emitter, one: Binary, rep: Width, left: Operand, right: Operand): string {
  const { bits, signed } = one.type;
  const a = signed ? unsignedView(e, as(e, left, rep), rep, bits) : as(e, left, rep);
  const b = signed ? unsignedView(e, as(e, right, rep), rep, bits) : as(e, right, rep);
  const result = unsignedDivide(e, one.op === "udiv" ? "udiv" : "urem", rep, a, b, right.fact.constant);
  return signed ? canonical(e, result, rep, bits, true) : result;
}

/**
 * Signed division by the unsigned one of the magnitudes: BPF has no signed division before ISA v4, and v4's overflows
 * on some JITs for the least number by -1. Truncates; a remainder has the dividend's sign; x/0 = 0, x%0 = x.
 */
export function signedDivide(e: Emitter, one: Binary, rep: Width, left: Operand, right: Operand): string {
  const { bits, signed } = one.type;
  const a = signed ? as(e, left, rep) : signedView(e, as(e, left, rep), rep, bits);
  const constant = right.fact.constant;
  const divisor = constant === undefined ? undefined : BigInt.asIntN(bits, constant);
  const b =
    divisor !== undefined
      ? literal(divisor, rep)
      : signed
        ? as(e, right, rep)
        : signedView(e, as(e, right, rep), rep, bits);
  const magnitude = divisor === undefined ? undefined : divisor < 0n ? -divisor : divisor;
  const bAbs = magnitude === undefined ? absolute(e, rep, b) : literal(magnitude, rep);
  const result = unsignedDivide(
    e,
    one.op === "sdiv" ? "udiv" : "urem",
    rep,
    absolute(e, rep, a),
    bAbs,
    magnitude,
  );
  const sign =
    one.op === "srem" || (divisor !== undefined && divisor >= 0n) ? a : assign(e, `xor ${rep} ${a}, ${b}`);
  const negative = assign(e, `icmp slt ${rep} ${sign}, 0`);
  const negated = assign(e, `sub ${rep} 0, ${result}`);
  const value = assign(e, `select i1 ${negative}, ${rep} ${negated}, ${rep} ${result}`);
  return canonical(e, value, rep, bits, signed);
}

function absolute(e: Emitter, rep: Width, value: string): string {
  const negative = assign(e, `icmp slt ${rep} ${value}, 0`);
  const negated = assign(e, `sub ${rep} 0, ${value}`);
  return assign(e, `select i1 ${negative}, ${rep} ${negated}, ${rep} ${value}`);
}

function unsignedDivide(
  e: Emitter,
  op: "udiv" | "urem",
  rep: Width,
  left: string,
  right: string,
  constant: bigint | undefined,
): string {
  if (constant === 0n) return op === "udiv" ? "0" : left;
  if (constant !== undefined) return assign(e, `${op} ${rep} ${left}, ${right}`);
  // BPF's instruction is defined for zero, to LLVM it is undefined: its own would need a compare and a select.
  const symbol = op === "udiv" ? "/=" : "%=";
  const call = (type: Width, register: string, a: string, b: string): string =>
    assign(
      e,
      `call ${type} asm "$0 ${symbol} $2", "=${register},0,${register}"(${type} ${a}, ${type} ${b}) ${attributes.pure}`,
    );
  if (rep === "i64") return call("i64", "r", left, right);
  if (e.module.alu32) return call("i32", "w", left, right);
  const wide = call("i64", "r", assign(e, `zext i32 ${left} to i64`), assign(e, `zext i32 ${right} to i64`));
  return assign(e, `trunc i64 ${wide} to i32`);
}
