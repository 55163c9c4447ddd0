import type { BlockId, Bounded, Instruction, IrFunction, Phi, PointerAdd, ValueId } from "../ir/ir.js";
import type { BoundProof, FunctionProofs } from "../verify/proofs.js";
import type { Care } from "../llvm/compile-text.js";
import { keptChoices } from "./choices.js";
import type { Fact } from "./facts.js";
import type { Plain } from "./plain-values.js";
import { loopExits, type LoopExit } from "./loop-exits.js";

/**
 * How each proven bound reaches the kernel's verifier, at the least cost. The verifier of the language has said how
 * the kernel comes to know the bound; without its proofs every bound that the value's own arithmetic does not show
 * gets a clamp.
 */
export type BoundPlan =
  /** The kernel sees it. */
  | { readonly kind: "free" }
  /** A guard shows it, in a loop: what needs the guard must not be moved in front of the loop. */
  | { readonly kind: "held" }
  /** The kernel sees it in the value, which is a difference: see {@link isDifference}. */
  | { readonly kind: "whole" }
  /** `& mask`, which changes no value below the bound. */
  | { readonly kind: "mask"; readonly mask: bigint }
  /** A comparison whose failing edge, never taken, leaves the program. */
  | { readonly kind: "compare"; readonly max: bigint }
  /** One of these, of a value of which the kernel is first made to know nothing: see plain-values.ts. */
  | { readonly kind: "anew"; readonly by: BoundPlan };

export interface BoundPlans {
  /** By the id of the `bounded` or `pointer-add`. */
  readonly plans: ReadonlyMap<ValueId, BoundPlan>;
  /**
   * Values kept in one register from their definition on, because the kernel knows their bound from a comparison:
   * LLVM would compare one copy and use another.
   */
  readonly pinned: ReadonlySet<ValueId>;
  /** Phis of constants that LLVM must leave as they are: see {@link keptChoices}. */
  readonly choices: ReadonlySet<ValueId>;
  /** Masks for the limits of loops, by comparison and side, and by phi and block: see {@link limitMasks}. */
  readonly limits: ReadonlyMap<string, bigint>;
  /** Comparisons that end loops: see {@link loopExits}. */
  readonly exits: ReadonlyMap<ValueId, LoopExit>;
}

const free: BoundPlan = { kind: "free" };
const held: BoundPlan = { kind: "held" };
const whole: BoundPlan = { kind: "whole" };

/** MAX_PACKET_OFF is 0xffff for the offset and what is added to it; the verifier of the language leaves room. */
const packetOffsetMax = 0xbfffn;
/** What the IR promises of packet offsets where no proof says more. */
const promisedOffset = 0x7fffn;

export function planBounds(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  proofs: FunctionProofs | undefined,
  turning: () => ReadonlySet<BlockId>,
  care: Care,
  isPlain: Plain,
): BoundPlans {
  const plans = new Map<ValueId, BoundPlan>();
  const pinned = new Set<ValueId>();
  const definitions = definitionsOf(fn);
  let counters: ReadonlySet<ValueId> | undefined;
  const decide = (
    id: ValueId,
    value: ValueId,
    max: bigint,
    known: bigint,
    proof: BoundProof | undefined,
    block: BlockId,
  ): void => {
    const fact = facts[value];
    if (fact?.constant === undefined && known <= max && !isPlain(value)) {
      plans.set(id, { kind: "anew", by: clamp(known, max) });
      return;
    }
    const seen = fact === undefined || fact.constant !== undefined || fact.kernelMax <= Number(max);
    if (seen || proof?.kernel === "definition") {
      plans.set(id, isDifference(value, definitions) ? whole : free);
      return;
    }
    const shown = clamp(known < max ? known : max, max);
    // Saved and read back twice, it is compared in one copy and used in the other.
    const apart = care === "all" && shown.kind === "mask";
    if (proof?.kernel === "guard" && !apart) {
      plans.set(id, turning().has(block) ? held : free);
      counters ??= countersOf(fn);
      // The kernel walks through a counted loop with the counter as a constant, and LLVM may unroll it.
      if (!counters.has(value)) pinned.add(rootOf(value, definitions));
      return;
    }
    plans.set(id, shown);
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind === "bounded") decideBounded(one, proofs, block.id, decide);
      else if (one.kind === "pointer-add" && one.type.region === "packet")
        decideOffset(one, proofs, block.id, decide);
    }
  }
  const exits = loopExits(fn, facts, proofs, () => (counters ??= countersOf(fn)));
  const limits = limitMasks(facts, proofs);
  // Compared and counted in one register: the kernel learns of that one only.
  for (const loop of proofs?.loops.values() ?? [])
    for (const one of loop.limits) if (one.kind === "until") pinned.add(one.counter);
  return {
    plans,
    pinned,
    limits,
    choices: keptChoices(fn, facts, (value) => rootOf(value, definitions), care !== "none"),
    exits,
  };
}

