import { elfFunctions, type ElfObject } from "./elf.js";

/** Looks at the BPF instructions of an object: how many a function has, how much stack it takes. */

/** Instruction slots of each function; a 64-bit constant counts two, as it does in the kernel's numbers. */
export function instructionCounts(elf: ElfObject): ReadonlyMap<string, number> {
  return new Map(elfFunctions(elf).map(({ name, bytes }) => [name, bytes.length / 8]));
}

const framePointer = 10;
const classMask = 7;
const classLdx = 1;
const classSt = 2;
const classStx = 3;
const classAlu64 = 7;
const classJmp = 5;
const loadConstant = 0x18;
const opAddImmediate = 0x07;
const opMoveRegister = 0xbf;
const opCall = 0x85;

/**
 * The deepest stack byte of each function: the largest N for which it touches `r10 - N`, directly or through a
 * register that holds `r10` plus a constant (also when that only becomes a helper's argument). The walk is straight
 * through the code, without following branches; LLVM derives such registers right before their use.
 */
export function stackUse(elf: ElfObject): ReadonlyMap<string, number> {
  return new Map(
    elfFunctions(elf).map(({ name, bytes }) => [name, functionStackUse(bytes, elf.littleEndian)]),
  );
}

function functionStackUse(bytes: Uint8Array, littleEndian: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** What each register is, as an offset from r10; undefined for everything else. */
  const offsets: (number | undefined)[] = Array.from({ length: 16 }, () => undefined);
  offsets[framePointer] = 0;
  let deepest = 0;
  const touch = (base: number | undefined, offset: number): void => {
    if (base !== undefined) deepest = Math.max(deepest, -(base + offset));
  };
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const code = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const destination = littleEndian ? registers & 15 : registers >> 4;
    const source = littleEndian ? registers >> 4 : registers & 15;
    const offset = view.getInt16(at + 2, littleEndian);
    const immediate = view.getInt32(at + 4, littleEndian);
    const kind = code & classMask;
    if (code === loadConstant) {
      offsets[destination] = undefined;
      at += 8;
    } else if (kind === classLdx) {
      touch(offsets[source], offset);
      offsets[destination] = undefined;
    } else if (kind === classSt || kind === classStx) {
      touch(offsets[destination], offset);
    } else if (code === opMoveRegister && offset === 0) {
      offsets[destination] = offsets[source];
    } else if (code === opAddImmediate) {
      const base = offsets[destination];
      offsets[destination] = base === undefined ? undefined : base + immediate;
      touch(offsets[destination], 0);
    } else if (code === opCall) {
      offsets.fill(undefined, 0, 6);
    } else if (kind === classAlu64 || (kind !== classJmp && kind !== 6)) {
      if (destination !== framePointer) offsets[destination] = undefined;
    }
  }
  return deepest;
}
