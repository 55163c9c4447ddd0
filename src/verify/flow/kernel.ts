/**
 * What a kernel's verifier knows of a value by its arithmetic alone, wherever LLVM puts the value: no comparison, no
 * relation, nothing through byte swaps (unknown before 7.x), `%` and `/` (likewise), calls or helpers. It errs on the
 * side of "does not know", which costs a clamp.
 */
import type { ValueId } from "../../ir/ir.js";
import { anything, constantRange, join, meet, typeRange, type Range } from "../range/range.js";
import { fit, transferBinary } from "../range/transfer.js";
import type { FunctionIndex } from "./index-function.js";

const depthLimit = 24;

export function kernelRanges(index: FunctionIndex): (value: ValueId) => Range {
  const memo = new Map<ValueId, Range>();
  const open = new Set<ValueId>();
  const visit = (value: ValueId, depth: number): Range => {
    const known = memo.get(value);
    if (known) return known;
    if (depth > depthLimit || open.has(value)) return anything;
    open.add(value);
    const range = compute(value, depth);
    open.delete(value);
    // Inside a cycle, and past the depth, "anything" was assumed of what was not known yet: too wide, never wrong.
    memo.set(value, range);
    return range;
  };

  const compute = (value: ValueId, depth: number): Range => {
    const one = index.definition(value);
    if (!one) return anything;
    const of = (operand: ValueId): Range => visit(operand, depth + 1);
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
        // A widening conversion emits nothing; a narrowing one is a mask or a pair of shifts.
        return from.bits <= one.type.bits && from.signed === one.type.signed ? inner : fit(inner, one.type);
      }
      case "bounded":
        // Proven and clamped at its own place where needed.
        return meet(of(one.value), { ...anything, umax: one.max }) ?? anything;
      case "binary": {
        if (one.op.endsWith("div") || one.op.endsWith("rem")) return anything;
        // The kernel shifts by constants only; by anything else it forgets the value.
        if (one.op === "shl" || one.op === "lshr" || one.op === "ashr") {
          if (index.constantOf(one.right) === undefined) return anything;
        }
        return transferBinary(one.op, one.type, of(one.left), of(one.right));
      }
      case "select":
        return one.type.kind === "int" ? join(of(one.then), of(one.otherwise)) : anything;
      case "phi":
        return one.type.kind === "int" && one.inputs.length > 0
          ? one.inputs.map((input) => of(input.value)).reduce((a, b) => join(a, b))
          : anything;
      default:
        return anything;
    }
  };
  return (value) => visit(value, 0);
}
