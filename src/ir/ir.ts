/**
 * The control-flow-graph IR, in SSA form: what the language means, with nothing of LLVM or of the kernel's
 * registers in it. The verifier proves over it, the simulator runs it, the code generator prints it as LLVM IR.
 *
 * Values are integers of 1 to 64 bits or pointers. An integer is kept in canonical form (zero- or sign-extended
 * to 64 bits by its type), arithmetic wraps at its width. Every operation is defined for every input: x/0 = 0,
 * x%0 = x, shift counts are masked by width - 1. Aggregates live in memory, or as one value a field.
 */
import type { Aggregation, Layout } from "../base/layout.js";
import type { Span } from "../base/span.js";

export type ValueId = number;
export type BlockId = number;
export type FunctionId = number;
export type MapId = number;
export type GlobalId = number;

export type IrType = IrInt | IrPointer;

export interface IrInt {
  readonly kind: "int";
  readonly bits: number;
  readonly signed: boolean;
}

/** `nullable` pointers must be proven non-null before use; `size` is how many bytes may be reached, where known. */
export interface IrPointer {
  readonly kind: "pointer";
  readonly region: Region;
  readonly nullable: boolean;
  readonly size: number | undefined;
}

export type Region =
  | "context"
  | "stack"
  | "packet"
  | "packet-end"
  | "map-value"
  | "global"
  | "rodata"
  | "record"
  | "map"
  | "function";

export interface IrModule {
  readonly functions: readonly IrFunction[];
  readonly programs: readonly IrProgram[];
  readonly maps: readonly IrMap[];
  readonly globals: readonly IrGlobal[];
  readonly prints: readonly IrPrint[];
  readonly license: string;
  /** Where the scripts' tests stand: they are no part of the object. */
  readonly tests?: readonly Span[];
}

export interface IrProgram {
  readonly name: string;
  readonly hook: string;
  /** What it is attached to, in the script's words: `sched:sched_switch`. */
  readonly target: string | undefined;
  readonly section: string;
  /** Of a static probe: the forms in which arguments come, by the cookie. */
  readonly argumentForms?: readonly string[] | undefined;
  readonly function: FunctionId;
}

export interface IrMap {
  readonly id: MapId;
  readonly name: string;
  /** `BPF_MAP_TYPE_…` without the prefix, in the words of the kernel: `HASH`, `LRU_PERCPU_HASH`, `LPM_TRIE`. */
  readonly type: string;
  /** An LPM key is `{ kind: "lpm" }`. Undefined for ring buffers. */
  readonly key: Layout | undefined;
  /** For a ring buffer the event. For device, program and socket maps a 32-bit integer. */
  readonly value: Layout | undefined;
  readonly maxEntries: number;
  readonly flags: number;
  readonly pinned: boolean;
  readonly numa: number | undefined;
  readonly programs: readonly { readonly index: number; readonly program: string }[];
  /** What its entries sum up; undefined for maps that the script reads and writes itself. */
  readonly aggregation?: Aggregation;
  /** A u64 that counts what found no room. */
  readonly lost?: GlobalId;
  readonly span: Span;
}

export interface IrGlobal {
  readonly id: GlobalId;
  readonly name: string;
  readonly section: "rodata" | "data" | "bss";
  readonly layout: Layout;
  /** `layout`'s size in bytes, in the target's memory order for multi-byte integers: given as fields by codegen. */
  readonly initial: InitialValue;
  readonly span: Span;
}

/** A constant in memory: integers carry their memory order with their layout. */
export type InitialValue =
  | { readonly kind: "zero" }
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "bytes"; readonly bytes: readonly number[] }
  | { readonly kind: "aggregate"; readonly elements: readonly InitialValue[] };

/** A `print`: `parts` has one more text than there are arguments. */
export interface IrPrint {
  readonly id: number;
  readonly parts: readonly string[];
  readonly args: readonly Layout[];
  /** The record asks the reader to show or to empty a map. */
  readonly action?:
    | { readonly kind: "print"; readonly map: MapId; readonly top?: number }
    | { readonly kind: "clear"; readonly map: MapId };
  readonly span: Span;
}

