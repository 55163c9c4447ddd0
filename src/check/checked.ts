/** What the checker hands to the lowering: symbols, and side tables keyed by node id. */
import type { BytesRead, BytesWrite } from "./views.js";
import type {
  Block,
  Expression,
  FunctionDeclaration,
  Identifier,
  Module,
  NodeId,
  Parameter,
  ParamDeclaration,
  ProgramDeclaration,
  TestDeclaration,
  VariableDeclaration,
} from "../syntax/ast.js";
import type { StaticArgument } from "../kernel/static-probes.js";
import type { MapMethod } from "./map-kinds.js";
import type {
  EnumType,
  Header,
  HeaderFieldInfo,
  KernelField,
  MapType,
  StructFieldType,
  StructType,
  Type,
} from "./types.js";

/** What a name stands for where it is used as an expression. */
export type Symbol =
  | LocalSymbol
  | ParamSymbol
  | GlobalSymbol
  | ConstantSymbol
  | MapSymbol
  | FunctionSymbol
  | ProgramSymbol
  | EnumSymbol
  | EnumMemberSymbol
  | HeaderFieldSymbol
  | HeaderPropertySymbol
  | BuiltinSymbol;

/** A `const`, `let`, parameter or loop name inside a body. */
export interface LocalSymbol {
  readonly kind: "local";
  readonly name: string;
  readonly type: Type;
  readonly mutable: boolean;
  readonly declaration: Identifier;
}

/** `param`, set at load time; lives in `.rodata`. */
export interface ParamSymbol {
  readonly kind: "param";
  readonly name: string;
  readonly type: Type;
  readonly initial: ConstantValue;
  readonly declaration: ParamDeclaration;
}

/** A top-level `let`; lives in `.bss` or `.data`, shared by all CPUs. */
export interface GlobalSymbol {
  readonly kind: "global";
  readonly name: string;
  readonly type: Type;
  readonly initial: ConstantValue;
  readonly declaration: VariableDeclaration;
}

/** A top-level or local `const` whose value the compiler knows. */
export interface ConstantSymbol {
  readonly kind: "constant";
  readonly name: string;
  readonly type: Type;
  readonly value: ConstantValue;
  readonly declaration: VariableDeclaration;
}

export interface MapSymbol {
  readonly kind: "map";
  readonly name: string;
  readonly type: MapType;
  readonly options: MapOptions;
  readonly declaration: VariableDeclaration;
}

export interface MapOptions {
  /** Pinned by name under the loader's folder (`LIBBPF_PIN_BY_NAME`); the name overrides the map's own. */
  readonly pin: string | undefined;
  readonly noPrealloc: boolean;
  readonly numa: number | undefined;
  /** Readable by programs only, or writable by programs only: BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG. */
  readonly access: "read" | "write" | undefined;
  /** `new ProgramArray({ 0: a })`. */
  readonly programs: readonly { readonly index: number; readonly program: ProgramSymbol }[];
}

export interface FunctionSymbol {
  readonly kind: "function";
  readonly name: string;
  readonly parameters: readonly LocalSymbol[];
  readonly result: Type;
  /** `bpf_…` is a helper called with the arguments in order, `xdpl:…` is made by the lowering. */
  readonly intrinsic: string | undefined;
  readonly body: Block | undefined;
  readonly declaration: FunctionDeclaration;
}

export interface ProgramSymbol {
  readonly kind: "program";
  readonly name: string;
  /** `xdp`, `tc.ingress`. */
  readonly hook: string;
  /** `xdp({ frags: true })`. */
  readonly frags: boolean;
  /** The ELF section. */
  readonly section: string;
  /** What it is attached to, as written: `sched:sched_switch`; undefined when the hook has no target. */
  readonly target: string | undefined;
  /** Of a static probe: the different ways in which its places hand over what the program takes. */
  readonly argumentForms?: readonly string[];
  /** How a probe's parameters come to it, one each; empty for programs that get a packet. */
  readonly sources: readonly ParameterSource[];
  readonly parameters: readonly LocalSymbol[];
  /** The verdict enum, or void. */
  readonly result: Type;
  readonly declaration: ProgramDeclaration;
}

/** `test "…" { … }`. */
export interface TestSymbol {
  readonly name: string;
  /** The generated packet of a property. */
  readonly packet: LocalSymbol | undefined;
  readonly declaration: TestDeclaration;
}

export interface EnumSymbol {
  readonly kind: "enum";
  readonly type: EnumType;
}

/** Where a parameter of a probe comes from. */
export type ParameterSource =
  /** The context itself is the record. */
  | { readonly kind: "record" }
  /** A 64-bit word of the context. */
  | { readonly kind: "word"; readonly offset: number }
  /** A register of the function that was called or returned: its place in `struct pt_regs`. */
  | { readonly kind: "register"; readonly offset: number }
  /** Of a static probe: where each form of {@link ProgramSymbol.argumentForms} has it. */
  | { readonly kind: "static"; readonly places: readonly StaticArgument[] };

/** A bare member where its enum is expected: `DROP`. */
export interface EnumMemberSymbol {
  readonly kind: "enum-member";
  readonly type: EnumType;
  readonly member: string;
  readonly value: bigint;
}

/** A bare field name inside a header declaration (`size = ihl * 4`, `continues … when (fragmentOffset == 0)`). */
export interface HeaderFieldSymbol {
  readonly kind: "header-field";
  readonly field: HeaderFieldInfo;
}

