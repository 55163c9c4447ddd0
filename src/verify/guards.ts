/**
 * Which comparison was meant to keep a value in range, and what it lacks: one too many, on another value, on a copy
 * that lost bits, too late. Every comparison with a constant that would have been enough, or was passed, is looked at;
 * the one that tells most is named. This explains only: what is proven is the flow's.
 */
import type { Span } from "../base/span.js";
import type { Fix, Related } from "../diagnostics/diagnostic.js";
import { negated } from "../ir/interpret/arithmetic.js";
import type { Compare, CompareOp, ValueId } from "../ir/ir.js";
import { describe, rangeText } from "./explain.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { Place } from "./flow/sweep.js";
import { refine } from "./range/compare.js";
import { constantRange, isConstant, typeRange, type Range } from "./range/range.js";

export interface Clue {
  readonly related: Related;
  readonly fix: Fix | undefined;
}

/** A comparison of one value with a constant. */
interface Test {
  readonly one: Compare;
  readonly tested: ValueId;
  /** What it leaves of the value where it holds, and where it does not. */
  readonly holds: Range | undefined;
  readonly fails: Range | undefined;
  /** Whether it is known to hold, or not to hold, at the place. */
  readonly known: boolean | undefined;
}

/** What was done about `value`, which should be at most `max` at `at`. */
export function clueOf(value: ValueId, max: bigint, at: Span, place: Place): Clue | undefined {
  const { known } = place;
  const { index } = known;
  const root = rootOf(value, index);
  const range = known.range(value);
  const name = describe(value, index);
  let best: { readonly rank: number; readonly clue: Clue } | undefined;
  const offer = (rank: number, test: Test, message: string, fix?: Fix): void => {
    const { file, start, end } = test.one.span;
    // The comparisons inside `min(…)` are no checks of the script's.
    if (file !== at.file || (start >= at.start && end <= at.end) || (best && best.rank < rank)) return;
    best = { rank, clue: { related: { span: test.one.span, message }, fix } };
  };
  for (const test of testsOf(place)) {
    const tested = rootOf(test.tested, index);
    const passed = test.known === undefined ? undefined : test.known ? test.holds : test.fails;
    const enough = (test.holds?.umax ?? max + 1n) <= max || (test.fails?.umax ?? max + 1n) <= max;
    const testedName = describe(test.tested, index);
    if (tested === root) {
      const type = typeRange(index.intType(test.tested));
      if (passed && (passed.umax < type.umax || passed.umin > max)) {
        const leaves = `leaves ${rangeText(passed, index.intType(test.tested))}`;
        offer(0, test, leaves, range.umax === max + 1n ? exclude(test.one.span, max + 1n) : undefined);
      } else if (enough && test.known === undefined) {
        const late = test.one.span.start > at.start;
        offer(1, test, late ? "checked only after it was used" : "does not hold on every way to here");
      }
    } else if (isNegative(test, passed, root, max, place)) {
      offer(0, test, "lets numbers below 0 through: as unsigned numbers they are large");
    } else if (!enough) continue;
    else if (testedName === name && index.definition(root)?.kind === "load") {
      if (isShared(root, index))
        offer(2, test, `checks an earlier read of ${name}; it may have been written since`);
      else if (test.known === undefined) offer(2, test, "does not hold on every way to here");
    } else if (comesFrom(root, tested, index)) {
      if (testedName === name) offer(3, test, `checks ${name} before it was changed`);
      else offer(4, test, `checks ${testedName}, not ${name}`);
    } else if (comesFrom(tested, root, index)) {
      offer(3, test, lossOf(test.tested, testedName, index));
    } else if (test.known !== undefined && testedName.startsWith("`") && sufficient(passed, max)) {
      offer(5, test, `checks ${testedName}, not ${name}`);
    }
  }
  return best?.clue;
}

