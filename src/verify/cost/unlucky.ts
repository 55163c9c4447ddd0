/**
 * Loops that ask in each turn for what the last ones have left, and go on either way: how something that stays as it is
 * compares with what changes (`i < length`), or what a variable is that some turns leave as it is (`size == 255`). On
 * the first way through them the kernel asks that of one turn after the other, and learns more of it each time. Each
 * other side has one value left, and most turns still before it: it is like a state of the first way, or not, by the
 * turns at whose start the kernel has kept one, which hangs on an instruction more or less.
 */
import { cfgOf, successorsOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { BlockId, ValueId } from "../../ir/ir.js";
import { originsOf, passedOn } from "../../ir/origins.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { conditionOf } from "./forks.js";
import { valuesOf } from "./values.js";

/** How often a loop of so many turns is walked through at worst. */
export type Walks = (turns: number) => number;

const once: Walks = (turns) => Math.max(1, turns / 2);

/** Where it is the same in few turns, it is not much. */
const fewLeft = 64;
const onceIfLong: Walks = (turns) => (turns <= fewLeft ? 1 : once(turns));

/**
 * Turns that are asked for one by one (`x == i`), of which the last ones are not, for `x` is smaller: on its way through
 * those the kernel lets the states of the others go.
 */
const twice: Walks = (turns) => Math.max(1, turns ** 2 / 12);

/**
 * Turns that check whether the packet reaches as far as their number: the ways through one turn stay apart in all that
 * follow. A kernel keeps no state in the first seven turns or so behind the last one (of 20 branches), and where the
 * states that it keeps all fall behind those, it walks through each combination of their ways, up to 3 ** 7 of them: with
 * 22, 32, 42, 52 and 62 turns of `(pkt.bytes[i] ?? 0) == 13` in Linux 6.18, and with no number in between.
 */
const fewTurns = 12;
const resonant: Walks = (turns) => (turns <= fewTurns ? 1 : 2000);

/** Turns of which some write to the stack: the kernel knows which of its bytes are zero, and which eight hold a number. */
const mostSlots = 20;
const eachWay =
  (slots: number): Walks =>
  (turns) =>
    2 ** Math.min(mostSlots, turns * slots);

/** The heads of such loops; in those of `paced` the kernel keeps a state in each turn. */
export function unluckyLoops(index: FunctionIndex, paced: ReadonlySet<BlockId>): ReadonlyMap<BlockId, Walks> {
  const cfg = cfgOf(index.fn.blocks);
  const dominators = dominatorsOf(cfg);
  const { loops, innermost } = loopsOf(cfg, dominators);
  const found = new Map<BlockId, Walks>();
  if (loops.length === 0) return found;
  const { roots } = valuesOf(index);
  const rootOf = (value: ValueId): ValueId => roots[value] ?? value;
  const mark = ({ header }: Loop, walks: Walks): void => {
    const known = found.get(header);
    if (known === walks) return;
    found.set(header, known ? (turns) => Math.max(known(turns), walks(turns)) : walks);
  };
  for (const loop of loops) {
    if (!isCounted(index, loop, rootOf)) mark(loop, once);
    if (isKept(index, loop)) mark(loop, onceIfLong);
  }
  for (const { id, instructions, terminator } of index.fn.blocks) {
    const loop = loops[innermost[id] ?? -1];
    if (!loop) continue;
    const ask = (condition: ValueId): void => {
      const compare = index.definition(rootOf(condition));
      if (compare?.kind !== "compare") return;
      const sides = [rootOf(compare.left), rootOf(compare.right)];
      if (sides.some((one) => index.constantOf(one) !== undefined)) {
        if (sides.some((one) => isLeft(index, loop, one))) mark(loop, once);
      } else if (sides.filter((one) => loop.body.has(index.home(one))).length === 1) mark(loop, once);
      else if (sides.some((one) => isCounterOf(index, loop, counted(index, one, rootOf), rootOf)))
        mark(loop, twice);
    };
    for (const one of instructions) {
      const condition = conditionOf(one, index);
      if (condition !== undefined) ask(condition);
      if (one.kind !== "store" || index.regionOf(one.pointer) !== "stack") continue;
      const zero = isZeroAtTimes(index, one.value);
      for (const around of loops) {
        if (!around.body.has(id) || !moves(index, around, one.pointer)) continue;
        if (zero === "at times" || !around.latches.every((latch) => dominators.dominates(id, latch)))
          mark(around, eachWay(zero === "never" ? one.bits / 64 : one.bits / 4));
      }
    }
    const next = successorsOf(terminator);
    if (!next.every((to) => loop.body.has(to))) continue;
    if (terminator.kind === "branch") {
      const check = index.definition(rootOf(terminator.condition));
      if (check?.kind === "packet-check" && isAtCount(index, loop, check.pointer)) {
        mark(loop, paced.has(loop.header) ? once : resonant);
        continue;
      }
    }
    if (terminator.kind === "branch") ask(terminator.condition);
    else if (terminator.kind === "switch" && isLeft(index, loop, rootOf(terminator.value))) mark(loop, once);
  }
  return found;
}

/** Whether the kernel can count a loop's turns: something in its head starts as a number, and changes by one. */
function isCounted(index: FunctionIndex, loop: Loop, rootOf: (value: ValueId) => ValueId): boolean {
  return (index.block(loop.header)?.phis ?? []).some((phi) => isCounterOf(index, loop, phi.id, rootOf));
}

/**
 * Whether some turns compute what others leave as it was. LLVM may find that it is the same number in all turns
 * (`n -= n - limit`): then each turn may be the first one of which the kernel knows it.
 */
function isKept(index: FunctionIndex, loop: Loop): boolean {
  return (index.block(loop.header)?.phis ?? []).some(
    ({ id, type }) =>
      type.kind === "int" && type.bits >= 8 && isLeft(index, loop, id) && !isChoice(index, id),
  );
}

function isZeroAtTimes(index: FunctionIndex, value: ValueId): "always" | "at times" | "never" {
  const constant = index.constantOf(value);
  if (constant !== undefined) return constant === 0n ? "always" : "never";
  const origins = originsOf(value, index.definition);
  return [...origins].some((one) => index.constantOf(one) === 0n) ? "at times" : "never";
}

/** Whether a pointer is another one in each turn of a loop. */
export function moves(index: FunctionIndex, loop: Loop, pointer: ValueId): boolean {
  for (let one = index.definition(pointer); one?.kind === "pointer-add"; one = index.definition(one.pointer))
    if (index.constantOf(one.offset) === undefined && loop.body.has(index.home(one.offset))) return true;
  return false;
}

/** What a value is that lies at a fixed distance from a counter. */
function counted(index: FunctionIndex, value: ValueId, rootOf: (value: ValueId) => ValueId): ValueId {
  const one = index.definition(value);
  if (one?.kind !== "binary" || (one.op !== "add" && one.op !== "sub")) return value;
  return index.constantOf(one.right) === undefined ? value : rootOf(one.left);
}

function isCounterOf(
  index: FunctionIndex,
  loop: Loop,
  value: ValueId,
  rootOf: (value: ValueId) => ValueId,
): boolean {
  const phi = index.definition(value);
  if (phi?.kind !== "phi" || phi.type.kind !== "int" || index.home(value) !== loop.header) return false;
  return phi.inputs.every((input) => {
    if (!loop.latches.includes(input.block)) return index.constantOf(input.value) !== undefined;
    const next = index.definition(rootOf(input.value));
    if (next?.kind !== "binary" || (next.op !== "add" && next.op !== "sub")) return false;
    return rootOf(next.left) === phi.id && index.constantOf(next.right) !== undefined;
  });
}

/** Whether a pointer lies at the packet's start and what the kernel counts in a loop: what it finds there holds for all turns. */
export function isAtCount(index: FunctionIndex, loop: Loop, pointer: ValueId): boolean {
  const one = index.definition(pointer);
  if (one?.kind !== "pointer-add" || index.definition(one.pointer)?.kind !== "packet-pointer") return false;
  const seen = new Set<ValueId>([one.offset]);
  let counts = false;
  for (const each of seen) {
    const part = index.definition(each);
    if (part?.kind === "constant") continue;
    if (part?.kind === "load") {
      // What a local holds LLVM may know, and what a parameter is set to the kernel knows.
      const region = index.regionOf(part.pointer);
      if (region === "stack" || region === "rodata") continue;
    }
    if (part?.kind === "phi" && index.home(each) === loop.header) {
      const starts = part.inputs.filter((input) => !loop.latches.includes(input.block));
      if (starts.some((input) => index.constantOf(input.value) === undefined)) return false;
      counts = true;
    } else if (part?.kind === "binary") seen.add(part.left).add(part.right);
    else if (part?.kind === "convert" || part?.kind === "bounded") seen.add(part.value);
    else return false;
  }
  return counts;
}

/**
 * Whether a value is one of some constants. There are few ways for those, and whether a layer was found hangs on them: what
 * has no address where it was not.
 */
export function isChoice(index: FunctionIndex, value: ValueId): boolean {
  return [...originsOf(value, index.definition)].every((at) => {
    const kind = index.definition(at)?.kind;
    return kind === "phi" || kind === "select" || kind === "convert" || kind === "constant";
  });
}

/** Whether a value comes from the turn before, which may have left it as it was. */
function isLeft(index: FunctionIndex, loop: Loop, value: ValueId): boolean {
  let at = value;
  for (
    let one = index.definition(at);
    one?.kind === "convert" || one?.kind === "bounded";
    one = index.definition(at)
  )
    at = one.value;
  const head = index.definition(at);
  if (head?.kind !== "phi" || index.home(at) !== loop.header) return false;
  const next = head.inputs.filter((one) => loop.latches.includes(one.block)).map((one) => one.value);
  const seen = new Set(next);
  for (const each of seen) {
    if (each === at || index.constantOf(each) !== undefined) return true;
    const one = index.definition(each);
    if (one?.kind === "phi" && !loop.body.has(index.home(each))) continue;
    for (const from of passedOn(one)) seen.add(from);
  }
  return false;
}
