/**
 * The source lines of an object's instructions, from `.BTF.ext` (Documentation/bpf/btf.rst, "BTF.ext section"). The
 * kernel's log has them too, but before 6.9 without file and line, and never the column before 7.3.
 */
import { elfFunctions, findSection, readElf, type ElfObject } from "./elf.js";

export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly text: string;
}

/** Where an instruction of a program comes from; undefined where the object does not say. */
export function sourceOfInstruction(
  object: Uint8Array,
  program: string,
  instruction: number,
): SourceLine | undefined {
  const read = readElf(object);
  if (!read.ok) return undefined;
  try {
    return find(read.elf, program, instruction * instructionSize);
  } catch (failure) {
    // A section cut short.
    if (failure instanceof RangeError) return undefined;
    throw failure;
  }
}

const instructionSize = 8;
const lineInfoOffset = 16;
const smallestRecord = 16;

function find(elf: ElfObject, program: string, within: number): SourceLine | undefined {
  const btf = findSection(elf, ".BTF")?.bytes;
  const ext = findSection(elf, ".BTF.ext")?.bytes;
  const symbol = elf.symbols.find((one) => one.kind === "function" && one.name === program);
  const size = elfFunctions(elf).find((one) => one.name === program)?.bytes.length ?? 0;
  // What comes after the program's own instructions are functions that libbpf put there.
  if (!btf || !ext || !symbol?.section || within >= size) return undefined;
  const little = elf.littleEndian;
  const strings = stringTable(btf, little);
  const view = new DataView(ext.buffer, ext.byteOffset, ext.byteLength);
  const header = view.getUint32(4, little);
  const start = header + view.getUint32(lineInfoOffset, little);
  const end = start + view.getUint32(lineInfoOffset + 4, little);
  const record = view.getUint32(start, little);
  if (record < smallestRecord) return undefined;
  const wanted = symbol.value + within;
  for (let at = start + 4; at + 8 <= end;) {
    const section = strings(view.getUint32(at, little));
    const count = view.getUint32(at + 4, little);
    const first = at + 8;
    at = first + count * record;
    if (section !== symbol.section.name) continue;
    let best: number | undefined;
    for (let each = first; each < at; each += record) {
      const offset = view.getUint32(each, little);
      if (offset <= wanted && offset >= symbol.value) best = each;
    }
    if (best === undefined) return undefined;
    const place = view.getUint32(best + 12, little);
    return {
      file: strings(view.getUint32(best + 4, little)),
      text: strings(view.getUint32(best + 8, little)),
      line: place >>> 10,
      column: place & 0x3ff,
    };
  }
  return undefined;
}

function stringTable(btf: Uint8Array, little: boolean): (offset: number) => string {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  const start = view.getUint32(4, little) + view.getUint32(16, little);
  return (offset) => {
    const from = start + offset;
    const end = btf.indexOf(0, from);
    return new TextDecoder().decode(btf.subarray(from, end < 0 ? btf.length : end));
  };
}