/** A signed value below `max`, and below 0 too. */
function isNegative(
  test: Test,
  passed: Range | undefined,
  root: ValueId,
  max: bigint,
  { known }: Place,
): boolean {
  const { index } = known;
  return (
    passed !== undefined &&
    index.intType(test.tested).signed &&
    passed.smax <= max &&
    known.range(test.tested).smin < 0n &&
    comesFrom(root, test.tested, index)
  );
}

/** Whether a value is read from memory that others write too. */
export function isShared(value: ValueId, index: FunctionIndex): boolean {
  const one = index.definition(value);
  const region = one?.kind === "load" ? index.regionOf(one.pointer) : undefined;
  return region === "map-value" || region === "global";
}

function sufficient(range: Range | undefined, max: bigint): boolean {
  return range !== undefined && range.umax <= max;
}

/** What a value that was computed from the one in question does not tell of it. */
function lossOf(tested: ValueId, name: string, index: FunctionIndex): string {
  const one = index.definition(tested);
  if (one?.kind === "convert" && one.type.bits < index.intType(one.value).bits)
    return `checks its low ${one.type.bits} bits only`;
  if (
    one?.kind === "binary" &&
    (one.op === "add" || one.op === "sub" || one.op === "mul" || one.op === "shl")
  )
    return `checks ${name}, which wraps around at ${one.type.bits} bits`;
  return `checks ${name}, which does not tell how large it is itself`;
}

function testsOf(place: Place): readonly Test[] {
  const { known } = place;
  const { index } = known;
  const found: Test[] = [];
  for (const block of index.fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind !== "compare") continue;
      const right = index.constantOf(one.right);
      const left = index.constantOf(one.left);
      if ((right === undefined) === (left === undefined)) continue;
      const tested = right === undefined ? one.right : one.left;
      const limit = constantRange(right ?? left ?? 0n);
      const type = typeRange(index.intType(tested));
      const leaves = (op: CompareOp): Range | undefined =>
        right === undefined ? refine(op, limit, type)?.[1] : refine(op, type, limit)?.[0];
      const decided = known.range(one.id);
      found.push({
        one,
        tested,
        holds: leaves(one.op),
        fails: leaves(negated[one.op]),
        known: isConstant(decided) ? decided.umin !== 0n : undefined,
      });
    }
  }
  return found;
}

/** The value under conversions that keep it. */
function rootOf(value: ValueId, index: FunctionIndex): ValueId {
  let at = value;
  for (let one = index.definition(at); one; one = index.definition(at)) {
    if (one.kind === "bounded") at = one.value;
    else if (one.kind === "convert" && one.type.bits >= index.intType(one.value).bits) {
      if (index.intType(one.value).signed && !one.type.signed) return at;
      at = one.value;
    } else return at;
  }
  return at;
}

const deepest = 6;

/** Whether `value` was computed from `from`. */
function comesFrom(value: ValueId, from: ValueId, index: FunctionIndex, depth = 0): boolean {
  if (value === from) return true;
  const one = index.definition(value);
  if (!one || depth > deepest) return false;
  const through = (operand: ValueId): boolean => comesFrom(operand, from, index, depth + 1);
  switch (one.kind) {
    case "bounded":
    case "convert":
    case "swap-bytes":
    case "forget":
      return through(one.value);
    case "binary":
      return through(one.left) || through(one.right);
    case "select":
      return through(one.then) || through(one.otherwise);
    default:
      return false;
  }
}

const toggled: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

/** `i <= 16` as `i < 16`, where that keeps `value` out. */
function exclude(span: Span, value: bigint): Fix | undefined {
  const text = span.file.text.slice(span.start, span.end);
  const found = [...text.matchAll(/(?<![<>=])(<=|>=|<|>)(?![<>=])/g)];
  const [only] = found;
  const other = only && toggled[only[1] ?? ""];
  if (!only || found.length > 1 || other === undefined) return undefined;
  const start = span.start + only.index;
  const end = start + (only[1]?.length ?? 0);
  return {
    title: `keep ${value} out: \`${text.slice(0, only.index)}${other}${text.slice(end - span.start)}\``,
    edits: [{ span: { file: span.file, start, end }, text: other }],
  };
}