type Decide = (
  id: ValueId,
  value: ValueId,
  max: bigint,
  known: bigint,
  proof: BoundProof | undefined,
  block: BlockId,
) => void;

function decideBounded(
  one: Bounded,
  proofs: FunctionProofs | undefined,
  block: BlockId,
  decide: Decide,
): void {
  const proof = proofs?.bounded.get(one.id);
  decide(one.id, one.value, one.max, proof?.range.umax ?? one.max, proof, block);
}

function decideOffset(
  one: PointerAdd,
  proofs: FunctionProofs | undefined,
  block: BlockId,
  decide: Decide,
): void {
  const proof = proofs?.offsets.get(one.id);
  decide(one.id, one.offset, packetOffsetMax, proof?.range.umax ?? promisedOffset, proof, block);
}

/** A mask where one lies between what the value can be and what it may be. */
function clamp(known: bigint, max: bigint): BoundPlan {
  const mask = (1n << BigInt(known.toString(2).length)) - 1n;
  return mask <= max && mask < 1n << 31n ? { kind: "mask", mask } : { kind: "compare", max };
}

export function exitKey(compare: ValueId, side: "left" | "right"): string {
  return `${compare} ${side}`;
}

export function startKey(phi: ValueId, block: BlockId): string {
  return `${phi} from ${block}`;
}

/**
 * The kernel walks on through a loop until it sees that it ends. Where a limit is proven that it does not know of (of
 * `n % 3` it knows nothing), a mask shows it one that is at most twice as large.
 */
function limitMasks(
  facts: readonly (Fact | undefined)[],
  proofs: FunctionProofs | undefined,
): ReadonlyMap<string, bigint> {
  const masks = new Map<string, bigint>();
  for (const { limits } of proofs?.loops.values() ?? []) {
    for (const one of limits) {
      if (one.kind === "until") continue;
      const mask = (1n << BigInt(one.max.toString(2).length)) - 1n;
      const known = facts[one.value];
      if (!known || known.constant !== undefined || known.kernelMax <= Number(mask)) continue;
      masks.set(one.kind === "exit" ? exitKey(one.compare, one.side) : startKey(one.phi, one.block), mask);
    }
  }
  return masks;
}

/**
 * Whether a value is something less another (`~x` is `255 - x`). Added to a pointer, LLVM takes the other from the
 * pointer first, and adds the something then: the kernel allows no pointer in front of what it points into.
 */
function isDifference(value: ValueId, definitions: Definitions, depth = 0): boolean {
  const one = definitions.get(value);
  if (depth > 6 || one === undefined) return false;
  const inside = (part: ValueId): boolean => isDifference(part, definitions, depth + 1);
  if (one.kind === "convert" || one.kind === "bounded") return inside(one.value);
  if (one.kind !== "binary") return false;
  switch (one.op) {
    case "sub":
    case "xor":
      return true;
    case "add":
      return inside(one.left) || inside(one.right);
    case "mul":
    case "shl":
      return inside(one.left);
    default:
      return false;
  }
}

type Definitions = ReadonlyMap<ValueId, Instruction>;

function definitionsOf(fn: IrFunction): Definitions {
  const definitions = new Map<ValueId, Instruction>();
  for (const block of fn.blocks) for (const one of block.instructions) definitions.set(one.id, one);
  return definitions;
}

/** The value before widening conversions, which print nothing. */
function rootOf(value: ValueId, definitions: Definitions): ValueId {
  let at = value;
  for (;;) {
    const one = definitions.get(at);
    if (one?.kind !== "convert") return at;
    const source = definitions.get(one.value);
    const type = source !== undefined && "type" in source ? source.type : undefined;
    if (type?.kind !== "int" || type.signed || type.bits === 1 || type.bits > one.type.bits) return at;
    at = one.value;
  }
}

/** Values made of constants alone, through loops too: the kernel knows each exactly wherever it is. */
function countersOf(fn: IrFunction): ReadonlySet<ValueId> {
  const exact = new Set<ValueId>();
  const phis: Phi[] = [];
  const rest: Instruction[] = [];
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      phis.push(phi);
      exact.add(phi.id);
    }
    for (const one of block.instructions) {
      if (one.kind === "constant") exact.add(one.id);
      else if (one.kind === "binary" || one.kind === "convert" || one.kind === "bounded") {
        rest.push(one);
        exact.add(one.id);
      }
    }
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const phi of phis) {
      if (exact.has(phi.id) && !phi.inputs.every((one) => exact.has(one.value)))
        changed = exact.delete(phi.id);
    }
    for (const one of rest) {
      if (exact.has(one.id) && !isExact(one, exact)) changed = exact.delete(one.id);
    }
  }
  return exact;
}

function isExact(one: Instruction, exact: ReadonlySet<ValueId>): boolean {
  if (one.kind === "binary") return exact.has(one.left) && exact.has(one.right);
  return (one.kind === "convert" || one.kind === "bounded") && exact.has(one.value);
}
