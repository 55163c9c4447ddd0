/**
 * Packet checks whose `pointer + size` must not be shared with an access at that place. Where a check fails, the kernel
 * marks the very register that was compared as past the packet's end, and takes the next check that holds of the same
 * packet for all that is known of that register: it forgets what a larger check found before (`mark_pkt_end` and
 * `find_good_pkt_pointers` in kernel/bpf/verifier.c: "R5 offset is outside of the packet").
 */
import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf } from "../ir/dominators.js";
import type { BlockId, Instruction, IrFunction, PacketCheck, ValueId } from "../ir/ir.js";

/** The ids of those checks. */
export function apartChecks(fn: IrFunction): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const made = new Map<ValueId, Instruction>();
  const checks: { readonly one: PacketCheck; readonly passed: BlockId | undefined }[] = [];
  for (const { instructions, terminator } of fn.blocks) {
    for (const one of instructions) {
      made.set(one.id, one);
      if (one.kind !== "packet-check") continue;
      const branches = terminator.kind === "branch" && terminator.condition === one.id;
      checks.push({ one, passed: branches ? terminator.then : undefined });
    }
  }
  if (checks.length < 2) return found;
  const place = (pointer: ValueId, by: number): string => {
    let [root, distance] = [pointer, by];
    for (let at = made.get(root); at?.kind === "pointer-add"; at = made.get(root)) {
      const offset = made.get(at.offset);
      if (offset?.kind !== "constant") break;
      distance += Number(offset.value);
      root = at.pointer;
    }
    return `${root}+${distance}`;
  };
  const ends = new Map<string, typeof checks>();
  for (const check of checks) {
    const key = place(check.one.pointer, check.one.size);
    const list = ends.get(key);
    if (list) list.push(check);
    else ends.set(key, [check]);
  }
  const cfg = cfgOf(fn.blocks);
  const { dominates } = dominatorsOf(cfg);
  const use = (pointer: ValueId, by: number, block: BlockId): void => {
    for (const { one, passed } of ends.get(place(pointer, by)) ?? []) {
      const only = passed !== undefined && cfg.predecessors[passed]?.length === 1;
      if (!only || !dominates(passed, block)) found.add(one.id);
    }
  };
  for (const { id, phis, instructions } of fn.blocks) {
    for (const phi of phis) {
      if (phi.type.kind !== "pointer" || phi.type.region !== "packet") continue;
      for (const input of phi.inputs) use(input.value, 0, input.block);
    }
    for (const one of instructions)
      if (one.kind === "load" || one.kind === "store") use(one.pointer, one.displacement, id);
  }
  return found;
}
