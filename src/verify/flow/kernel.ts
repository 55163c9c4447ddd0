/**
 * What a kernel's verifier knows of a value by its arithmetic alone, wherever LLVM puts the value: no comparison, no
 * relation, nothing through byte swaps (unknown before 7.x), `%` and `/` (likewise), calls or helpers. It errs on the
 * side of "does not know", which costs a clamp.
 */
import type { Binary, IrInt, ValueId } from "../../ir/ir.js";
import { anything, constantRange, join, meet, typeRange, unsignedRange, type Range } from "../range/range.js";
import { fit, transferBinary } from "../range/transfer.js";
import type { FunctionIndex } from "./index-function.js";

const depthLimit = 24;

export function kernelRanges(index: FunctionIndex): (value: ValueId) => Range {
  const meaning = walk((value, of) => meaningOf(index, value, of));
  return walk((value, of) => {
    const one = index.definition(value);
    if (!one) return anything;
    switch (one.kind) {
      case "constant":
        return constantRange(one.value);
      case "compare":
      case "is-null":
      case "packet-check":
        return typeRange(one.type);
      case "load":
        return one.type.signed || (one.order === "network" && one.type.bits > 8)
          ? anything
          : typeRange(one.type);
      case "context-load":
        return typeRange(one.type);
      case "convert": {
        const inner = of(one.value);
        const from = index.intType(one.value);
        // A widening conversion emits nothing; a narrowing one is a mask or a pair of shifts, where it changes anything.
        const same = from.bits <= one.type.bits && from.signed === one.type.signed;
        if (same || within(meaning(one.value), one.type)) return inner;
        return one.type.bits > 8 && isSwapped(index, one.value) ? anything : fit(inner, one.type);
      }
      case "bounded":
        // Proven and clamped at its own place where needed.
        return meet(of(one.value), { ...anything, umax: one.max }) ?? anything;
      case "binary":
        return binaryOf(index, one, of, meaning);
      case "select":
        return one.type.kind === "int" ? join(of(one.then), of(one.otherwise)) : anything;
      case "phi":
        return one.type.kind === "int" && one.inputs.length > 0
          ? one.inputs.map((input) => of(input.value)).reduce((a, b) => join(a, b))
          : anything;
      default:
        return anything;
    }
  });
}

type RangeOf = (value: ValueId) => Range;

/** Computes once for each value; "anything" stands for what is not known yet, inside a cycle, and past the depth. */
function walk(compute: (value: ValueId, of: RangeOf) => Range): RangeOf {
  const memo = new Map<ValueId, Range>();
  const open = new Set<ValueId>();
  const visit = (value: ValueId, depth: number): Range => {
    const known = memo.get(value);
    if (known) return known;
    if (depth > depthLimit || open.has(value)) return anything;
    open.add(value);
    const range = compute(value, (operand) => visit(operand, depth + 1));
    open.delete(value);
    // Too wide where "anything" was assumed, never wrong.
    memo.set(value, range);
    return range;
  };
  return (value) => visit(value, 0);
}

function binaryOf(index: FunctionIndex, one: Binary, of: RangeOf, meaning: RangeOf): Range {
  if (one.op.endsWith("div") || one.op.endsWith("rem")) return anything;
  const count = countOf(index, one);
  // The kernel shifts by constants only; by anything else it forgets the value.
  if (isShift(one) && count === undefined) return anything;
  // Kernels before 6.9 follow these with a constant only (`adjust_scalar_min_max_vals`).
  if (one.op === "or" || one.op === "xor" || one.op === "mul") {
    if (index.constantOf(one.left) === undefined && index.constantOf(one.right) === undefined)
      return anything;
  }
  if (one.op === "and") {
    // A mask that changes nothing is one that LLVM leaves out.
    if (changesNothing(meaning(one.left), index.constantOf(one.right))) return of(one.left);
    if (changesNothing(meaning(one.right), index.constantOf(one.left))) return of(one.right);
    // It takes another in front of a swap of bytes, behind which kernels before 7.0 know nothing.
    if ((index.constantOf(one.right) ?? 0n) > 0xffn && isSwapped(index, one.left)) return anything;
    if ((index.constantOf(one.left) ?? 0n) > 0xffn && isSwapped(index, one.right)) return anything;
  }
  const [left, right] = [of(one.left), count === undefined ? of(one.right) : constantRange(count)];
  // A result that may be too wide for its type is masked, which the kernel sees; any other is left as it is, whatever
  // the kernel knows of it.
  return within(exactly(one, meaning(one.left), meaning(one.right), count), one.type)
    ? transferBinary(one.op, widened(one.type), left, right)
    : transferBinary(one.op, one.type, left, right);
}

