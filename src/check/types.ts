/** The types of the language, as the checker computes them and the lowering reads them. */
import type { Aggregation } from "../base/layout.js";
import type { Btf, BtfId } from "../kernel/btf/btf.js";
import type { TracepointFormat } from "../kernel/tracepoint-format.js";
import type {
  AddressFamily,
  EnumDeclaration,
  Expression,
  HeaderDeclaration,
  HeaderField,
  StructDeclaration,
} from "../syntax/ast.js";

export type Type =
  | IntType
  | BoolType
  | NumberType
  | NullType
  | VoidType
  | NeverType
  | ErrorType
  | AddressType
  | PrefixType
  | RangeType
  | ListType
  | EnumType
  | StructType
  | ArrayType
  | StringType
  | LayerType
  | PacketType
  | BytesType
  | OptionType
  | MapType
  | ProgramType
  | KernelType
  | PointerType
  | NullableType;

/** `u1` … `u64`, `i1` … `i64`. */
export interface IntType {
  readonly kind: "int";
  readonly bits: number;
  readonly signed: boolean;
}

export interface BoolType {
  readonly kind: "bool";
}

/** An untyped constant number, of any size; every typed use of it has been checked to fit. */
export interface NumberType {
  readonly kind: "number";
}

export interface NullType {
  readonly kind: "null";
}

export interface VoidType {
  readonly kind: "void";
}

/** What does not return: `x ?? return`. */
export interface NeverType {
  readonly kind: "never";
}

/** Already reported; agrees with everything. */
export interface ErrorType {
  readonly kind: "error";
}

/** `Ipv4Addr` (32 bits), `Ipv6Addr` (128), `MacAddr` (48). In memory: network order, aligned to 4, 4 and 1. */
export interface AddressType {
  readonly kind: "address";
  readonly family: AddressFamily;
}

/** `10.0.0.0/8`, or `prefix(address, length)`. */
export interface PrefixType {
  readonly kind: "prefix";
  readonly family: AddressFamily;
}

/** `a..b`; right of `in` and in `case` only. */
export interface RangeType {
  readonly kind: "range";
  readonly element: Type;
}

/** `[a, b]` right of `in`, and constant lists; an array when the context asks for one. */
export interface ListType {
  readonly kind: "list";
  readonly element: Type;
}

export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  readonly base: IntType;
  readonly members: readonly { readonly name: string; readonly value: bigint }[];
  /** Undefined for an enum of the kernel's. */
  readonly declaration: EnumDeclaration | undefined;
}

/** A host-order C layout; offsets and sizes in bytes. */
export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly StructFieldType[];
  readonly size: number;
  readonly align: number;
  readonly declaration: StructDeclaration;
}

export interface StructFieldType {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
}

export interface ArrayType {
  readonly kind: "array";
  readonly element: Type;
  readonly length: number;
}

/** `string<N>`: N bytes, padded with zeros. */
export interface StringType {
  readonly kind: "string";
  readonly length: number;
}

/** A layer found in the packet: never absent; what may be absent is nullable. */
export interface LayerType {
  readonly kind: "layer";
  readonly header: Header;
}

/** `pkt`; `hook` is the program kind it belongs to (`xdp`). */
export interface PacketType {
  readonly kind: "packet";
  readonly hook: string;
}

/** A view of packet bytes: `layer.payload`, `pkt.bytes`. */
export interface BytesType {
  readonly kind: "bytes";
}

/** One element of `layer.options`. */
export interface OptionType {
  readonly kind: "option";
  readonly header: Header;
}

export type AggregationKind = Aggregation["kind"];

export type MapKind =
  | AggregationKind
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

export interface MapType {
  readonly kind: "map";
  readonly map: MapKind;
  /** For `LpmTrie` the address or integer without the prefix length; undefined for `RingBuffer`. */
  readonly key: Type | undefined;
  /** For `RingBuffer` the event; undefined for program, device, CPU and socket maps. */
  readonly value: Type | undefined;
  /** Entries; for `RingBuffer` bytes. */
  readonly size: number;
  /** Of a `Counter` and its like; their value is what lies in the map, which the script never sees. */
  readonly aggregation?: Aggregation;
}

