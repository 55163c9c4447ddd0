import { assertNever } from "../base/invariant.js";
import type { Binary, Compare, CompareOp, Convert, Forget, Select, SwapBytes } from "../ir/ir.js";
import { attributes } from "./attributes.js";
import { exitKey } from "./bounds.js";
import { divide, signedDivide } from "./division.js";
import { opaque } from "./opaque.js";
import type { Emitter, Operand } from "./emitter.js";
import { as, assign, define, definePointer, extended, factOf, operand } from "./emitter.js";
import { limited } from "./limits.js";
import type { LoopExit } from "./loop-exits.js";
import { shift } from "./shifts.js";

/** Integers in an `i32` are exact; those of other widths are kept extended to 64 bits. */
export type Width = "i32" | "i64";

const lowerHalf = 0xffffffffn;
const bitMask = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** Cuts a result to its width and extends it again. */
export function canonical(e: Emitter, text: string, rep: Width, bits: number, signed: boolean): string {
  return signed ? signedView(e, text, rep, bits) : unsignedView(e, text, rep, bits);
}

/** The low `bits` bits, zero-extended. */
export function unsignedView(e: Emitter, text: string, rep: Width, bits: number): string {
  if (rep === "i32" || bits === 64) return text;
  return assign(e, `and i64 ${text}, ${bitMask(bits)}`);
}

/** The low `bits` bits, sign-extended. */
export function signedView(e: Emitter, text: string, rep: Width, bits: number): string {
  if (rep === "i32" || bits === 64) return text;
  if (bits === 8 || bits === 16 || bits === 32)
    return assign(e, `sext i${bits} ${assign(e, `trunc i64 ${text} to i${bits}`)} to i64`);
  return assign(e, `ashr i64 ${assign(e, `shl i64 ${text}, ${64 - bits}`)}, ${64 - bits}`);
}

export function emitBinary(e: Emitter, one: Binary): void {
  const fact = factOf(e, one.id);
  const left = operand(e, one.left);
  const right = operand(e, one.right);
  if (fact.rep === "i1") {
    define(e, one.id, oneBit(e, one, as(e, left, "i1"), as(e, right, "i1")));
    return;
  }
  const rep: Width = fact.rep === "i32" ? "i32" : "i64";
  if (rep === "i64" && e.apartSums.has(one.id)) {
    // The kernel remembers what was in the sum's register before, and nothing of what is added to it.
    const terms = `i64 ${as(e, right, "i64")}, i64 ${as(e, left, "i64")}`;
    define(e, one.id, assign(e, `call i64 asm "$0 += $2", "=r,0,r"(${terms}) ${attributes.pure}`), rep);
    return;
  }
  if (e.farSums.has(one.id) && one.type.bits === (rep === "i32" ? 32 : 64)) {
    const register = rep === "i32" ? "w" : "r";
    const sum = `$0 &= -1; $0 ${one.op === "sub" ? "-" : "+"}= $2`;
    const terms = `${rep} ${as(e, left, rep)}, ${rep} ${as(e, right, rep)}`;
    const text = `call ${rep} asm "${sum}", "=${register},0,${register}"(${terms}) ${attributes.pure}`;
    define(e, one.id, assign(e, text), rep);
    return;
  }
  if (!e.maskedSums.has(one.id) && !e.disjointSums.has(one.id))
    return define(e, one.id, wide(e, one, rep, left, right), rep);
  const hide = (value: Operand): Operand =>
    value.fact.constant === undefined ? { ...value, text: opaque(e, as(e, value, rep), rep), rep } : value;
  define(e, one.id, wide(e, one, rep, hide(left), hide(right)), rep);
}

/** Of single bits: x/0 = 0 and x%0 = x make division `and`, remainder `and not`. Shifts are by zero. */
function oneBit(e: Emitter, one: Binary, left: string, right: string): string {
  switch (one.op) {
    case "add":
    case "sub":
    case "xor":
      return assign(e, `xor i1 ${left}, ${right}`);
    case "mul":
    case "and":
    case "udiv":
    case "sdiv":
      return assign(e, `and i1 ${left}, ${right}`);
    case "or":
      return assign(e, `or i1 ${left}, ${right}`);
    case "urem":
    case "srem":
      return assign(e, `and i1 ${left}, ${assign(e, `xor i1 ${right}, true`)}`);
    case "shl":
    case "lshr":
    case "ashr":
      return left;
    default:
      return assertNever(one.op, "operator");
  }
}

