import { assertNever } from "../base/invariant.js";
import type {
  Atomic,
  Copy,
  GlobalAddress,
  Load,
  MemoryOperand,
  MemoryOrder,
  StackSlot,
  Store,
  ValueId,
  Zero,
} from "../ir/ir.js";
import { stackAlign } from "./alignment.js";
import { swapped } from "./arithmetic.js";
import { attributes } from "./attributes.js";
import { location } from "./debug.js";
import type { Emitter, Operand } from "./emitter.js";
import { opaque } from "./opaque.js";
import {
  extended,
  accessAlign,
  address,
  as,
  assign,
  define,
  definePointer,
  factOf,
  literal,
  operand,
  perform,
} from "./emitter.js";
import { globalAlign } from "./globals.js";

export function emitStackSlot(e: Emitter, one: StackSlot): void {
  const name = `%v${one.id}`;
  e.allocas.push(`  ${name} = alloca [${one.size} x i8], align ${stackAlign}`);
  definePointer(e, one.id, name, 0, stackAlign);
}

export function emitGlobalAddress(e: Emitter, one: GlobalAddress): void {
  const global = e.module.ir.globals.find((each) => each.id === one.global);
  const align = global === undefined ? 0 : globalAlign(global);
  definePointer(e, one.id, `@${e.module.names.globals.get(one.global) ?? ""}`, 0, align);
}

function needsSwap(e: Emitter, order: MemoryOrder): boolean {
  return order === "network" && e.module.endian === "little";
}

export function emitLoad(e: Emitter, one: Load): void {
  const pointer = operand(e, one.pointer);
  const { bits, signed } = one.type;
  const stored = Math.max(bits, 8);
  const align = accessAlign(pointer, one.displacement, stored / 8);
  // In front of the loop it would be one value for all turns, of which the kernel learns more in each.
  const again = isGlobal(e, one.pointer) && e.lookingUp().has(e.block);
  const held = one.apart || again ? " volatile" : "";
  let text = assign(
    e,
    `load${held} i${stored}, ptr ${address(e, pointer, one.displacement)}, align ${align}`,
  );
  if (needsSwap(e, one.order)) text = swapped(e, text, stored);
  const { rep } = factOf(e, one.id);
  if (rep === "i1") text = assign(e, `trunc i8 ${text} to i1`);
  else if (`i${stored}` !== rep) text = assign(e, `${signed ? "sext" : "zext"} i${stored} ${text} to ${rep}`);
  define(e, one.id, text, rep);
}

function isGlobal(e: Emitter, pointer: ValueId): boolean {
  const type = e.types[pointer];
  return type?.kind === "pointer" && type.region === "global";
}

export function emitStore(e: Emitter, one: Store): void {
  storeTo(e, operand(e, one.pointer), one.displacement, one.value, one.bits, one.order);
}

function storeTo(
  e: Emitter,
  pointer: Operand,
  displacement: number,
  value: ValueId,
  bits: number,
  order: MemoryOrder,
): void {
  const text = narrowed(e, forgotten(e, operand(e, value), bits), bits, needsSwap(e, order));
  storeText(e, pointer, displacement, text, bits);
}

/**
 * What LLVM knows to be smaller than the kernel does. It would know that of what is loaded again, too, and leave out the
 * mask that the kernel needs.
 */
function forgotten(e: Emitter, value: Operand, bits: number): Operand {
  const { constant, max, kernelMax } = value.fact;
  if (constant !== undefined || kernelMax <= max || max >= 2 ** bits - 1) return value;
  if (value.rep !== "i64" && value.rep !== "i32") return value;
  return { ...value, text: opaque(e, value.text, value.rep) };
}

function storeText(
  e: Emitter,
  pointer: Operand,
  displacement: number,
  text: string,
  bits: number,
  volatile = "",
): void {
  const align = accessAlign(pointer, displacement, bits / 8);
  perform(e, `store ${volatile}i${bits} ${text}, ptr ${address(e, pointer, displacement)}, align ${align}`);
}

