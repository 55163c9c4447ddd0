/**
 * The comparisons that end a loop whose bound is not a constant. LLVM rewrites `i < n` into `i != n` where it counts
 * `i` up by one (IndVarSimplify), and kernels up to 6.1 learn nothing about `n` from that: their walk through the loop
 * does not end. The counter is made opaque in these comparisons, so that there is nothing to rewrite.
 */
import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../ir/dominators.js";
import type { Compare, IrFunction, ValueId } from "../ir/ir.js";
import type { FunctionProofs } from "../verify/proofs.js";
import type { Fact } from "./facts.js";

export interface LoopExit {
  readonly counter: "left" | "right";
  /** The other side is a constant, and the counter starts from a value: LLVM makes `n != 0` of `n > 0`. */
  readonly constant: boolean;
}

/** By the comparison's id: on which side the counter is. `counters` are the values that the kernel knows exactly. */
export function loopExits(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  proofs: FunctionProofs | undefined,
  counters: () => ReadonlySet<ValueId>,
): ReadonlyMap<ValueId, LoopExit> {
  const exits = new Map<ValueId, LoopExit>();
  for (const { limits } of proofs?.loops.values() ?? []) {
    for (const one of limits) {
      if (one.kind === "until")
        exits.set(one.compare, { counter: one.side === "left" ? "right" : "left", constant: true });
    }
  }
  const compares = new Map<ValueId, Compare>();
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind !== "compare" || one.op === "eq" || one.op === "ne") continue;
      const constant = facts[one.left]?.constant ?? facts[one.right]?.constant;
      if (constant === undefined) compares.set(one.id, one);
    }
  }
  if (compares.size === 0) return exits;
  const cfg = cfgOf(fn.blocks);
  for (const loop of loopsOf(cfg, dominatorsOf(cfg)).loops) {
    for (const id of loop.body) {
      const terminator = cfg.blocks[id]?.terminator;
      const compare = terminator?.kind === "branch" ? compares.get(terminator.condition) : undefined;
      if (terminator?.kind !== "branch" || !compare) continue;
      if (loop.body.has(terminator.then) && loop.body.has(terminator.otherwise)) continue;
      exits.set(compare.id, { counter: counters().has(compare.right) ? "right" : "left", constant: false });
    }
  }
  return exits;
}
