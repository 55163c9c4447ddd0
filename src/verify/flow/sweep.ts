/**
 * The range analysis: one walk over the dominator tree in which what is known grows and is undone. Where it comes to a
 * loop, it turns there until the values at its head, and at those of the loops inside it, are stable; then it goes on.
 * What lies outside loops is visited once, so time without loops is linear in the function's length.
 *
 * - A block starts with what is known at its immediate dominator, plus what its edge says (one predecessor), or what
 *   all paths since the dominator found (several).
 * - A loop head starts from the entries alone and grows: from the third turn on by widening to the constants of the
 *   function's comparisons, then shrinks again in narrowing turns.
 * - Facts of values defined outside a loop hold inside it: in SSA form they do not change.
 */
import { cfgOf, type Cfg } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Dominators, type Loop, type Loops } from "../../ir/dominators.js";
import { effectContext, forEachClobber, packetPlace } from "../../ir/optimize/effects.js";
import { memoryVersions } from "../../ir/optimize/versions.js";
import type { Block, BlockId, Instruction, IrModule, Phi, ValueId } from "../../ir/ir.js";
import { meet, sameRange, typeRange, widen, type Range } from "../range/range.js";
import {
  factsSince,
  joinInputs,
  meetPath,
  phiInput,
  type Edge,
  type EdgeFacts,
  type Meeting,
  type PhiInput,
} from "./edges.js";
import { evaluate } from "./evaluate.js";
import { assumeEdge, makeKnowledge, type Knowledge, type Mark } from "./knowledge.js";
import type { FunctionIndex } from "./index-function.js";
import {
  evaluatePointer,
  nowhere,
  parameterState,
  samePointer,
  widenPointer,
  type PointerState,
} from "./pointers.js";
import { thresholdsOf } from "./thresholds.js";

export interface Place {
  readonly block: BlockId;
  readonly known: Knowledge;
  readonly pointer: (value: ValueId) => PointerState;
  /** The version of the packet's place here. */
  readonly epoch: () => number;
}

/** What a block shows to others when its facts are final. */
export interface Observer {
  /** Before the instruction's own result is known. */
  readonly instruction: (one: Instruction, place: Place) => void;
  readonly end: (block: Block, place: Place) => void;
  /** On the edge, with what it says. */
  readonly edge: (from: BlockId, to: BlockId, place: Place) => void;
  readonly defined: (value: ValueId, range: Range) => void;
}

export interface FlowResult {
  readonly cfg: Cfg;
  readonly dominators: Dominators;
  readonly loops: Loops;
  readonly reached: ReadonlySet<BlockId>;
  /** What is known of a value in a block: at its end, or where it is left for a block below. */
  readonly rangeAt: (block: BlockId, value: ValueId) => Range | undefined;
  /** What is known of it where it is made. */
  readonly madeAs: (value: ValueId) => Range | undefined;
}

/** Turns until widening; turns at most; narrowing turns. */
const plainTurns = 2;
const maxTurns = 24;
const narrowing = 2;
/** How far the analysis is with an outermost loop. */
interface Turning {
  turn: number;
  mode: "grow" | "shrink" | "keep";
}

/** Edges into a block whose phis are told apart, and facts kept of each. */
const correlatedLimit = 32;
const factLimit = 24;