/** What a value is by what its arithmetic means: what LLVM knows of it at most, and leaves masks out for. */
function meaningOf(index: FunctionIndex, value: ValueId, of: RangeOf): Range {
  const one = index.definition(value);
  if (!one || !("type" in one) || one.type?.kind !== "int") return anything;
  const limit = typeRange(one.type);
  switch (one.kind) {
    case "constant":
      return constantRange(one.value);
    case "convert":
      return fit(meet(of(one.value), typeRange(index.intType(one.value))) ?? anything, one.type);
    case "bounded":
      return meet(meet(of(one.value), limit) ?? limit, { ...anything, umax: one.max }) ?? limit;
    case "binary":
      return meet(exactlyFit(index, one, of), limit) ?? limit;
    case "select":
      return meet(join(of(one.then), of(one.otherwise)), limit) ?? limit;
    case "phi": {
      const inputs = one.inputs.map((input) => of(input.value));
      const [first = limit] = inputs;
      return (
        meet(
          inputs.reduce((a, b) => join(a, b), first),
          limit,
        ) ?? limit
      );
    }
    default:
      return limit;
  }
}

function exactlyFit(index: FunctionIndex, one: Binary, of: RangeOf): Range {
  return fit(exactly(one, of(one.left), of(one.right), countOf(index, one)), one.type);
}

/** The result before it is cut to the type. */
function exactly(one: Binary, left: Range, right: Range, count: bigint | undefined): Range {
  const by = count === undefined ? right : constantRange(count);
  if (isShift(one) && count === undefined && one.op === "shl") {
    // LLVM knows that `1 << x` has few bits, and needs no mask.
    const limit = BigInt(one.type.bits - 1);
    const most = left.umax << (by.umax < limit ? by.umax : limit);
    return most <= anything.umax ? unsignedRange(0n, most) : anything;
  }
  // Shifts by variables mask their count by the type's width.
  if (isShift(one) && count === undefined) return transferBinary(one.op, one.type, left, by);
  return transferBinary(one.op, widened(one.type), left, by);
}

function isSwapped(index: FunctionIndex, value: ValueId): boolean {
  const one = index.definition(value);
  if (one?.kind === "convert") return isSwapped(index, one.value);
  return one?.kind === "swap-bytes" || (one?.kind === "load" && one.order === "network" && one.type.bits > 8);
}

/** Of `value & mask`. */
function changesNothing(value: Range, mask: bigint | undefined): boolean {
  const all = (1n << BigInt(value.umax.toString(2).length)) - 1n;
  return mask !== undefined && (mask & all) === all;
}

function isShift({ op }: Binary): boolean {
  return op === "shl" || op === "lshr" || op === "ashr";
}

/** By how much a shift by a constant shifts. */
function countOf(index: FunctionIndex, one: Binary): bigint | undefined {
  const constant = isShift(one) ? index.constantOf(one.right) : undefined;
  return constant === undefined ? undefined : constant & BigInt(one.type.bits - 1);
}

function widened(type: IrInt): IrInt {
  return { ...type, bits: 64 };
}

function within(range: Range, type: IrInt): boolean {
  const limit = typeRange(type);
  return type.signed
    ? range.smin >= limit.smin && range.smax <= limit.smax
    : range.umin >= limit.umin && range.umax <= limit.umax;
}