/** The low `bits` bits of a value as LLVM's integer of that width, in memory order. */
function narrowed(e: Emitter, value: Operand, bits: number, swap: boolean): string {
  const { constant } = value.fact;
  if (constant !== undefined) {
    const low = BigInt.asUintN(bits, constant);
    return BigInt.asIntN(bits, swap ? swapConstant(low, bits) : low).toString();
  }
  let text: string;
  if (value.rep === "i1") text = assign(e, `zext i1 ${value.text} to i${bits}`);
  else if (value.rep === `i${bits}`) text = value.text;
  else if (value.rep === "i32" && bits === 64) text = as(e, value, "i64");
  else text = assign(e, `trunc ${value.rep} ${value.text} to i${bits}`);
  return swap ? swapped(e, text, bits) : text;
}

function swapConstant(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let at = 0; at < bits; at += 8) result = (result << 8n) | ((value >> BigInt(at)) & 0xffn);
  return result;
}

/** LLVM has no call to `memset` or `memcpy` in BPF: it expands them, up to 128 stores. */
const expansionLimit = 512;

export function emitZero(e: Emitter, one: Zero): void {
  const pointer = operand(e, one.pointer);
  e.module.declarations.add("declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)");
  for (let done = 0; done < one.size; done += expansionLimit) {
    const size = Math.min(expansionLimit, one.size - done);
    const at = one.displacement + done;
    const to = address(e, pointer, at);
    perform(
      e,
      `call void @llvm.memset.p0.i64(ptr align ${accessAlign(pointer, at, 8)} ${to}, i8 0, i64 ${size}, i1 false)`,
    );
  }
}

export function emitCopy(e: Emitter, one: Copy): void {
  copy(e, operand(e, one.to), one.toDisplacement, operand(e, one.from), one.fromDisplacement, one.size);
}

function copy(e: Emitter, to: Operand, toAt: number, from: Operand, fromAt: number, total: number): void {
  e.module.declarations.add("declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)");
  for (let done = 0; done < total; done += expansionLimit) {
    const size = Math.min(expansionLimit, total - done);
    const target = `ptr align ${accessAlign(to, toAt + done, 8)} ${address(e, to, toAt + done)}`;
    const source = `ptr align ${accessAlign(from, fromAt + done, 8)} ${address(e, from, fromAt + done)}`;
    perform(e, `call void @llvm.memcpy.p0.p0.i64(${target}, ${source}, i64 ${size}, i1 false)`);
  }
}

/** Monotonic and without a use of the old value: BPF's `lock` instruction of every kernel, without BPF_FETCH. */
export function emitAtomic(e: Emitter, one: Atomic): void {
  const pointer = address(e, operand(e, one.pointer), one.displacement);
  const value = careful(e, as(e, operand(e, one.value), one.bits === 32 ? "i32" : "i64"), one.bits);
  perform(e, `atomicrmw ${one.op} ptr ${pointer}, i${one.bits} ${value} monotonic, align ${one.bits / 8}`);
}

/** An addition of what LLVM knows to be 0 becomes an `or`, which is younger than the addition. */
function careful(e: Emitter, text: string, bits: 32 | 64): string {
  return e.module.care === "all" ? opaque(e, text, `i${bits}`) : text;
}

/**
 * Memory for a helper. Operands built from parts share stack slots: `ordinal` tells apart those of one call. Where
 * the same key is built twice, LLVM finds the second set of stores redundant.
 */
export function memoryArgument(e: Emitter, memory: MemoryOperand, ordinal: number): string {
  switch (memory.kind) {
    case "pointer":
      return address(e, operand(e, memory.pointer), memory.displacement);
    case "parts":
      return builtFromParts(e, memory, ordinal);
    default:
      return assertNever(memory, "memory operand");
  }
}

interface Slot {
  readonly operand: Operand;
  readonly size: number;
}

function builtFromParts(
  e: Emitter,
  memory: MemoryOperand & { readonly kind: "parts" },
  ordinal: number,
): string {
  const stackSpace = Math.ceil(memory.size / stackAlign) * stackAlign;
  const key = `${memory.size}:${ordinal}`;
  let name = e.slots.get(key);
  if (name === undefined) {
    name = `%m${e.slots.size}`;
    e.slots.set(key, name);
    e.allocas.push(`  ${name} = alloca [${stackSpace} x i8], align ${stackAlign}`);
  }
  const slot: Operand = {
    text: name,
    rep: "ptr",
    signed: false,
    bits: 64,
    fact: { rep: "ptr", max: Infinity, kernelMax: Infinity, constant: undefined },
    displacement: 0,
    truncated: false,
    align: stackAlign,
  };
  // A slot that is written in one piece is new to the kernel, which tells no longer apart what was in it before.
  const whole = e.module.endian === "little" && e.turning().has(e.block);
  const covered = new Uint8Array(whole ? stackSpace : memory.size);
  for (const part of memory.parts) covered.fill(1, part.offset, part.offset + part.bits / 8);
  for (const part of memory.parts) {
    const bits = widened(e, part, covered);
    const value = operand(e, part.value);
    const text = partText(e, value, part.bits, bits, needsSwap(e, part.order));
    storePart(e, { operand: slot, size: stackSpace }, part.offset, text, bits);
  }
  zeroGaps(e, { operand: slot, size: stackSpace }, covered.subarray(0, memory.size));
  return name;
}