export interface IrFunction {
  readonly id: FunctionId;
  readonly name: string;
  /** A `callback` is called by the kernel (`bpf_loop`, `bpf_for_each_map_elem`). */
  readonly linkage: "program" | "subprogram" | "callback";
  /** The program kind's hook for programs, and for functions the hook of the programs that call it. */
  readonly hook: string;
  readonly parameters: readonly Parameter[];
  readonly result: IrInt | undefined;
  /** The entry is block 0. Blocks are in an order where, back edges apart, predecessors come first. */
  readonly blocks: readonly Block[];
  /** Source names of values (`ip.src`, `bucket`), for diagnostics. */
  readonly names: ReadonlyMap<ValueId, string>;
  readonly span: Span;
}

/** Parameters are values; a program's only parameter is its context. */
export interface Parameter {
  readonly id: ValueId;
  readonly name: string;
  readonly type: IrType;
  readonly span: Span;
}

export interface Block {
  readonly id: BlockId;
  readonly phis: readonly Phi[];
  readonly instructions: readonly Instruction[];
  readonly terminator: Terminator;
}

export interface Phi {
  readonly kind: "phi";
  readonly id: ValueId;
  readonly type: IrType;
  /** One a predecessor block. */
  readonly inputs: readonly { readonly block: BlockId; readonly value: ValueId }[];
  readonly span: Span;
}

interface Base {
  readonly id: ValueId;
  readonly span: Span;
}

interface Yields<T extends IrType = IrType> extends Base {
  readonly type: T;
}

export type BinaryOp =
  "add" | "sub" | "mul" | "udiv" | "sdiv" | "urem" | "srem" | "and" | "or" | "xor" | "shl" | "lshr" | "ashr";

export type CompareOp = "eq" | "ne" | "ult" | "ule" | "ugt" | "uge" | "slt" | "sle" | "sgt" | "sge";

/** `network` is big-endian; `native` is the target's order. */
export type MemoryOrder = "native" | "network";

export type Instruction =
  | Constant
  | Binary
  | Compare
  | Convert
  | Select
  | Forget
  | SwapBytes
  | Bounded
  | NullPointer
  | IsNull
  | StackSlot
  | GlobalAddress
  | MapAddress
  | FunctionAddress
  | ContextLoad
  | FieldInfo
  | KernelLoad
  | AddressOf
  | PacketPointer
  | PacketCheck
  | PointerAdd
  | PointerDifference
  | Load
  | Store
  | Zero
  | Copy
  | Atomic
  | MapLookup
  | MapUpdate
  | MapDelete
  | HelperCall
  | Call;

export interface Constant extends Yields<IrInt> {
  readonly kind: "constant";
  /** In canonical range of the type (negative for signed). */
  readonly value: bigint;
}

/** Both operands and the result have one width; the shift count's width may differ. */
export interface Binary extends Yields<IrInt> {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: ValueId;
  readonly right: ValueId;
}

/** Compares canonical 64-bit forms of operands of one type; gives u1. */
export interface Compare extends Yields<IrInt> {
  readonly kind: "compare";
  readonly op: CompareOp;
  readonly left: ValueId;
  readonly right: ValueId;
}

/** Truncates or extends to `type` (two's complement); extension follows the source's sign. */
export interface Convert extends Yields<IrInt> {
  readonly kind: "convert";
  readonly value: ValueId;
}

export interface Select extends Yields {
  readonly kind: "select";
  readonly condition: ValueId;
  readonly then: ValueId;
  readonly otherwise: ValueId;
}

/** Host to network order and back: swaps on little-endian targets, nothing on big-endian. 16, 32 or 64 bits. */
export interface SwapBytes extends Yields<IrInt> {
  readonly kind: "swap-bytes";
  readonly value: ValueId;
}

/**
 * The value again, of which the kernel knows its type and nothing more: a zero is added that it does not know. `zero` is
 * a global of eight bytes that nobody writes.
 */
export interface Forget extends Yields<IrInt> {
  readonly kind: "forget";
  readonly value: ValueId;
  readonly zero: GlobalId;
}

/**
 * The value again, with the obligation that it lies in `0..max` (unsigned). The verifier must prove it; codegen
 * keeps the proof alive for the kernel's verifier (a dead clamp) where that one could not see it.
 * `what` says in the user's words what is indexed: "an index of `backends`, which has 16 elements".
 */
