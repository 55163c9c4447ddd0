/**
 * Offsets in the packet that are a sum with a large number, of which a comparison has said that they are small all the
 * same. Kernels from 6.12 on remember how far a sum is from what it was made of, and take that distance for a pointer's
 * where the sum is added to one: "pkt pointer offset -1705720519 is not allowed" (`check_reg_sane_offset`). 7.0 does so even
 * behind a mask. They do not remember it of a number that is no copy, such as a mask leaves in front of the sum.
 */
import type { Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";

/** BPF_MAX_VAR_OFF: distances of pointers are smaller. */
const mostDistance = 1n << 29n;

/** The ids of those sums and differences. */
export function farSums(fn: IrFunction): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const made = new Map<ValueId, Instruction | Phi>();
  for (const { phis, instructions } of fn.blocks) {
    for (const one of phis) made.set(one.id, one);
    for (const one of instructions) made.set(one.id, one);
  }
  const mayBeFar = (value: ValueId): boolean => {
    const seen = new Set([value]);
    for (const at of seen) {
      const one = made.get(at);
      if (one?.kind === "constant" && (one.value >= mostDistance || one.value <= -mostDistance)) return true;
      // What a parameter is set to the kernel knows as well.
      if (one?.kind === "load" && one.type.bits >= 32 && isParameter(one.pointer)) return true;
      if (one?.kind === "phi") for (const input of one.inputs) seen.add(input.value);
      else if (one?.kind === "select") seen.add(one.then).add(one.otherwise);
      else if (one?.kind === "convert" || one?.kind === "bounded") seen.add(one.value);
      else if (one?.kind === "binary") seen.add(one.left).add(one.right);
    }
    return false;
  };
  const isParameter = (pointer: ValueId): boolean => {
    const one = made.get(pointer);
    return one !== undefined && "type" in one && one.type?.kind === "pointer" && one.type.region === "rodata";
  };
  for (const { instructions } of fn.blocks) {
    for (const one of instructions) {
      if (one.kind !== "pointer-add" || one.type.region !== "packet") continue;
      let sum = made.get(one.offset);
      while (sum?.kind === "convert" || sum?.kind === "bounded") sum = made.get(sum.value);
      if (sum?.kind === "binary" && (sum.op === "add" || sum.op === "sub") && mayBeFar(sum.id))
        found.add(sum.id);
    }
  }
  return found;
}
