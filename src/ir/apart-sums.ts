/**
 * Sums `start + index` in loops, of which a comparison must say nothing about the start. A kernel from 6.12 on remembers
 * of what a sum with a number that it knows was made (`sync_linked_regs` in kernel/bpf/verifier.c): in a loop whose
 * turns it counts, each turn's comparison would leave the start with bounds of its own, and make each way out of a turn
 * one that it has not seen.
 */
import { cfgOf } from "./cfg.js";
import { dominatorsOf, loopsOf } from "./dominators.js";
import type { Instruction, IrFunction, ValueId } from "./ir.js";

/** The ids of the additions of 64 bits whose index, the right side, changes in the loop, and whose start doesn't. */
export function apartSums(fn: IrFunction): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const cfg = cfgOf(fn.blocks);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  if (loops.length === 0) return found;
  const made = new Map<ValueId, Instruction>();
  const homes = new Map<ValueId, number>();
  const offsets = new Set<ValueId>();
  const compared = new Set<ValueId>();
  for (const { id, phis, instructions } of fn.blocks) {
    for (const one of phis) homes.set(one.id, id);
    for (const one of instructions) {
      made.set(one.id, one);
      homes.set(one.id, id);
      if (one.kind === "pointer-add" && one.type.region === "packet") offsets.add(one.offset);
      else if (one.kind === "compare" && made.get(one.right)?.kind === "constant") compared.add(one.left);
    }
  }
  for (const id of offsets) {
    const one = made.get(id);
    if (one?.kind !== "binary" || one.op !== "add" || one.type.bits !== 64 || !compared.has(id)) continue;
    const loop = loops[innermost[homes.get(id) ?? -1] ?? -1];
    const changes = (value: ValueId): boolean => loop?.body.has(homes.get(value) ?? -1) === true;
    if (made.get(one.right)?.kind !== "constant" && changes(one.right)) found.add(id);
  }
  return found;
}
