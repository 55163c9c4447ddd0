/** Builds the instructions of a function, simpler ones where constants are known. */
import { invariant } from "../../base/invariant.js";
import { finish } from "./finish.js";
import type {
  BinaryOp,
  CompareOp,
  FunctionId,
  Instruction,
  IrFunction,
  IrInt,
  IrPointer,
  MemoryOrder,
  ValueId,
} from "../ir.js";
import {
  block,
  complete,
  emit,
  intTypeOf,
  pointerTypeOf,
  constantOf,
  constant,
  recentPlaces,
  resolve,
  type FunctionBuilder,
} from "./ssa.js";

export {
  makeBuilder,
  newBlock,
  enter,
  enterSealed,
  ended,
  jump,
  branch,
  switchTo,
  leave,
  seal,
  emit,
  addParameter,
  typeOf,
  intTypeOf,
  pointerTypeOf,
  constantOf,
  wrap,
  constant,
  newVariable,
  write,
  read,
  resolve,
} from "./ssa.js";
export type { FunctionBuilder, Variable } from "./ssa.js";

export const u1: IrInt = { kind: "int", bits: 1, signed: false };
export const u8: IrInt = { kind: "int", bits: 8, signed: false };
export const u16: IrInt = { kind: "int", bits: 16, signed: false };
export const u32: IrInt = { kind: "int", bits: 32, signed: false };
export const i32: IrInt = { kind: "int", bits: 32, signed: true };
export const u64: IrInt = { kind: "int", bits: 64, signed: false };
export const i64: IrInt = { kind: "int", bits: 64, signed: true };
/** What the kernel hands a program. */
export const contextPointer: IrPointer = {
  kind: "pointer",
  region: "context",
  nullable: false,
  size: undefined,
};

/** The constants a value may be, where it is one of a few on every path; undefined when it may be anything. */
export function possibleConstants(b: FunctionBuilder, value: ValueId): ReadonlySet<bigint> | undefined {
  const found = new Set<bigint>();
  const seen = new Set<ValueId>();
  const todo = [resolve(b, value)];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const made = b.values.get(at);
    if (made && "variable" in made) {
      if (!complete(b, made)) return undefined;
      for (const input of made.inputs) todo.push(resolve(b, input.value));
    } else {
      const known = constantOf(b, at);
      if (known === undefined) return undefined;
      found.add(known);
    }
    if (seen.size > 64) return undefined;
  }
  return found;
}

export function convert(b: FunctionBuilder, value: ValueId, type: IrInt): ValueId {
  const from = intTypeOf(b, value);
  if (from.bits === type.bits && from.signed === type.signed) return value;
  const known = constantOf(b, value);
  if (known !== undefined) return constant(b, type, known);
  return emit(b, { kind: "convert", type, value });
}

export function binary(b: FunctionBuilder, op: BinaryOp, left: ValueId, right: ValueId): ValueId {
  const type = intTypeOf(b, left);
  const r = constantOf(b, right);
  const l = constantOf(b, left);
  if (
    r === 0n &&
    (op === "add" || op === "sub" || op === "or" || op === "xor" || op === "shl" || op === "lshr")
  ) {
    return left;
  }
  if (l !== undefined && r !== undefined) {
    if (op === "add") return constant(b, type, l + r);
    if (op === "sub") return constant(b, type, l - r);
    if (op === "mul") return constant(b, type, l * r);
  }
  return emit(b, { kind: "binary", op, type, left, right });
}

/** With a constant on the right, of the left's type. */
export function binaryWith(b: FunctionBuilder, op: BinaryOp, left: ValueId, right: bigint | number): ValueId {
  return binary(b, op, left, constant(b, intTypeOf(b, left), right));
}

export function compare(b: FunctionBuilder, op: CompareOp, left: ValueId, right: ValueId): ValueId {
  const l = constantOf(b, left);
  const r = constantOf(b, right);
  if (l !== undefined && r !== undefined && (op === "eq" || op === "ne")) {
    return constant(b, u1, (l === r) === (op === "eq") ? 1 : 0);
  }
  return emit(b, { kind: "compare", op, type: u1, left, right });
}

export function compareWith(
  b: FunctionBuilder,
  op: CompareOp,
  left: ValueId,
  right: bigint | number,
): ValueId {
  return compare(b, op, left, constant(b, intTypeOf(b, left), right));
}

/** `!x` of a u1. */
export function not(b: FunctionBuilder, value: ValueId): ValueId {
  const known = constantOf(b, value);
  if (known !== undefined) return constant(b, u1, known === 0n ? 1 : 0);
  return binaryWith(b, "xor", value, 1);
}

export function isNull(b: FunctionBuilder, pointer: ValueId): ValueId {
  return emit(b, { kind: "is-null", type: u1, pointer });
}

