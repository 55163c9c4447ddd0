import type {
  Bounded,
  ContextLoad,
  PacketCheck,
  PacketPointer,
  PointerAdd,
  PointerDifference,
  ValueId,
} from "../ir/ir.js";
import { attributes } from "./attributes.js";
import type { BoundPlan } from "./bounds.js";
import type { Emitter, Operand } from "./emitter.js";
import { opaque, opaqueHere } from "./opaque.js";
import {
  address,
  as,
  assign,
  define,
  definePointer,
  literal,
  operand,
  perform,
  startBlock,
} from "./emitter.js";

/**
 * Barriers. LLVM's optimiser keeps a program's meaning and not the shape that the kernel's verifier can follow. Each
 * barrier here names what it stops; there are no others.
 */

/**
 * An empty asm (see opaque.ts) on a pointer: `base + offset` stays one register, whose bounds check then covers every access through
 * it. Otherwise LLVM forms `(base + constant) + offset` anew at each access, or moves a constant part of the offset
 * to the base (`v[8 + i]`, i >= -8), and the kernel sees unchecked pointers.
 */
function opaquePointer(e: Emitter, text: string): string {
  return assign(e, `call ptr asm "", "=r,0"(ptr ${text}) ${attributes.pure}`);
}

/**
 * A load from the context as asm: loads of two branches merged into one, through a chosen pointer, are a
 * "dereference of modified ctx ptr". Its memory effect orders it after helpers that change the context, in IR; what LLVM
 * makes of IR has forgotten it, and takes the load of a moved packet's place out of the loop that moves it.
 */
function contextLoad(
  e: Emitter,
  context: Operand,
  offset: number,
  type: "i64" | "ptr",
  bits: number,
): string {
  const pointer = as(e, context, "ptr");
  const effect = e.movesPacket && type === "ptr" ? "sideeffect " : "";
  return assign(
    e,
    `call ${type} asm ${effect}"$0 = *(u${bits} *)($1 + ${offset})", "=r,r"(ptr ${pointer}) ${attributes.readsContext}`,
  );
}

export function emitContextLoad(e: Emitter, one: ContextLoad): void {
  define(e, one.id, contextLoad(e, operand(e, one.context), one.offset, "i64", one.type.bits), "i64");
}

/** `struct xdp_md` and `struct __sk_buff` differ in where the packet's ends are. */
const packetOffsets: Readonly<Record<string, Readonly<Record<PacketPointer["which"], number>>>> = {
  xdp: { data: 0, end: 4, meta: 8 },
};
const skbOffsets = { data: 76, end: 80, meta: 140 } as const;

export function emitPacketPointer(e: Emitter, one: PacketPointer): void {
  const offset = (packetOffsets[e.fn.hook] ?? skbOffsets)[one.which];
  definePointer(e, one.id, contextLoad(e, operand(e, one.context), offset, "ptr", 32), 0, 0);
}

/** As `pointer + size <= end`, the only form that every kernel understands. */
export function emitPacketCheck(e: Emitter, one: PacketCheck): void {
  const shared = address(e, operand(e, one.pointer), one.size);
  const past = e.apartChecks.has(one.id) ? opaquePointer(e, shared) : shared;
  const end = as(e, operand(e, one.end), "ptr");
  define(e, one.id, assign(e, `icmp ule ptr ${past}, ${end}`));
}

export function emitPointerAdd(e: Emitter, one: PointerAdd): void {
  const pointer = operand(e, one.pointer);
  const offset = operand(e, one.offset);
  const { constant } = offset.fact;
  if (constant !== undefined) {
    definePointer(e, one.id, pointer.text, pointer.displacement + Number(constant), pointer.align);
    return;
  }
  // LLVM knows how a stack slot is aligned, and makes `or` of the addition, which no pointer takes; and of an offset that
  // is 0 or 1 a subtraction, which no pointer into the stack takes.
  const onStack = one.type.region === "stack";
  const plain = address(e, pointer, 0);
  const base = onStack ? opaquePointer(e, plain) : plain;
  const known = clamped(e, as(e, offset, "i64"), e.bounds.plans.get(one.id));
  const amount = onStack ? opaque(e, known) : known;
  const sum = assign(e, `getelementptr i8, ptr ${base}, i64 ${amount}`);
  definePointer(e, one.id, opaquePointer(e, sum), 0, e.alignments.get(one.id) ?? 0);
}

export function emitPointerDifference(e: Emitter, one: PointerDifference): void {
  const left = assign(e, `ptrtoint ptr ${as(e, operand(e, one.left), "ptr")} to i64`);
  const right = assign(e, `ptrtoint ptr ${as(e, operand(e, one.right), "ptr")} to i64`);
  const difference = assign(e, `sub i64 ${left}, ${right}`);
  // In 64 bits, whatever is made of it: LLVM would cut the pointers first ("32-bit pointer arithmetic prohibited").
  // Where a helper moves the packet, the subtraction must not sink past it: pointers die there.
  const held = e.movesPacket ? opaqueHere(e, difference) : opaque(e, difference);
  define(e, one.id, held);
}

/** The kernel must see `value <= max` at the use; `bounds.ts` has decided how. */
export function emitBounded(e: Emitter, one: Bounded): void {
  const value = operand(e, one.value);
  if (value.fact.constant !== undefined) define(e, one.id, value.text, value.rep);
  else define(e, one.id, clamped(e, as(e, value, "i64"), e.bounds.plans.get(one.id)), "i64");
}

function clamped(e: Emitter, text: string, plan: BoundPlan | undefined): string {
  if (plan === undefined || plan.kind === "free") return text;
  // LLVM takes `data + offset` out of the loop, in front of the guard that makes the offset a small one.
  if (plan.kind === "held") return opaqueHere(e, text);
  if (plan.kind === "whole") return opaque(e, text);
  if (plan.kind === "mask") return assign(e, `and i64 ${opaque(e, text)}, ${plan.mask}`);
  if (plan.kind === "anew") {
    // A number with itself is the same one: of an `or` with what is not a constant, kernels up to 6.10 know nothing.
    const anew = assign(e, `call i64 asm "$0 |= $0", "=r,0"(i64 ${text}) ${attributes.pure}`);
    return clamped(e, anew, plan.by);
  }
  // Made here, and not where it could be: saved and read back twice, it is compared in one copy and added from another.
  const checked = opaqueHere(e, text);
  const outside = assign(e, `icmp ugt i64 ${checked}, ${literal(plan.max, "i64")}`);
  const inside = `${e.label}.${e.counter++}`;
  perform(e, `br i1 ${outside}, label %leave, label %${inside}, !prof !0`);
  e.leaves = true;
  startBlock(e, inside);
  // Or it adds the offset to a pointer in front of the comparison, where another one on the way says the same.
  return opaqueHere(e, checked);
}

/**
 * Keeps a value in one register from here on: the kernel knows its bound from a comparison, and LLVM would compare
 * one form of it and use another (`x - 3 < 10` for `x`; a narrow load for a wide one).
 */
export function pin(e: Emitter, id: ValueId): void {
  if (!e.bounds.pinned.has(id)) return;
  const value = operand(e, id);
  if (value.fact.constant === undefined && value.rep !== "ptr" && value.rep !== "i1")
    define(e, id, opaque(e, as(e, value, "i64")), "i64");
}
