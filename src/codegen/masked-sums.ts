/**
 * Masks that show the kernel a bound, of a sum that LLVM can do without the mask: it takes the mask to the constant first,
 * `(219 - flag) & 15` is `11 - flag` for it, and of how it makes that the kernel may know nothing.
 */
import type { Binary, Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import { passedOn } from "../ir/origins.js";
import type { Fact } from "./facts.js";

const changing: ReadonlySet<Binary["op"]> = new Set(["add", "sub", "mul", "or", "xor", "shl"]);

/** The ids of those masks, `and`s and remainders of powers of two, that an index or an offset is made of. */
export function maskedSums(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const { made, bounded } = boundedIn(fn);
  const most = (value: ValueId): number => facts[value]?.max ?? Infinity;
  /** Whether under the mask its parts are constants and what is no larger than the mask. */
  const isSmall = (value: ValueId, mask: number, depth = 0): boolean => {
    const one = made.get(value);
    if (one?.kind === "constant" || most(value) <= mask) return true;
    if (one?.kind === "convert" || one?.kind === "bounded") return isSmall(one.value, mask, depth);
    if (one?.kind !== "binary" || !changing.has(one.op) || depth === 4) return false;
    return isSmall(one.left, mask, depth + 1) && isSmall(one.right, mask, depth + 1);
  };
  for (const part of bounded) {
    const one = made.get(part);
    for (const each of one?.kind === "binary" ? [one.left, one.right] : passedOn(one)) bounded.add(each);
    if (one?.kind !== "binary") continue;
    const mask = maskOf(one, facts);
    if (mask === undefined) continue;
    const value = facts[one.left]?.constant === undefined ? one.left : one.right;
    if (most(value) > mask && isSmall(value, mask)) found.add(one.id);
  }
  return found;
}

function maskOf(one: Binary, facts: readonly (Fact | undefined)[]): number | undefined {
  const right = facts[one.right]?.constant;
  if (one.op === "and") {
    const constant = right ?? facts[one.left]?.constant;
    return constant === undefined || constant < 0n ? undefined : Number(constant);
  }
  const isPower = right !== undefined && right > 0n && (right & (right - 1n)) === 0n;
  return one.op === "urem" && isPower ? Number(right - 1n) : undefined;
}

/** What a function makes, and of it the indices and offsets. */
export function boundedIn(fn: IrFunction): {
  readonly made: ReadonlyMap<ValueId, Instruction | Phi>;
  readonly bounded: Set<ValueId>;
} {
  const made = new Map<ValueId, Instruction | Phi>();
  const bounded = new Set<ValueId>();
  for (const { phis, instructions } of fn.blocks) {
    for (const one of phis) made.set(one.id, one);
    for (const one of instructions) {
      made.set(one.id, one);
      if (one.kind === "bounded") bounded.add(one.value);
      else if (one.kind === "pointer-add") bounded.add(one.offset);
    }
  }
  return { made, bounded };
}
