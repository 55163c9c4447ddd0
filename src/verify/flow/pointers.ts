/** Where pointers point: into which object, how far from its start, and for packets whether they are still alive. */
import { layoutSize } from "../../base/layout.js";
import type { Instruction, IrModule, Parameter, ValueId } from "../../ir/ir.js";
import type { Knowledge } from "./knowledge.js";

export interface PointerState {
  /** The object's size in bytes, where known. */
  readonly size: number | undefined;
  /** Bytes from the object's start. Not used for packets, whose bounds are checks. */
  readonly low: bigint;
  readonly high: bigint;
  /** For packets: the version of the packet's place that the pointer belongs to; undefined when it is dead. */
  readonly epoch: number | undefined;
}

export const nowhere: PointerState = { size: undefined, low: 0n, high: 0n, epoch: undefined };

export interface PointerContext {
  readonly module: IrModule;
  readonly known: Knowledge;
  readonly epoch: () => number;
  readonly pointer: (value: ValueId) => PointerState;
}

export function parameterState(one: Parameter): PointerState {
  return { ...nowhere, size: one.type.kind === "pointer" ? one.type.size : undefined, epoch: 0 };
}

/** Undefined for instructions that yield no pointer. */
export function evaluatePointer(one: Instruction, context: PointerContext): PointerState | undefined {
  if (!("type" in one) || one.type?.kind !== "pointer") return undefined;
  const epoch = context.epoch();
  const start = (size: number | undefined): PointerState => ({ size, low: 0n, high: 0n, epoch });
  switch (one.kind) {
    case "stack-slot":
      return start(one.size);
    case "global-address": {
      const global = context.module.globals.find((candidate) => candidate.id === one.global);
      return start(global && layoutSize(global.layout));
    }
    case "map-lookup": {
      const map = context.module.maps.find((candidate) => candidate.id === one.map);
      return start(map?.value && layoutSize(map.value));
    }
    case "pointer-add": {
      const base = context.pointer(one.pointer);
      const offset = context.known.range(one.offset);
      return {
        size: base.size,
        low: base.low + offset.umin,
        high: base.high + offset.umax,
        epoch: base.epoch,
      };
    }
    case "select": {
      const [then, otherwise] = [context.pointer(one.then), context.pointer(one.otherwise)];
      if (isNull(one.then, context)) return otherwise;
      return isNull(one.otherwise, context) ? then : joinPointers(then, otherwise);
    }
    default:
      return start(one.type.size);
  }
}

export function isNull(value: ValueId, context: Pick<PointerContext, "known">): boolean {
  return context.known.index.definition(value)?.kind === "null";
}

export function joinPointers(a: PointerState, b: PointerState): PointerState {
  return {
    size: a.size === undefined || b.size === undefined ? undefined : Math.min(a.size, b.size),
    low: a.low < b.low ? a.low : b.low,
    high: a.high > b.high ? a.high : b.high,
    epoch: a.epoch === b.epoch ? a.epoch : undefined,
  };
}

export function samePointer(a: PointerState, b: PointerState): boolean {
  return a.size === b.size && a.low === b.low && a.high === b.high && a.epoch === b.epoch;
}

/** A pointer that moves on in a loop: how far is not counted. */
export function widenPointer(before: PointerState, after: PointerState): PointerState {
  const joined = joinPointers(before, after);
  if (samePointer(joined, before)) return before;
  return {
    ...joined,
    low: joined.low < before.low ? -(1n << 64n) : joined.low,
    high: joined.high > before.high ? 1n << 64n : joined.high,
  };
}

/** How many bytes from `pointer` on were found inside the packet. */
export function extentOf(pointer: ValueId, known: Knowledge): number {
  const { root, offset } = known.index.place(pointer);
  const alias = known.alias(root);
  const size = Math.max(known.extents.get(root) ?? 0, alias === undefined ? 0 : extentOf(alias, known));
  return Math.max(0, size - offset);
}

export function mayBeNull(pointer: ValueId, known: Knowledge): boolean {
  const definition = known.index.definition(pointer);
  const type = known.index.typeOf(pointer);
  if (definition?.kind === "null") return true;
  if (type?.kind !== "pointer" || !type.nullable || known.nonNull.get(pointer) === true) return false;
  const alias = known.alias(pointer);
  return alias === undefined || mayBeNull(alias, known);
}
