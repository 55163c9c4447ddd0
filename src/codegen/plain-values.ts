/**
 * Values of which the kernel knows as much as LLVM does. Of `min(a, b)` LLVM knows that it is no larger than either, and leaves
 * out the mask behind it, or the clamp; the kernel, which does not relate two registers, knows the larger bound. And on
 * ways that it can't tell to be impossible, it comes to hold that a value is over 107 and under 15: from such an offset kernels
 * up to 6.7 make no pointer.
 */
import type { Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import type { Fact } from "./facts.js";
import { madeIn, partsOf, unconverted } from "./offsets.js";

export type Plain = (value: ValueId) => boolean;

export function plainValues(fn: IrFunction, facts: readonly (Fact | undefined)[]): Plain {
  const made = madeIn(fn);
  /** By what is compared, with what. */
  const beside = new Map<ValueId, Set<ValueId>>();
  const isConstant = (value: ValueId): boolean => facts[value]?.constant !== undefined;
  const rootOf = (value: ValueId): ValueId => unconverted(made, value);
  for (const one of made.values()) {
    if (one.kind !== "compare" || isConstant(one.left) || isConstant(one.right)) continue;
    const [left, right] = [rootOf(one.left), rootOf(one.right)];
    beside.set(left, (beside.get(left) ?? new Set()).add(right));
    beside.set(right, (beside.get(right) ?? new Set()).add(left));
  }
  const known = new Map<ValueId, boolean>();
  /** Whether one of two values is chosen by how they compare. */
  const isLeast = (values: readonly ValueId[]): boolean =>
    values.some((one) => values.some((other) => beside.get(rootOf(one))?.has(rootOf(other)) === true));
  /** Of two of them LLVM makes a shift, by what decides: of `256 >> flag` a kernel up to 6.10 knows nothing. */
  const isPower = (value: ValueId): boolean => {
    const constant = facts[value]?.constant ?? 0n;
    return constant > 0n && (constant & (constant - 1n)) === 0n;
  };
  const choosing = new Map<ValueId, boolean>();
  /** Whether a value is made of one that is chosen by how it compares. */
  const chooses = (value: ValueId): boolean => {
    const found = choosing.get(value);
    if (found !== undefined) return found;
    choosing.set(value, false);
    const one = made.get(value);
    const parts = partsOf(one);
    const isChoice = one?.kind === "phi" || one?.kind === "select";
    const chosen = (isChoice && isLeast(parts.filter((part) => !isConstant(part)))) || parts.some(chooses);
    choosing.set(value, chosen);
    return chosen;
  };
  const isPlain = (value: ValueId): boolean => {
    const found = known.get(value);
    if (found !== undefined) return found;
    // Around a loop: by what else it is made of.
    known.set(value, true);
    const plain = isConstant(value) || follows(made.get(value));
    known.set(value, plain);
    return plain;
  };
  const follows = (one: Instruction | Phi | undefined): boolean => {
    switch (one?.kind) {
      case "convert":
      case "bounded":
        return isPlain(one.value);
      case "phi": {
        const all = one.inputs.map((input) => input.value);
        const values = all.filter((input) => !isConstant(input));
        if (all.length > 1 && all.every(isPower)) return false;
        return !isLeast(values) && values.every(isPlain);
      }
      case "select":
        if (isPower(one.then) && isPower(one.otherwise)) return false;
        return !isLeast([one.then, one.otherwise]) && isPlain(one.then) && isPlain(one.otherwise);
      case "binary":
        switch (one.op) {
          case "and":
          case "urem":
            // Masks that LLVM might leave out are kept (masked-sums.ts).
            return (
              (isConstant(one.right) || isConstant(one.left)) && !chooses(one.left) && !chooses(one.right)
            );
          case "shl":
          case "lshr":
          case "ashr":
            // By a number that is not known, kernels know nothing of the result.
            return isConstant(one.right) && isPlain(one.left);
          case "or":
          case "xor":
          case "mul":
            return (isConstant(one.right) || isConstant(one.left)) && isPlain(one.left) && isPlain(one.right);
          default:
            return isPlain(one.left) && isPlain(one.right);
        }
      default:
        return true;
    }
  };
  return isPlain;
}