/** In a field's default value: `size` is this header's bytes, `length` those of this header and all that follows. */
export interface HeaderPropertySymbol {
  readonly kind: "header-property";
  readonly property: "size" | "length";
}

export type BuiltinName =
  | "min"
  | "max"
  | "clamp"
  | "hash"
  | "print"
  | "redirect"
  | "prefix"
  | "str"
  | "userStr"
  | "read"
  | "userRead"
  | "exists"
  | "task";

export interface BuiltinSymbol {
  readonly kind: "builtin";
  readonly name: BuiltinName;
}

/** A value known at compile time. Integers, booleans (0, 1), enums and addresses are big-endian numbers. */
export type ConstantValue =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "prefix"; readonly value: bigint; readonly length: number }
  | { readonly kind: "range"; readonly from: bigint; readonly to: bigint }
  | { readonly kind: "list"; readonly elements: readonly ConstantValue[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "struct"; readonly fields: Readonly<Record<string, ConstantValue>> }
  | { readonly kind: "null" };

/** What `a.b` means. */
export type MemberMeaning =
  | { readonly kind: "header-field"; readonly field: HeaderFieldInfo }
  | { readonly kind: "layer"; readonly header: Header }
  | { readonly kind: "struct-field"; readonly field: StructFieldType }
  | { readonly kind: "enum-member"; readonly member: EnumMemberSymbol }
  | { readonly kind: "property"; readonly property: PropertyName }
  | { readonly kind: "kernel-field"; readonly field: KernelField };

/**
 * Built-in properties. Layers: `offset`, `size`, `payload`, `options`. Packets: `length`, `ingress`, `queue`,
 * `bytes`. Views: `length`. Options: `kind`, `length`.
 */
export type PropertyName =
  "offset" | "size" | "payload" | "options" | "length" | "ingress" | "queue" | "bytes" | "kind";

/** What only tests can call. */
export type TestCall =
  /** Compares, and ends the test when the comparison fails. */
  | "expect"
  /** A packet of layers, or one of a capture; how many a capture has. */
  | "packet"
  | "capture"
  | "captured"
  /** Where the packet comes from. */
  | "receivedOn"
  /** Time, the CPU that runs, a route for `fibLookup`. */
  | "advance"
  | "onCpu"
  | "route"
  /** Where the last run sent its packet, whether a line was printed. */
  | "redirected"
  | "printed";

/** What a call calls. `object` is the receiver. */
export type CallMeaning =
  | { readonly kind: "program"; readonly symbol: ProgramSymbol }
  | { readonly kind: "new-layer"; readonly header: Header }
  | { readonly kind: "test"; readonly call: TestCall }
  /** In a test: the next record of a ring buffer; an entry of a map of sockets, devices or CPUs. */
  | { readonly kind: "test-map"; readonly map: MapSymbol; readonly method: "take" | "set" }
  /** `test`: in a test, which does not count where the kernel's code is made. */
  | { readonly kind: "function"; readonly symbol: FunctionSymbol; readonly test?: boolean }
  | { readonly kind: "builtin"; readonly name: BuiltinName }
  | {
      readonly kind: "map-method";
      readonly map: MapSymbol;
      readonly method: MapMethod;
    }
  | { readonly kind: "layer-method"; readonly method: "prepend"; readonly header: Header }
  | { readonly kind: "layer-method"; readonly method: "decapsulate" | "remove" }
  | { readonly kind: "packet-method"; readonly method: "adjustHead" | "adjustTail" | "adjustMeta" }
  /** `payload.u8(i)`, `option.setU16(i, v)`: big-endian; a read past the end is null, a write there is false. */
  | {
      readonly kind: "bytes-method";
      readonly method: BytesRead | BytesWrite;
      readonly test?: boolean;
    };

/**
 * The whole script, checked. In a `when`, a parent's layer name (`udp` in `udp.dst == 4789`) is an identifier whose
 * symbol is a `local` of that layer's type.
 * Present also when there were errors; only an error-free one is lowered. */
export interface Checked {
  readonly modules: readonly Module[];
  readonly programs: readonly ProgramSymbol[];
  readonly tests: readonly TestSymbol[];
  readonly maps: readonly MapSymbol[];
  readonly params: readonly ParamSymbol[];
  readonly globals: readonly GlobalSymbol[];
  readonly structs: readonly StructType[];
  /** Every header in sight, in declaration order (prelude first); the protocol graph. */
  readonly headers: readonly Header[];
  readonly license: string;
  readonly target: string | undefined;
  /** The type of every expression after narrowing; an untyped constant has the type its context gave it. */
  readonly types: ReadonlyMap<NodeId, Type>;
  /** Expressions known at compile time (all of them, not only literals). */
  readonly constants: ReadonlyMap<NodeId, ConstantValue>;
  /** Identifier expressions (and shorthand object fields, by the object-field's id) → symbol. */
  readonly symbols: ReadonlyMap<NodeId, Symbol>;
  /** Names that bind: variable declarations, parameters, loop names, destructured names, by the Identifier's id. */
  readonly locals: ReadonlyMap<NodeId, LocalSymbol | ConstantSymbol>;
  readonly members: ReadonlyMap<NodeId, MemberMeaning>;
  readonly calls: ReadonlyMap<NodeId, CallMeaning>;
  /** Header fields that some statement assigns to. */
  readonly written: ReadonlySet<HeaderFieldInfo>;
}

export type { Expression, Parameter };
