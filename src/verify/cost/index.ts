/**
 * How much the kernel's verifier has to do for a program: the instructions that it will walk through before it has seen
 * every way through the program. It gives up after a million, or with 8192 branches of which a side still waits.
 */
import { once } from "../../base/once.js";
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.js";
import type { BlockId, FunctionId, IrFunction, IrModule } from "../../ir/ir.js";
import { indexFunction, type FunctionIndex } from "../flow/index-function.js";
import type { FunctionProofs, HeavyLoop } from "../proofs.js";
import { fewerTurns } from "./fewer-turns.js";
import { withoutUnreachable } from "../unreachable.js";
import { hoistInvariants } from "./hoist.js";
import { pacedLoops, unpaced, type Paced } from "./pace.js";
import { planFunction, type Loops } from "./plan.js";
import { callbackWalks, isPlainlyCheap, nothing, turnedSize, type Size } from "./size.js";
import { unluckyLoops } from "./unlucky.js";
import { tooMuch } from "./words.js";
import { walkFunction, type Limits, type Walked } from "./walk.js";

export interface Cost {
  /** Instructions that the kernel will process, about, with those of functions and callbacks. */
  readonly processed: number;
  /** It is more than that: the walk was given up. */
  readonly exceeded: boolean;
}

/**
 * Less than half of the instructions that kernels allow (BPF_COMPLEXITY_LIMIT_INSNS), for what is said with the risk that it is
 * more. Branches that wait are counted as kernels do, up to what LLVM adds: three quarters of theirs
 * (BPF_COMPLEXITY_LIMIT_JMP_SEQ).
 */
const costLimits: Limits = { processed: 400_000, pending: 6144 };

/** What the walk itself counts of large programs is too low by up to 3.5 times. */
const mostCounted = 0.65;

const sureLimits: Limits = { processed: costLimits.processed / 2, pending: costLimits.pending / 2 };

/** Where ways multiply more than this often, a small difference in the code that LLVM makes is a large one in the result. */
const steady = 2;
const mostRisk = 4;
/** Where the kernel keeps a state in each turn of the loops in which they could. */
const pacedRisk = 1.6;
const unluckyPacedRisk = 5;
const unluckyRisk = 8;

/** `worst`: the size with loops that may be unlucky. */
function exceeds(
  walked: Walked,
  size: Size,
  worst: Size,
  { complete }: Paced,
  limits: Limits = costLimits,
): boolean {
  const grown = walked.processed / size.resumed / steady;
  const [usual, unlucky] = complete ? [pacedRisk, unluckyPacedRisk] : [mostRisk, unluckyRisk];
  const risk = worst.unlucky ? unlucky : Math.min(usual, Math.max(1, grown));
  if (walked.processed > limits.processed * mostCounted) return true;
  return walked.exceeded || Math.max(walked.processed * risk, worst.turned) > limits.processed;
}

/** To two digits: it is an estimate. */
export function roundedCost(processed: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(processed, 1))) - 1);
  return Math.round(processed / unit) * unit;
}

export interface Costs {
  /** Programs that are too much, in the words of the script. */
  readonly check: () => { readonly found: readonly Diagnostic[]; readonly heavy: readonly HeavyLoop[] };
  /** The loops of a function in which the kernel has to be made to keep a state in each turn. */
  readonly paced: (id: FunctionId) => ReadonlySet<BlockId>;
  /** By program; found when it is asked for. */
  readonly all: () => ReadonlyMap<FunctionId, Cost>;
}

/** Loops in which each turn may leave something that waits: with a few such branches in a turn it would be too much. */
function longLoops(proofs: FunctionProofs | undefined): ReadonlySet<BlockId> {
  const found = [...(proofs?.loops.values() ?? [])].filter(({ trips }) => trips > costLimits.pending / 8);
  return new Set(found.map(({ header }) => header));
}

