/**
 * LLVM's BPF assembly, read for people: which instructions each line of a script became. The lines are those of the
 * debug info (`.loc`), which the kernel's verifier quotes too.
 */

export interface ListedInstruction {
  /** As LLVM writes it: `w1 = *(u16 *)(r8 + 12)`. */
  readonly text: string;
  /** How many of the kernel's instructions it is: two for a 64-bit constant. */
  readonly size: number;
  /** Where the first of them stands in its function. */
  readonly index: number;
  /** Labels that jumps to it name. */
  readonly labels: readonly string[];
  /** The script's line, from 1; 0 when it has none. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface ListedFunction {
  readonly name: string;
  /** Where libbpf finds a program: `xdp`. Functions that programs call are in `.text`. */
  readonly section: string;
  readonly instructions: readonly ListedInstruction[];
  /** The kernel's instructions. */
  readonly size: number;
}

/** Every function of an assembly text, in its order. */
export function readAssembly(text: string): readonly ListedFunction[] {
  const functions: { name: string; section: string; instructions: ListedInstruction[]; size: number }[] = [];
  const files = new Map<string, string>();
  const names = new Set<string>();
  let section = ".text";
  let place = { path: "", line: 0, column: 0 };
  let labels: string[] = [];
  for (const line of text.split("\n")) {
    const file = /^\t\.file\t(\d+) "([^"]*)"(?: "([^"]*)")?/.exec(line);
    if (file) {
      const [, id = "", first = "", second] = file;
      files.set(id, second === undefined ? first : `${first}/${second}`);
      continue;
    }
    const location = /^\t\.loc\t(\d+) (\d+) (\d+)/.exec(line);
    if (location) {
      const [, id = "", at = "0", column = "0"] = location;
      // Line 0 is what LLVM made for no line: it belongs to what stands around it.
      if (at !== "0") place = { path: files.get(id) ?? "", line: Number(at), column: Number(column) };
      continue;
    }
    const named = /^\t\.type\t(\S+),@function/.exec(line)?.[1];
    if (named !== undefined) names.add(named);
    const label = /^(\S+):/.exec(line)?.[1];
    if (label !== undefined) {
      if (names.has(label) && !label.startsWith(".L")) {
        functions.push({ name: label, section, instructions: [], size: 0 });
        place = { path: "", line: 0, column: 0 };
      } else if (label.startsWith("LBB") || label.startsWith(".LBB")) labels.push(label);
      continue;
    }
    section = /^\t\.section\t([^,\s]+)/.exec(line)?.[1] ?? (/^\t\.text\b/.test(line) ? ".text" : section);
    const instruction = /^\t((?:[a-z*]|\(u).*)$/.exec(line)?.[1];
    const last = functions.at(-1);
    if (instruction === undefined || !last) continue;
    const size = instruction.endsWith(" ll") ? 2 : 1;
    last.instructions.push({ text: instruction, size, index: last.size, labels, ...place });
    last.size += size;
    labels = [];
  }
  return functions;
}
