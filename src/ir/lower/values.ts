/** What an expression of the language is in the IR: one value, several, or a place in memory. */
import { assertNever, invariant } from "../../base/invariant.js";
import type { Span } from "../../base/span.js";
import type {
  Checked,
  ConstantValue,
  FunctionSymbol,
  GlobalSymbol,
  LocalSymbol,
  MapSymbol,
  ParamSymbol,
} from "../../check/checked.js";
import type { StructType, Type } from "../../check/types.js";
import type { Report } from "../../diagnostics/diagnostic.js";
import type {
  BlockId,
  FunctionId,
  GlobalId,
  IrFunction,
  IrInt,
  IrPrint,
  MapId,
  MemoryOperand,
  MemoryOrder,
  ValueId,
} from "../ir.js";
import * as ir from "./builder.js";
import type { FunctionBuilder, Variable } from "./builder.js";
import type { LayerNode, PacketState } from "./packet/nodes.js";

export type Val =
  | { readonly kind: "void" }
  /** An integer, boolean, enum or IPv4 address (as a host-order number). */
  | { readonly kind: "scalar"; readonly value: ValueId }
  /** A MAC address (u32, u16) or an IPv6 address (u64, u64), most significant first. */
  | { readonly kind: "parts"; readonly values: readonly ValueId[] }
  /** A struct, array or string where it lies. `shared`: other CPUs may write it at the same time. */
  | {
      readonly kind: "memory";
      readonly pointer: ValueId;
      readonly displacement: number;
      readonly shared: boolean;
    }
  /** An object or list literal, not in memory yet. */
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Val> }
  | { readonly kind: "elements"; readonly elements: readonly Val[] }
  | { readonly kind: "text"; readonly bytes: readonly number[] }
  | LayerVal
  | { readonly kind: "packet" }
  | BytesVal
  | OptionVal
  | NullableVal
  | LookupVal;

/** A layer that a `const` names and that is looked for where it is first asked for: finding it changes nothing. */
export interface LookupVal {
  readonly kind: "lookup";
  readonly node: LayerNode;
}

export interface LayerVal {
  readonly kind: "layer";
  readonly node: LayerNode;
  /** Checked for the header's fixed size. */
  readonly pointer: ValueId;
  /** u64, from the packet's start. */
  readonly offset: ValueId;
  /** Fields that read as something else: those a continuing header took over. */
  readonly overrides?: ReadonlyMap<string, ValueId>;
}

/** Packet bytes from `start` (u64 offset) to `end` (u64 offset; undefined: the packet's end). */
export interface BytesVal {
  readonly kind: "bytes";
  readonly start: ValueId;
  readonly end: ValueId | undefined;
  readonly node: LayerNode | undefined;
}

/** One TLV option at `offset` (u64); its kind and whole length were read and checked. */
export interface OptionVal {
  readonly kind: "option";
  readonly offset: ValueId;
  readonly optionKind: ValueId;
  readonly length: ValueId;
}

export interface NullableVal {
  readonly kind: "nullable";
  /** u1. `inner` may be used where it is 1. */
  readonly present: ValueId;
  readonly inner: Val;
}

/** What all functions of a module share. */
export interface Lowering {
  readonly checked: Checked;
  readonly maps: ReadonlyMap<MapSymbol, MapId>;
  readonly globals: ReadonlyMap<ParamSymbol | GlobalSymbol, GlobalId>;
  readonly functions: (IrFunction | undefined)[];
  readonly subprograms: Map<FunctionSymbol, FunctionId>;
  readonly prints: IrPrint[];
  /** The ring buffer of `print`, made when the first one is met. */
  readonly eventsMap: () => MapId;
  /** No statement writes a field that says which layer follows: then it does not matter when a layer is looked for. */
  readonly layersAreStable: boolean;
  /**
   * Where a layer was found on some paths only and its state says on which, check its bytes once more: for scripts
   * whose packet accesses the verifier cannot prove along those paths. The kernel follows each path, and needs it not.
   */
  readonly recheck: boolean;
  /** The target's byte order: some constants are written as they lie in memory. */
  readonly bigEndian: boolean;
  readonly report: Report;
}

