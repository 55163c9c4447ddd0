/**
 * Masks that show the kernel a bound, of a value that LLVM can do without the mask: it takes the mask to the parts of a sum,
 * `(219 - flag) & 15` is `11 - flag` for it; leaves it out where it knows that the value is smaller, as `min(a, b)` where one
 * is; or masks one side of `a | b` where the other is small. Of how it makes that the kernel may know nothing.
 */
import type { Binary, Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import type { FunctionProofs } from "../verify/proofs.js";
import type { Fact } from "./facts.js";
import { boundedIn, madeIn } from "./offsets.js";
import type { Plain } from "./plain-values.js";

/** The ids of those masks, `and`s and remainders of powers of two, that an index or an offset is made of. */
export function maskedSums(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  isPlain: Plain,
  proofs: FunctionProofs | undefined,
): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  // What ends a loop has to be known as well.
  const limits = [...(proofs?.loops.values() ?? [])].flatMap((loop) =>
    loop.limits.flatMap((one) => (one.kind === "until" ? [] : [one.value])),
  );
  const made = madeIn(fn);
  const bounded = boundedIn(made, limits);
  const isConstant = (value: ValueId): boolean => facts[value]?.constant !== undefined;
  /** Whether LLVM may find a value to be within a mask, or what of it lies under the mask. */
  const isSmall = (value: ValueId, mask: number, depth = 0): boolean => {
    const one = made.get(value);
    if (one?.kind === "constant" || (facts[value]?.max ?? Infinity) <= mask) return true;
    if (depth === mostDepth) return false;
    const small = (part: ValueId): boolean => isSmall(part, mask, depth + 1);
    switch (one?.kind) {
      case "convert":
      case "bounded":
        return small(one.value);
      case "select":
        return small(one.then) || small(one.otherwise);
      case "phi":
        return one.inputs.some((input) => small(input.value));
      case "binary":
        if (one.op === "udiv" || one.op === "urem" || one.op === "lshr") return true;
        if (one.op === "or" || one.op === "xor" || one.op === "and")
          return small(one.left) || small(one.right);
        if (one.op === "shl") return isConstant(one.right) || small(one.left);
        return changing.has(one.op) && small(one.left) && small(one.right);
      default:
        return false;
    }
  };
  for (const part of bounded) {
    const one = made.get(part);
    const mask = one?.kind === "binary" ? maskOf(one, facts) : undefined;
    if (one?.kind !== "binary" || mask === undefined) continue;
    const value = isConstant(one.left) ? one.right : one.left;
    if (!(isPlain(value) && isSimple(made.get(value))) && isSmall(value, mask)) found.add(one.id);
  }
  return found;
}

const changing: ReadonlySet<Binary["op"]> = new Set(["add", "sub", "mul"]);
const mostDepth = 6;

/** Whether a mask of it can't be taken to its parts. */
function isSimple(one: Instruction | Phi | undefined): boolean {
  return one?.kind !== "binary" || one.op === "and" || one.op === "lshr";
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