/** Into a slot that holds something of the kind from the function's start on, where only some turns of a loop write it. */
function storePart(e: Emitter, slot: Slot, offset: number, text: string, bits: number): void {
  const occasional = e.occasional.has(e.block);
  // What eight bytes are for the kernel hangs on which part of them was written last: here as at the start.
  storeText(e, slot.operand, offset, text, bits, occasional && bits < 64 ? "volatile " : "");
  if (!occasional) return;
  const { size, operand } = slot;
  const constant = /^-?\d+$/.test(text) ? text : undefined;
  const align = accessAlign(operand, offset, bits / 8);
  const key = `${operand.text} ${offset} ${bits}`;
  if (!e.firstStores.has(key))
    e.firstStores.set(key, { slot: operand.text, size, offset, bits, align, constant });
}

/**
 * The stores that are made before any loop: in the sizes that the kernel will see in the loop. There LLVM puts neighbouring
 * constants together, and so it does here; the others are volatile and stay apart, and none is a zero, which a kernel
 * tells from what may be anything.
 */
export function firstLines(e: Emitter): readonly string[] {
  const at = `, !dbg ${location(e.module.debug, e.scope, e.fn.span)}`;
  const constants: string[] = [];
  const others: string[] = [];
  /** Nothing reads what was stored: LLVM would leave it out. */
  const kept = new Set<string>();
  let count = 0;
  for (const { slot, size, offset, bits, align, constant } of e.firstStores.values()) {
    const place = `%first${count++}`;
    const lines = constant === undefined ? others : constants;
    lines.push(
      `  ${place} = getelementptr i8, ptr ${slot}, i64 ${offset}${at}`,
      `  store ${constant === undefined ? "volatile " : ""}i${bits} ${constant ?? 1}, ptr ${place}, align ${align}${at}`,
    );
    if (constant !== undefined)
      kept.add(
        `  call void asm sideeffect "", "*m"(ptr elementtype([${size} x i8]) ${slot}) ${attributes.call}${at}`,
      );
  }
  return [...constants, ...kept, ...others];
}

/** A store that covers the padding after it as well; on little-endian machines the value's own zeros do that. */
function widened(
  e: Emitter,
  part: { readonly offset: number; readonly bits: number },
  covered: Uint8Array,
): number {
  if (e.module.endian === "big") return part.bits;
  let { bits } = part;
  while (bits < 64) {
    const end = part.offset + bits / 8;
    const next = part.offset + bits / 4;
    if (next > covered.length || part.offset % (bits / 4) !== 0) break;
    if (covered.subarray(end, next).some((byte) => byte === 1)) break;
    covered.fill(1, end, next);
    bits *= 2;
  }
  return bits;
}

/** The low `from` bits of a value, with zeros up to `to`. */
function partText(e: Emitter, value: Operand, from: number, to: number, swap: boolean): string {
  const { constant, max } = value.fact;
  if (from < to && !swap && constant === undefined && value.rep === "i64" && max < 2 ** from)
    return narrowed(e, value, to, swap);
  const text = narrowed(e, value, from, swap);
  if (from === to) return text;
  if (constant !== undefined) return BigInt.asUintN(from, BigInt(text)).toString();
  return from === 32 ? extended(e, text) : assign(e, `zext i${from} ${text} to i${to}`);
}

function zeroGaps(e: Emitter, slot: Slot, covered: Uint8Array): void {
  for (let at = 0; at < covered.length;) {
    if (covered[at] === 1) {
      at++;
      continue;
    }
    let size = 8;
    while (
      size > 1 &&
      (at % size !== 0 || at + size > covered.length || covered.subarray(at, at + size).includes(1))
    )
      size /= 2;
    storePart(e, slot, at, literal(0n, "i64"), size * 8);
    at += size;
  }
}
