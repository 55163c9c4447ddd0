/** What the generator knows of the script it writes: types, names in sight, and how much more to write. */
import type { Rng } from "./random.js";

export type Family = "ipv4" | "ipv6" | "mac";

export interface IntT {
  readonly kind: "int";
  readonly bits: number;
  readonly signed: boolean;
}

export interface EnumT {
  readonly kind: "enum";
  readonly name: string;
  readonly base: IntT;
  readonly members: readonly string[];
}

export interface StructT {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: Type }[];
}

export interface ArrayT {
  readonly kind: "array";
  readonly element: Type;
  readonly length: number;
}

export interface HeaderT {
  readonly kind: "layer";
  readonly name: string;
  readonly layer: string;
  readonly fields: readonly { readonly name: string; readonly type: Type; readonly checksum: boolean }[];
  readonly variable: boolean;
  readonly options: boolean;
  readonly parents: readonly string[];
  readonly next: string | undefined;
  readonly continues: string | undefined;
}

export type Type =
  | IntT
  | { readonly kind: "bool" }
  | { readonly kind: "address"; readonly family: Family }
  | EnumT
  | StructT
  | ArrayT
  | { readonly kind: "string"; readonly length: number }
  | HeaderT
  | { readonly kind: "bytes" }
  | { readonly kind: "option" }
  | { readonly kind: "packet" }
  | NullableT;

export interface NullableT {
  readonly kind: "nullable";
  readonly inner: Type;
}

export interface Variable {
  /** How it is written: a name, or a path that has been narrowed (`pkt.tcp`, `flows[key]`). */
  readonly text: string;
  readonly type: Type;
  readonly mutable: boolean;
  /** Values are below this. */
  readonly limit?: number;
  /** A struct or array that may be written to, though its name is `const`: it lies in a map or with the caller. */
  readonly reference?: boolean;
}

export type MapKind =
  | "Hash"
  | "LruHash"
  | "PerCpuHash"
  | "LruPerCpuHash"
  | "Array"
  | "PerCpuArray"
  | "LpmTrie"
  | "RingBuffer"
  | "ProgramArray"
  | "DevMap"
  | "DevMapHash"
  | "CpuMap"
  | "XskMap";

export interface MapM {
  readonly name: string;
  readonly kind: MapKind;
  readonly key: Type | undefined;
  readonly value: Type | undefined;
  readonly size: number;
}

export interface FunctionM {
  readonly name: string;
  readonly parameters: readonly Type[];
  /** Undefined for nothing. */
  readonly result: Type | undefined;
  readonly moves: boolean;
}

export interface GenerateOptions {
  /** Nothing of which two runs see different values: clocks, chance, the CPU. */
  readonly deterministic?: boolean;
  /** How many statements at most, about. */
  readonly size?: number;
}

/** A whole script. */
export interface Gen {
  readonly rng: Rng;
  readonly options: Required<GenerateOptions>;
  readonly headers: ReadonlyMap<string, HeaderT>;
  readonly structs: StructT[];
  readonly enums: EnumT[];
  readonly maps: MapM[];
  readonly functions: FunctionM[];
  /** Params, globals and constants. */
  readonly globals: Variable[];
  /** Named lists and ranges for `in`. */
  readonly sets: { readonly name: string; readonly element: Type }[];
  readonly programs: string[];
  names: number;
}

/** A body being written. Blocks inside have copies with more in sight. */
export interface Body {
  readonly gen: Gen;
  readonly rng: Rng;
  vars: Variable[];
  /** What `return` gives; undefined for nothing. */
  readonly result: Type | undefined;
  readonly loops: number;
  readonly depth: number;
  readonly shared: { fuel: number; moves: number; calls: number; nesting: number };
}

export const int = (bits: number, signed = false): IntT => ({ kind: "int", bits, signed });
export const bool: Type = { kind: "bool" };
export const u8: IntT = int(8);
export const u16: IntT = int(16);
export const u32: IntT = int(32);
export const u64: IntT = int(64);
export const memoryInts: readonly IntT[] = [8, 16, 32, 64].flatMap((bits) => [int(bits), int(bits, true)]);