/** Where code is being put: one IR function, and in it one frame for each inlined call. */
export interface Scope {
  readonly low: Lowering;
  readonly b: FunctionBuilder;
  readonly hook: string;
  readonly frags: boolean;
  /** The context pointer; undefined in subprograms, which have none. */
  readonly context: ValueId | undefined;
  readonly packet: PacketState;
  readonly frame: Frame;
  readonly loops: readonly LoopTarget[];
}

export interface Frame {
  readonly bindings: Map<LocalSymbol, Binding>;
  /** Where `return` goes. */
  readonly exit: (s: Scope, value: Val | undefined) => void;
  readonly result: Type;
  readonly depth: number;
  /** In a header's own expressions: the layer whose fields are named bare, or under the parent's name. */
  readonly header: LayerVal | undefined;
}

export interface LoopTarget {
  readonly continueTo: BlockId | undefined;
  readonly breakTo: BlockId;
}

export type Binding =
  | { readonly kind: "fixed"; readonly value: Val }
  | { readonly kind: "variables"; readonly shape: Val; readonly variables: readonly Variable[] };

// ---- types -----------------------------------------------------------------------------------------------

/** How a type lies in memory as scalars; undefined for aggregates. */
export function scalarParts(type: Type): readonly ScalarPart[] | undefined {
  switch (type.kind) {
    case "int":
      return [
        {
          offset: 0,
          bits: type.bits,
          order: "native",
          type: { kind: "int", bits: type.bits, signed: type.signed },
        },
      ];
    case "number":
      return [{ offset: 0, bits: 64, order: "native", type: ir.u64 }];
    case "bool":
      return [{ offset: 0, bits: 8, order: "native", type: ir.u1 }];
    case "enum":
      return [{ offset: 0, bits: type.base.bits, order: "native", type: { ...type.base } }];
    case "address":
      if (type.family === "ipv4") return [{ offset: 0, bits: 32, order: "network", type: ir.u32 }];
      if (type.family === "mac") {
        return [
          { offset: 0, bits: 32, order: "network", type: ir.u32 },
          { offset: 4, bits: 16, order: "network", type: ir.u16 },
        ];
      }
      return [
        { offset: 0, bits: 64, order: "network", type: ir.u64 },
        { offset: 8, bits: 64, order: "network", type: ir.u64 },
      ];
    default:
      return undefined;
  }
}

export interface ScalarPart {
  readonly offset: number;
  readonly bits: number;
  readonly order: MemoryOrder;
  readonly type: IrInt;
}

/** The IR integer of a one-part scalar type. */
export function irInt(type: Type): IrInt {
  const parts = scalarParts(type);
  const only = parts?.[0];
  invariant(only && parts?.length === 1, `${type.kind} is not one integer`);
  return only.type;
}

/** Bytes of a value in memory. */
export function sizeOf(type: Type): number {
  switch (type.kind) {
    case "struct":
      return type.size;
    case "array":
      return sizeOf(type.element) * type.length;
    case "string":
      return type.length;
    default: {
      const parts = scalarParts(type);
      invariant(parts, `a ${type.kind} has no size`);
      return parts.reduce((sum, part) => sum + part.bits / 8, 0);
    }
  }
}

// ---- reading and writing ---------------------------------------------------------------------------------

export function scalar(value: ValueId): Val {
  return { kind: "scalar", value };
}

/** The one value of a scalar. */
export function valueOf(val: Val): ValueId {
  invariant(val.kind === "scalar", `expected one value, got ${val.kind}`);
  return val.value;
}

/** The values of a scalar or of an address in several parts. */
export function partsOf(val: Val): readonly ValueId[] {
  if (val.kind === "scalar") return [val.value];
  invariant(val.kind === "parts", `expected an address, got ${val.kind}`);
  return val.values;
}

export function fromParts(values: readonly ValueId[]): Val {
  const [only, ...more] = values;
  invariant(only !== undefined, "no parts");
  return more.length === 0 ? scalar(only) : { kind: "parts", values };
}

/** Reads a value of `type` in memory; aggregates stay where they are. */
export function loadVal(s: Scope, type: Type, pointer: ValueId, displacement: number, shared: boolean): Val {
  const parts = scalarParts(type);
  if (!parts) return { kind: "memory", pointer, displacement, shared };
  return fromParts(
    parts.map((part) => {
      const raw = ir.load(s.b, pointer, displacement + part.offset, part.bits, part.order, part.type.signed);
      return part.type.bits === 1 ? ir.compareWith(s.b, "ne", raw, 0) : raw;
    }),
  );
}

