/**
 * What is known at one place of a function: ranges of values, `a <= b` between values, pointers that are not null, and
 * how many bytes from a packet pointer were found inside. A fact learned of a value spreads to those it was computed
 * from and to those computed from it.
 */
import type { BlockId, ValueId } from "../../ir/ir.js";
import { negated } from "../../ir/interpret/arithmetic.js";
import { refine } from "../range/compare.js";
import {
  constantRange,
  isConstant,
  meet,
  typeRange,
  unsignedMax,
  unsignedRange,
  type Range,
} from "../range/range.js";
import { backward } from "./backward.js";
import { makeCorrelations, type EdgesInto } from "./correlate.js";
import { evaluate } from "./evaluate.js";
import type { FunctionIndex } from "./index-function.js";
import { table, type Table } from "./table.js";

/** `value + gap <= other` in unsigned view (or `other` below, in the other direction). */
export interface Relation {
  readonly other: ValueId;
  readonly gap: bigint;
}

export interface Knowledge {
  readonly index: FunctionIndex;
  readonly range: (value: ValueId) => Range;
  readonly define: (value: ValueId, range: Range) => void;
  readonly refine: (value: ValueId, range: Range) => void;
  /** Takes in that a u1 is 1 or 0 here. */
  readonly assume: (condition: ValueId, holds: boolean) => void;
  /** Facts contradict each other: this place is not reached. */
  readonly contradict: () => void;
  /** The value that a phi is here, where the edge it came by is known. */
  readonly alias: (phi: ValueId) => ValueId | undefined;
  /** True once facts contradict each other: this place is not reached. */
  readonly impossible: () => boolean;
  readonly above: (value: ValueId) => readonly Relation[];
  /** What comparisons with constants alone say of this very value: what a kernel keeps too. */
  readonly guard: (value: ValueId) => Range | undefined;
  readonly nonNull: Table<boolean>;
  /** By root: bytes found inside the packet. */
  readonly extents: Table<number>;
  readonly ranges: Table<Range>;
  readonly mark: () => Mark;
  readonly undo: (mark: Mark) => void;
}

export interface Mark {
  readonly ranges: number;
  readonly above: number;
  readonly below: number;
  readonly guards: number;
  readonly nonNull: number;
  readonly extents: number;
  readonly possible: number;
  readonly aliases: number;
  readonly impossible: boolean;
}

/** Facts that one new fact may lead to; a bound on time, never reached by what people write. */
const steps = 64;
const relationLimit = 6;

