/** Static probes of programs and libraries: the notes that <sys/sdt.h> leaves in a file. */
import type { StaticProbe } from "../kernel/static-probes.js";
import { readUserElf, textAt } from "./user-elf.js";

const sectionNote = 7;
const noteStapSdt = 3;

/**
 * Every place of an ELF file that bears a static probe, in the file's order. Throws a `RangeError` on what is no ELF64
 * file. A note: `namesz descsz type "stapsdt"`, then the place, the address that `.stapsdt.base` had when it was
 * linked, the semaphore's address, and three texts.
 */
export function staticProbes(path: string): readonly StaticProbe[] {
  const { bytes, sections, fileOffset } = readUserElf(path);
  const base = sections.find(({ name }) => name === ".stapsdt.base")?.address;
  const found: StaticProbe[] = [];
  const align = (size: number): number => Math.ceil(size / 4) * 4;
  for (const section of sections) {
    if (section.type !== sectionNote || section.name !== ".note.stapsdt") continue;
    const end = Math.min(section.offset + section.size, bytes.length);
    for (let at = section.offset; at + 12 <= end;) {
      const [ownerSize, size] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      const body = at + 12 + align(ownerSize);
      const type = bytes.readUInt32LE(at + 8);
      const ours = type === noteStapSdt && textAt(bytes, at + 12) === "stapsdt";
      at = body + align(size);
      if (!ours || size < 27 || at > end) continue;
      const address = (word: number): number => Number(bytes.readBigUInt64LE(body + 8 * word));
      // What was moved after linking (prelink) took all of the file along.
      const moved = base === undefined || address(1) === 0 ? 0 : base - address(1);
      const offset = fileOffset(address(0) + moved);
      const provider = textAt(bytes, body + 24);
      const name = textAt(bytes, body + 24 + provider.length + 1);
      const given = textAt(bytes, body + 24 + provider.length + 1 + name.length + 1);
      const semaphore = address(2) === 0 ? undefined : fileOffset(address(2) + moved);
      if (offset !== undefined) found.push({ provider, name, offset, semaphore, arguments: given });
    }
  }
  return found;
}