/** Writes `val`, which is of `type`, to memory. */
export function storeVal(s: Scope, type: Type, val: Val, pointer: ValueId, displacement: number): void {
  for (const part of memoryParts(s, type, val)) {
    if (part.kind === "copy") {
      ir.emit(s.b, {
        kind: "copy",
        to: pointer,
        toDisplacement: displacement + part.offset,
        from: part.pointer,
        fromDisplacement: part.displacement,
        size: part.size,
      });
    } else if (part.kind === "zero") {
      ir.emit(s.b, { kind: "zero", pointer, displacement: displacement + part.offset, size: part.size });
    } else {
      ir.store(s.b, pointer, displacement + part.offset, part.value, part.bits, part.order);
    }
  }
}

export type Piece =
  | {
      readonly kind: "value";
      readonly offset: number;
      readonly value: ValueId;
      readonly bits: number;
      readonly order: MemoryOrder;
    }
  | {
      readonly kind: "copy";
      readonly offset: number;
      readonly pointer: ValueId;
      readonly displacement: number;
      readonly size: number;
    }
  | { readonly kind: "zero"; readonly offset: number; readonly size: number };

/** The pieces of `val` in memory, padding as zeros, in order of their offsets. */
export function memoryParts(s: Scope, type: Type, val: Val, at = 0): Piece[] {
  if (val.kind === "memory") {
    return [
      { kind: "copy", offset: at, pointer: val.pointer, displacement: val.displacement, size: sizeOf(type) },
    ];
  }
  const parts = scalarParts(type);
  if (parts) {
    const values = partsOf(val);
    return parts.map((part, i): Piece => {
      const value = values[i];
      invariant(value !== undefined, "an address lacks a part");
      return {
        kind: "value",
        offset: at + part.offset,
        value: part.type.bits === 1 ? ir.convert(s.b, value, ir.u8) : value,
        bits: part.bits,
        order: part.order,
      };
    });
  }
  switch (type.kind) {
    case "struct":
      return structParts(s, type, val, at);
    case "array": {
      const size = sizeOf(type.element);
      if (val.kind === "text") return textParts(s, val.bytes, type.length, at);
      invariant(val.kind === "elements", `an array made of ${val.kind}`);
      const pieces = val.elements.flatMap((one, i) => memoryParts(s, type.element, one, at + i * size));
      const rest = type.length - val.elements.length;
      return rest > 0
        ? [...pieces, { kind: "zero", offset: at + val.elements.length * size, size: rest * size }]
        : pieces;
    }
    case "string":
      invariant(val.kind === "text", `a string made of ${val.kind}`);
      return textParts(s, val.bytes, type.length, at);
    default:
      invariant(false, `a ${type.kind} cannot be stored`);
  }
}

function structParts(s: Scope, type: StructType, val: Val, at: number): Piece[] {
  invariant(val.kind === "record", `a struct made of ${val.kind}`);
  const pieces: Piece[] = [];
  let end = 0;
  for (const field of type.fields) {
    if (field.offset > end) pieces.push({ kind: "zero", offset: at + end, size: field.offset - end });
    const value = val.fields.get(field.name);
    const size = sizeOf(field.type);
    if (value) pieces.push(...memoryParts(s, field.type, value, at + field.offset));
    else pieces.push({ kind: "zero", offset: at + field.offset, size });
    end = field.offset + size;
  }
  if (end < type.size) pieces.push({ kind: "zero", offset: at + end, size: type.size - end });
  return pieces;
}

function textParts(s: Scope, bytes: readonly number[], length: number, at: number): Piece[] {
  const pieces = bytes.slice(0, length).map((byte, i): Piece => {
    return { kind: "value", offset: at + i, value: ir.constant(s.b, ir.u8, byte), bits: 8, order: "native" };
  });
  const rest = length - pieces.length;
  return rest > 0 ? [...pieces, { kind: "zero", offset: at + pieces.length, size: rest }] : pieces;
}

/** `val` in memory: where it lies, or copied into a fresh stack slot. */
export function inMemory(s: Scope, type: Type, val: Val, name: string): Val & { readonly kind: "memory" } {
  if (val.kind === "memory") return val;
  const pointer = ir.stackSlot(s.b, sizeOf(type), name);
  storeVal(s, type, val, pointer, 0);
  return { kind: "memory", pointer, displacement: 0, shared: false };
}

