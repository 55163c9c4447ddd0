/**
 * Loops whose body the kernel calls: the body becomes a function. Locals of the function around it reach the body through a
 * frame on the stack, and changes to them come back.
 */
import { defined } from "../../base/invariant.js";
import type { LocalSymbol } from "../../check/checked.js";
import { roundUp } from "../../check/type-tools.js";
import type { Type } from "../../check/types.js";
import type { Span } from "../../base/span.js";
import type { FunctionId, IrInt, IrType, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { flatten, rebuild } from "./meeting.js";
import { loadVal, storeVal } from "./memory.js";
import { functionScope } from "./subprograms.js";
import { absent, scalarParts, sizeOf, type Binding, type Frame, type Scope, type Val } from "./values.js";

/** A local that the body reads, and where its values lie in the shared frame. */
interface Captured {
  readonly symbol: LocalSymbol;
  readonly binding: Binding;
  readonly slots: readonly Slot[];
}

/** Where an integer lies in the frame: 32 bits in the upper half of a word, and of wider ones the rest in that of the next. */
interface Slot {
  readonly offset: number;
  readonly type: IrInt;
}

/**
 * Of a word that is written whole the kernel remembers the value. A body that counts would be walked through for each
 * count anew: a kernel from 6.7 on goes on until nothing changes. Of an upper half it remembers nothing.
 */
const half = 4;
const word = 8;

/** Offset of the word that says why the loop ended: 0 not at all, 1 `break`, 2 `return`. */
const outcomeAt = 0;
/** The word that says whether a result that may be null is there; the result itself follows, as it lies in memory. */
const presentAt = 8;
const resultAt = 16;

/** What crosses into the body. */
export interface Captures {
  readonly locals: readonly Captured[];
  /** Values of the function around the loop, and where they lie; constants are made anew. */
  readonly values: readonly { readonly value: ValueId; readonly slot: Slot | undefined }[];
  readonly size: number;
  /** What a `return` in the body hands on. */
  readonly result: Type | undefined;
}

/** The local that can't cross: only integers can. */
export interface Unfit {
  readonly unfit: LocalSymbol;
}

/** The locals that parts of the syntax tree name, and other integers, with their places in a frame. */
export function capture(
  s: Scope,
  parts: readonly (object | undefined)[],
  values: readonly ValueId[] = [],
): Captures | Unfit {
  const result = resultType(s.frame.result);
  const found = new Map<LocalSymbol, Captured>();
  let size = presentAt + resultSize(result);
  let unfit: LocalSymbol | undefined;
  const place = (type: IrInt): Slot => {
    const slot = { offset: size, type };
    size += slotSize(slot);
    return slot;
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== "object" || node === null || !("kind" in node)) return;
    const id = "id" in node && typeof node.id === "number" ? node.id : -1;
    const symbol = s.low.checked.symbols.get(id);
    const binding = symbol?.kind === "local" ? s.frame.bindings.get(symbol) : undefined;
    if (symbol?.kind === "local" && binding && !found.has(symbol)) {
      const shape = binding.kind === "fixed" ? binding.value : binding.shape;
      const types = valuesOf(s, binding).map((value) => ir.typeOf(s.b, value));
      const integers = types.filter((type) => type.kind === "int");
      if (integers.length < types.length || isOfPacket(shape)) unfit ??= symbol;
      found.set(symbol, { symbol, binding, slots: integers.map(place) });
    }
    for (const [key, value] of Object.entries(node)) if (key !== "span") visit(value);
  };
  visit(parts);
  if (unfit) return { unfit };
  const others = values.map((value) => {
    const constant = ir.constantOf(s.b, value) !== undefined;
    return { value, slot: constant ? undefined : place(ir.intTypeOf(s.b, value)) };
  });
  return { locals: [...found.values()], values: others, size, result };
}

/** What lies in the packet, or is looked for there when it is asked for: pointers into it end at the body. */
function isOfPacket(val: Val): boolean {
  switch (val.kind) {
    case "packet":
    case "layer":
    case "lookup":
    case "bytes":
    case "option":
      return true;
    case "nullable":
      return isOfPacket(val.inner);
    case "record":
      return [...val.fields.values()].some(isOfPacket);
    default:
      return false;
  }
}

