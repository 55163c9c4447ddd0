/**
 * What LLVM makes of good code now and then and some kernel refuses, found in the object:
 *
 * - A loop that is closed by running on from one instruction to the next. Kernels up to 6.1 want a jump (`push_insn` in
 *   kernel/bpf/verifier.c with `loop_ok` false: "back-edge from insn 465 to 466"). Functions are walked as they do it.
 * - An atomic operation other than an addition: `add 0` becomes `or 0`, which came with 5.12 ("BPF_STX uses reserved
 *   fields"). The language has additions only.
 * - A pointer that is computed with: of two entries of maps that are both asked for, `p == null && q == null` becomes
 *   `(p | q) == 0` ("R0 pointer |= pointer prohibited").
 * - A register that is read where no path before it has to have written it. The value never counts (LLVM knows it for
 *   poison, of a store that it has moved out of a loop), and every kernel refuses to read it ("R4 !read_ok").
 * - A counter that is negated in each turn (`w0 - -w7` for `w0 + w7`, `-(-w5 + 1)` for `w5 - 1`). Of a negated number kernels
 *   before 6.18 know nothing, and see no end of the loop ("infinite loop detected"). What is negated to be added to memory is
 *   none.
 * - An offset that is saved and read back twice, compared in one register and added from the other: kernels up to 6.1 know nothing
 *   of the second ("math between pkt pointer and register with unbounded min value is not allowed").
 */
import {
  always,
  alwaysFar,
  arithmetic,
  arithmeticWide,
  exit,
  frameRegister,
  functionsOf,
  isCall,
  jump,
  jumpNarrow,
  load,
  move,
  store,
  storeRegister,
  swap,
  wide,
  type Code,
} from "./object-code.js";
import { computesWithPointers } from "./pointer-shapes.js";

export function hasRefusedShape(object: Uint8Array, endian: "little" | "big"): boolean {
  return functionsOf(object, endian).some(
    ({ code, isProgram }) =>
      hasOtherAtomic(code) ||
      fallsBack(code) ||
      readsUnwritten(code, isProgram ? contextRegister : argumentRegisters) ||
      computesWithPointers(code) ||
      negatesInLoop(code) ||
      addsAnotherCopy(code),
  );
}

const [atomicWide, atomicNarrow, addition] = [0xdb, 0xc3, 0];

function hasOtherAtomic({ codes, numbers }: Code): boolean {
  return codes.some((code, at) => (code === atomicWide || code === atomicNarrow) && numbers[at] !== addition);
}

const [negation, negationWide] = [0x84, 0x87];

/** Instructions of a loop lie between the one it goes back to and the one from which it does. */
function negatesInLoop(code: Code): boolean {
  const { codes, target } = code;
  const negated = [...codes.keys()].filter((at) => codes[at] === negation || codes[at] === negationWide);
  const counting = negated.filter((at) => isComputedWith(code, at));
  if (counting.length === 0) return false;
  return target.some(
    (start, end) => start >= 0 && start <= end && counting.some((at) => at >= start && at <= end),
  );
}

const furthest = 64;

/** Whether a result is first of all computed with, compared or copied, and not stored or added to memory. */
function isComputedWith({ codes, to, from, next, target }: Code, made: number): boolean {
  const register = to[made];
  let at = next[made] ?? -1;
  for (let step = 0; step < furthest && at >= 0; step++) {
    const code = codes[at] ?? 0;
    const kind = code & 7;
    const reads = (code & 8) !== 0 && from[at] === register;
    if (kind === storeRegister && from[at] === register) return false;
    if (isCall(code)) {
      if ((register ?? 0) <= lastArgument) return false;
    } else if (kind === load && to[at] === register) return false;
    else if (kind === arithmetic || kind === arithmeticWide) {
      if (reads) return true;
      if (to[at] === register) return (code & 0xf0) !== move;
    } else if ((kind === jump || kind === jumpNarrow) && code !== always && code !== alwaysFar)
      if (code === exit || reads || to[at] === register) return code !== exit;
    at = (code === always || code === alwaysFar ? target[at] : next[at]) ?? -1;
  }
  return true;
}

/** A call leaves nothing in the registers up to this one. */
const lastArgument = 5;

const [loadWide, addWide] = [0x79, 0x0f];
/** So far apart two copies of one value are made at most, and a copy from what it is added to. */
const [copiesApart, addedWithin] = [16, 4];

