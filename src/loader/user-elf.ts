/** Files of machine code, as far as probes need it: ELF64, little-endian, read where it is asked for. */
import { readFileSync } from "node:fs";

export interface UserSection {
  readonly name: string;
  /** SHT_*: 2 and 11 are symbol tables, 7 is notes, 8 has no bytes. */
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

export interface UserElf {
  readonly bytes: Buffer;
  readonly sections: readonly UserSection[];
  /** Where in the file lies what is loaded to an address; undefined for what is not in the file. */
  readonly fileOffset: (address: number) => number | undefined;
}

const segmentLoad = 1;
const sectionNoBits = 8;

/** Throws a `RangeError` on what is no such file, and what the file system says of one that can't be read. */
export function readUserElf(path: string): UserElf {
  const bytes = readFileSync(path);
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46)
    throw new RangeError("it is not an ELF file");
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new RangeError("it is not a 64-bit little-endian ELF file");
  const u16 = (at: number): number => bytes.readUInt16LE(at);
  const u32 = (at: number): number => bytes.readUInt32LE(at);
  const u64 = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const segments = Array.from({ length: u16(56) }, (_, i) => u64(32) + i * u16(54))
    .filter((at) => u32(at) === segmentLoad)
    .map((at) => ({ offset: u64(at + 8), address: u64(at + 16), size: u64(at + 32) }));
  const headers = Array.from({ length: u16(60) }, (_, i) => u64(40) + i * u16(58));
  const names = headers[u16(62)];
  const sections = headers.map((at): UserSection => {
    const type = u32(at + 4);
    return {
      name: names === undefined ? "" : textAt(bytes, u64(names + 24) + u32(at)),
      type,
      address: u64(at + 16),
      offset: u64(at + 24),
      size: type === sectionNoBits ? 0 : u64(at + 32),
      link: u32(at + 40),
    };
  });
  return {
    bytes,
    sections,
    fileOffset: (address) => {
      const found = segments.find((one) => address >= one.address && address < one.address + one.size);
      return found && address - found.address + found.offset;
    },
  };
}

/** The text that begins there, up to its NUL. */
export function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, end < 0 ? bytes.length : end);
}
