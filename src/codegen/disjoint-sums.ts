/**
 * Sums, as indices and offsets, of which no bit may be in both parts: LLVM makes `or` of them, and of `0 | n` kernels up to
 * 6.10 know nothing (`adjust_scalar_min_max_vals`).
 */
import type { Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import { passedOn } from "../ir/origins.js";
import type { Fact } from "./facts.js";
import { boundedIn, madeIn, unconverted } from "./offsets.js";

/** So small a part LLVM may find to lie under the lowest bit of the other one, by what it knows and we do not. */
const smallPart = 15;

export function disjointSums(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const made = madeIn(fn);
  const below = (value: ValueId): bigint => {
    const most = facts[value]?.max ?? Infinity;
    return most < 2 ** 53 ? (1n << BigInt(Math.floor(most).toString(2).length)) - 1n : wordBits;
  };
  /** The bits that may be set. */
  const bits = (value: ValueId, depth = 0): bigint => {
    const known = facts[value]?.constant;
    if (known !== undefined) return known < 0n ? wordBits : known;
    const one = made.get(value);
    const most = below(value);
    if (depth === mostDepth || !one) return most;
    if (one.kind === "convert" || one.kind === "bounded") return bits(one.value, depth + 1) & most;
    if (one.kind === "phi")
      return one.inputs.reduce((all, input) => all | bits(input.value, depth + 1), 0n) & most;
    if (one.kind === "select") return (bits(one.then, depth + 1) | bits(one.otherwise, depth + 1)) & most;
    if (one.kind !== "binary") return most;
    const [left, right] = [bits(one.left, depth + 1), bits(one.right, depth + 1)];
    const by = facts[one.right]?.constant;
    switch (one.op) {
      case "and":
        return left & right & most;
      case "or":
      case "xor":
        return (left | right) & most;
      case "shl":
        return by !== undefined && by >= 0n && by < 64n ? (left << by) & most : most;
      case "udiv":
        return by !== undefined && by > 0n && (by & (by - 1n)) === 0n ? (left / by) & most : most;
      case "lshr":
        return by !== undefined && by >= 0n && by < 64n ? (left >> by) & most : most;
      case "mul":
        return most & ~(lowest(left) * lowest(right) - 1n);
      case "add":
      case "sub":
        return most & ~(lowest(left | right) - 1n);
      default:
        return most;
    }
  };
  /** Of `min(1, n)` LLVM knows what it is, which the largest of both does not tell. */
  const isSmall = (value: ValueId, depth = 0): boolean => {
    if ((facts[value]?.max ?? Infinity) <= smallPart) return true;
    const one = made.get(value);
    if (depth === mostDepth) return false;
    if (one?.kind === "convert" || one?.kind === "bounded") return isSmall(one.value, depth + 1);
    const [a, b, more] = passedOn(one);
    if (a === undefined || b === undefined || more !== undefined) return false;
    const [first, second] = [isSmall(a, depth + 1), isSmall(b, depth + 1)];
    return (first && second) || (first && isCompared(b)) || (second && isCompared(a));
  };
  /** With a small number. */
  const isCompared = (value: ValueId): boolean => compared.has(unconverted(made, value));
  const compared = new Set<ValueId>();
  const near = (value: ValueId): boolean => (facts[value]?.max ?? Infinity) <= smallPart + 1;
  for (const one of made.values()) {
    if (one.kind !== "compare") continue;
    if (near(one.right)) compared.add(unconverted(made, one.left));
    else if (near(one.left)) compared.add(unconverted(made, one.right));
  }
  const summands = (value: ValueId, depth = 0): readonly ValueId[] => {
    if (facts[value]?.constant !== undefined) return [];
    const one = made.get(value);
    if (one?.kind === "convert" || one?.kind === "bounded") return summands(one.value, depth);
    if (one?.kind !== "binary" || one.op !== "add" || depth === mostSummed) return [value];
    return [...summands(one.left, depth + 1), ...summands(one.right, depth + 1)];
  };
  /** Of several that are added LLVM adds those first that it likes. */
  const isDisjoint = (left: ValueId, right: ValueId): boolean =>
    summands(left).some((one) => summands(right).some((other) => (bits(one) & bits(other)) === 0n));
  for (const part of boundedIn(made)) {
    const one = made.get(part);
    if (one?.kind !== "binary" || (one.op !== "add" && one.op !== "sub")) continue;
    const parts = [one.left, one.right];
    if (parts.some((each) => facts[each]?.constant !== undefined)) continue;
    // What is taken away one after the other is taken away at once.
    const isTwice = one.op === "sub" && isDifference(made.get(one.left));
    if (isTwice || parts.some((each) => isSmall(each)) || isDisjoint(one.left, one.right)) found.add(one.id);
  }
  return found;
}

function isDifference(one: Instruction | Phi | undefined): boolean {
  return one?.kind === "binary" && one.op === "sub";
}

const wordBits = (1n << 64n) - 1n;
const mostDepth = 6;
const mostSummed = 3;

/** The lowest bit of a mask; of nothing 1. */
function lowest(mask: bigint): bigint {
  return mask === 0n ? 1n : mask & -mask;
}