/** The name of a program, as an element of a `ProgramArray`. */
export interface ProgramType {
  readonly kind: "program";
}

/**
 * A struct or union of the kernel's, or a tracepoint's record, where it lies. Its fields are read when they are asked
 * for; one that lies nowhere (a null pointer was followed to it) reads as zeros.
 */
export interface KernelType {
  readonly kind: "kernel";
  readonly source: KernelSource;
}

export type KernelSource =
  | { readonly kind: "btf"; readonly btf: Btf; readonly id: BtfId; readonly name: string }
  | {
      readonly kind: "record";
      readonly name: string;
      readonly format: TracepointFormat;
      /** For what its pointers point to: read when a field is one. */
      readonly btf: () => Btf | undefined;
    };

/** An address of the kernel's or of a process: of text, which `str` reads, or of something else. */
export interface PointerType {
  readonly kind: "pointer";
  /** What C calls it: `void *`. */
  readonly name: string;
  readonly text: boolean;
  readonly space: Space;
}

export type Space = "kernel" | "user";

/** What a member of a {@link KernelType} is, and where. */
export interface KernelField {
  readonly name: string;
  readonly type: Type;
  /** From the start of the struct or record. */
  readonly bitOffset: number;
  /** Bits of a bit field; undefined when it is none. */
  readonly bits: number | undefined;
  /** Bytes that it takes; of a bit field, those that hold it. */
  readonly size: number;
  /** What the kernel's type looks like, for relocations. */
  readonly shape: KernelShape;
  /** In network byte order in memory. */
  readonly network: boolean;
  /** In a record: the field says where its data lies. */
  readonly elsewhere: "from-start" | "from-here" | undefined;
}

/** As much of a C type as decides whether two kernels mean the same field. */
export type KernelShape =
  | { readonly kind: "int"; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "pointer" }
  | { readonly kind: "enum"; readonly name: string; readonly bits: number }
  | {
      readonly kind: "struct";
      readonly name: string;
      readonly union: boolean;
      readonly size: number;
    }
  | { readonly kind: "array"; readonly element: KernelShape; readonly length: number };

export interface NullableType {
  readonly kind: "nullable";
  readonly inner: Type;
}

// ---- headers ---------------------------------------------------------------------------------------------

/** A header declaration after checking; one object a declaration, so identity is equality. */
export interface Header {
  readonly name: string;
  /** The name by which layers are reached: `eth`, `ipv4`. */
  readonly layer: string;
  readonly fields: readonly HeaderFieldInfo[];
  /** Bytes of the declared fields. */
  readonly fixedSize: number;
  /** The whole header's bytes, over its own fields; undefined when fixed. */
  readonly size: Expression | undefined;
  /** Where it stands; filled after all headers are known. */
  readonly parents: readonly { readonly header: Header; readonly when: Expression | undefined }[];
  readonly next: Header | undefined;
  readonly continues: HeaderContinuation | undefined;
  /** TLV options between `fixedSize` and the header's size: `kind` and `length` bytes, length counting both. */
  readonly options: { readonly end: number | undefined; readonly pad: number | undefined } | undefined;
  readonly declaration: HeaderDeclaration;
}

export interface HeaderContinuation {
  readonly header: Header;
  /** Field of `header` → expression over this header's fields that replaces it when the next layer is chosen. */
  readonly fields: readonly {
    readonly field: HeaderFieldInfo;
    readonly value: Expression | HeaderFieldInfo;
  }[];
  readonly max: number;
  readonly when: Expression | undefined;
}

export interface HeaderFieldInfo {
  readonly name: string;
  readonly type: Type;
  /** From the header's start, in network bit order. */
  readonly bitOffset: number;
  readonly bits: number;
  readonly covers: ChecksumCover | undefined;
  readonly value: Expression | undefined;
  readonly declaration: HeaderField;
}

/** What an Internet checksum field covers. */
export interface ChecksumCover {
  readonly header: boolean;
  readonly payload: boolean;
  /** Fields of outer layers: the pseudo header. */
  readonly outer: readonly { readonly header: Header; readonly field: HeaderFieldInfo }[];
  readonly zeroNone: boolean;
}
