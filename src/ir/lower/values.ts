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
import type { Type } from "../../check/types.js";
import type { Report } from "../../diagnostics/diagnostic.js";
import type {
  BlockId,
  FieldAccess,
  FunctionId,
  GlobalId,
  IrFunction,
  IrInt,
  IrPrint,
  MapId,
  MemoryOrder,
  ValueId,
} from "../ir.js";
import * as ir from "./builder.js";
import type { FunctionBuilder, Variable } from "./builder.js";
import type { LayerNode, PacketState } from "./packet/nodes.js";
import type { Probes } from "./tests/probes.js";

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
  /** `of`: a packet of a test; otherwise the program's. */
  | { readonly kind: "packet"; readonly of?: PacketState }
  | BytesVal
  | OptionVal
  | NullableVal
  | LookupVal
  | KernelVal;

/** A struct of the kernel's, or a tracepoint's record. */
export interface KernelVal {
  readonly kind: "kernel";
  /** u64: where the struct lies that `access` starts from; of a record, unused. */
  readonly base: ValueId;
  /** The members to it; undefined when it is what `base` points to. */
  readonly access: FieldAccess | undefined;
  readonly place: "kernel" | "context";
  /** The kernel's verifier knows what `base` points to: fields may be loaded. */
  readonly direct: boolean;
}

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
  /** Which part of the layer `node` they are; undefined when it may be another's. */
  readonly part: LayerPart | undefined;
  /** Of a test: which packet. */
  readonly of?: PacketState;
}

/** Where bytes lie, as checksums see it. */
export type LayerPart = "options" | "payload";

/** One TLV option at `offset` (u64); its kind and whole length were read and checked. */
export interface OptionVal {
  readonly kind: "option";
  readonly node: LayerNode;
  /** As in {@link BytesVal}. */
  readonly part: LayerPart | undefined;
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
/** Loop statements by id, with how often the head of each is passed at most. */
export type CalledLoops = ReadonlyMap<number, bigint>;

export interface Lowering {
  readonly checked: Checked;
  readonly maps: ReadonlyMap<MapSymbol, MapId>;
  readonly globals: ReadonlyMap<ParamSymbol | GlobalSymbol, GlobalId>;
  readonly functions: (IrFunction | undefined)[];
  readonly subprograms: Map<FunctionSymbol, FunctionId>;
  readonly prints: IrPrint[];
  /** The ring buffer of `print`, made when the first one is met. */
  readonly eventsMap: () => MapId;
  /** The stacks that `kernelStack` and `userStack` number, made when the first one is met. */
  readonly stacksMap: () => MapId;
  /** Zeroed memory that nobody writes, of at least so many bytes. */
  readonly zeros: (size: number) => GlobalId;
  /** The u64 that counts what found no room in a map. */
  readonly lost: (map: MapId) => GlobalId;
  /** No statement writes a field that says which layer follows: then it does not matter when a layer is looked for. */
  readonly layersAreStable: boolean;
  /**
   * Where a layer was found on some paths only and its state says on which, check its bytes once more: for scripts
   * whose packet accesses the verifier cannot prove along those paths. The kernel follows each path, and needs it not.
   */
  readonly recheck: boolean;
  /** Loops whose bodies the kernel calls. */
  readonly called: CalledLoops;
  /** Those of them whose body needs no more than integers. */
  readonly calledNow: Set<number>;
  /** By those that are not, the local that can't reach the body. */
  readonly uncalled: Map<number, string>;
  /** What the tests' code tells while it runs; undefined when code is made for the kernel. */
  readonly probes: Probes | undefined;
  /** The target's byte order: some constants are written as they lie in memory. */
  readonly bigEndian: boolean;
  readonly report: Report;
}

/** Where code is being put: one IR function, and in it one frame for each inlined call. */
export interface Scope {
  readonly low: Lowering;
  readonly b: FunctionBuilder;
  readonly hook: string;
  /** Layers that were looked for before the loop that is being lowered, and the state they are in all through it. */
  readonly settled?: ReadonlyMap<LayerNode, ValueId> | undefined;
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
    case "pointer":
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

// ---- parts ------------------------------------------------------------------------------------------------

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
  if (type.kind === "nullable") return filled(s, type, absent(s));
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