/** `pointer + offset`; a constant zero offset is the pointer itself. */
export function pointerAdd(b: FunctionBuilder, pointer: ValueId, offset: ValueId, size?: number): ValueId {
  if (constantOf(b, offset) === 0n) return pointer;
  const type = pointerTypeOf(b, pointer);
  return emit(b, { kind: "pointer-add", type: { ...type, nullable: false, size }, pointer, offset });
}

export function load(
  b: FunctionBuilder,
  pointer: ValueId,
  displacement: number,
  bits: number,
  order: MemoryOrder,
  signed = false,
): ValueId {
  const type: IrInt = { kind: "int", bits, signed };
  if (pointerTypeOf(b, pointer).region !== "packet" || signed) {
    return emit(b, { kind: "load", type, pointer, displacement, order });
  }
  const key = `${resolve(b, pointer)}:${displacement}:${bits}:${order}`;
  const known = recentPlaces(b).get(key);
  if (known) return known.value;
  const value = emit(b, { kind: "load", type, pointer, displacement, order });
  remember(b, key, pointer, displacement, bits, value);
  return value;
}

/** Reads once more what `from`, a load, has read. */
export function loadApart(b: FunctionBuilder, from: ValueId): ValueId {
  const load = b.values.get(from);
  invariant(load && "kind" in load && load.kind === "load", `value ${from} is no load`);
  const { type, pointer, displacement, order } = load;
  return emit(b, { kind: "load", type, pointer, displacement, order, apart: true });
}

/** How many comparisons there are of a value, converted or not. */
export function comparisonsOf(b: FunctionBuilder, value: ValueId): number {
  const is = (operand: ValueId): boolean => {
    let at = resolve(b, operand);
    for (let one = b.values.get(at); one && "kind" in one && one.kind === "convert"; one = b.values.get(at))
      at = resolve(b, one.value);
    return at === value;
  };
  let count = 0;
  for (const one of b.values.values())
    if ("kind" in one && one.kind === "compare" && (is(one.left) || is(one.right))) count++;
  return count;
}

/** Puts `by` in the place of a value, wherever it is used. */
export function replace(b: FunctionBuilder, value: ValueId, by: ValueId): void {
  b.replaced.set(value, by);
}

function remember(
  b: FunctionBuilder,
  key: string,
  pointer: ValueId,
  start: number,
  bits: number,
  value: ValueId,
): void {
  recentPlaces(b).set(key, { pointer: resolve(b, pointer), start, end: start + bits / 8, value });
}

/** Other pointers may point to the same bytes. */
function forgetOverlapping(b: FunctionBuilder, pointer: ValueId, start: number, end: number): void {
  const at = resolve(b, pointer);
  for (const [key, one] of recentPlaces(b)) {
    if (one.pointer !== at || (one.start < end && one.end > start)) b.recent.delete(key);
  }
}

export function store(
  b: FunctionBuilder,
  pointer: ValueId,
  displacement: number,
  value: ValueId,
  bits: number,
  order: MemoryOrder,
): void {
  emit(b, { kind: "store", pointer, displacement, value, bits, order });
  if (pointerTypeOf(b, pointer).region !== "packet") return;
  forgetOverlapping(b, pointer, displacement, displacement + bits / 8);
  const type = intTypeOf(b, value);
  if (type.bits !== bits || type.signed) return;
  remember(b, `${resolve(b, pointer)}:${displacement}:${bits}:${order}`, pointer, displacement, bits, value);
}

/** Fresh stack memory. */
export function stackSlot(b: FunctionBuilder, size: number, name: string): ValueId {
  return emit(b, {
    kind: "stack-slot",
    type: { kind: "pointer", region: "stack", nullable: false, size },
    size,
    name,
  });
}

/** Stack memory that exists on every path. */
export function stackSlotAtEntry(b: FunctionBuilder, size: number, name: string): ValueId {
  const id = b.next++;
  const type = { kind: "pointer", region: "stack", nullable: false, size } as const;
  const made: Instruction = { kind: "stack-slot", type, size, name, id, span: b.span };
  b.values.set(id, made);
  block(b, 0).instructions.unshift(made);
  return id;
}

/** Calls a kernel helper with plain values; the result is an integer of `type`. */
export function helper(
  b: FunctionBuilder,
  name: string,
  values: readonly ValueId[],
  type: IrInt = u64,
): ValueId {
  const args = values.map((value) => ({ kind: "value", value }) as const);
  return emit(b, { kind: "helper", helper: name, type, arguments: args });
}

/** The finished function. */
export function build(
  b: FunctionBuilder,
  shape: Pick<IrFunction, "name" | "linkage" | "hook" | "parameters" | "result" | "span"> & {
    readonly id: FunctionId;
  },
): IrFunction {
  return finish(b, shape);
}
