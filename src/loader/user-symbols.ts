/** Functions of programs and libraries: where they lie in the file, which is where a uprobe goes. */
import { readFileSync } from "node:fs";

export interface UserFunction {
  readonly name: string;
  /** Bytes from the file's start. */
  readonly offset: number;
  readonly size: number;
  /** The address that the file itself gives it. */
  readonly address: number;
}

const symbolTables: ReadonlySet<number> = new Set([2, 11]);
const functionTypes: ReadonlySet<number> = new Set([2, 10]);

/** All functions in an ELF file's symbol tables, static and dynamic. Throws a `RangeError` on what is no ELF64 file. */
export function userFunctions(path: string): readonly UserFunction[] {
  const bytes = readFileSync(path);
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46)
    throw new RangeError("it is not an ELF file");
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new RangeError("it is not a 64-bit little-endian ELF file");
  const u16 = (at: number): number => bytes.readUInt16LE(at);
  const u32 = (at: number): number => bytes.readUInt32LE(at);
  const u64 = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const segments = Array.from({ length: u16(56) }, (_, i) => u64(32) + i * u16(54)).filter(
    (at) => u32(at) === 1,
  );
  const fileOffset = (address: number): number | undefined => {
    for (const at of segments) {
      const start = u64(at + 16);
      if (address >= start && address < start + u64(at + 32)) return address - start + u64(at + 8);
    }
    return undefined;
  };
  const sections = Array.from({ length: u16(60) }, (_, i) => u64(40) + i * u16(58));
  const found = new Map<string, UserFunction>();
  for (const section of sections) {
    if (!symbolTables.has(u32(section + 4))) continue;
    const strings = u64((sections[u32(section + 40)] ?? section) + 24);
    const [start, size] = [u64(section + 24), u64(section + 32)];
    for (let at = start; at + 24 <= start + size; at += 24) {
      const address = u64(at + 8);
      if (!functionTypes.has((bytes[at + 4] ?? 0) & 15) || u16(at + 6) === 0) continue;
      const offset = fileOffset(address);
      const from = strings + u32(at);
      const name = bytes.toString("latin1", from, bytes.indexOf(0, from)).replace(/@.*$/, "");
      if (offset !== undefined && !found.has(name))
        found.set(name, { name, offset, size: u64(at + 16), address });
    }
  }
  return [...found.values()];
}
