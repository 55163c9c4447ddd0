/** What is carried along an edge of the control flow, to be put together where edges meet. */
import type { BlockId, Phi, ValueId } from "../../ir/ir.js";
import { join, sameRange, type Range } from "../range/range.js";
import type { Knowledge, Mark } from "./knowledge.js";
import { extentOf, isNull, joinPointers, mayBeNull, type PointerState } from "./pointers.js";

/** A phi's input at the end of its edge. */
export interface PhiInput {
  readonly value: ValueId;
  readonly range: Range | undefined;
  readonly pointer: PointerState | undefined;
  readonly nonNull: boolean;
  /** A null pointer has no place: it says nothing of where the others point. */
  readonly isNull: boolean;
  readonly extent: number;
}

export interface Edge {
  /** The turn of the target's outermost loop that recorded it; 0 outside of loops. */
  readonly turn: number;
  readonly live: boolean;
  readonly from: BlockId;
  /** By place in the target's phis. */
  readonly inputs: readonly PhiInput[];
  /** What was found on the way since the target's dominator, of values that were there before. */
  readonly facts: EdgeFacts | undefined;
}

export interface EdgeFacts {
  readonly ranges: ReadonlyMap<ValueId, Range>;
  readonly nonNull: ReadonlySet<ValueId>;
  readonly extents: ReadonlyMap<ValueId, number>;
}

export function phiInput(
  phi: Phi,
  from: BlockId,
  known: Knowledge,
  pointer: (value: ValueId) => PointerState,
  epoch: number,
  startEpoch: number,
): PhiInput | undefined {
  const value = inputFrom(phi, from);
  if (value === undefined) return undefined;
  if (phi.type.kind === "int") {
    return { value, range: known.range(value), pointer: undefined, nonNull: false, isNull: false, extent: 0 };
  }
  const state = pointer(value);
  // Alive at the end of this edge means alive at the start of the target, whatever other paths did.
  const alive = state.epoch === epoch ? startEpoch : undefined;
  return {
    value,
    range: undefined,
    pointer: { ...state, epoch: alive },
    nonNull: !mayBeNull(value, known),
    isNull: isNull(value, { known }),
    extent: alive === undefined ? 0 : extentOf(value, known),
  };
}

/** Of phis where many edges meet, as at the return of a long list of rules. */
const wide = new WeakMap<Phi, ReadonlyMap<BlockId, ValueId>>();

function inputFrom(phi: Phi, from: BlockId): ValueId | undefined {
  if (phi.inputs.length < 16) return phi.inputs.find((input) => input.block === from)?.value;
  let inputs = wide.get(phi);
  if (!inputs) wide.set(phi, (inputs = new Map(phi.inputs.map((input) => [input.block, input.value]))));
  return inputs.get(from);
}

export function joinInputs(inputs: readonly PhiInput[]): PhiInput | undefined {
  let result: PhiInput | undefined;
  for (const one of inputs) {
    if (!result) {
      result = one;
      continue;
    }
    const pointer =
      result.isNull || !result.pointer
        ? one.pointer
        : one.isNull || !one.pointer
          ? result.pointer
          : joinPointers(result.pointer, one.pointer);
    result = {
      value: result.value,
      range: result.range && one.range && join(result.range, one.range),
      pointer,
      nonNull: result.nonNull && one.nonNull,
      isNull: result.isNull && one.isNull,
      extent: Math.min(result.isNull ? one.extent : result.extent, one.isNull ? result.extent : one.extent),
    };
  }
  return result;
}

/** What several paths found of values that were there before the paths parted. */
export interface Meeting {
  readonly turn: number;
  readonly ranges: Map<ValueId, Range>;
  readonly nonNull: Set<ValueId>;
  readonly extents: Map<ValueId, number>;
}

/** More would cost time and tell little. */
const candidateLimit = 64;

/** Starts with what the first path found since `marks`; later paths only weaken it. */
export function meetPath(
  before: Meeting | undefined,
  turn: number,
  known: Knowledge,
  marks: Pick<Mark, "ranges" | "nonNull" | "extents">,
): Meeting {
  if (!before || before.turn !== turn) return { turn, ...factsSince(known, marks, candidateLimit) };
  for (const [value, range] of before.ranges) {
    const joined = join(range, known.range(value));
    if (!sameRange(joined, range)) before.ranges.set(value, joined);
  }
  for (const value of before.nonNull) if (known.nonNull.get(value) !== true) before.nonNull.delete(value);
  for (const [root, size] of before.extents) {
    const here = known.extents.get(root) ?? 0;
    if (here === 0) before.extents.delete(root);
    else if (here < size) before.extents.set(root, here);
  }
  return before;
}

export function factsSince(
  known: Knowledge,
  marks: Pick<Mark, "ranges" | "nonNull" | "extents">,
  limit: number,
): { ranges: Map<ValueId, Range>; nonNull: Set<ValueId>; extents: Map<ValueId, number> } {
  const ranges = new Map<ValueId, Range>();
  for (const value of known.ranges.changedSince(marks.ranges, limit)) ranges.set(value, known.range(value));
  const nonNull = new Set(known.nonNull.keysSince(marks.nonNull, limit));
  const extents = new Map<ValueId, number>();
  for (const root of known.extents.keysSince(marks.extents, limit)) {
    extents.set(root, known.extents.get(root) ?? 0);
  }
  return { ranges, nonNull, extents };
}