function wide(e: Emitter, one: Binary, rep: Width, left: Operand, right: Operand): string {
  const { bits, signed } = one.type;
  switch (one.op) {
    case "and":
    case "or":
    case "xor":
      if (one.op === "and" && rep === "i64" && right.fact.constant === lowerHalf)
        return extended(e, as(e, left, "i32"));
      return assign(e, `${one.op} ${rep} ${as(e, left, rep)}, ${as(e, right, rep)}`);
    case "add":
    case "sub":
    case "mul": {
      const text = `${rep} ${as(e, left, rep)}, ${as(e, right, rep)}`;
      if (!wraps(one, left, right)) return assign(e, `${one.op} nuw ${text}`);
      return canonical(e, assign(e, `${one.op} ${text}`), rep, bits, signed);
    }
    case "shl":
    case "lshr":
    case "ashr":
      return shift(e, one, rep, left, right);
    case "udiv":
    case "urem":
      return divide(e, one, rep, left, right);
    case "sdiv":
    case "srem":
      return signedDivide(e, one, rep, left, right);
    default:
      return assertNever(one.op, "operator");
  }
}

/** Whether the result may need its mask; a bound below the type's own says that it doesn't. */
function wraps(one: Binary, left: Operand, right: Operand): boolean {
  if (one.type.signed || one.op === "sub") return true;
  const a = left.fact.max;
  const b = right.fact.max;
  const exact = one.op === "add" ? a + b : a === 0 || b === 0 ? 0 : a * b;
  const limit = Math.min(2 ** one.type.bits - 1, Number.MAX_SAFE_INTEGER);
  return !(exact <= limit);
}

const signedOps: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "eq",
  ne: "ne",
  ult: "ult",
  ule: "ule",
  ugt: "ugt",
  uge: "uge",
  slt: "ult",
  sle: "ule",
  sgt: "ugt",
  sge: "uge",
};

export function emitCompare(e: Emitter, one: Compare): void {
  const left = operand(e, one.left);
  const right = operand(e, one.right);
  if (left.rep === "ptr") {
    define(e, one.id, assign(e, `icmp ${one.op} ptr ${as(e, left, "ptr")}, ${as(e, right, "ptr")}`));
    return;
  }
  const signed = left.fact.constant === undefined ? left.signed : right.signed;
  // Canonical unsigned values below 64 bits are not negative as 64-bit numbers.
  const op = !signed && left.bits < 64 ? signedOps[one.op] : one.op;
  const rep = compareRep(e, left, right);
  const first = limited(e, as(e, left, rep), rep, exitKey(one.id, "left"));
  const second = limited(e, as(e, right, rep), rep, exitKey(one.id, "right"));
  const exit = e.bounds.exits.get(one.id);
  if (exit === undefined) {
    define(e, one.id, assign(e, `icmp ${op} ${rep} ${first}, ${second}`));
    return;
  }
  define(e, one.id, exitCompare(e, exit, { op, rep, left: first, right: second }, left, right));
}

/** A comparison by which a loop is left, in a form that the kernel learns from and that LLVM does not change. */
function exitCompare(
  e: Emitter,
  exit: LoopExit,
  one: { readonly op: CompareOp; readonly rep: "i1" | Width; readonly left: string; readonly right: string },
  left: Operand,
  right: Operand,
): string {
  const { rep } = one;
  const hold = (text: string): string => opaque(e, text, rep);
  const counterFirst = exit.counter === "left";
  const [counter, bound] = counterFirst ? [one.left, one.right] : [one.right, one.left];
  const op = counterFirst ? one.op : mirrored[one.op];
  if (exit.constant) {
    // From `n != 0` a kernel up to 6.1 learns nothing; from `n > 0`, with the zero in a register, that it is 1 or more.
    const limit = counterFirst ? right : left;
    const ordered = limit.fact.constant === 0n ? (op === "ne" ? "ugt" : op === "eq" ? "ule" : op) : op;
    return assign(e, `icmp ${ordered} ${rep} ${counter}, ${hold(bound)}`);
  }
  // A kernel of 5.10 or 6.1 decides a comparison with a constant on its right only: that is the counter's side. LLVM
  // orders operands by what made them, so neither may show.
  return assign(e, `icmp ${mirrored[op]} ${rep} ${hold(bound)}, ${hold(counter)}`);
}

