import { cfgOf } from "./cfg.js";
import { dominatorsOf } from "./dominators.js";
import type { BlockId, CompareOp, IrFunction, ValueId } from "./ir.js";

/** From this many branches on an equality on a function is a list of rules. */
const longList = 32;

/**
 * The order of the blocks in generated code: LLVM's BPF backend keeps it, for it can't turn a condition around.
 *
 * In a list of rules what follows on an equality goes to the end. The kernel first walks on where a comparison
 * falls through; with the value still unknown there, it finds every other path in a state that it has seen. The other
 * way round it would walk through the rest of the list once for each constant: the square of the rules where one value is
 * compared, the cube where two are, past its million instructions at some 200 of them.
 */
export function codeOrder(fn: IrFunction): readonly BlockId[] {
  const order = fn.blocks.map((block) => block.id);
  const equalities = equalitiesOf(fn);
  if (equalities.size < longList) return order;
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
  if (roots.size < longList) return order;
  // Dominators come first in the order, so each depth is known when it is asked for.
  const depths = new Map<BlockId, number>();
  for (const id of order) {
    const above = immediate[id];
    depths.set(id, (above === undefined ? 0 : (depths.get(above) ?? 0)) + (roots.has(id) ? 1 : 0));
  }
  return order.toSorted((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

/** Comparisons of a value with a constant, which the optimiser has on the right. */
function equalitiesOf(fn: IrFunction): ReadonlyMap<ValueId, CompareOp> {
  const constants = new Set<ValueId>();
  const found = new Map<ValueId, CompareOp>();
  // Definitions come before what is made of them.
  for (const { instructions } of fn.blocks) {
    for (const one of instructions) {
      if (one.kind === "constant") constants.add(one.id);
      else if (one.kind === "compare" && (one.op === "eq" || one.op === "ne") && constants.has(one.right))
        found.set(one.id, one.op);
    }
  }
  return found;
}