/** A value in memory for a helper: built from its parts, or where it lies. */
export function stackOperand(s: Scope, type: Type, val: Val): MemoryOperand {
  if (val.kind === "memory") {
    return { kind: "pointer", pointer: val.pointer, displacement: val.displacement, size: sizeOf(type) };
  }
  const pieces = memoryParts(s, type, val);
  if (pieces.some((one) => one.kind === "copy")) {
    const slot = inMemory(s, type, val, type.kind);
    return { kind: "pointer", pointer: slot.pointer, displacement: 0, size: sizeOf(type) };
  }
  return { kind: "parts", size: sizeOf(type), parts: pieces.filter((one) => one.kind === "value") };
}

// ---- constants -------------------------------------------------------------------------------------------

/** A compile-time constant as a value of `type`. */
export function constantVal(s: Scope, type: Type, constant: ConstantValue): Val {
  switch (constant.kind) {
    case "number": {
      const parts = scalarParts(type);
      invariant(parts, `a number is not a ${type.kind}`);
      let shift = parts.reduce((sum, part) => sum + part.bits, 0);
      return fromParts(
        parts.map((part) => {
          shift -= part.bits;
          return ir.constant(
            s.b,
            part.type,
            parts.length > 1 ? constant.value >> BigInt(shift) : constant.value,
          );
        }),
      );
    }
    case "string":
      return { kind: "text", bytes: [...new TextEncoder().encode(constant.value)] };
    case "list": {
      const element = type.kind === "array" || type.kind === "list" ? type.element : type;
      return { kind: "elements", elements: constant.elements.map((one) => constantVal(s, element, one)) };
    }
    case "struct": {
      invariant(type.kind === "struct", "an object constant without a struct type");
      return {
        kind: "record",
        fields: new Map(
          type.fields.flatMap((field) => {
            const value = constant.fields[field.name];
            return value ? [[field.name, constantVal(s, field.type, value)] as const] : [];
          }),
        ),
      };
    }
    case "null":
      return absent(s);
    case "prefix":
    case "range":
      invariant(false, `a ${constant.kind} is no value`);
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(constant, "constant");
  }
}

/** A null of a nullable type: there is no inner value. */
export function absent(s: Scope): Val {
  return { kind: "nullable", present: ir.constant(s.b, ir.u1, 0), inner: { kind: "void" } };
}

/** A null with an inner value of its type, for a variable that may get another. */
export function filled(s: Scope, type: Type, val: Val): Val {
  if (val.kind !== "nullable" || val.inner.kind !== "void" || type.kind !== "nullable") return val;
  return { ...val, inner: placeholder(s, type.inner) };
}

/** Some value of a type, for paths on which it is never used. */
export function placeholder(s: Scope, type: Type): Val {
  const parts = scalarParts(type);
  if (parts) return fromParts(parts.map((part) => ir.constant(s.b, part.type, 0)));
  if (type.kind === "struct" || type.kind === "array" || type.kind === "string") {
    const pointer = ir.emit(s.b, {
      kind: "null",
      type: { kind: "pointer", region: "map-value", nullable: true, size: sizeOf(type) },
    });
    return { kind: "memory", pointer, displacement: 0, shared: true };
  }
  return { kind: "void" };
}

// ---- values through variables ----------------------------------------------------------------------------

/** The SSA values a value is made of; the same shape gives the same number. */
export function flatten(s: Scope, val: Val): ValueId[] {
  switch (val.kind) {
    case "scalar":
      return [val.value];
    case "parts":
      return [...val.values];
    case "memory": {
      const offset = ir.constant(s.b, ir.u64, val.displacement);
      return [ir.pointerAdd(s.b, val.pointer, offset, ir.pointerTypeOf(s.b, val.pointer).size)];
    }
    case "layer":
      return [val.pointer, val.offset];
    case "nullable":
      return [val.present, ...flatten(s, val.inner)];
    case "bytes":
      return val.end === undefined ? [val.start] : [val.start, val.end];
    case "option":
      return [val.offset, val.optionKind, val.length];
    case "void":
    case "packet":
    case "lookup":
      return [];
    case "record":
      return [...val.fields.values()].flatMap((one) => flatten(s, one));
    case "elements":
    case "text":
      invariant(false, `a ${val.kind} literal is not in memory`);
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(val, "value");
  }
}