const mirrored: Readonly<Record<CompareOp, CompareOp>> = {
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

/** 32-bit jumps take any 32-bit constant, and need no extension of their operands. */
function compareRep(e: Emitter, left: Operand, right: Operand): "i1" | Width {
  const bits = left.fact.constant === undefined ? left.bits : right.bits;
  if (bits === 1) return "i1";
  if (bits !== 32 || (isWide(left) && isWide(right))) return "i64";
  if (e.module.alu32) return "i32";
  return left.rep === "i32" && right.rep === "i32" ? "i32" : "i64";
}

/** Whether a 64-bit comparison takes it as it is: immediates are sign-extended from 32 bits. */
function isWide(value: Operand): boolean {
  const { constant } = value.fact;
  return constant === undefined ? value.rep === "i64" : BigInt.asIntN(32, constant) === constant;
}

export function emitConvert(e: Emitter, one: Convert): void {
  const source = operand(e, one.value);
  const fact = factOf(e, one.id);
  const { bits, signed } = one.type;
  if (fact.rep === "i1") {
    define(e, one.id, as(e, source, "i1"));
    return;
  }
  const rep: Width = fact.rep === "i32" ? "i32" : "i64";
  const text = as(e, source, rep);
  const fits = source.fact.max <= (signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1);
  const widens =
    source.rep !== "i1" &&
    source.bits <= bits &&
    (source.signed === signed || (!source.signed && source.bits < bits));
  const free = source.rep === "i1" || fits || widens || bits === 64;
  const truncated = rep === "i32" && source.rep === "i64" && !fits;
  define(e, one.id, free ? text : canonical(e, text, rep, bits, signed), rep, truncated);
}

export function emitSelect(e: Emitter, one: Select): void {
  const { rep } = factOf(e, one.id);
  const condition = as(e, operand(e, one.condition), "i1");
  const then = as(e, operand(e, one.then), rep);
  const otherwise = as(e, operand(e, one.otherwise), rep);
  const text = assign(e, `select i1 ${condition}, ${rep} ${then}, ${rep} ${otherwise}`);
  if (rep === "ptr") definePointer(e, one.id, text, 0, e.alignments.get(one.id) ?? 0);
  else define(e, one.id, text);
}

/** The zero is read each time: a sum with one that is kept LLVM would take for another counter of the loop. */
export function emitForget(e: Emitter, one: Forget): void {
  const { rep } = factOf(e, one.id);
  const width: Width = rep === "i32" ? "i32" : "i64";
  const zero = assign(
    e,
    `load volatile ${width}, ptr @${e.module.names.globals.get(one.zero) ?? ""}, align 8`,
  );
  define(e, one.id, assign(e, `add ${width} ${as(e, operand(e, one.value), width)}, ${zero}`), width);
}

export function emitSwap(e: Emitter, one: SwapBytes): void {
  const { rep } = factOf(e, one.id);
  const value = operand(e, one.value);
  const width: Width = rep === "i32" ? "i32" : "i64";
  const text = as(e, value, width);
  if (e.module.endian === "big") {
    define(e, one.id, text, width);
    return;
  }
  const { bits, signed } = one.type;
  if (`i${bits}` === width) {
    define(e, one.id, swapped(e, text, bits), width);
    return;
  }
  const narrow = assign(e, `trunc ${width} ${text} to i${bits}`);
  define(
    e,
    one.id,
    assign(e, `${signed ? "sext" : "zext"} i${bits} ${swapped(e, narrow, bits)} to ${width}`),
    width,
  );
}

/** A byte swap at the integer's own width; bytes have no order. */
export function swapped(e: Emitter, text: string, bits: number): string {
  if (bits === 8) return text;
  const name = `@llvm.bswap.i${bits}`;
  e.module.declarations.add(`declare i${bits} ${name}(i${bits}) ${attributes.pure}`);
  return assign(e, `call i${bits} ${name}(i${bits} ${text})`);
}
