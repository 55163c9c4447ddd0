/**
 * How pointers into the stack are aligned. The kernel checks stack accesses strictly on every machine; what is claimed
 * too high becomes one access that it refuses, what is claimed too low becomes several.
 */
import type { IrFunction, Instruction, ValueId } from "../ir/ir.js";

/** The kernel's stack frames and the slots in them. */
export const stackAlign = 8;

/** Of each pointer into the stack, the alignment in bytes (1, 2, 4 or 8), by id. */
export function stackAlignments(fn: IrFunction): ReadonlyMap<ValueId, number> {
  const found = new Map<ValueId, number>();
  const made = new Map<ValueId, Instruction>();
  for (const one of fn.parameters) {
    if (one.type.kind === "pointer" && one.type.region === "stack") found.set(one.id, stackAlign);
  }
  for (const block of fn.blocks) for (const one of block.instructions) made.set(one.id, one);
  const of = (id: ValueId): number => found.get(id) ?? stackAlign;
  // From the best that can be, down to what holds for every input: loops settle after at most a few rounds.
  for (let changed = true; changed;) {
    changed = false;
    const settle = (id: ValueId, align: number): void => {
      if (found.get(id) === align) return;
      found.set(id, align);
      changed = true;
    };
    for (const block of fn.blocks) {
      for (const phi of block.phis) {
        if (phi.type.kind !== "pointer") continue;
        if (phi.type.region === "stack" || phi.inputs.some((input) => found.has(input.value)))
          settle(phi.id, Math.min(...phi.inputs.map((input) => of(input.value))));
      }
      for (const one of block.instructions) {
        if (!("type" in one) || one.type?.kind !== "pointer" || one.type.region !== "stack") continue;
        if (one.kind === "pointer-add") settle(one.id, Math.min(of(one.pointer), factor(made, one.offset)));
        else if (one.kind === "select") settle(one.id, Math.min(of(one.then), of(one.otherwise)));
        else settle(one.id, stackAlign);
      }
    }
  }
  return found;
}

/** A power of two, up to `stackAlign`, that a number is surely a multiple of. */
function factor(made: ReadonlyMap<ValueId, Instruction>, id: ValueId): number {
  const one = made.get(id);
  switch (one?.kind) {
    case "constant":
      return powerOfTwoIn(one.value);
    case "convert":
      return factor(made, one.value);
    case "binary":
      if (one.op === "mul") return Math.min(stackAlign, factor(made, one.left) * factor(made, one.right));
      if (one.op === "add" || one.op === "sub" || one.op === "or")
        return Math.min(factor(made, one.left), factor(made, one.right));
      if (one.op === "shl") {
        const count = made.get(one.right);
        const shift = count?.kind === "constant" ? Math.min(Number(count.value), 3) : 0;
        return Math.min(stackAlign, factor(made, one.left) * 2 ** shift);
      }
      return 1;
    default:
      return 1;
  }
}

function powerOfTwoIn(value: bigint): number {
  let power = 1;
  while (power < stackAlign && value % BigInt(power * 2) === 0n) power *= 2;
  return power;
}