export function costsOf(
  module: IrModule,
  indexOf: (fn: IrFunction) => FunctionIndex | undefined,
  proofs: ReadonlyMap<FunctionId, FunctionProofs>,
): Costs {
  const byId = new Map(module.functions.map((fn) => [fn.id, fn]));
  const sizes = new Map<FunctionId, Size>();
  const worsts = new Map<FunctionId, Size>();
  const indexes = new Map<FunctionId, FunctionIndex>();
  const walks = new Map<FunctionId, Walked>();
  const paced = new Map<FunctionId, Paced>();

  const sizeOf = (id: FunctionId): Size => {
    const found = sizes.get(id);
    const fn = byId.get(id);
    if (found !== undefined || !fn) return found ?? nothing;
    sizes.set(id, nothing);
    const size = turnedSize(fn, proofs.get(id), sizeOf);
    sizes.set(id, size);
    return size;
  };

  const costOf = (called: FunctionId, callback: boolean): number =>
    (walkOf(called)?.processed ?? 0) * (callback ? callbackWalks : 1);

  /** A function as LLVM leaves it to be followed. */
  const hoistedIndex = (fn: IrFunction): FunctionIndex => {
    const hoisted = hoistInvariants(withoutUnreachable(fn, proofs.get(fn.id)?.unreachable));
    return (hoisted === fn ? indexOf(fn) : undefined) ?? indexFunction(hoisted);
  };

  const followedIndex = (fn: IrFunction): FunctionIndex => {
    const index = indexes.get(fn.id) ?? hoistedIndex(fn);
    indexes.set(fn.id, index);
    return index;
  };

  const worstOf = (id: FunctionId): Size => {
    const found = worsts.get(id);
    const fn = byId.get(id);
    if (found !== undefined || !fn) return found ?? nothing;
    worsts.set(id, nothing);
    const index = followedIndex(fn);
    const worst = turnedSize(index.fn, proofs.get(id), worstOf, unluckyLoops(index, pacedOf(id).loops));
    worsts.set(id, worst);
    return worst;
  };

  /** Where all is plainly cheap, none. */
  const isCheap = once(() => module.programs.every((one) => isPlainlyCheap(sizeOf(one.function))));
  const pacedOf = (id: FunctionId): Paced => {
    const fn = byId.get(id);
    const known = proofs.get(id);
    const found = paced.get(id);
    if (found || !fn || !known || isCheap()) return found ?? unpaced;
    const loops = pacedLoops(followedIndex(fn), known);
    paced.set(id, loops);
    return loops;
  };

  const walkOf = (id: FunctionId): Walked | undefined => {
    const found = walks.get(id);
    const fn = byId.get(id);
    if (found || !fn) return found;
    const index = followedIndex(fn);
    const walked = walk(index, { paced: pacedOf(id).loops, long: longLoops(proofs.get(id)) }, costLimits);
    walks.set(id, walked);
    return walked;
  };

  /** The one of both orders in which there is more to walk, where the first one says that it is not too much. */
  const walk = (index: FunctionIndex, loops: Loops, limits: Limits): Walked => {
    const plan = planFunction(index, loops);
    const expected = walkFunction(index, plan, costOf, limits, "laid out");
    if (expected.exceeded || plan.blocks.every((one) => one?.worstFirst === undefined)) return expected;
    const worst = walkFunction(index, plan, costOf, limits, "worst");
    return worst.exceeded || worst.processed > expected.processed ? worst : expected;
  };

  const isTooMuch = (id: FunctionId): boolean => {
    const size = sizeOf(id);
    if (isPlainlyCheap(size)) return false;
    const walked = walkOf(id);
    return walked !== undefined && exceeds(walked, size, worstOf(id), pacedOf(id));
  };

  /** Whether a function would do with a loop of so many turns: with half of what is allowed, to be sure. */
  const isCheapWith = (changed: IrFunction, header: BlockId, turns: bigint): boolean => {
    const known = proofs.get(changed.id);
    const loop = known?.loops.get(header);
    if (!known || !loop) return false;
    const changedProofs = { ...known, loops: new Map(known.loops).set(header, { ...loop, trips: turns }) };
    const index = hoistedIndex(changed);
    const pace = pacedLoops(index, changedProofs);
    const walked = walk(index, { paced: pace.loops, long: longLoops(changedProofs) }, sureLimits);
    const size = turnedSize(changed, changedProofs, sizeOf);
    const worst = turnedSize(index.fn, changedProofs, worstOf, unluckyLoops(index, pace.loops));
    return !exceeds(walked, size, worst, pace, sureLimits);
  };

  const check: Costs["check"] = () => {
    const found: Diagnostic[] = [];
    const heavy: HeavyLoop[] = [];
    for (const { function: id } of module.programs) {
      if (!isTooMuch(id)) continue;
      // What is too much by itself is too much for all that call it: there it is said.
      const inner = calledBy(id, byId).find((one) => one !== id && isTooMuch(one));
      const fn = byId.get(inner ?? id);
      const walked = fn && walkOf(fn.id);
      const index = fn && (indexOf(fn) ?? indexFunction(fn));
      if (!index || !walked) continue;
      const fewer = (header: BlockId): Fix | undefined =>
        fewerTurns(index, header, (changed, turns) => isCheapWith(changed, header, turns));
      const one = tooMuch(index, walked, proofs.get(index.fn.id), costLimits, fewer);
      found.push(one.found);
      if (one.heavy) heavy.push(one.heavy);
    }
    return { found, heavy };
  };

  const all = (): ReadonlyMap<FunctionId, Cost> => {
    const costs = new Map<FunctionId, Cost>();
    for (const { function: id } of module.programs) {
      const walked = walkOf(id);
      if (walked) costs.set(id, { processed: Math.round(walked.processed), exceeded: walked.exceeded });
    }
    return costs;
  };

  return { check, paced: (id) => pacedOf(id).loops, all };
}

/** The functions that a function calls, those deepest in the calls first, itself last. */
function calledBy(id: FunctionId, byId: ReadonlyMap<FunctionId, IrFunction>): readonly FunctionId[] {
  const seen = new Set<FunctionId>();
  const order: FunctionId[] = [];
  const visit = (at: FunctionId): void => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const { instructions } of byId.get(at)?.blocks ?? [])
      for (const one of instructions)
        if (one.kind === "call" || one.kind === "function-address") visit(one.function);
    order.push(at);
  };
  visit(id);
  return order;
}
