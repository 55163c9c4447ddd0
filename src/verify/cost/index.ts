/**
 * How much the kernel's verifier has to do for a program: the instructions that it will walk through before it has seen
 * every way through the program. It gives up after a million, or with 8192 branches of which a side still waits.
 */
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.js";
import type { BlockId, FunctionId, IrFunction, IrModule } from "../../ir/ir.js";
import { indexFunction, type FunctionIndex } from "../flow/index-function.js";
import type { FunctionProofs, HeavyLoop } from "../proofs.js";
import { fewerTurns } from "./fewer-turns.js";
import { withoutUnreachable } from "../unreachable.js";
import { hoistInvariants } from "./hoist.js";
import { planFunction } from "./plan.js";
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
const unluckyRisk = 8;

/** `worst`: the size with loops that may be unlucky. */
function exceeds(walked: Walked, size: Size, worst: Size, limits: Limits = costLimits): boolean {
  const grown = walked.processed / size.resumed / steady;
  const risk = worst.unlucky ? unluckyRisk : Math.min(mostRisk, Math.max(1, grown));
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
  /** By program; found when it is asked for. */
  readonly all: () => ReadonlyMap<FunctionId, Cost>;
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
    const worst = turnedSize(index.fn, proofs.get(id), worstOf, unluckyLoops(index));
    worsts.set(id, worst);
    return worst;
  };

  const walkOf = (id: FunctionId): Walked | undefined => {
    const found = walks.get(id);
    const fn = byId.get(id);
    if (found || !fn) return found;
    const index = followedIndex(fn);
    const walked = walkFunction(index, planFunction(index), costOf, costLimits);
    walks.set(id, walked);
    return walked;
  };

  const isTooMuch = (id: FunctionId): boolean => {
    const size = sizeOf(id);
    if (isPlainlyCheap(size)) return false;
    const walked = walkOf(id);
    return walked !== undefined && exceeds(walked, size, worstOf(id));
  };

  /** Whether a function would do with a loop of so many turns: with half of what is allowed, to be sure. */
  const isCheapWith = (changed: IrFunction, header: BlockId, turns: bigint): boolean => {
    const known = proofs.get(changed.id);
    const loop = known?.loops.get(header);
    if (!known || !loop) return false;
    const loops = new Map(known.loops).set(header, { ...loop, trips: turns });
    const index = hoistedIndex(changed);
    const walked = walkFunction(index, planFunction(index), costOf, sureLimits);
    const size = turnedSize(changed, { ...known, loops }, sizeOf);
    const worst = turnedSize(index.fn, { ...known, loops }, worstOf, unluckyLoops(index));
    return !exceeds(walked, size, worst, sureLimits);
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

  return { check, all };
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