export const nullable = (inner: Type): NullableT => ({ kind: "nullable", inner });

export function rounded(type: IntT): IntT {
  return int([8, 16, 32, 64].find((bits) => bits >= type.bits) ?? 64, type.signed);
}

export function widens(from: IntT, to: IntT): boolean {
  return from.signed === to.signed ? from.bits <= to.bits : !from.signed && from.bits < to.bits;
}

export function same(a: Type, b: Type): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case "int":
      return b.kind === "int" && a.bits === b.bits && a.signed === b.signed;
    case "address":
      return b.kind === "address" && a.family === b.family;
    case "array":
      return b.kind === "array" && a.length === b.length && same(a.element, b.element);
    case "string":
      return b.kind === "string" && a.length === b.length;
    case "nullable":
      return b.kind === "nullable" && same(a.inner, b.inner);
    case "enum":
    case "struct":
    case "layer":
      return b.kind === a.kind && a.name === b.name;
    default:
      return a.kind === b.kind;
  }
}

const addressNames: Readonly<Record<Family, string>> = {
  ipv4: "Ipv4Addr",
  ipv6: "Ipv6Addr",
  mac: "MacAddr",
};

export function typeText(type: Type): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "i" : "u"}${type.bits}`;
    case "bool":
      return "bool";
    case "address":
      return addressNames[type.family];
    case "enum":
    case "struct":
    case "layer":
      return type.name;
    case "array":
      return `${typeText(type.element)}[${type.length}]`;
    case "string":
      return `string<${type.length}>`;
    case "packet":
      return "XdpPacket";
    case "nullable":
      return `${typeText(type.inner)} | null`;
    case "bytes":
    case "option":
      return type.kind;
  }
}

/** Points into the packet, and dies when that moves. */
function isView(type: Type): boolean {
  const inner = type.kind === "nullable" ? type.inner : type;
  return inner.kind === "layer" || inner.kind === "bytes" || inner.kind === "option";
}

export function isScalar(type: Type): boolean {
  return type.kind === "int" || type.kind === "bool" || type.kind === "enum" || type.kind === "address";
}

export function sizeOf(type: Type): number {
  switch (type.kind) {
    case "int":
      return Math.ceil(type.bits / 8);
    case "address":
      return { ipv4: 4, ipv6: 16, mac: 6 }[type.family];
    case "enum":
      return sizeOf(type.base);
    case "array":
      return sizeOf(type.element) * type.length;
    case "string":
      return type.length;
    case "struct":
      return type.fields.reduce((sum, field) => sum + sizeOf(field.type), 0) + 4;
    default:
      return 1;
  }
}

const words = "alpha beta gamma delta count total limit last seen port rate size flow index left best".split(
  " ",
);

export function newName(gen: Gen, kind?: string): string {
  return `${kind ?? gen.rng.pick(words)}${gen.names++}`;
}

/** Expressions in expressions in indices come to an end: undefined when there is enough of them. */
export function deeper<T>(b: Body, most: number, make: () => T): T | undefined {
  if (b.shared.nesting >= most) return undefined;
  b.shared.nesting++;
  try {
    return make();
  } finally {
    b.shared.nesting--;
  }
}

export function inner(b: Body, more: readonly Variable[] = [], loop = false): Body {
  return { ...b, vars: [...b.vars, ...more], depth: b.depth + 1, loops: b.loops + (loop ? 1 : 0) };
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** After the packet has moved, what pointed into it is gone. */
export function killViews(b: Body): void {
  b.vars = b.vars.filter((one) => !isView(one.type));
}

/** After an entry may have left a map, or a key has changed, its narrowing is gone. */
export function forgetEntries(b: Body, map: string): void {
  b.vars = b.vars.filter((one) => !one.text.startsWith(`${map}[`));
}

export function hide(b: Body, texts: readonly string[]): void {
  if (texts.length > 0) b.vars = b.vars.filter((one) => !texts.includes(one.text));
}
