/** Functions of programs and libraries: where they lie in the file, which is where a uprobe goes. */
import { readUserElf, textAt } from "./user-elf.js";

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
  const { bytes, sections, fileOffset } = readUserElf(path);
  const found = new Map<string, UserFunction>();
  for (const section of sections) {
    if (!symbolTables.has(section.type)) continue;
    const strings = sections[section.link]?.offset ?? 0;
    for (let at = section.offset; at + 24 <= section.offset + section.size; at += 24) {
      const address = Number(bytes.readBigUInt64LE(at + 8));
      if (!functionTypes.has((bytes[at + 4] ?? 0) & 15) || bytes.readUInt16LE(at + 6) === 0) continue;
      const offset = fileOffset(address);
      const name = textAt(bytes, strings + bytes.readUInt32LE(at)).replace(/@.*$/, "");
      if (offset !== undefined && !found.has(name))
        found.set(name, { name, offset, size: Number(bytes.readBigUInt64LE(at + 16)), address });
    }
  }
  return [...found.values()];
}
