/** A reader of ELF64 objects, enough of it to look at BPF objects: sections, symbols, bytes. Both byte orders. */

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SHT_*: 1 is program bits, 2 the symbol table, 3 strings, 8 no bits, 9 relocations. */
  readonly type: number;
  readonly flags: number;
  readonly size: number;
  /** Empty for a section without bits (`.bss`). */
  readonly bytes: Uint8Array;
  readonly link: number;
  readonly info: number;
}

export type ElfSymbolKind = "none" | "object" | "function" | "section" | "file" | "other";

export interface ElfSymbol {
  readonly name: string;
  readonly kind: ElfSymbolKind;
  readonly binding: "local" | "global" | "weak" | "other";
  /** The offset in its section. */
  readonly value: number;
  readonly size: number;
  /** Undefined for symbols of no section: undefined, absolute or common ones. */
  readonly section: ElfSection | undefined;
}

export interface ElfObject {
  readonly littleEndian: boolean;
  /** e_machine: 247 is BPF. */
  readonly machine: number;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

export type ElfResult =
  { readonly ok: true; readonly elf: ElfObject } | { readonly ok: false; readonly message: string };

const sectionNoBits = 8;
const sectionSymbols = 2;
const flagExecutable = 4;
const symbolKinds: readonly ElfSymbolKind[] = ["none", "object", "function", "section", "file"];
const bindings = ["local", "global", "weak"] as const;

/** Thrown inside, where bytes are missing; never leaves {@link readElf}. */
class Malformed extends Error {}

/** Reads an ELF64 object; any bytes may come in. */
export function readElf(bytes: Uint8Array): ElfResult {
  try {
    return { ok: true, elf: parse(bytes) };
  } catch (failure) {
    if (failure instanceof Malformed || failure instanceof RangeError)
      return {
        ok: false,
        message: failure instanceof Malformed ? failure.message : "the ELF file is cut short",
      };
    throw failure;
  }
}

function parse(bytes: Uint8Array): ElfObject {
  if (bytes.length < 64 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    throw new Malformed("not an ELF file");
  if (bytes[4] !== 2) throw new Malformed("not a 64-bit ELF file");
  const littleEndian = bytes[5] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number): number => view.getUint16(at, littleEndian);
  const u32 = (at: number): number => view.getUint32(at, littleEndian);
  const u64 = (at: number): number => Number(view.getBigUint64(at, littleEndian));
  const headersAt = u64(40);
  const headerSize = u16(58);
  const count = u16(60);
  const namesIndex = u16(62);
  if (count > 0 && headerSize < 64) throw new Malformed("the ELF section headers are too small");

  const header = (index: number): { name: number; section: Omit<ElfSection, "name"> } => {
    const at = headersAt + index * headerSize;
    const type = u32(at + 4);
    const offset = u64(at + 24);
    const size = u64(at + 32);
    if (type !== sectionNoBits && offset + size > bytes.length)
      throw new Malformed(`section ${index} reaches past the end of the ELF file`);
    const contents =
      type === sectionNoBits || type === 0 ? new Uint8Array(0) : bytes.subarray(offset, offset + size);
    return {
      name: u32(at),
      section: {
        index,
        type,
        flags: u64(at + 8),
        size,
        bytes: contents,
        link: u32(at + 40),
        info: u32(at + 44),
      },
    };
  };
  const headers = Array.from({ length: count }, (_, index) => header(index));
  const names = headers[namesIndex]?.section.bytes ?? new Uint8Array(0);
  const sections = headers.map(({ name, section }) => ({ ...section, name: stringAt(names, name) }));

  const symbols: ElfSymbol[] = [];
  for (const table of sections) {
    if (table.type !== sectionSymbols) continue;
    const strings = sections[table.link]?.bytes ?? new Uint8Array(0);
    const rows = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
    for (let at = 24; at + 24 <= table.bytes.length; at += 24) {
      const info = rows.getUint8(at + 4);
      symbols.push({
        name: stringAt(strings, rows.getUint32(at, littleEndian)),
        kind: symbolKinds[info & 15] ?? "other",
        binding: bindings[info >> 4] ?? "other",
        value: Number(rows.getBigUint64(at + 8, littleEndian)),
        size: Number(rows.getBigUint64(at + 16, littleEndian)),
        section: sections[rows.getUint16(at + 6, littleEndian) || -1],
      });
    }
  }
  return { littleEndian, machine: u16(18), sections, symbols };
}

const decoder = new TextDecoder();

function stringAt(table: Uint8Array, at: number): string {
  if (at >= table.length) return "";
  const end = table.indexOf(0, at);
  return decoder.decode(table.subarray(at, end < 0 ? table.length : end));
}

/** The first section of a name. */
export function findSection(elf: ElfObject, name: string): ElfSection | undefined {
  return elf.sections.find((section) => section.name === name);
}

/** One function of an object: its name, its section and its instructions' bytes. */
export interface ElfFunction {
  readonly name: string;
  readonly section: string;
  readonly bytes: Uint8Array;
}

/** The functions of an object, programs and subprograms, in the order of their sections and offsets. */
export function elfFunctions(elf: ElfObject): readonly ElfFunction[] {
  return elf.symbols
    .filter((symbol) => symbol.kind === "function" && symbol.section && symbol.section.flags & flagExecutable)
    .toSorted(
      (left, right) => (left.section?.index ?? 0) - (right.section?.index ?? 0) || left.value - right.value,
    )
    .map((symbol) => ({
      name: symbol.name,
      section: symbol.section?.name ?? "",
      bytes: symbol.section?.bytes.subarray(symbol.value, symbol.value + symbol.size) ?? new Uint8Array(0),
    }));
}
