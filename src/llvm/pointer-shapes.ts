/** Where an object computes with what a lookup in a map may have given, other than by adding to it. */
import {
  add,
  arithmetic,
  arithmeticWide,
  frameRegister,
  isCall,
  load,
  move,
  storeRegister,
  subtract,
  swap,
  wide,
  type Code,
} from "./object-code.js";

/** Numbers of helpers that give pointers or null: `bpf_map_lookup_elem`, lookups of sockets, `bpf_ringbuf_reserve`. */
const givesPointer = new Set([1, 84, 85, 99, 131, 195]);

/** `*(u64 *)(r10 - N) = rX` and back. */
const [spill, fill] = [0x7b, 0x79];
/** `if rX == 0` and `if rX != 0`. */
const [ifEqual, ifOther] = [0x15, 0x55];
const slots = 64;
const afterCall = ~0b111111;

/** Which registers may hold such pointers, and which slots of the stack: a bit each. */
interface Held {
  readonly registers: Uint16Array;
  readonly near: Uint32Array;
  readonly far: Uint32Array;
}

export function computesWithPointers(code: Code): boolean {
  const { count, codes, from, numbers, next, target, to } = code;
  if (!codes.some((one, at) => one === 0x85 && from[at] === 0 && givesPointer.has(numbers[at] ?? 0)))
    return false;
  const held: Held = {
    registers: new Uint16Array(count),
    near: new Uint32Array(count),
    far: new Uint32Array(count),
  };
  const state: State = { registers: 0, near: 0, far: 0 };
  const seen = new Uint8Array(count);
  const work = [0];
  seen[0] = 1;
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    state.registers = held.registers[at] ?? 0;
    state.near = held.near[at] ?? 0;
    state.far = held.far[at] ?? 0;
    if (!step(code, at, state)) return true;
    const zero = numbers[at] === 0 ? 1 << (to[at] ?? 0) : 0;
    for (const on of [target[at] ?? -1, next[at] ?? -1]) {
      if (on < 0 || on >= count) continue;
      const isNull = codes[at] === (on === target[at] ? ifEqual : ifOther);
      const registers = (held.registers[on] ?? 0) | (isNull ? state.registers & ~zero : state.registers);
      const [near, far] = [(held.near[on] ?? 0) | state.near, (held.far[on] ?? 0) | state.far];
      const same =
        registers === held.registers[on] && near >>> 0 === held.near[on] && far >>> 0 === held.far[on];
      if (same && seen[on] === 1) continue;
      held.registers[on] = registers;
      held.near[on] = near;
      held.far[on] = far;
      seen[on] = 1;
      work.push(on);
    }
  }
  return false;
}

interface State {
  registers: number;
  near: number;
  far: number;
}

/** What an instruction makes of the state; false where the kernel refuses it. */
function step({ codes, to, from, offsets, numbers }: Code, at: number, state: State): boolean {
  const code = codes[at] ?? 0;
  const [left, right] = [1 << (to[at] ?? 0), 1 << (from[at] ?? 0)];
  const kind = code & 7;
  // Of a byte swap the bit says to which order.
  const second = (code & 8) !== 0 && (code & 0xf0) !== swap ? right : 0;
  const set = (holds: boolean): void => {
    state.registers = holds ? state.registers | left : state.registers & ~left;
  };
  if (isCall(code)) {
    state.registers &= afterCall;
    if (from[at] === 0 && givesPointer.has(numbers[at] ?? 0)) state.registers |= 1;
  } else if (kind === arithmetic || kind === arithmeticWide) {
    const operation = code & 0xf0;
    const [leftHeld, rightHeld] = [(state.registers & left) !== 0, (state.registers & second) !== 0];
    if (operation === move) {
      if (rightHeld && kind === arithmetic) return false;
      set(rightHeld);
    } else if (leftHeld || rightHeld) {
      if (kind === arithmetic || (operation !== add && operation !== subtract)) return false;
      if (leftHeld && rightHeld) return false;
      set(true);
    }
  } else if (kind === storeRegister && code === spill && to[at] === frameRegister)
    setSlot(state, offsets[at] ?? 0, (state.registers & right) !== 0);
  else if (kind === load || code === wide)
    set(code === fill && from[at] === frameRegister && slotHeld(state, offsets[at] ?? 0));
  return true;
}

function slotOf(offset: number): number {
  return -offset % 8 === 0 ? -offset / 8 - 1 : slots;
}

function setSlot(state: State, offset: number, holds: boolean): void {
  const slot = slotOf(offset);
  if (slot >= slots) return;
  const bit = 1 << (slot & 31);
  if (slot < 32) state.near = holds ? state.near | bit : state.near & ~bit;
  else state.far = holds ? state.far | bit : state.far & ~bit;
}

function slotHeld(state: State, offset: number): boolean {
  const slot = slotOf(offset);
  if (slot >= slots) return false;
  return ((slot < 32 ? state.near : state.far) & (1 << (slot & 31))) !== 0;
}
