/** The code of a BPF object, a number for each field of an instruction. */

const sectionSize = 64;
const codeSection = 4n;
const symbolTable = 2;
const functionSymbol = 2;
const globalSymbol = 1;
const symbolSize = 24;
const instructionSize = 8;

export interface ObjectFunction {
  readonly code: Code;
  /** Called by the kernel, not by other functions. */
  readonly isProgram: boolean;
}

export function functionsOf(object: Uint8Array, endian: "little" | "big"): readonly ObjectFunction[] {
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const little = endian === "little";
  const sections = sectionsOf(view, little);
  const found: ObjectFunction[] = [];
  for (const table of sections) {
    if (table.type !== symbolTable) continue;
    for (let at = table.offset; at < table.offset + table.size; at += symbolSize) {
      if ((view.getUint8(at + 4) & 15) !== functionSymbol) continue;
      const section = sections[view.getUint16(at + 6, little)];
      if (section === undefined || (section.flags & codeSection) === 0n) continue;
      const start = section.offset + Number(view.getBigUint64(at + 8, little));
      const count = Number(view.getBigUint64(at + 16, little)) / instructionSize;
      if (start + count * instructionSize > object.length) continue;
      const isProgram = view.getUint8(at + 4) >> 4 === globalSymbol;
      found.push({ code: decode(view, little, start, count), isProgram });
    }
  }
  return found;
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
export interface Code {
  readonly count: number;
  readonly codes: Uint8Array;
  readonly to: Uint8Array;
  readonly from: Uint8Array;
  readonly numbers: Int32Array;
  readonly offsets: Int16Array;
  /** Where control goes on, -1 for nowhere; and where a jump leads, -1 for what is none. */
  readonly next: Int32Array;
  readonly target: Int32Array;
}

/** Instruction classes (linux/bpf_common.h), with 64-bit arithmetic apart. */
export const load = 1;
export const store = 2;
export const storeRegister = 3;
export const arithmetic = 4;
export const jump = 5;
export const jumpNarrow = 6;
export const arithmeticWide = 7;
/** The operations of arithmetic. */
export const add = 0x00;
export const subtract = 0x10;
export const move = 0xb0;
export const swap = 0xd0;
/** Whole operation codes: a constant of 64 bits, the end of a function, and jumps without condition. */
export const wide = 0x18;
export const exit = 0x95;
export const always = 0x05;
export const alwaysFar = 0x06;
export const frameRegister = 10;
export const isCall = (code: number): boolean => code === 0x85 || code === 0x8d;

function decode(view: DataView, little: boolean, start: number, count: number): Code {
  const codes = new Uint8Array(count);
  const [to, from] = [new Uint8Array(count), new Uint8Array(count)];
  const numbers = new Int32Array(count);
  const offsets = new Int16Array(count);
  const [next, target] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
  for (let at = 0; at < count; at++) {
    const place = start + at * instructionSize;
    const code = view.getUint8(place);
    const registers = view.getUint8(place + 1);
    const offset = view.getInt16(place + 2, little);
    const number = view.getInt32(place + 4, little);
    codes[at] = code;
    to[at] = little ? registers & 15 : registers >> 4;
    from[at] = little ? registers >> 4 : registers & 15;
    offsets[at] = offset;
    numbers[at] = number;
    const jumps = ((code & 7) === 5 || (code & 7) === 6) && !isCall(code) && code !== exit;
    if (jumps) target[at] = at + 1 + (code === alwaysFar ? number : offset);
    const stops = code === exit || code === always || code === alwaysFar;
    if (!stops && at + 1 < count) next[at] = at + (code === wide ? 2 : 1);
    if (code === wide) at++;
  }
  return { count, codes, to, from, offsets, numbers, next, target };
}
