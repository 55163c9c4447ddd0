/**
 * The range analysis: a walk over the dominator tree in which what is known grows and is undone, repeated until the
 * values at loop heads are stable. Without loops one walk is enough, so time is linear in the function's length.
 *
 * - A block starts with what is known at its immediate dominator, plus what its edge says (one predecessor), or what
 *   all paths since the dominator found (several).
 * - A loop head starts from the entries alone and grows: from the third walk on by widening to the constants of the
 *   function's comparisons, then shrinks again in narrowing walks.
 * - Facts of values defined outside a loop hold inside it: in SSA form they do not change.
 */
import { cfgOf, type Cfg } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Dominators, type Loops } from "../../ir/dominators.js";
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

/** What the last walk, whose facts are final, shows to others. */
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
}

/** Walks until widening; walks at most; narrowing walks. */
const plainSweeps = 2;
const maxSweeps = 24;
const narrowing = 2;
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
  const edges = new Map<number, Edge>();
  const edgeKey = (from: BlockId, to: BlockId): number => from * cfg.blocks.length + to;
  const meetings = new Map<BlockId, Meeting>();
  const heads = new Map<ValueId, PhiInput>();
  const reached = new Set<BlockId>();
  const blockFacts = new Map<BlockId, Map<ValueId, Range>>();
  const definedRanges = new Map<ValueId, Range>();
  let epoch = 0;
  let sweep = 0;
  let changed = false;
  let mode: "grow" | "shrink" | "keep" = "grow";
  let final = headers.size === 0;

  const position = (id: BlockId): number => cfg.position[id] ?? -1;
  const isForward = (from: BlockId, to: BlockId): boolean => position(from) < position(to);
  const liveEdge = (from: BlockId, to: BlockId): Edge | undefined => {
    const edge = edges.get(edgeKey(from, to));
    if (!edge?.live) return undefined;
    return edge.sweep === (isForward(from, to) ? sweep : sweep - 1) ? edge : undefined;
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
    if (final) reached.add(id);
    const here = place(id);
    for (const one of block.instructions) {
      if (final) observer.instruction(one, here);
      if (one.kind === "bounded") {
        // Past this place the obligation holds, or the script is refused.
        const range = evaluate(one, known);
        if (range) define(one.id, range);
        if (range) known.refine(one.value, range);
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
    if (final) {
      observer.end(block, here);
      const facts = new Map<ValueId, Range>();
      for (const value of known.ranges.changedSince(startMark.ranges, 256))
        facts.set(value, known.range(value));
      if (facts.size > 0) blockFacts.set(id, facts);
    }
    endMarks.set(id, known.mark());
    for (const target of cfg.successors[id] ?? []) leave(id, target);
    return true;
  };

  const define = (value: ValueId, range: Range): void => {
    known.define(value, range);
    if (final) {
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
      const settled = headers.has(block.id) ? settle(phi, joined) : joined;
      if (settled.range) define(phi.id, settled.range);
      if (settled.pointer) pointers[phi.id] = settled.pointer;
      if (settled.nonNull) known.nonNull.set(phi.id, true);
      if (settled.extent > 0) known.extents.set(phi.id, settled.extent);
    });
    return true;
  };

  const applyMeeting = (id: BlockId): void => {
    const meeting = meetings.get(id);
    if (!meeting || meeting.sweep !== sweep) return;
    for (const [value, range] of meeting.ranges) known.refine(value, range);
    for (const value of meeting.nonNull) known.nonNull.set(value, true);
    for (const [root, size] of meeting.extents) {
      if (size > (known.extents.get(root) ?? 0)) known.extents.set(root, size);
    }
  };

  /** The next state of a loop head's phi: it grows until stable, then shrinks. */
  const settle = (phi: Phi, joined: PhiInput): PhiInput => {
    const before = heads.get(phi.id);
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
    const widening = sweep > plainSweeps;
    const limits = sweep > maxSweeps / 2 ? [] : thresholds;
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
    if (live && final) observer.edge(from, to, place(from));
    const above = dominators.immediate[to];
    const joins = (cfg.predecessors[to]?.length ?? 0) > 1 && isForward(from, to);
    const since = above === from ? mark : above === undefined ? undefined : endMarks.get(above);
    let facts: EdgeFacts | undefined;
    if (live && joins && since) {
      meetings.set(to, meetPath(meetings.get(to), sweep, known, since));
      const correlated = inputs.length > 0 && (cfg.predecessors[to]?.length ?? 0) <= correlatedLimit;
      if (correlated) facts = factsSince(known, since, factLimit);
    }
    edges.set(edgeKey(from, to), { sweep, live, from, inputs, facts });
    known.undo(mark);
  };

  const walk = (): void => {
    const stack: { id: BlockId; next: number; mark: Mark }[] = [];
    const enter = (id: BlockId): void => {
      const mark = known.mark();
      if (visit(id)) stack.push({ id, next: 0, mark });
      else known.undo(mark);
    };
    if (cfg.order.length > 0) enter(cfg.entry);
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

  if (!final) {
    do {
      sweep++;
      changed = false;
      walk();
    } while (changed && sweep < maxSweeps);
    if (changed) giveUp(heads, index);
    mode = changed ? "keep" : "shrink";
    for (let round = 0; round < narrowing; round++) {
      sweep++;
      walk();
    }
  }
  final = true;
  sweep++;
  walk();

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
  return { cfg, dominators, loops, reached, rangeAt };
}

function widened(phi: Phi, before: Range, after: Range, thresholds: readonly bigint[]): Range {
  const range = widen(before, after, thresholds);
  return phi.type.kind === "int" ? (meet(range, typeRange(phi.type)) ?? range) : range;
}

/** Never seen: a loop that does not settle knows nothing. */
function giveUp(heads: Map<ValueId, PhiInput>, index: FunctionIndex): void {
  for (const [value, input] of heads) {
    const type = index.typeOf(value);
    const range = type?.kind === "int" ? typeRange(type) : undefined;
    const pointer = input.pointer && { ...nowhere, high: 1n << 64n };
    heads.set(value, { value, range, pointer, nonNull: false, isNull: false, extent: 0 });
  }
}
