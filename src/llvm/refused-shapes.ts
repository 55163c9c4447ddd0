/**
 * What LLVM makes of good code now and then and some kernel refuses, found in the object by one walk over it:
 *
 * - A loop that is closed by running on from one instruction to the next. Kernels up to 6.1 want a jump (`push_insn` in
 *   kernel/bpf/verifier.c with `loop_ok` false: "back-edge from insn 465 to 466"). Functions are walked as they do it.
 * - An atomic operation other than an addition: `add 0` becomes `or 0`, which came with 5.12 ("BPF_STX uses reserved
 *   fields"). The language has additions only.
 */

const sectionSize = 64;
const codeSection = 4n;
const symbolTable = 2;
const functionSymbol = 2;
const symbolSize = 24;
const instructionSize = 8;

const [atomicWide, atomicNarrow, addition] = [0xdb, 0xc3, 0];
const [wide, call, exit, always] = [0x18, 0x85, 0x95, 0x05];

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
      if (start + count * instructionSize <= object.length && functionHas(view, little, start, count))
        return true;
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

const [unseen, open, done] = [0, 1, 2];

function functionHas(view: DataView, little: boolean, start: number, count: number): boolean {
  const states = new Uint8Array(count);
  /** How many of its two edges have been followed. */
  const followed = new Uint8Array(count);
  const path = [0];
  states[0] = open;
  for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
    const code = view.getUint8(start + at * instructionSize);
    const jumps = (code & 7) === 5 || (code & 7) === 6;
    const conditional = jumps && code !== call && code !== exit && code !== always;
    const turn = followed[at] ?? 2;
    const atomic = code === atomicWide || code === atomicNarrow;
    if (atomic && view.getInt32(start + at * instructionSize + 4, little) !== addition) return true;
    followed[at] = turn + 1;
    let to: number | undefined;
    if (code !== exit && turn === 0) to = at + (code === wide ? 2 : 1);
    if (conditional && turn === 1) to = at + 1;
    if (code === always && turn === 0) to = at + 1;
    if (to !== undefined && (code === always || (conditional && turn === 1)))
      to += view.getInt16(start + at * instructionSize + 2, little);
    if (to === undefined || to < 0 || to >= count) {
      states[at] = done;
      path.pop();
    } else if (states[to] === unseen) {
      states[to] = open;
      path.push(to);
    } else if (states[to] === open && code !== always && !conditional) return true;
  }
  return false;
}