export interface CalledLoop {
  readonly span: Span;
  /** Of the function. */
  readonly name: string;
  /** What the kernel gives it; the frame comes last. */
  readonly parameters: readonly { readonly name: string; readonly type: IrType }[];
  /** Lowers a turn, from its parameters and what crossed of the other values. Where it goes on, the next turn follows. */
  readonly body: (inside: Scope, parameters: readonly ValueId[], values: readonly ValueId[]) => void;
  /** Has the kernel call the function, with the frame. */
  readonly call: (target: ValueId, frame: ValueId) => void;
}

export function callLoop(s: Scope, loop: CalledLoop, captures: Captures): void {
  const { locals, values, size, result } = captures;
  const frame = ir.stackSlot(s.b, size, "loop frame");
  ir.store(s.b, frame, outcomeAt, ir.constant(s.b, ir.u64, 0), 64, "native");
  if (result)
    ir.emit(s.b, { kind: "zero", pointer: frame, displacement: presentAt, size: resultSize(result) });
  for (const one of locals) {
    const given = valuesOf(s, one.binding);
    for (const [i, slot] of one.slots.entries()) storeSlot(s.b, frame, slot, defined(given[i], "a value"));
  }
  for (const { value, slot } of values) if (slot) storeSlot(s.b, frame, slot, value);
  const { callback, returns } = defineCallback(s, loop, captures);
  const target = ir.emit(s.b, {
    kind: "function-address",
    type: { kind: "pointer", region: "function", nullable: false, size: undefined },
    function: callback,
  });
  loop.call(target, frame);
  takeBack(s, locals, frame);
  if (!returns) return;
  const returned = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const outcome = ir.load(s.b, frame, outcomeAt, 64, "native");
  ir.branch(s.b, ir.compareWith(s.b, "eq", outcome, 2), returned, after);
  ir.enterSealed(s.b, returned);
  s.frame.exit(s, result ? loadResult(s, s.frame.result, result, frame) : nothing(s));
  ir.enterSealed(s.b, after);
}

/** The type of what a `return` in the body hands on through memory; undefined where it gives nothing, or a null at most. */
function resultType(type: Type): Type | undefined {
  const inner = type.kind === "nullable" ? type.inner : type;
  const inMemory = inner.kind === "struct" || inner.kind === "array" || inner.kind === "string";
  return inMemory || scalarParts(inner) ? inner : undefined;
}

/** With the word that says whether it is there. */
function resultSize(type: Type | undefined): number {
  return type ? resultAt - presentAt + roundUp(sizeOf(type), 8) : 0;
}

function nothing(s: Scope): Val | undefined {
  return s.frame.result.kind === "void" ? undefined : absent(s);
}

function storeResult(s: Scope, type: Type, val: Val, frame: ValueId): void {
  if (val.kind === "nullable") {
    ir.store(s.b, frame, presentAt, ir.convert(s.b, val.present, ir.u64), 64, "native");
    if (val.inner.kind !== "void") storeVal(s, type, val.inner, frame, resultAt);
    return;
  }
  ir.store(s.b, frame, presentAt, ir.constant(s.b, ir.u64, 1), 64, "native");
  storeVal(s, type, val, frame, resultAt);
}

function loadResult(s: Scope, result: Type, type: Type, frame: ValueId): Val {
  const inner = loadVal(s, type, frame, resultAt, false);
  if (result.kind !== "nullable") return inner;
  const word = ir.load(s.b, frame, presentAt, 64, "native");
  return { kind: "nullable", present: ir.compareWith(s.b, "ne", word, 0), inner };
}

function valuesOf(s: Scope, binding: Binding): ValueId[] {
  if (binding.kind === "fixed") return flatten(s, binding.value);
  return binding.variables.map((variable) => ir.read(s.b, variable));
}

function slotSize({ type }: Slot): number {
  return type.bits > 32 ? 2 * word : word;
}

function storeSlot(b: ir.FunctionBuilder, frame: ValueId, { offset, type }: Slot, value: ValueId): void {
  if (type.bits <= 32) {
    ir.store(b, frame, offset + half, ir.convert(b, value, type.signed ? ir.i32 : ir.u32), 32, "native");
    return;
  }
  const whole = ir.convert(b, value, ir.u64);
  const upper = ir.binaryWith(b, "lshr", whole, 32);
  ir.store(b, frame, offset + half, ir.convert(b, whole, ir.u32), 32, "native");
  ir.store(b, frame, offset + word + half, ir.convert(b, upper, ir.u32), 32, "native");
}

