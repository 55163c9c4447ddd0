import type { Binary } from "../ir/ir.js";
import type { Width } from "./arithmetic.js";
import { canonical, signedView, unsignedView } from "./arithmetic.js";
import { attributes } from "./attributes.js";
import type { Emitter, Operand } from "./emitter.js";
import { as, assign, factOf, literal } from "./emitter.js";

const symbols = { shl: "<<=", lshr: ">>=", ashr: "s>>=" } as const;

/** Shifts, with the count taken modulo the width. */
export function shift(e: Emitter, one: Binary, rep: Width, left: Operand, right: Operand): string {
  const { bits, signed } = one.type;
  const op = one.op === "shl" ? "shl" : one.op === "ashr" ? "ashr" : "lshr";
  let value = as(e, left, rep);
  if (op === "lshr" && signed) value = unsignedView(e, value, rep, bits);
  if (op === "ashr" && !signed) value = signedView(e, value, rep, bits);
  const result = shiftBy(e, op, rep, bits, value, right);
  // Moving an unsigned value right, or a signed one arithmetically, keeps it canonical.
  if ((op === "lshr" && !signed) || (op === "ashr" && signed)) return result;
  if (op === "shl" && !signed && factOf(e, one.id).max < 2 ** bits - 1 && right.fact.constant !== undefined)
    return result;
  return canonical(e, result, rep, bits, signed);
}

function shiftBy(
  e: Emitter,
  op: keyof typeof symbols,
  rep: Width,
  bits: number,
  value: string,
  count: Operand,
): string {
  const limit = bits - 1;
  const { constant } = count.fact;
  if (constant !== undefined) {
    const amount = constant & BigInt(limit);
    return amount === 0n ? value : assign(e, `${op} ${rep} ${value}, ${amount}`);
  }
  const amount = as(e, count, rep);
  if (count.fact.max <= limit) return assign(e, `${op} ${rep} ${value}, ${amount}`);
  const whole = rep === "i64" ? bits === 64 : e.module.alu32;
  if (!whole) {
    const masked = assign(e, `and ${rep} ${amount}, ${literal(BigInt(limit), rep)}`);
    return assign(e, `${op} ${rep} ${value}, ${masked}`);
  }
  // BPF takes the count modulo the width, but to LLVM a larger count is poison: its own shift would need a mask.
  const register = rep === "i32" ? "w" : "r";
  return assign(
    e,
    `call ${rep} asm "$0 ${symbols[op]} $2", "=${register},0,${register}"(${rep} ${value}, ${rep} ${amount}) ${attributes.pure}`,
  );
}
