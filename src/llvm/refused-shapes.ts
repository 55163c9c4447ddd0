/**
 * What LLVM makes of good code now and then and some kernel refuses, found in the object by two walks over it:
 *
 * - A loop that is closed by running on from one instruction to the next. Kernels up to 6.1 want a jump (`push_insn` in
 *   kernel/bpf/verifier.c with `loop_ok` false: "back-edge from insn 465 to 466"). Functions are walked as they do it.
 * - An atomic operation other than an addition: `add 0` becomes `or 0`, which came with 5.12 ("BPF_STX uses reserved
 *   fields"). The language has additions only.
 * - A register that is read where no path before it has to have written it. The value never counts (LLVM knows it for
 *   poison, of a store that it has moved out of a loop), and every kernel refuses to read it ("R4 !read_ok").
 */

const sectionSize = 64;
const codeSection = 4n;
const symbolTable = 2;
const functionSymbol = 2;
const globalSymbol = 1;
const symbolSize = 24;
const instructionSize = 8;

export function hasRefusedShape(object: Uint8Array, endian: "little" | "big"): boolean {
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const little = endian === "little";
  const sections = sectionsOf(view, little);
  for (const table of sections) {
    if (table.type !== symbolTable) continue;
    for (let at = table.offset; at < table.offset + table.size; at += symbolSize) {
      if ((view.getUint8(at + 4) & 15) !== functionSymbol) continue;
      const section = sections[view.getUint16(at + 6, little)];
      if (section === undefined || (section.flags & codeSection) === 0n) continue;
      const start = section.offset + Number(view.getBigUint64(at + 8, little));
      const count = Number(view.getBigUint64(at + 16, little)) / instructionSize;
      if (start + count * instructionSize > object.length) continue;
      const code = decode(view, little, start, count);
      const isProgram = view.getUint8(at + 4) >> 4 === globalSymbol;
      const given = isProgram ? contextRegister : argumentRegisters;
      if (hasOtherAtomic(code) || fallsBack(code) || readsUnwritten(code, given)) return true;
    }
  }
  return false;
}

interface Section {
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
}

function sectionsOf(view: DataView, little: boolean): readonly Section[] {
  const headers = Number(view.getBigUint64(40, little));
  const count = view.getUint16(60, little);
  return Array.from({ length: count }, (_, index) => {
    const at = headers + index * sectionSize;
    return {
      type: view.getUint32(at + 4, little),
      flags: view.getBigUint64(at + 8, little),
      offset: Number(view.getBigUint64(at + 24, little)),
      size: Number(view.getBigUint64(at + 32, little)),
    };
  });
}

/** Of each 64-bit slot of a function. */
interface Code {
  readonly count: number;
  readonly codes: Uint8Array;
  readonly to: Uint8Array;
  readonly from: Uint8Array;
  readonly numbers: Int32Array;
  /** Where control goes on, -1 for nowhere; and where a jump leads, -1 for what is none. */
  readonly next: Int32Array;
  readonly target: Int32Array;
}

const [wide, exit, always, alwaysFar] = [0x18, 0x95, 0x05, 0x06];
const isCall = (code: number): boolean => code === 0x85 || code === 0x8d;

function decode(view: DataView, little: boolean, start: number, count: number): Code {
  const codes = new Uint8Array(count);
  const [to, from] = [new Uint8Array(count), new Uint8Array(count)];
  const numbers = new Int32Array(count);
  const [next, target] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
  for (let at = 0; at < count; at++) {
    const place = start + at * instructionSize;
    const code = view.getUint8(place);
    const registers = view.getUint8(place + 1);
    const number = view.getInt32(place + 4, little);
    codes[at] = code;
    to[at] = little ? registers & 15 : registers >> 4;
    from[at] = little ? registers >> 4 : registers & 15;
    numbers[at] = number;
    const jumps = ((code & 7) === 5 || (code & 7) === 6) && !isCall(code) && code !== exit;
    if (jumps) target[at] = at + 1 + (code === alwaysFar ? number : view.getInt16(place + 2, little));
    const stops = code === exit || code === always || code === alwaysFar;
    if (!stops && at + 1 < count) next[at] = at + (code === wide ? 2 : 1);
    if (code === wide) at++;
  }
  return { count, codes, to, from, numbers, next, target };
}

const [atomicWide, atomicNarrow, addition] = [0xdb, 0xc3, 0];

function hasOtherAtomic({ codes, numbers }: Code): boolean {
  return codes.some((code, at) => (code === atomicWide || code === atomicNarrow) && numbers[at] !== addition);
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
const framePointer = 1 << 10;
const everything = 0xffff;

/** Which registers each path to an instruction has written, until that changes no more. */
/** `given`: the registers that are set where the function starts. */
function readsUnwritten(code: Code, given: number): boolean {
  const { count, next, target } = code;
  const written = new Uint16Array(count).fill(everything);
  written[0] = given | framePointer;
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

const [load, store, storeRegister, arithmetic, jump, jumpNarrow, arithmeticWide] = [1, 2, 3, 4, 5, 6, 7];
const move = 0xb0;

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
      return operation === 0xd0 ? left : left | second;
    }
    case jump:
    case jumpNarrow:
      return isCall(code) || code === exit || code === always || code === alwaysFar ? 0 : left | second;
    default:
      return 0;
  }
}