export function makeKnowledge(index: FunctionIndex, edgesInto: EdgesInto): Knowledge {
  const ranges = table<Range>();
  const above = table<readonly Relation[]>();
  const below = table<readonly Relation[]>();
  const guards = table<Range>();
  const nonNull = table<boolean>();
  const extents = table<number>();
  const correlations = makeCorrelations(index, () => knowledge, edgesInto);
  let impossible = false;
  let queue: { value: ValueId; range: Range }[] | undefined;

  const range = (value: ValueId): Range => ranges.get(value) ?? typeRange(index.intType(value));

  const refineValue = (value: ValueId, by: Range): void => {
    if (queue) {
      queue.push({ value, range: by });
      return;
    }
    const work = (queue = [{ value, range: by }]);
    for (let at = 0; at < work.length && at < steps && !impossible; at++) {
      const one = work[at];
      if (one) step(one.value, one.range);
    }
    queue = undefined;
  };

  const step = (value: ValueId, by: Range): void => {
    const before = range(value);
    const now = meet(before, by);
    if (!now) {
      impossible = true;
      return;
    }
    if (now === before) return;
    ranges.set(value, now);
    const definition = index.definition(value);
    if (definition) {
      if (definition.kind === "compare" && isConstant(now)) learnCompare(value, now.umin !== 0n);
      else if (definition.kind === "is-null" && now.umin === now.umax) {
        if (now.umin === 0n) nonNull.set(definition.pointer, true);
      } else if (definition.kind === "packet-check" && now.umin === 1n) {
        const { root, offset } = index.place(definition.pointer);
        const size = offset + definition.size;
        if (size > (extents.get(root) ?? 0)) extents.set(root, size);
      } else if (definition.kind === "phi") {
        correlations.refined(value, now);
      } else {
        backward(definition, now, knowledge);
      }
    }
    for (const dependent of index.dependents(value)) {
      if (ranges.get(dependent.id) === undefined) continue;
      const result = evaluate(dependent, knowledge);
      if (result) refineValue(dependent.id, result);
    }
    if (now.umin > before.umin) {
      for (const { other, gap } of above.get(value) ?? []) {
        if (now.umin + gap > unsignedMax) impossible = true;
        else refineValue(other, unsignedRange(now.umin + gap, unsignedMax));
      }
    }
    if (now.umax < before.umax) {
      for (const { other, gap } of below.get(value) ?? []) {
        if (now.umax < gap) impossible = true;
        else refineValue(other, unsignedRange(0n, now.umax - gap));
      }
    }
  };

  const learnCompare = (value: ValueId, holds: boolean): void => {
    const definition = index.definition(value);
    if (definition?.kind !== "compare") return;
    const op = holds ? definition.op : negated[definition.op];
    const { left, right } = definition;
    const [a, b] = [range(left), range(right)];
    const refined = refine(op, a, b);
    if (!refined) {
      impossible = true;
      return;
    }
    if (index.constantOf(right) !== undefined) noteGuard(left, refined[0]);
    if (index.constantOf(left) !== undefined) noteGuard(right, refined[1]);
    if (refined[0] !== a) refineValue(left, refined[0]);
    if (refined[1] !== b) refineValue(right, refined[1]);
    if (index.constantOf(left) !== undefined || index.constantOf(right) !== undefined) return;
    if (op === "ult" || op === "ule") relate(left, right, op === "ult" ? 1n : 0n);
    else if (op === "ugt" || op === "uge") relate(right, left, op === "ugt" ? 1n : 0n);
    else if (op === "eq") {
      relate(left, right, 0n);
      relate(right, left, 0n);
    } else if (refined[0].smin >= 0n && refined[1].smin >= 0n) {
      if (op === "slt" || op === "sle") relate(left, right, op === "slt" ? 1n : 0n);
      if (op === "sgt" || op === "sge") relate(right, left, op === "sgt" ? 1n : 0n);
    }
  };

  const noteGuard = (value: ValueId, by: Range): void => {
    const before = guards.get(value);
    guards.set(value, before ? (meet(before, by) ?? by) : by);
  };

  /** `low + gap <= high`, also of what they are conversions of. */
  const relate = (low: ValueId, high: ValueId, gap: bigint): void => {
    const lows = sameValues(low);
    const highs = sameValues(high);
    for (const one of lows) {
      for (const other of highs) {
        append(above, one, { other, gap });
        append(below, other, { other: one, gap });
      }
    }
  };

  /** The value and what it is a lossless conversion of. */
  const sameValues = (value: ValueId): ValueId[] => {
    const found = [value];
    let at = value;
    for (let one = index.definition(at); one; one = index.definition(at)) {
      if (one.kind === "bounded") at = one.value;
      else if (one.kind === "convert" && keeps(one.value, at)) at = one.value;
      else break;
      found.push(at);
    }
    return found;
  };

  const keeps = (inner: ValueId, outer: ValueId): boolean => {
    const type = typeRange(index.intType(outer));
    const from = range(inner);
    return from.umax <= type.umax && from.smin >= 0n;
  };

  const append = (to: Table<readonly Relation[]>, value: ValueId, relation: Relation): void => {
    const list = to.get(value) ?? [];
    if (list.some((one) => one.other === relation.other && one.gap >= relation.gap)) return;
    if (list.length < relationLimit) to.set(value, [...list, relation]);
  };

  const knowledge: Knowledge = {
    index,
    range,
    define: (value, found) => ranges.set(value, found),
    refine: refineValue,
    assume: (condition, holds) => refineValue(condition, constantRange(holds ? 1n : 0n)),
    contradict: () => (impossible = true),
    alias: correlations.aliases.get,
    impossible: () => impossible,
    above: (value) => above.get(value) ?? [],
    guard: (value) => guards.get(value),
    nonNull,
    extents,
    ranges,
    mark: () => ({
      ranges: ranges.mark(),
      above: above.mark(),
      below: below.mark(),
      guards: guards.mark(),
      nonNull: nonNull.mark(),
      extents: extents.mark(),
      possible: correlations.possible.mark(),
      aliases: correlations.aliases.mark(),
      impossible,
    }),
    undo: (mark) => {
      ranges.undo(mark.ranges);
      above.undo(mark.above);
      below.undo(mark.below);
      guards.undo(mark.guards);
      nonNull.undo(mark.nonNull);
      extents.undo(mark.extents);
      correlations.possible.undo(mark.possible);
      correlations.aliases.undo(mark.aliases);
      impossible = mark.impossible;
    },
  };
  return knowledge;
}

/** What an edge of the control flow says. */
export function assumeEdge(knowledge: Knowledge, from: BlockId, to: BlockId): void {
  const terminator = knowledge.index.block(from)?.terminator;
  if (!terminator) return;
  if (terminator.kind === "branch" && terminator.then !== terminator.otherwise) {
    knowledge.assume(terminator.condition, terminator.then === to);
  } else if (terminator.kind === "switch") {
    const cases = terminator.cases.filter((one) => one.target === to);
    if (terminator.otherwise !== to) {
      const signed = knowledge.index.intType(terminator.value).signed;
      const values = cases.map((one) => one.value);
      if (values.length === 0) return;
      let [low, high] = [values[0] ?? 0n, values[0] ?? 0n];
      for (const value of values) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
      const only = low === high ? constantRange(low) : signed ? undefined : unsignedRange(low, high);
      if (only) knowledge.refine(terminator.value, only);
    } else if (cases.length === 0 && terminator.cases.length <= 16) {
      // None of the cases: the ends of the range may go.
      for (const one of terminator.cases) {
        const refined = refine("ne", knowledge.range(terminator.value), constantRange(one.value));
        if (refined) knowledge.refine(terminator.value, refined[0]);
      }
    }
  }
}
