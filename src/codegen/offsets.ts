/** What indices and offsets are made of. */
import type { Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import { passedOn } from "../ir/origins.js";

export type Made = ReadonlyMap<ValueId, Instruction | Phi>;

export function madeIn(fn: IrFunction): Made {
  const made = new Map<ValueId, Instruction | Phi>();
  for (const { phis, instructions } of fn.blocks) {
    for (const one of phis) made.set(one.id, one);
    for (const one of instructions) made.set(one.id, one);
  }
  return made;
}

/** Of what a value is computed, or which it may be. */
export function partsOf(one: Instruction | Phi | undefined): readonly ValueId[] {
  return one?.kind === "binary" ? [one.left, one.right] : passedOn(one);
}

/** The indices and offsets, `more` values, and what all of them are made of. */
export function boundedIn(made: Made, more: readonly ValueId[] = []): ReadonlySet<ValueId> {
  const bounded = new Set(more);
  for (const one of made.values()) {
    if (one.kind === "bounded") bounded.add(one.value);
    else if (one.kind === "pointer-add") bounded.add(one.offset);
  }
  for (const part of bounded) for (const each of partsOf(made.get(part))) bounded.add(each);
  return bounded;
}

/** The value behind conversions and proofs, which compute nothing. */
export function unconverted(made: Made, value: ValueId): ValueId {
  let at = value;
  for (let one = made.get(at); one?.kind === "convert" || one?.kind === "bounded"; one = made.get(at))
    at = one.value;
  return at;
}
