/** Instructions of the IR that are branches in BPF. */
import type { Instruction, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";

/** BPF divides unsigned numbers only: the signs of both operands and of the result are asked for. */
export function forksOf(one: Instruction, index: FunctionIndex): number {
  if (one.kind !== "binary" || (one.op !== "sdiv" && one.op !== "srem")) return 0;
  return index.constantOf(one.right) === undefined ? 3 : 2;
}

/** BPF has neither choices nor comparisons as numbers: both become branches. */
export function conditionOf(one: Instruction, index: FunctionIndex): ValueId | undefined {
  if (one.kind === "select")
    return one.type.kind === "int" && one.type.bits === 1 ? undefined : one.condition;
  if (one.kind !== "convert" || one.type.bits === 1) return undefined;
  return index.intType(one.value).bits === 1 ? one.value : undefined;
}