function loadSlot(b: ir.FunctionBuilder, frame: ValueId, { offset, type }: Slot): ValueId {
  const first = ir.load(b, frame, offset + half, 32, "native", type.signed && type.bits <= 32);
  if (type.bits <= 32) return ir.convert(b, first, type);
  const second = ir.convert(b, ir.load(b, frame, offset + word + half, 32, "native"), ir.u64);
  const whole = ir.binary(b, "or", ir.binaryWith(b, "shl", second, 32), ir.convert(b, first, ir.u64));
  return ir.convert(b, whole, type);
}

function takeBack(s: Scope, captured: readonly Captured[], frame: ValueId): void {
  for (const { binding, slots } of captured) {
    if (binding.kind !== "variables") continue;
    for (const [i, slot] of slots.entries()) {
      const variable = defined(binding.variables[i], "a variable");
      ir.write(s.b, variable, loadSlot(s.b, frame, slot));
    }
  }
}

function defineCallback(
  s: Scope,
  loop: CalledLoop,
  { locals, values, size, result }: Captures,
): { readonly callback: FunctionId; readonly returns: boolean } {
  const id = s.low.functions.length;
  s.low.functions.push(undefined);
  const b = ir.makeBuilder(loop.span, { type: ir.i64, value: 1n });
  const own = loop.parameters.map(({ name, type }) => ir.addParameter(b, name, type));
  const shared = ir.addParameter(b, "frame", {
    kind: "pointer",
    region: "stack",
    nullable: false,
    size,
  });
  const next = ir.newBlock(b);
  const stop = ir.newBlock(b);
  let returns = false;
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: s.frame.result,
    depth: 0,
    exit: (inside, val) => {
      returns = true;
      inside.b.beforeEnd?.();
      ir.store(inside.b, shared.id, outcomeAt, ir.constant(inside.b, ir.u64, 2), 64, "native");
      if (val && result) storeResult(inside, result, val, shared.id);
      ir.jump(inside.b, stop);
    },
  };
  const inside = functionScope(s, b, frame, [{ continueTo: next, breakTo: stop }]);
  const written: { variables: readonly ir.Variable[]; slots: readonly Slot[] }[] = [];
  for (const { symbol, binding, slots } of locals) {
    const shape = binding.kind === "fixed" ? binding.value : binding.shape;
    const given = slots.map((slot) => loadSlot(b, shared.id, slot));
    if (binding.kind === "fixed") {
      frame.bindings.set(symbol, { kind: "fixed", value: rebuild(shape, given) });
      continue;
    }
    const variables = given.map((_, i) => ir.newVariable(symbol.name, defined(slots[i], "a slot").type, 0n));
    variables.forEach((variable, i) => ir.write(b, variable, defined(given[i], "a value")));
    frame.bindings.set(symbol, { kind: "variables", shape, variables });
    written.push({ variables, slots });
  }
  const others = values.map(({ value, slot }) => {
    if (slot) return loadSlot(b, shared.id, slot);
    return ir.constant(b, ir.intTypeOf(s.b, value), defined(ir.constantOf(s.b, value), "a constant"));
  });
  const parameters = own.map((one) => one.id);
  loop.body(inside, parameters, others);
  ir.jump(b, next);
  for (const [block, code] of [
    [next, 0],
    [stop, 1],
  ] as const) {
    ir.enterSealed(b, block);
    for (const { variables, slots } of written) {
      if (ir.ended(b)) break;
      for (const [i, slot] of slots.entries()) {
        storeSlot(b, shared.id, slot, ir.read(b, defined(variables[i], "a variable")));
      }
    }
    ir.leave(b, ir.constant(b, ir.i64, code));
  }
  s.low.functions[id] = ir.build(b, {
    id,
    name: `${loop.name}_${id}`,
    linkage: "callback",
    hook: s.hook,
    parameters: [...own, shared],
    result: ir.i64,
    span: loop.span,
  });
  return { callback: id, returns };
}