function addsAnotherCopy(code: Code): boolean {
  const { codes, from, to, offsets } = code;
  return codes.some((kind, at) => {
    if (kind !== loadWide || from[at] !== frameRegister || !isAdded(code, at)) return false;
    for (let before = at - 1; before >= 0 && before >= at - copiesApart; before--) {
      if (to[before] === frameRegister && offsets[before] === offsets[at]) return false;
      if (codes[before] !== loadWide || from[before] !== frameRegister || offsets[before] !== offsets[at])
        continue;
      if (isCompared(code, before, at)) return true;
    }
    return false;
  });
}

function isAdded({ codes, from, to }: Code, loaded: number): boolean {
  for (let at = loaded + 1; at <= loaded + addedWithin && at < codes.length; at++)
    if (codes[at] === addWide && from[at] === to[loaded]) return true;
  return false;
}

/** With a constant, as the first thing. */
function isCompared({ codes, to, target }: Code, loaded: number, end: number): boolean {
  for (let at = loaded + 1; at < end; at++) {
    const code = codes[at] ?? 0;
    if (to[at] === to[loaded]) return (target[at] ?? -1) >= 0 && (code & 8) === 0 && code !== always;
  }
  return false;
}

const [unseen, open, done] = [0, 1, 2];

function fallsBack({ count, next, target }: Code): boolean {
  const states = new Uint8Array(count);
  /** How many of its two edges have been followed. */
  const followed = new Uint8Array(count);
  const path = [0];
  states[0] = open;
  for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
    const turn = followed[at] ?? 2;
    followed[at] = turn + 1;
    const to = turn === 0 ? (next[at] ?? -1) : turn === 1 ? (target[at] ?? -1) : -2;
    if (to === -2) {
      states[at] = done;
      path.pop();
    } else if (states[to] === unseen) {
      states[to] = open;
      path.push(to);
    } else if (states[to] === open && target[at] === -1) return true;
  }
  return false;
}

const argumentRegisters = 0b111110;
const contextRegister = 0b10;
const everything = 0xffff;

/**
 * Which registers each path to an instruction has written, until that changes no more. `given`: the registers that are
 * set where the function starts.
 */
function readsUnwritten(code: Code, given: number): boolean {
  const { count, next, target } = code;
  const written = new Uint16Array(count).fill(everything);
  written[0] = given | (1 << frameRegister);
  const work = [0];
  const queued = new Uint8Array(count);
  const seen = new Uint8Array(count);
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    queued[at] = 0;
    seen[at] = 1;
    const before = written[at] ?? everything;
    const after = (before | writtenBy(code, at)) & ~(isCall(code.codes[at] ?? 0) ? argumentRegisters : 0);
    for (const to of [target[at] ?? -1, next[at] ?? -1]) {
      const known = written[to];
      if (known === undefined || ((known & after) === known && seen[to] === 1)) continue;
      written[to] = known & after;
      if (queued[to] === 0) work.push(to);
      queued[to] = 1;
    }
  }
  for (let at = 0; at < count; at++) {
    if (seen[at] === 1 && (readBy(code, at) & ~(written[at] ?? 0)) !== 0) return true;
  }
  return false;
}

function writtenBy({ codes, to }: Code, at: number): number {
  const code = codes[at] ?? 0;
  const kind = code & 7;
  if (isCall(code)) return 1;
  return code === wide || kind === load || kind === arithmetic || kind === arithmeticWide
    ? 1 << (to[at] ?? 0)
    : 0;
}

/** What a call reads, and the end of a function, is left out: it depends on the function. */
function readBy({ codes, to, from }: Code, at: number): number {
  const code = codes[at] ?? 0;
  const [left, right] = [1 << (to[at] ?? 0), 1 << (from[at] ?? 0)];
  const second = (code & 8) !== 0 ? right : 0;
  switch (code & 7) {
    case load:
      return right;
    case store:
      return left;
    case storeRegister:
      return left | right;
    case arithmetic:
    case arithmeticWide: {
      const operation = code & 0xf0;
      if (operation === move) return second;
      // Byte swaps say with the same bit in which order.
      return operation === swap ? left : left | second;
    }
    case jump:
    case jumpNarrow:
      return isCall(code) || code === exit || code === always || code === alwaysFar ? 0 : left | second;
    default:
      return 0;
  }
}
