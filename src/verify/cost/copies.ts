/** Values that one register is copied to another for: what the kernel learns of the one it knows of the other. */
import { cfgOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../../ir/dominators.js";
import type { ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";

/** Of integer phis in loops: those of their inputs that stay as they are in that loop. */
export function copiesIn(
  index: FunctionIndex,
  root: (value: ValueId) => ValueId,
): ReadonlyMap<ValueId, ReadonlySet<ValueId>> {
  const found = new Map<ValueId, Set<ValueId>>();
  const cfg = cfgOf(index.fn.blocks);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  for (const { id, phis } of index.fn.blocks) {
    const loop = loops[innermost[id] ?? -1];
    if (!loop || id === loop.header) continue;
    for (const phi of phis) {
      if (phi.type.kind !== "int") continue;
      const stay = phi.inputs
        .map((one) => root(one.value))
        .filter((one) => index.constantOf(one) === undefined && !loop.body.has(index.home(one)));
      if (stay.length > 0) found.set(phi.id, new Set(stay));
    }
  }
  return found;
}