/** A value of the shape of `shape`, with other SSA values. */
export function rebuild(shape: Val, values: readonly ValueId[]): Val {
  let next = 0;
  const take = (): ValueId => {
    const value = values[next++];
    invariant(value !== undefined, "too few values for the shape");
    return value;
  };
  const make = (at: Val): Val => {
    switch (at.kind) {
      case "scalar":
        return scalar(take());
      case "parts":
        return { kind: "parts", values: at.values.map(take) };
      case "memory":
        return { ...at, pointer: take(), displacement: 0 };
      case "layer":
        return { kind: "layer", node: at.node, pointer: take(), offset: take() };
      case "nullable":
        return { kind: "nullable", present: take(), inner: make(at.inner) };
      case "record":
        return { kind: "record", fields: new Map([...at.fields].map(([name, one]) => [name, make(one)])) };
      case "bytes":
        return { ...at, start: take(), end: at.end === undefined ? undefined : take() };
      case "option":
        return { kind: "option", offset: take(), optionKind: take(), length: take() };
      default:
        return at;
    }
  };
  return make(shape);
}

/** Makes values of one type meet: each incoming path calls `give`, then `take` gives the merged value. */
export interface Meeting {
  give(s: Scope, val: Val): void;
  take(s: Scope): Val;
}

/**
 * Nothing is written for the inside of a null: a variable that a path never wrote reads as zero there. Struct literals
 * meet field by field; where one meets a struct in memory, the literal goes to memory or the other is copied.
 */
export function meeting(name: string, type?: Type): Meeting {
  const present = ir.newVariable(`${name}?`, ir.u1, 0n);
  let nullable = false;
  let shape: Val | undefined;
  let variables: Variable[] = [];
  const giveInner = (s: Scope, given: Val): void => {
    const val = shape ? likeShape(s, shape, given, type, name) : given;
    const values = flatten(s, val);
    if (!shape) {
      shape = val;
      variables = values.map((value) => ir.newVariable(name, ir.typeOf(s.b, value), 0n));
    }
    values.forEach((value, i) => {
      const variable = variables[i];
      if (variable) ir.write(s.b, variable, value);
    });
  };
  return {
    give(s, val) {
      const isNullable = val.kind === "nullable";
      nullable ||= isNullable;
      ir.write(s.b, present, isNullable ? val.present : ir.constant(s.b, ir.u1, 1));
      const inner = isNullable ? val.inner : val;
      if (inner.kind !== "void") giveInner(s, inner);
    },
    take(s) {
      const inner: Val = shape
        ? rebuild(
            shape,
            variables.map((variable) => ir.read(s.b, variable)),
          )
        : { kind: "void" };
      return nullable ? { kind: "nullable", present: ir.read(s.b, present), inner } : inner;
    },
  };
}

function likeShape(s: Scope, shape: Val, val: Val, type: Type | undefined, name: string): Val {
  const struct = type?.kind === "nullable" ? type.inner : type;
  if (shape.kind === val.kind || struct?.kind !== "struct") return val;
  if (shape.kind === "memory") return inMemory(s, struct, val, name);
  if (shape.kind !== "record" || val.kind !== "memory") return val;
  const fields = struct.fields.map((field): [string, Val] => [
    field.name,
    loadVal(s, field.type, val.pointer, val.displacement + field.offset, val.shared),
  ]);
  return { kind: "record", fields: new Map(fields) };
}

/** Runs `then` when `condition` holds and `otherwise` when not, and goes on where they meet. */
export function ifElse(
  s: Scope,
  condition: ValueId,
  then: () => void,
  otherwise: () => void,
  unlikely?: "then" | "otherwise",
): void {
  const yes = ir.newBlock(s.b);
  const no = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  ir.branch(s.b, condition, yes, no, unlikely);
  ir.enterSealed(s.b, yes);
  then();
  ir.jump(s.b, after);
  ir.enterSealed(s.b, no);
  otherwise();
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

/** Code at a span: what is built inside carries it. */
export function at<T>(s: Scope, span: Span, f: () => T): T {
  const before = s.b.span;
  s.b.span = span;
  try {
    return f();
  } finally {
    s.b.span = before;
  }
}