export interface Bounded extends Yields<IrInt> {
  readonly kind: "bounded";
  readonly value: ValueId;
  readonly max: bigint;
  readonly what: string;
}

export interface NullPointer extends Yields<IrPointer> {
  readonly kind: "null";
}

/** u1: 1 when the pointer is null. On the edge where it is not, the pointer may be used. */
export interface IsNull extends Yields<IrInt> {
  readonly kind: "is-null";
  readonly pointer: ValueId;
}

/** Fresh, uninitialised stack memory of the function, aligned to 8. */
export interface StackSlot extends Yields<IrPointer> {
  readonly kind: "stack-slot";
  readonly size: number;
  readonly name: string;
}

export interface GlobalAddress extends Yields<IrPointer> {
  readonly kind: "global-address";
  readonly global: GlobalId;
}

export interface MapAddress extends Yields<IrPointer> {
  readonly kind: "map-address";
  readonly map: MapId;
}

export interface FunctionAddress extends Yields<IrPointer> {
  readonly kind: "function-address";
  readonly function: FunctionId;
}

/** A field of the program's context, at a constant offset: 8, 16, 32 or 64 bits. */
export interface ContextLoad extends Yields<IrInt> {
  readonly kind: "context-load";
  readonly context: ValueId;
  readonly offset: number;
}

/**
 * A field of one of the kernel's structs, as found by name in the kernel that runs the program (CO-RE): members from
 * `root` on, those of anonymous structs as if they were their holder's.
 */
export interface FieldAccess {
  readonly root: { readonly name: string; readonly union: boolean; readonly size: number };
  readonly steps: readonly FieldStep[];
}

export interface FieldStep {
  readonly name: string;
  /** In the struct before it, in the kernel that the script was compiled for. */
  readonly bitOffset: number;
  readonly bits: number | undefined;
  readonly shape: FieldShape;
}

export type FieldShape =
  | { readonly kind: "int"; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "pointer" }
  | { readonly kind: "enum"; readonly name: string; readonly bits: number }
  | { readonly kind: "struct"; readonly name: string; readonly union: boolean; readonly size: number }
  | { readonly kind: "array"; readonly element: FieldShape; readonly length: number };

/**
 * u64, known when the program is loaded: the field's offset in bytes, its size, whether it is there, or by how much a
 * word that holds a bit field is shifted left and then right.
 */
export interface FieldInfo extends Yields<IrInt> {
  readonly kind: "field-info";
  readonly access: FieldAccess;
  readonly what: "offset" | "size" | "exists" | "left" | "right";
}

/**
 * A field read at once, from a struct of which the kernel's verifier knows the type: an argument of fentry and its
 * like. `address` is the argument, as a number.
 */
export interface KernelLoad extends Yields<IrInt> {
  readonly kind: "kernel-load";
  readonly address: ValueId;
  readonly access: FieldAccess;
}

/** A pointer to the context as a number, for helpers that read there. */
export interface AddressOf extends Yields<IrInt> {
  readonly kind: "address-of";
  readonly pointer: ValueId;
}

/** `data`, `data_end` or `data_meta`, read anew from the context; dies with every instruction that moves the packet. */
export interface PacketPointer extends Yields<IrPointer> {
  readonly kind: "packet-pointer";
  readonly context: ValueId;
  readonly which: "data" | "end" | "meta";
}

/** u1: 1 when `size` bytes from `pointer` lie inside the packet. On that edge they may be loaded and stored. */
export interface PacketCheck extends Yields<IrInt> {
  readonly kind: "packet-check";
  readonly pointer: ValueId;
  readonly size: number;
  readonly end: ValueId;
}

/** `pointer + offset` bytes. `offset` is an unsigned integer value; for packets at most 0x7fff, proven. */
export interface PointerAdd extends Yields<IrPointer> {
  readonly kind: "pointer-add";
  readonly pointer: ValueId;
  readonly offset: ValueId;
}

/** `left - right` in bytes, of two packet pointers (`end - data` is the packet's linear length); u64. */
export interface PointerDifference extends Yields<IrInt> {
  readonly kind: "pointer-difference";
  readonly left: ValueId;
  readonly right: ValueId;
}

