/**
 * The walk of the kernel's verifier through a function, on the IR: depth first, both sides of what is not decided,
 * through every turn of a loop, and no further where a state that it has seen covers this one. It counts what the
 * kernel counts.
 */
import { assertNever } from "../../base/invariant.js";
import type { BlockId, FunctionId, Terminator, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { instructionsInTurn, jumpsInTurn } from "../proofs.js";
import { makeFacts } from "./facts.js";
import type { BlockPlan, FunctionPlan } from "./plan.js";
import { differs, takeState, type State } from "./states.js";

export interface Walked {
  readonly processed: number;
  /** Sides of branches that waited to be walked, at most. */
  readonly pending: number;
  /** The walk was given up at its limits. */
  readonly exceeded: boolean;
  /** By block, what was processed in it. */
  readonly byBlock: Float64Array;
  /** By value, how often it kept two states apart. */
  readonly apart: ReadonlyMap<ValueId, number>;
}

export interface Limits {
  readonly processed: number;
  readonly pending: number;
}

/** The other side of a branch. */
interface Waiting {
  readonly from: BlockId;
  readonly to: BlockId;
  /** The step of `to` that made two paths of one; undefined for an edge into it. */
  readonly step: number | undefined;
  readonly mark: number;
  readonly length: number;
  readonly history: number;
  readonly parent: State | undefined;
  /** Undefined where nothing is known of either side. */
  readonly condition: ValueId | undefined;
  readonly side: "then" | "otherwise" | bigint | undefined;
}

/**
 * Which side of a branch in a loop the kernel walks first: that to which the code falls through, as LLVM is expected to lay it
 * out, or the one after which there is more to walk.
 */
export type Order = "laid out" | "worst";

/** As the kernel has them: when a state is worth keeping, and when one that never fits is let go. */
const jumpsBetween = 2;
const processedBetween = 8;
const longHistory = 40;
const patience = 3;

export function walkFunction(
  index: FunctionIndex,
  plan: FunctionPlan,
  costOf: (called: FunctionId, callback: boolean) => number,
  limits: Limits,
  order: Order,
): Walked {
  const { limit: values, roots, homes, followed, sources } = plan.values;
  const facts = makeFacts(index, plan.values);
  /** Values whose exactness is asked for; how many of them are made in a block. */
  const wanted: ValueId[] = [];
  const isWanted = new Uint8Array(values);
  const wantedIn = new Int32Array(plan.blocks.length);
  /** By value, the last visit of its block in which what it is made of was asked for in its place. */
  const replaced = new Int32Array(values);
  let visit = 0;
  const isPhi = new Uint8Array(values);
  for (const block of plan.blocks) for (const phi of block?.phis ?? []) isPhi[phi] = 1;
  const byBlock = new Float64Array(plan.blocks.length);
  const states: (State[] | undefined)[] = plan.blocks.map(() => undefined);
  const apart = new Map<ValueId, number>();
  /** The blocks on the way here. */
  let path = new Int32Array(1 << 10);
  let length = 0;
  const waiting: Waiting[] = [];
  let parent: State | undefined;
  let processed = 0;
  let jumps = 0;
  let history = 0;
  let pending = 0;
  let lastProcessed = 0;
  let lastJumps = 0;

  const push = (
    from: BlockId,
    to: BlockId,
    step: number | undefined,
    condition: ValueId | undefined,
    side: Waiting["side"],
  ): void => {
    waiting.push({ from, to, step, mark: facts.mark(), length, history, parent, condition, side });
    if (parent) parent.open++;
    if (waiting.length > pending) pending = waiting.length;
  };

  /** The values that decided something here mattered all the way from where they were made. */
  const needExact = (values: readonly ValueId[]): void => {
    for (let i = 0; i < values.length; i++) want(values[i] ?? 0);
    let state = parent;
    for (let at = length - 1; at >= 0 && wanted.length > 0; at--) {
      const block = path[at] ?? 0;
      if ((wantedIn[block] ?? 0) > 0) {
        visit++;
        // What is added is looked at as well, once: it may be on many ways from one value to another.
        for (let i = 0; i < wanted.length; i++) {
          const value = wanted[i] ?? 0;
          if (homes[value] !== block || isPhi[value] === 1) continue;
          drop(i--);
          if (replaced[value] === visit) continue;
          replaced[value] = visit;
          const from = sources[value];
          if (from) for (let j = 0; j < from.length; j++) want(from[j] ?? 0);
        }
      }
      for (; state && state.at === at; state = state.parent) {
        for (let i = wanted.length - 1; i >= 0; i--) {
          const value = wanted[i] ?? 0;
          if (state.precise.has(value)) drop(i);
          else state.precise.add(value);
        }
      }
      if ((wantedIn[block] ?? 0) === 0) continue;
      const before = path[at - 1] ?? -1;
      const plans = plan.blocks[block];
      const inputs = plans?.inputs.get(before);
      for (let i = wanted.length - 1; i >= 0; i--) {
        const value = wanted[i] ?? 0;
        if (homes[value] !== block || isPhi[value] !== 1) continue;
        drop(i);
        const input = inputs?.[plans?.phis.indexOf(value) ?? -1];
        if (input !== undefined) want(input);
      }
    }
    for (let i = wanted.length - 1; i >= 0; i--) drop(i);
  };
  const want = (value: ValueId): void => {
    const at = roots[value] ?? value;
    const home = homes[at] ?? -1;
    if (home < 0 || followed[at] !== 1 || isWanted[at] === 1) return;
    isWanted[at] = 1;
    wanted.push(at);
    wantedIn[home] = (wantedIn[home] ?? 0) + 1;
  };
  const drop = (i: number): void => {
    const value = wanted[i] ?? 0;
    const last = wanted.pop() ?? 0;
    if (i < wanted.length) wanted[i] = last;
    isWanted[value] = 0;
    const home = homes[value] ?? 0;
    wantedIn[home] = (wantedIn[home] ?? 0) - 1;
  };

  const needCondition = (condition: ValueId): void => {
    const one = index.definition(roots[condition] ?? condition);
    if (one?.kind === "compare") needExact([one.left, one.right]);
    else needExact([condition]);
  };

  const assumeEqual = (value: ValueId, constant: bigint): void =>
    facts.setInteger(roots[value] ?? value, Number(constant), Number(constant));

  /** Whether what follows was seen before. */
  const seen = (block: BlockPlan): boolean => {
    let keep =
      history > longHistory ||
      (jumps - lastJumps >= jumpsBetween && processed - lastProcessed >= processedBetween);
    let list = states[block.id];
    if (list) {
      for (let at = list.length - 1; at >= 0; at--) {
        const old = list[at];
        if (!old) continue;
        if (old.open > 0) {
          if (
            history <= longHistory &&
            jumps - lastJumps < jumpsInTurn &&
            processed - lastProcessed < instructionsInTurn
          )
            keep = false;
        } else {
          const value = differs(old, facts);
          if (value === undefined) {
            old.hits++;
            if (old.precise.size > 0) needExact([...old.precise]);
            return true;
          }
          apart.set(value, (apart.get(value) ?? 0) + 1);
        }
        if (keep) old.misses++;
        if (old.misses > old.hits * patience + patience) list.splice(at, 1);
      }
    }
    if (!keep) return false;
    parent = takeState(block, facts, parent, length - 1);
    if (list) list.push(parent);
    else states[block.id] = list = [parent];
    lastProcessed = processed;
    lastJumps = jumps;
    history = 0;
    return false;
  };

  const spend = (block: BlockPlan, weight: number): void => {
    processed += weight;
    byBlock[block.id] = (byBlock[block.id] ?? 0) + weight;
  };

  /** The instructions of a block from a step on. */
  const run = (block: BlockPlan, from: number): void => {
    for (let at = from; at < block.steps.length; at++) {
      const step = block.steps[at];
      if (!step) break;
      const { one, condition } = step;
      spend(block, step.weight);
      jumps += step.jumps;
      if (one.kind === "call" || one.kind === "function-address") {
        spend(block, costOf(one.function, one.kind === "function-address"));
        if (one.kind === "call") facts.compute(one);
        continue;
      }
      if (one.kind === "pointer-add" && roots[one.id] === one.id) needExact([one.offset]);
      if (condition !== undefined) {
        jumps++;
        const known = facts.decided(condition);
        if (known === undefined) {
          push(block.id, block.id, at, condition, "otherwise");
          facts.assume(condition, true);
        } else needCondition(condition);
      }
      for (let i = 0; i < step.forks; i++) {
        jumps++;
        push(block.id, block.id, at, undefined, undefined);
      }
      facts.compute(one);
    }
    spend(block, block.weight);
    jumps += block.jumps;
  };

  /** Where the walk goes on; undefined at the end of a path. */
  const leave = (block: BlockPlan, terminator: Terminator): BlockId | undefined => {
    switch (terminator.kind) {
      case "jump":
        return terminator.target;
      case "branch": {
        history++;
        if (terminator.then === terminator.otherwise) return terminator.then;
        const known = facts.decided(terminator.condition);
        if (known !== undefined) {
          needCondition(terminator.condition);
          return known === 1 ? terminator.then : terminator.otherwise;
        }
        // The side that is hardly ever taken LLVM puts out of the way.
        const { unlikely } = terminator;
        const worst = order === "worst" ? block.worstFirst : undefined;
        const first = worst ?? (unlikely && (unlikely === "then" ? "otherwise" : "then"));
        const thenFirst = first ? first === "then" : block.next === terminator.then;
        const [now, later] = thenFirst
          ? [terminator.then, terminator.otherwise]
          : [terminator.otherwise, terminator.then];
        push(block.id, later, undefined, terminator.condition, thenFirst ? "otherwise" : "then");
        facts.assume(terminator.condition, thenFirst);
        return now;
      }
      case "switch": {
        history++;
        const [least, most] = facts.interval(terminator.value);
        const cases = terminator.cases.filter((one) => {
          const value = Number(one.value);
          return value >= least && value <= most;
        });
        if (least === most || cases.length === 0) {
          needExact([terminator.value]);
          spend(block, 1 + Math.log2(terminator.cases.length + 1));
          return cases[0]?.target ?? terminator.otherwise;
        }
        spend(block, terminator.cases.length);
        jumps += terminator.cases.length;
        // Of the comparisons that LLVM makes of it, the last one falls through to what comes next.
        const through = cases.find((one) => one.target === block.next);
        if (through) push(block.id, terminator.otherwise, undefined, undefined, undefined);
        for (const one of cases.toReversed())
          if (one !== through) push(block.id, one.target, undefined, terminator.value, one.value);
        if (!through) return terminator.otherwise;
        assumeEqual(terminator.value, through.value);
        return through.target;
      }
      case "return":
      case "unreachable":
        return undefined;
      default:
        return assertNever(terminator, "terminator");
    }
  };

  const close = (): void => {
    for (let state = parent; state && --state.open === 0; state = state.parent);
  };

  let from: BlockId = -1;
  let to: BlockId | undefined = plan.entry;
  let step = -1;
  for (;;) {
    const block: BlockPlan | undefined = to === undefined ? undefined : plan.blocks[to];
    if (block) {
      let known = false;
      if (step < 0) {
        if (block.phis.length > 0) facts.takePhis(block.phis, block.inputs.get(from) ?? block.phis);
        if (length === path.length) {
          const longer = new Int32Array(2 * length);
          longer.set(path);
          path = longer;
        }
        path[length++] = block.id;
        known = seen(block);
      }
      if (!known) {
        run(block, Math.max(step, 0));
        if (processed > limits.processed || waiting.length > limits.pending)
          return { processed, pending, exceeded: true, byBlock, apart };
        from = block.id;
        to = leave(block, block.terminator);
        step = -1;
        if (to !== undefined) continue;
      }
    }
    close();
    const next = waiting.pop();
    if (!next) return { processed, pending, exceeded: false, byBlock, apart };
    facts.undo(next.mark);
    length = next.length;
    ({ from, to, parent, history } = next);
    step = -1;
    const { condition } = next;
    if (typeof next.side === "bigint" && condition !== undefined) assumeEqual(condition, next.side);
    else {
      if (condition !== undefined) facts.assume(condition, next.side === "then");
      const one = next.step === undefined ? undefined : plan.blocks[next.to]?.steps[next.step]?.one;
      if (one && next.step !== undefined) {
        facts.compute(one);
        step = next.step + 1;
      }
    }
  }
}
