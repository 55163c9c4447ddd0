/**
 * How many values a function needs at once: more than there are registers, and LLVM keeps them on the stack. BPF has ten
 * registers, of which four outlive a call. LLVM's own choices add some more: of 684 functions measured, none had more
 * than 88 bytes of spills above the estimate.
 */
import { cfgOf, forEachOperand, isCall, successorsOf, terminatorOperand } from "../ir/cfg.js";
import type { Block, BlockId, Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";

const registers = 9;
const acrossCalls = 4;
/** What holds of every function may need this much more, in values. */
const mostMore = 12;
/** So few values LLVM always finds registers for. */
const always = 3;

export interface Pressure {
  /** Bytes of the stack that spilled values need, estimated. */
  readonly spills: number;
  /** As many more at most. */
  readonly room: number;
  /** How many values are needed behind `at`. */
  readonly values: number;
  /** Where most are. */
  readonly at: Instruction | undefined;
}

export function pressureOf(fn: IrFunction): Pressure {
  const cfg = cfgOf(fn.blocks);
  const definitions = new Map<ValueId, Instruction | Phi>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) definitions.set(phi.id, phi);
    for (const one of block.instructions) definitions.set(one.id, one);
  }
  const live = new Map<BlockId, ReadonlySet<ValueId>>();
  const order = cfg.order.toReversed();
  const use = (set: Set<ValueId>, value: ValueId): void => {
    const root = keptFor(value, definitions);
    if (root !== undefined) set.add(root);
  };
  const behind = (block: Block): Set<ValueId> => {
    const set = new Set<ValueId>();
    for (const next of successorsOf(block.terminator)) {
      const target = cfg.blocks[next];
      for (const value of live.get(next) ?? []) set.add(value);
      for (const phi of target?.phis ?? []) set.delete(phi.id);
    }
    for (const next of successorsOf(block.terminator)) {
      for (const phi of cfg.blocks[next]?.phis ?? []) {
        const input = phi.inputs.find((one) => one.block === block.id);
        if (input) use(set, input.value);
      }
    }
    const read = terminatorOperand(block.terminator);
    if (read !== undefined) use(set, read);
    return set;
  };
  const step = (set: Set<ValueId>, one: Instruction): void => {
    set.delete(one.id);
    if (keptFor(one.id, definitions) === one.id) forEachOperand(one, (value) => use(set, value));
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const id of order) {
      const block = cfg.blocks[id];
      if (!block) continue;
      const set = behind(block);
      for (let at = block.instructions.length - 1; at >= 0; at--) {
        const one = block.instructions[at];
        if (one) step(set, one);
      }
      // Sets only grow from one turn to the next.
      if (set.size !== (live.get(id)?.size ?? -1)) {
        live.set(id, set);
        changed = true;
      }
    }
  }
  let [most, atOnce]: [Omit<Pressure, "room">, number] = [{ spills: 0, values: 0, at: undefined }, 0];
  for (const id of order) {
    const block = cfg.blocks[id];
    if (!block) continue;
    const set = behind(block);
    for (let at = block.instructions.length - 1; at >= 0; at--) {
      const one = block.instructions[at];
      if (!one) continue;
      const before = set.size;
      step(set, one);
      const values = isCall(one) ? before : set.size;
      atOnce = Math.max(atOnce, set.size);
      const spills = 8 * Math.max(0, values - (isCall(one) ? acrossCalls : registers));
      if (spills > most.spills) most = { spills, values, at: one };
    }
  }
  return { ...most, room: 8 * Math.min(mostMore, Math.max(0, atOnce - always)) };
}

/** The value that has to be kept for this one; undefined for what is made anew at each use. */
function keptFor(value: ValueId, definitions: ReadonlyMap<ValueId, Instruction | Phi>): ValueId | undefined {
  let at = value;
  for (;;) {
    const one = definitions.get(at);
    switch (one?.kind) {
      case "convert":
      case "bounded":
        at = one.value;
        continue;
      case "pointer-add":
        if (definitions.get(one.offset)?.kind !== "constant") return at;
        at = one.pointer;
        continue;
      case "constant":
      case "null":
      case "stack-slot":
      case "global-address":
      case "map-address":
      case "function-address":
        return undefined;
      default:
        return at;
    }
  }
}
