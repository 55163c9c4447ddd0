/** Values in memory: read, written, and put there. */
import { invariant } from "../../base/invariant.js";
import type { StructType, Type } from "../../check/types.js";
import type { MemoryOperand, MemoryOrder, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { fromParts, partsOf, scalarParts, sizeOf, type Scope, type Val } from "./values.js";

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
  return val.kind === "memory" ? val : copied(s, type, val, name);
}

/** `val` in a stack slot of its own. */
export function copied(s: Scope, type: Type, val: Val, name: string): Val & { readonly kind: "memory" } {
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
