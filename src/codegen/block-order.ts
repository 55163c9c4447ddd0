import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf } from "../ir/dominators.js";
import type { BlockId, CompareOp, IrFunction, ValueId } from "../ir/ir.js";
import type { Fact } from "./facts.js";

/** From this many blocks on a function is a long list of rules. */
const longList = 800;

/**
 * The order in which blocks are printed: LLVM's BPF backend keeps it, for it can't turn a condition around.
 *
 * In a long list of rules what follows on an equality goes to the end. The kernel first walks on where a comparison
 * falls through; with the value still unknown there, it finds every other path in a state that it has seen. The other
 * way round it would walk through the rest of the list once for each constant: the square of the rules, past its
 * million instructions at some 1400 of them.
 */
export function printOrder(fn: IrFunction, facts: readonly (Fact | undefined)[]): readonly BlockId[] {
  const order = fn.blocks.map((block) => block.id);
  if (order.length < longList) return order;
  const equalities = equalitiesOf(fn, facts);
  const cfg = cfgOf(fn.blocks);
  const { immediate } = dominatorsOf(cfg);
  const roots = new Set<BlockId>();
  for (const { id, terminator } of fn.blocks) {
    if (terminator.kind !== "branch" || terminator.then === terminator.otherwise) continue;
    const op = equalities.get(terminator.condition);
    if (op === undefined) continue;
    const target = op === "eq" ? terminator.then : terminator.otherwise;
    if (immediate[target] === id && cfg.predecessors[target]?.length === 1) roots.add(target);
  }
  // Dominators come first in the order, so each depth is known when it is asked for.
  const depths = new Map<BlockId, number>();
  for (const id of order) {
    const above = immediate[id];
    depths.set(id, (above === undefined ? 0 : (depths.get(above) ?? 0)) + (roots.has(id) ? 1 : 0));
  }
  return order.toSorted((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

function equalitiesOf(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlyMap<ValueId, CompareOp> {
  const found = new Map<ValueId, CompareOp>();
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind !== "compare" || (one.op !== "eq" && one.op !== "ne")) continue;
      if (facts[one.right]?.constant !== undefined) found.set(one.id, one.op);
    }
  }
  return found;
}
