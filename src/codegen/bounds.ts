import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf } from "../ir/dominators.js";
import type { BlockId, Bounded, Instruction, IrFunction, Phi, PointerAdd, ValueId } from "../ir/ir.js";
import type { BoundProof, FunctionProofs } from "../verify/proofs.js";
import type { Fact } from "./facts.js";
import { loopExits } from "./loop-exits.js";

/**
 * How each proven bound reaches the kernel's verifier, at the least cost. The verifier of the language has said how
 * the kernel comes to know the bound; without its proofs every bound that the value's own arithmetic does not show
 * gets a clamp.
 */
export type BoundPlan =
  /** The kernel sees it. */
  | { readonly kind: "free" }
  /** `& mask`, which changes no value below the bound. */
  | { readonly kind: "mask"; readonly mask: bigint }
  /** A comparison whose failing edge, never taken, leaves the program. */
  | { readonly kind: "compare"; readonly max: bigint };

export interface BoundPlans {
  /** By the id of the `bounded` or `pointer-add`. */
  readonly plans: ReadonlyMap<ValueId, BoundPlan>;
  /**
   * Values kept in one register from their definition on, because the kernel knows their bound from a comparison:
   * LLVM would compare one copy and use another.
   */
  readonly pinned: ReadonlySet<ValueId>;
  /** Comparisons that end loops: see {@link loopExits}. */
  readonly exits: ReadonlyMap<ValueId, "left" | "right">;
}

const free: BoundPlan = { kind: "free" };

/** MAX_PACKET_OFF is 0xffff for the offset and what is added to it; the verifier of the language leaves room. */
const packetOffsetMax = 0xbfffn;
/** What the IR promises of packet offsets where no proof says more. */
const promisedOffset = 0x7fffn;

export function planBounds(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  proofs: FunctionProofs | undefined,
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
  ): void => {
    const fact = facts[value];
    if (fact === undefined || fact.constant !== undefined || fact.kernelMax <= Number(max)) {
      plans.set(id, free);
      return;
    }
    if (proof?.kernel === "definition") {
      plans.set(id, free);
      return;
    }
    if (proof?.kernel === "guard") {
      plans.set(id, free);
      counters ??= countersOf(fn);
      // The kernel walks through a counted loop with the counter as a constant, and LLVM may unroll it.
      if (!counters.has(value)) pinned.add(rootOf(value, definitions));
      return;
    }
    plans.set(id, clamp(known < max ? known : max, max));
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind === "bounded") decideBounded(one, proofs, decide);
      else if (one.kind === "pointer-add" && one.type.region === "packet") decideOffset(one, proofs, decide);
    }
  }
  pinChoices(fn, facts, definitions, pinned);
  return { plans, pinned, exits: loopExits(fn, facts, () => (counters ??= countersOf(fn))) };
}

/**
 * A phi of constants (where the network header starts) that is compared again after a call: LLVM would carry the
 * result of each comparison along in a register of its own, set on every path, in place of the one value. Where no
 * call lies between, it leads each path past the comparison instead.
 */
function pinChoices(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  definitions: Definitions,
  pinned: Set<ValueId>,
): void {
  const choices = new Map<ValueId, BlockId>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (phi.inputs.length > 1 && phi.inputs.every((one) => facts[one.value]?.constant !== undefined))
        choices.set(phi.id, block.id);
    }
  }
  if (choices.size === 0) return;
  const { immediate } = dominatorsOf(cfgOf(fn.blocks));
  const calls = new Set(
    fn.blocks.filter((block) => block.instructions.some(isCall)).map((block) => block.id),
  );
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind !== "compare" || facts[one.right]?.constant === undefined) continue;
      const root = rootOf(one.left, definitions);
      const from = choices.get(root);
      if (from === undefined) continue;
      let at: BlockId | undefined = block.id;
      while (at !== undefined && at !== from && !calls.has(at)) at = immediate[at];
      if (at !== undefined && calls.has(at)) pinned.add(root);
    }
  }
}

function isCall(one: Instruction): boolean {
  return (
    one.kind === "helper" ||
    one.kind === "call" ||
    one.kind === "map-lookup" ||
    one.kind === "map-update" ||
    one.kind === "map-delete"
  );
}

type Decide = (
  id: ValueId,
  value: ValueId,
  max: bigint,
  known: bigint,
  proof: BoundProof | undefined,
) => void;

function decideBounded(one: Bounded, proofs: FunctionProofs | undefined, decide: Decide): void {
  const proof = proofs?.bounded.get(one.id);
  decide(one.id, one.value, one.max, proof?.range.umax ?? one.max, proof);
}

function decideOffset(one: PointerAdd, proofs: FunctionProofs | undefined, decide: Decide): void {
  const proof = proofs?.offsets.get(one.id);
  decide(one.id, one.offset, packetOffsetMax, proof?.range.umax ?? promisedOffset, proof);
}

/** A mask where one lies between what the value can be and what it may be. */
function clamp(known: bigint, max: bigint): BoundPlan {
  const mask = (1n << BigInt(known.toString(2).length)) - 1n;
  return mask <= max && mask < 1n << 31n ? { kind: "mask", mask } : { kind: "compare", max };
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
