/**
 * Offsets in the packet that are a sum with a large number, of which a comparison has said that they are small all the
 * same. Kernels from 6.12 on remember how far a sum is from what it was made of, and take that distance for a pointer's
 * where the sum is added to one: "pkt pointer offset -1705720519 is not allowed" (`check_reg_sane_offset`). 7.0 does so even
 * behind a mask. They do not remember it of a number that is no copy, such as a mask leaves in front of the sum.
 */
import type { Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import { passedOn } from "../ir/origins.js";
import type { Fact } from "./facts.js";

/** BPF_MAX_VAR_OFF: distances of pointers are smaller. */
const mostDistance = 1n << 29n;

/** The ids of those sums and differences. */
export function farSums(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const offsets = fn.blocks.flatMap(({ instructions }) =>
    instructions.flatMap((one) =>
      one.kind === "pointer-add" && one.type.region === "packet" && facts[one.offset]?.constant === undefined
        ? [one.offset]
        : [],
    ),
  );
  if (offsets.length === 0) return found;
  const made = new Map<ValueId, Instruction | Phi>();
  for (const { phis, instructions } of fn.blocks) {
    for (const one of phis) made.set(one.id, one);
    for (const one of instructions) made.set(one.id, one);
  }
  /** What the kernel may know to be far: a constant, or what a parameter is set to. */
  const isFar = (one: Instruction | Phi | undefined): boolean => {
    if (one?.kind === "constant") return one.value >= mostDistance || one.value <= -mostDistance;
    const pointer = one?.kind === "load" && one.type.bits >= 32 ? made.get(one.pointer) : undefined;
    const type = pointer && "type" in pointer ? pointer.type : undefined;
    return type?.kind === "pointer" && type.region === "rodata";
  };
  const mayBeFar = (value: ValueId): boolean => {
    const parts = new Set([value]);
    for (const part of parts) {
      const one = made.get(part);
      if (isFar(one)) return true;
      const from = one?.kind === "binary" ? [one.left, one.right] : passedOn(one);
      for (const each of from) parts.add(each);
    }
    return false;
  };
  for (const offset of offsets) {
    let sum = made.get(offset);
    while (sum?.kind === "convert" || sum?.kind === "bounded") sum = made.get(sum.value);
    if (sum?.kind === "binary" && (sum.op === "add" || sum.op === "sub") && mayBeFar(sum.id))
      found.add(sum.id);
  }
  return found;
}
