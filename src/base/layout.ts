import { assertNever } from "./invariant.js";

/**
 * How a value lies in memory: what a map key, a map value, a parameter or an event looks like as bytes. It is a
 * value of JSON, written by the compiler into the object's `.xdpl` section and read back by the loader, so it says
 * all that is needed without BTF. Integers and enums are in the machine's byte order, addresses in network order.
 */
export type Layout =
  IntLayout | BoolLayout | EnumLayout | AddressLayout | ArrayLayout | StringLayout | StructLayout | LpmLayout;

/** 8, 16, 32 or 64 bits. */
export interface IntLayout {
  readonly kind: "int";
  readonly bits: number;
  readonly signed: boolean;
}

/** One byte, 0 or 1. */
export interface BoolLayout {
  readonly kind: "bool";
}

/** An unsigned integer with names for some of its values. */
export interface EnumLayout {
  readonly kind: "enum";
  readonly name: string;
  readonly bits: number;
  readonly members: readonly (readonly [name: string, value: number])[];
}

export type AddressFamily = "ipv4" | "ipv6" | "mac";

export interface AddressLayout {
  readonly kind: "address";
  readonly family: AddressFamily;
}

export interface ArrayLayout {
  readonly kind: "array";
  readonly element: Layout;
  readonly length: number;
}

/** `length` bytes of UTF-8, padded with NUL. */
export interface StringLayout {
  readonly kind: "string";
  readonly length: number;
}

export interface StructLayout {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  readonly fields: readonly FieldLayout[];
  /** It is `StackTrace` of `std/trace`: the number of a stack in {@link stacksMap}, and whose addresses those are. */
  readonly stack?: true;
}

/** The map of kind STACK_TRACE that the compiler adds: lists of addresses, the innermost call first. */
export const stacksMap: string = "xdpl_stacks";

export interface FieldLayout {
  readonly name: string;
  readonly offset: number;
  readonly type: Layout;
}

/** The key of a longest-prefix-match trie: a u32 prefix length in the machine's order, then the address. */
export interface LpmLayout {
  readonly kind: "lpm";
  readonly address: Layout;
}

/** The contents of the `.xdpl` section. */
export interface ObjectMetadata {
  readonly version: 1;
  readonly programs: readonly ProgramMetadata[];
  readonly maps: readonly MapMetadata[];
  readonly params: readonly ParamMetadata[];
  readonly prints: readonly PrintMetadata[];
}

export interface ProgramMetadata {
  readonly name: string;
  /** The language's name for the kind, such as `xdp`. */
  readonly kind: string;
  /** What a probe is attached to, as the script says it: `sched:sched_switch`. */
  readonly target?: string;
  /** The ELF section, such as `xdp` or `xdp.frags`. */
  readonly section: string;
  /**
   * Of a static probe: in which ways the places that bear it hand over the arguments that the program takes. It was
   * compiled for these; where there are several, the number of a place's form is its cookie.
   */
  readonly argumentForms?: readonly string[];
}

/** What the entries of a map sum up, when they are an aggregation's. By the language's name of its kind. */
export type Aggregation =
  | { readonly kind: "Counter" }
  | { readonly kind: "Sum" }
  | { readonly kind: "Min" }
  | { readonly kind: "Max" }
  | { readonly kind: "Average" }
  | { readonly kind: "Stats" }
  | { readonly kind: "Histogram" }
  | {
      readonly kind: "LinearHistogram";
      readonly min: number;
      readonly max: number;
      readonly step: number;
    };

export interface MapMetadata {
  readonly name: string;
  /** The language's name for the kind, such as `PerCpuArray`. */
  readonly kind: string;
  /** Absent where the kind has none, as a ring buffer's key. */
  readonly key?: Layout;
  /** For a ring buffer: what one record is. */
  readonly value?: Layout;
  readonly maxEntries: number;
  readonly aggregation?: Aggregation;
  /** Where a u64 counts what was lost of it: events that found no room, keys for which there was none. */
  readonly lost?: { readonly section: string; readonly offset: number };
}

/** A `param`: where its value lies in a read-only data section. */
export interface ParamMetadata {
  readonly name: string;
  readonly type: Layout;
  readonly offset: number;
  readonly size: number;
  /** The data section, normally `.rodata`. */
  readonly section: string;
}

/** A `print`: `parts` are the texts around the arguments, so there is one part more than arguments. */
export interface PrintMetadata {
  readonly id: number;
  readonly parts: readonly string[];
  readonly args: readonly Layout[];
  /** Such a record is no text, it asks the reader to do something. */
  readonly action?: PrintAction;
}

/** `map.print({ top: 10 })`, `map.clear()`: what programs can't do themselves. The map is named as in the object. */
export type PrintAction =
  | { readonly kind: "print"; readonly map: string; readonly top?: number }
  | { readonly kind: "clear"; readonly map: string };

/** How many bytes a value takes, without padding after it. */
export function layoutSize(layout: Layout): number {
  switch (layout.kind) {
    case "int":
    case "enum":
      return layout.bits / 8;
    case "bool":
      return 1;
    case "address":
      return addressSize(layout.family);
    case "array":
      return layoutSize(layout.element) * layout.length;
    case "string":
      return layout.length;
    case "struct":
      return layout.size;
    case "lpm":
      return 4 + layoutSize(layout.address);
    default:
      return assertNever(layout, "layout");
  }
}

export function addressSize(family: AddressFamily): number {
  switch (family) {
    case "ipv4":
      return 4;
    case "ipv6":
      return 16;
    case "mac":
      return 6;
    default:
      return assertNever(family, "address family");
  }
}
