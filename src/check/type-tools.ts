/** Making, naming, comparing and measuring types. */
import { assertNever } from "../base/invariant.js";
import { addressSize } from "../base/layout.js";
import { packetFacts, packetTypeNames } from "../kernel/programs.js";
import type { AddressFamily } from "../syntax/ast.js";
import { withArticle } from "./words.js";
import type { AddressType, BoolType, IntType, NullableType, StructFieldType, Type } from "./types.js";

export const errorType: Type = { kind: "error" };
export const boolType: BoolType = { kind: "bool" };
export const numberType: Type = { kind: "number" };
export const nullType: Type = { kind: "null" };
export const voidType: Type = { kind: "void" };
export const bytesType: Type = { kind: "bytes" };
export const programType: Type = { kind: "program" };

export function intType(bits: number, signed = false): IntType {
  return { kind: "int", bits, signed };
}

export const u8: IntType = intType(8);
export const u16: IntType = intType(16);
export const u32: IntType = intType(32);
export const u64: IntType = intType(64);
export const i64: IntType = intType(64, true);

export function addressType(family: AddressFamily): AddressType {
  return { kind: "address", family };
}

/** `T | null`; null in null is one null, and an error stays an error. */
export function nullable(type: Type): Type {
  if (type.kind === "nullable" || type.kind === "error" || type.kind === "null" || type.kind === "never")
    return type;
  const made: NullableType = { kind: "nullable", inner: type };
  return made;
}

export function withoutNull(type: Type): Type {
  return type.kind === "nullable" ? type.inner : type;
}

export const addressNames: Readonly<Record<AddressFamily, string>> = {
  ipv4: "Ipv4Addr",
  ipv6: "Ipv6Addr",
  mac: "MacAddr",
};

/** The type as a user writes it. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "i" : "u"}${type.bits}`;
    case "number":
      return "number";
    case "address":
      return addressNames[type.family];
    case "prefix":
      return `${addressNames[type.family]} prefix`;
    case "range":
      return `range of ${typeName(type.element)}`;
    case "list":
      return `list of ${typeName(type.element)}`;
    case "enum":
    case "struct":
      return type.name;
    case "array":
      return `${typeName(type.element)}[${type.length}]`;
    case "string":
      return `string<${type.length}>`;
    case "layer":
      return type.header.name;
    case "packet":
      return packetFacts(type.hook)?.packetType ?? packetTypeNames[0] ?? "packet";
    case "bytes":
      return "bytes";
    case "option":
      return `${type.header.name} option`;
    case "map":
      return mapTypeName(type.map, [type.key, type.aggregation ? undefined : type.value]);
    case "nullable":
      return `${typeName(type.inner)} | null`;
    case "kernel":
      return type.source.name;
    case "pointer":
      return type.name;
    case "bool":
    case "null":
    case "void":
    case "never":
    case "error":
    case "program":
      return type.kind;
    default:
      return assertNever(type, "type");
  }
}

function mapTypeName(kind: string, parts: readonly (Type | undefined)[]): string {
  const [key, value] = parts;
  if (kind === "RingBuffer" || kind === "Array" || kind === "PerCpuArray") {
    return value ? `${kind}<${typeName(value)}>` : kind;
  }
  if (!key) return kind;
  return value ? `${kind}<${typeName(key)}, ${typeName(value)}>` : `${kind}<${typeName(key)}>`;
}

/** `u16`, with an article: "a `u16`", "an `Ipv4`". */
export function aTypeName(type: Type): string {
  const name = typeName(type);
  switch (type.kind) {
    case "number":
      return "a number";
    case "bytes":
      return "a view of bytes";
    case "void":
      return "nothing";
    case "error":
      return "an error";
    case "program":
      return "a program";
    case "map":
      return "a map";
    case "null":
      return "`null`";
    case "list":
      return `a ${name}`;
    default:
      return withArticle(name);
  }
}

/** Whether two types are one type; an error agrees with everything. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b || a.kind === "error" || b.kind === "error") return true;
  switch (a.kind) {
    case "int":
      return b.kind === "int" && a.bits === b.bits && a.signed === b.signed;
    case "address":
    case "prefix":
      return b.kind === a.kind && a.family === b.family;
    case "range":
    case "list":
      return b.kind === a.kind && sameType(a.element, b.element);
    case "enum":
      return b.kind === "enum" && a.declaration === b.declaration && a.name === b.name;
    case "struct":
      return b.kind === "struct" && a.declaration === b.declaration;
    case "array":
      return b.kind === "array" && a.length === b.length && sameType(a.element, b.element);
    case "string":
      return b.kind === "string" && a.length === b.length;
    case "layer":
    case "option":
      return b.kind === a.kind && a.header.declaration === b.header.declaration;
    case "packet":
      return b.kind === "packet" && a.hook === b.hook;
    case "map":
      return false;
    case "nullable":
      return b.kind === "nullable" && sameType(a.inner, b.inner);
    case "kernel":
      return b.kind === "kernel" && a.source.kind === b.source.kind && a.source.name === b.source.name;
    case "pointer":
      return b.kind === "pointer" && a.text === b.text && a.space === b.space;
    case "bool":
    case "number":
    case "null":
    case "void":
    case "never":
    case "bytes":
    case "program":
      return a.kind === b.kind;
    default:
      return assertNever(a, "type");
  }
}

/** A value that fits a register: copied, never referred to. */
export function isScalar(type: Type): boolean {
  return type.kind === "int" || type.kind === "bool" || type.kind === "enum" || type.kind === "address";
}

/** What points into the packet and dies when it moves. */
export function isPacketView(type: Type): boolean {
  const inner = withoutNull(type);
  return inner.kind === "layer" || inner.kind === "bytes" || inner.kind === "option";
}

/** Bytes of a value in memory, and its alignment, as C lays it out on a 64-bit machine. */
export function measure(type: Type): { readonly size: number; readonly align: number } | undefined {
  switch (type.kind) {
    case "int": {
      const size = type.bits / 8;
      return [1, 2, 4, 8].includes(size) ? { size, align: size } : undefined;
    }
    case "bool":
      return { size: 1, align: 1 };
    case "enum":
      return measure(type.base);
    case "address":
      return { size: addressSize(type.family), align: type.family === "mac" ? 1 : 4 };
    case "string":
      return { size: type.length, align: 1 };
    case "array": {
      const element = measure(type.element);
      return element && { size: element.size * type.length, align: element.align };
    }
    case "struct":
      return { size: type.size, align: type.align };
    case "error":
      return { size: 1, align: 1 };
    default:
      return undefined;
  }
}

/** Gives fields their C offsets. */
export function layOut(fields: readonly { readonly name: string; readonly type: Type }[]): {
  readonly fields: readonly StructFieldType[];
  readonly size: number;
  readonly align: number;
} {
  let offset = 0;
  let align = 1;
  const placed: StructFieldType[] = [];
  for (const field of fields) {
    const measured = measure(field.type) ?? { size: 1, align: 1 };
    offset = roundUp(offset, measured.align);
    placed.push({ name: field.name, type: field.type, offset });
    offset += measured.size;
    align = Math.max(align, measured.align);
  }
  return { fields: placed, size: roundUp(offset, align), align };
}

export function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** `StackTrace` of the standard library: it is shown as the calls that it stands for. */
export function isStackTrace(type: Type): boolean {
  return (
    type.kind === "struct" && type.name === "StackTrace" && type.declaration.span.file.path === "std/trace"
  );
}