/** Reads `bits` (8, 16, 32, 64) at `pointer + displacement`; `type.bits` equals `bits`. */
export interface Load extends Yields<IrInt> {
  readonly kind: "load";
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly order: MemoryOrder;
  /**
   * Read although the same was read before: what a kernel's verifier learns of one from comparisons, it does not learn of
   * the other.
   */
  readonly apart?: true;
}

export interface Store extends Base {
  readonly kind: "store";
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly value: ValueId;
  readonly bits: number;
  readonly order: MemoryOrder;
}

export interface Zero extends Base {
  readonly kind: "zero";
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly size: number;
}

/** Copies `size` bytes that do not overlap. */
export interface Copy extends Base {
  readonly kind: "copy";
  readonly to: ValueId;
  readonly toDisplacement: number;
  readonly from: ValueId;
  readonly fromDisplacement: number;
  readonly size: number;
}

/** Atomic, without the old value (kernel 5.10 has no other); 32 or 64 bits, native order. */
export interface Atomic extends Base {
  readonly kind: "atomic";
  readonly op: "add" | "and" | "or" | "xor";
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly value: ValueId;
  readonly bits: 32 | 64;
}

/**
 * Memory given to a helper by address: built on the stack from parts (what no part covers is zero), or already
 * there.
 */
export type MemoryOperand =
  | { readonly kind: "parts"; readonly size: number; readonly parts: readonly MemoryPart[] }
  | {
      readonly kind: "pointer";
      readonly pointer: ValueId;
      readonly displacement: number;
      readonly size: number;
    };

export interface MemoryPart {
  readonly offset: number;
  readonly value: ValueId;
  readonly bits: number;
  readonly order: MemoryOrder;
}

/** A nullable pointer to the value. */
export interface MapLookup extends Yields<IrPointer> {
  readonly kind: "map-lookup";
  readonly map: MapId;
  readonly key: MemoryOperand;
}

/** i64: 0, or a negative errno. `flags` is BPF_ANY, BPF_NOEXIST or BPF_EXIST. */
export interface MapUpdate extends Yields<IrInt> {
  readonly kind: "map-update";
  readonly map: MapId;
  readonly key: MemoryOperand;
  readonly value: MemoryOperand;
  readonly flags: 0 | 1 | 2;
}

/** i64: 0, or a negative errno. */
export interface MapDelete extends Yields<IrInt> {
  readonly kind: "map-delete";
  readonly map: MapId;
  readonly key: MemoryOperand;
}

/** A kernel helper by name (`bpf_ktime_get_ns`); `src/kernel` knows its number, effects and since when. */
export interface HelperCall extends Yields {
  readonly kind: "helper";
  readonly helper: string;
  readonly arguments: readonly HelperArgument[];
}

export type HelperArgument =
  | { readonly kind: "value"; readonly value: ValueId }
  | { readonly kind: "memory"; readonly memory: MemoryOperand };

export interface Call extends Base {
  readonly kind: "call";
  readonly type: IrInt | undefined;
  readonly function: FunctionId;
  readonly arguments: readonly ValueId[];
}

export type Terminator = Jump | Branch | Switch | Return | Unreachable;

export interface Jump {
  readonly kind: "jump";
  readonly target: BlockId;
  readonly span: Span;
}

export interface Branch {
  readonly kind: "branch";
  readonly condition: ValueId;
  readonly then: BlockId;
  readonly otherwise: BlockId;
  /** Which edge is rarely taken, where the language knows (a bounds check that fails). */
  readonly unlikely: "then" | "otherwise" | undefined;
  readonly span: Span;
}

/** Values are canonical and distinct. */
export interface Switch {
  readonly kind: "switch";
  readonly value: ValueId;
  readonly cases: readonly { readonly value: bigint; readonly target: BlockId }[];
  readonly otherwise: BlockId;
  readonly span: Span;
}

export interface Return {
  readonly kind: "return";
  readonly value: ValueId | undefined;
  readonly span: Span;
}

/** Proven never to run; codegen leaves the program safely. */
export interface Unreachable {
  readonly kind: "unreachable";
  readonly span: Span;
}

/** Whether an instruction yields a value. */
export function hasResult(one: Instruction): one is Instruction & { readonly type: IrType } {
  return "type" in one && one.type !== undefined;
}