export function analyseFlow(
  index: FunctionIndex,
  module: IrModule,
  movers: ReadonlySet<number>,
  observer: Observer,
): FlowResult {
  const { fn } = index;
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const loops = loopsOf(cfg, dominators);
  const headers = new Set(loops.loops.map((loop) => loop.header));
  const effects = effectContext(module, fn, movers);
  const versions = memoryVersions(cfg, effects);
  const thresholds = headers.size > 0 ? thresholdsOf(fn) : [];
  const known = makeKnowledge(index, (block) => edgesInto(block));
  const pointers: (PointerState | undefined)[] = [];
  const pointer = (value: ValueId): PointerState => pointers[value] ?? nowhere;
  const outermost = outermostLoops(loops);
  /** Of outermost loops. */
  const turning = loops.loops.map((): Turning => ({ turn: 0, mode: "grow" }));
  const edges = new Map<number, Edge>();
  const edgeKey = (from: BlockId, to: BlockId): number => from * cfg.blocks.length + to;
  const meetings = new Map<BlockId, Meeting>();
  const heads = new Map<ValueId, PhiInput>();
  const reached = new Set<BlockId>();
  const blockFacts = new Map<BlockId, Map<ValueId, Range>>();
  const definedRanges = new Map<ValueId, Range>();
  let epoch = 0;
  /** Whether a loop's head took another value in this turn. */
  let changed = false;
  /** The outermost loop that is turning; undefined where facts are final. */
  let inTurn: Loop | undefined;

  const position = (id: BlockId): number => cfg.position[id] ?? -1;
  const isForward = (from: BlockId, to: BlockId): boolean => position(from) < position(to);
  /** The turn in which a loop's block is visited; edges into its head come from outside, once. */
  const turnAt = (to: BlockId): number => {
    const loop = outermost[to];
    return loop === undefined || loops.loops[loop]?.header === to ? 0 : (turning[loop]?.turn ?? 0);
  };
  const liveEdge = (from: BlockId, to: BlockId): Edge | undefined => {
    const edge = edges.get(edgeKey(from, to));
    if (!edge?.live) return undefined;
    if (isForward(from, to)) return edge.turn === turnAt(to) ? edge : undefined;
    const loop = outermost[to];
    return loop !== undefined && edge.turn === (turning[loop]?.turn ?? 0) - 1 ? edge : undefined;
  };
  const edgesInto = (block: BlockId): readonly Edge[] | undefined => {
    const from = cfg.predecessors[block] ?? [];
    if (headers.has(block) || from.length < 2 || from.length > correlatedLimit) return undefined;
    return from.flatMap((one) => liveEdge(one, block) ?? []);
  };
  const place = (block: BlockId): Place => ({ block, known, pointer, epoch: () => epoch });

  const endMarks = new Map<BlockId, Mark>();

  /** False when the block is not reached in this walk. */
  const visit = (id: BlockId): boolean => {
    const block = cfg.blocks[id];
    if (!block) return false;
    const startMark = known.mark();
    epoch = versions.at(id, packetPlace);
    if (id === cfg.entry) {
      for (const one of fn.parameters) {
        if (one.type.kind === "int") define(one.id, typeRange(one.type));
        else pointers[one.id] = parameterState(one);
      }
    } else if (!arrive(block)) {
      return false;
    }
    if (!inTurn) reached.add(id);
    const here = place(id);
    for (const one of block.instructions) {
      if (!inTurn) observer.instruction(one, here);
      if (one.kind === "bounded") {
        // Past this place the obligation holds, or the script is refused.
        const range = evaluate(one, known);
        if (range) define(one.id, range);
        if (range && meet(known.range(one.value), range)) known.refine(one.value, range);
      } else {
        const range = evaluate(one, known);
        if (range) define(one.id, range);
        const state = evaluatePointer(one, { module, known, epoch: here.epoch, pointer });
        if (state) pointers[one.id] = state;
      }
      forEachClobber(one, effects, (memory) => {
        if (memory === packetPlace) epoch = one.id + 1;
      });
    }
    if (!inTurn) {
      observer.end(block, here);
      const facts = new Map<ValueId, Range>();
      for (const value of known.ranges.changedSince(startMark.ranges, 256))
        facts.set(value, known.range(value));
      if (facts.size > 0) blockFacts.set(id, facts);
    }
    endMarks.set(id, known.mark());
    for (const target of cfg.successors[id] ?? []) {
      // What leaves the loop waits for its last turn.
      if (!inTurn || inTurn.body.has(target)) leave(id, target);
    }
    return true;
  };

  const define = (value: ValueId, range: Range): void => {
    known.define(value, range);
    if (!inTurn) {
      definedRanges.set(value, range);
      observer.defined(value, range);
    }
  };

  const arrive = (block: Block): boolean => {
    const from = cfg.predecessors[block.id] ?? [];
    const live = from.flatMap((one) => {
      const edge = liveEdge(one, block.id);
      return edge ? [{ from: one, edge }] : [];
    });
    if (!live.some((one) => isForward(one.from, block.id))) return false;
    const forward = from.filter((one) => isForward(one, block.id));
    const only = forward.length === 1 ? forward[0] : undefined;
    if (only !== undefined) assumeEdge(known, only, block.id);
    else applyMeeting(block.id);
    if (known.impossible()) return false;
    block.phis.forEach((phi, at) => {
      const inputs = live.flatMap((one) => one.edge.inputs[at] ?? []);
      const joined = joinInputs(inputs);
      if (!joined) return;
      const settled = headers.has(block.id) ? settle(phi, joined, turning[outermost[block.id] ?? 0]) : joined;
      if (settled.range) define(phi.id, settled.range);
      if (settled.pointer) pointers[phi.id] = settled.pointer;
      if (settled.nonNull) known.nonNull.set(phi.id, true);
      if (settled.extent > 0) known.extents.set(phi.id, settled.extent);
    });
    return true;
  };

  const applyMeeting = (id: BlockId): void => {
    const meeting = meetings.get(id);
    if (!meeting || meeting.turn !== turnAt(id)) return;
    for (const [value, range] of meeting.ranges) known.refine(value, range);
    for (const value of meeting.nonNull) known.nonNull.set(value, true);
    for (const [root, size] of meeting.extents) {
      if (size > (known.extents.get(root) ?? 0)) known.extents.set(root, size);
    }
  };

  /** The next state of a loop head's phi: it grows until stable, then shrinks. */
  const settle = (phi: Phi, joined: PhiInput, loop: Turning | undefined): PhiInput => {
    const before = heads.get(phi.id);
    const { mode, turn } = loop ?? { mode: "keep", turn: 0 };
    if (!before) {
      heads.set(phi.id, joined);
      changed = true;
      return joined;
    }
    if (mode === "keep") return before;
    if (mode === "shrink") {
      const range = before.range && joined.range && (meet(before.range, joined.range) ?? before.range);
      const next = { ...before, range };
      heads.set(phi.id, next);
      return next;
    }
    const both = joinInputs([before, joined]) ?? joined;
    const widening = turn > plainTurns;
    const limits = turn > maxTurns / 2 ? [] : thresholds;
    const next: PhiInput = {
      ...both,
      range:
        before.range &&
        both.range &&
        (widening ? widened(phi, before.range, both.range, limits) : both.range),
      pointer:
        before.pointer && both.pointer && widening
          ? widenPointer(before.pointer, both.pointer)
          : both.pointer,
      extent: widening && both.extent < before.extent ? 0 : both.extent,
    };
    const same =
      (next.range === before.range || (next.range && before.range && sameRange(next.range, before.range))) &&
      (next.pointer === before.pointer ||
        (next.pointer && before.pointer && samePointer(next.pointer, before.pointer))) &&
      next.nonNull === before.nonNull &&
      next.extent === before.extent;
    if (same) return before;
    heads.set(phi.id, next);
    changed = true;
    return next;
  };

  /** Records what an edge carries. */
  const leave = (from: BlockId, to: BlockId): void => {
    const mark = known.mark();
    assumeEdge(known, from, to);
    const live = !known.impossible();
    const startEpoch = versions.at(to, packetPlace);
    const inputs = live
      ? (cfg.blocks[to]?.phis ?? []).flatMap(
          (phi) => phiInput(phi, from, known, pointer, epoch, startEpoch) ?? [],
        )
      : [];
    if (live && !inTurn) observer.edge(from, to, place(from));
    const above = dominators.immediate[to];
    const joins = (cfg.predecessors[to]?.length ?? 0) > 1 && isForward(from, to);
    const since = above === from ? mark : above === undefined ? undefined : endMarks.get(above);
    let facts: EdgeFacts | undefined;
    if (live && joins && since) {
      meetings.set(to, meetPath(meetings.get(to), turnAt(to), known, since));
      const correlated = inputs.length > 0 && (cfg.predecessors[to]?.length ?? 0) <= correlatedLimit;
      if (correlated) facts = factsSince(known, since, factLimit);
    }
    const turn = isForward(from, to) ? turnAt(to) : (turning[outermost[to] ?? 0]?.turn ?? 0);
    edges.set(edgeKey(from, to), { turn, live, from, inputs, facts });
    known.undo(mark);
  };

  const walk = (root: BlockId): void => {
    const stack: { id: BlockId; next: number; mark: Mark }[] = [];
    const enter = (id: BlockId): void => {
      if (inTurn && !inTurn.body.has(id)) return;
      const loop = outermost[id];
      if (!inTurn && loop !== undefined) {
        const [found, state] = [loops.loops[loop], turning[loop]];
        if (found?.header === id && state) stabilise(found, state);
      }
      const mark = known.mark();
      if (visit(id)) stack.push({ id, next: 0, mark });
      else known.undo(mark);
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const child = dominators.children[top.id]?.[top.next++];
      if (child !== undefined) {
        enter(child);
        continue;
      }
      known.undo(top.mark);
      stack.pop();
    }
  };

  /** Turns a loop until its heads are stable; the turn that follows is its last. */
  const stabilise = (loop: Loop, state: Turning): void => {
    inTurn = loop;
    do {
      state.turn++;
      changed = false;
      walk(loop.header);
    } while (changed && state.turn < maxTurns);
    if (changed) giveUp(heads, loop, index);
    state.mode = changed ? "keep" : "shrink";
    for (let round = 0; round < narrowing; round++) {
      state.turn++;
      walk(loop.header);
    }
    state.turn++;
    inTurn = undefined;
  };

  if (cfg.order.length > 0) walk(cfg.entry);

  const rangeAt = (block: BlockId, value: ValueId): Range | undefined => {
    if (!reached.has(block) || index.typeOf(value)?.kind !== "int") return undefined;
    const home = index.home(value);
    for (let at: BlockId | undefined = block; at !== undefined; at = dominators.immediate[at]) {
      const found = blockFacts.get(at)?.get(value);
      if (found) return found;
      if (at === home) break;
    }
    return definedRanges.get(value);
  };
  return { cfg, dominators, loops, reached, rangeAt, madeAs: (value) => definedRanges.get(value) };
}

function widened(phi: Phi, before: Range, after: Range, thresholds: readonly bigint[]): Range {
  const range = widen(before, after, thresholds);
  return phi.type.kind === "int" ? (meet(range, typeRange(phi.type)) ?? range) : range;
}

/** By block, the loop around it that is in no other. */
function outermostLoops(loops: Loops): readonly (number | undefined)[] {
  // Outer loops come first.
  const outer: number[] = [];
  loops.loops.forEach(({ parent }, at) => outer.push(parent === undefined ? at : (outer[parent] ?? at)));
  return loops.innermost.map((at) => (at === undefined ? undefined : outer[at]));
}

/** Never seen: a loop that does not settle knows nothing. */
function giveUp(heads: Map<ValueId, PhiInput>, loop: Loop, index: FunctionIndex): void {
  for (const [value, input] of heads) {
    if (!loop.body.has(index.home(value))) continue;
    const type = index.typeOf(value);
    const range = type?.kind === "int" ? typeRange(type) : undefined;
    const pointer = input.pointer && { ...nowhere, high: 1n << 64n };
    heads.set(value, { value, range, pointer, nonNull: false, isNull: false, extent: 0 });
  }
}
