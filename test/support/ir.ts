/** A small builder of IR by hand, for tests of what works on the IR. */
import type { Span } from "../../src/base/span.js";
import type {
  BinaryOp,
  Block,
  BlockId,
  CompareOp,
  FunctionId,
  HelperArgument,
  Instruction,
  IrFunction,
  IrInt,
  IrMap,
  IrModule,
  IrPointer,
  IrType,
  MapId,
  MemoryOperand,
  MemoryOrder,
  Parameter,
  Region,
  Terminator,
  ValueId,
} from "../../src/ir/ir.js";

export const file = { path: "test.xdpl", text: "" } as const;
export const span: Span = { file, start: 0, end: 0 };

export const int = (bits: number, signed = false): IrInt => ({ kind: "int", bits, signed });
export const u1: IrInt = int(1);
export const u8: IrInt = int(8);
export const u16: IrInt = int(16);
export const u32: IrInt = int(32);
export const u64: IrInt = int(64);
export const i32: IrInt = int(32, true);
export const i64: IrInt = int(64, true);

export const pointer = (region: Region, nullable = false, size?: number): IrPointer => ({
  kind: "pointer",
  region,
  nullable,
  size,
});

interface Draft {
  readonly id: BlockId;
  readonly phis: { id: ValueId; type: IrType; inputs: { block: BlockId; value: ValueId }[] }[];
  readonly instructions: Instruction[];
  terminator: Terminator;
}

/** An instruction as the builder takes it: id and span are given by the builder. */
export type Bare<T = Instruction> = T extends Instruction ? Omit<T, "id" | "span"> : never;

export interface BuilderOptions {
  readonly id?: FunctionId;
  readonly linkage?: IrFunction["linkage"];
  readonly parameters?: readonly IrType[];
  readonly result?: IrInt | undefined;
}

export interface FunctionBuilder {
  readonly parameters: readonly ValueId[];
  /** A new block; instructions go to the one last chosen by `at`. */
  readonly block: () => BlockId;
  readonly at: (block: BlockId) => void;
  readonly here: () => BlockId;
  readonly emit: (one: Bare, name?: string) => ValueId;
  readonly constant: (value: number | bigint, type?: IrInt) => ValueId;
  readonly binary: (op: BinaryOp, left: ValueId, right: ValueId, type?: IrInt) => ValueId;
  readonly compare: (op: CompareOp, left: ValueId, right: ValueId) => ValueId;
  readonly convert: (value: ValueId, type: IrInt) => ValueId;
  readonly select: (condition: ValueId, then: ValueId, otherwise: ValueId, type?: IrType) => ValueId;
  readonly bounded: (value: ValueId, max: number | bigint, type?: IrInt) => ValueId;
  readonly data: (which?: "data" | "end" | "meta") => ValueId;
  readonly check: (pointer: ValueId, size: number, end: ValueId) => ValueId;
  readonly advance: (pointer: ValueId, offset: ValueId, region?: Region, size?: number) => ValueId;
  readonly load: (pointer: ValueId, displacement: number, type: IrInt, order?: MemoryOrder) => ValueId;
  readonly store: (
    pointer: ValueId,
    displacement: number,
    value: ValueId,
    bits: number,
    order?: MemoryOrder,
  ) => void;
  readonly slot: (size: number) => ValueId;
  readonly lookup: (map: MapId, key: MemoryOperand, size?: number) => ValueId;
  readonly isNull: (pointer: ValueId) => ValueId;
  readonly helper: (name: string, args: readonly HelperArgument[], type?: IrType) => ValueId;
  readonly call: (target: FunctionId, args: readonly ValueId[], type?: IrInt) => ValueId;
  readonly phi: (type: IrType, inputs?: readonly (readonly [BlockId, ValueId])[], name?: string) => ValueId;
  readonly input: (phi: ValueId, block: BlockId, value: ValueId) => void;
  readonly jump: (target: BlockId) => void;
  readonly branch: (condition: ValueId, then: BlockId, otherwise: BlockId) => void;
  readonly switchOn: (
    value: ValueId,
    cases: readonly (readonly [bigint, BlockId])[],
    otherwise: BlockId,
  ) => void;
  readonly ret: (value?: ValueId) => void;
  readonly finish: () => IrFunction;
}

export function build(name: string, options: BuilderOptions = {}): FunctionBuilder {
  const types = options.parameters ?? [pointer("context")];
  let next = 0;
  const names = new Map<ValueId, string>();
  const parameters: Parameter[] = types.map((type, at) => ({ id: next++, name: `p${at}`, type, span }));
  const drafts: Draft[] = [];
  let current = 0;

  const block = (): BlockId => {
    drafts.push({ id: drafts.length, phis: [], instructions: [], terminator: { kind: "unreachable", span } });
    return drafts.length - 1;
  };
  const draft = (id: BlockId): Draft => {
    const found = drafts[id];
    if (!found) throw new Error(`no block ${id}`);
    return found;
  };
  const emit = (one: Bare, valueName?: string): ValueId => {
    const id = next++;
    draft(current).instructions.push({ ...one, id, span } as Instruction);
    if (valueName !== undefined) names.set(id, valueName);
    return id;
  };
  const end = (terminator: Terminator): void => {
    draft(current).terminator = terminator;
  };
  const finish = (): IrFunction => ({
    id: options.id ?? 0,
    name,
    linkage: options.linkage ?? "program",
    hook: "xdp",
    parameters,
    result: "result" in options ? options.result : u32,
    blocks: drafts.map((one): Block => ({
      id: one.id,
      phis: one.phis.map((phi) => ({ kind: "phi", ...phi, span })),
      instructions: one.instructions,
      terminator: one.terminator,
    })),
    names,
    span,
  });

  block();
  const ctx = parameters[0]?.id ?? 0;
  return {
    parameters: parameters.map((one) => one.id),
    block,
    at: (id) => (current = id),
    here: () => current,
    emit,
    constant: (value, type = u64) => emit({ kind: "constant", type, value: BigInt(value) }),
    binary: (op, left, right, type = u64) => emit({ kind: "binary", op, left, right, type }),
    compare: (op, left, right) => emit({ kind: "compare", op, left, right, type: u1 }),
    convert: (value, type) => emit({ kind: "convert", value, type }),
    select: (condition, then, otherwise, type = u64) =>
      emit({ kind: "select", condition, then, otherwise, type }),
    bounded: (value, max, type = u64) =>
      emit({
        kind: "bounded",
        value,
        max: BigInt(max),
        what: `an index of ${Number(max) + 1} elements`,
        type,
      }),
    data: (which = "data") =>
      emit({
        kind: "packet-pointer",
        context: ctx,
        which,
        type: pointer(which === "end" ? "packet-end" : "packet"),
      }),
    check: (ptr, size, endPointer) =>
      emit({ kind: "packet-check", pointer: ptr, size, end: endPointer, type: u1 }),
    advance: (ptr, offset, region = "packet", size) =>
      emit({ kind: "pointer-add", pointer: ptr, offset, type: pointer(region, false, size) }),
    load: (ptr, displacement, type, order = "native") =>
      emit({ kind: "load", pointer: ptr, displacement, order, type }),
    store: (ptr, displacement, value, bits, order = "native") => {
      emit({ kind: "store", pointer: ptr, displacement, value, bits, order });
    },
    slot: (size) => emit({ kind: "stack-slot", size, name: "slot", type: pointer("stack", false, size) }),
    lookup: (map, key, size = 8) =>
      emit({ kind: "map-lookup", map, key, type: pointer("map-value", true, size) }),
    isNull: (ptr) => emit({ kind: "is-null", pointer: ptr, type: u1 }),
    helper: (helper, args, type = i64) => emit({ kind: "helper", helper, arguments: args, type }),
    call: (target, args, type) => emit({ kind: "call", function: target, arguments: args, type }),
    phi: (type, inputs = [], valueName) => {
      const id = next++;
      draft(current).phis.push({ id, type, inputs: inputs.map(([from, value]) => ({ block: from, value })) });
      if (valueName !== undefined) names.set(id, valueName);
      return id;
    },
    input: (phi, from, value) => {
      for (const one of drafts) one.phis.find((p) => p.id === phi)?.inputs.push({ block: from, value });
    },
    jump: (target) => end({ kind: "jump", target, span }),
    branch: (condition, then, otherwise) =>
      end({ kind: "branch", condition, then, otherwise, unlikely: undefined, span }),
    switchOn: (value, cases, otherwise) =>
      end({
        kind: "switch",
        value,
        cases: cases.map(([one, target]) => ({ value: one, target })),
        otherwise,
        span,
      }),
    ret: (value) => end({ kind: "return", value, span }),
    finish,
  };
}

/** Key or value memory of one scalar. */
export function scalar(value: ValueId, bits: number, order: MemoryOrder = "native"): MemoryOperand {
  return { kind: "parts", size: bits / 8, parts: [{ offset: 0, value, bits, order }] };
}

export function mapOf(id: MapId, type: string, details: Partial<IrMap> = {}): IrMap {
  const layout = { kind: "int", bits: 32, signed: false } as const;
  const value = { kind: "int", bits: 64, signed: false } as const;
  return {
    id,
    name: `map${id}`,
    type,
    key: type === "RINGBUF" ? undefined : layout,
    value,
    maxEntries: 16,
    flags: 0,
    pinned: false,
    numa: undefined,
    programs: [],
    span,
    ...details,
  };
}

export function moduleOf(functions: readonly IrFunction[], details: Partial<IrModule> = {}): IrModule {
  const programs = functions
    .filter((one) => one.linkage === "program")
    .map((one) => ({ name: one.name, hook: "xdp", target: undefined, section: "xdp", function: one.id }));
  return { functions, programs, maps: [], globals: [], prints: [], license: "GPL", ...details };
}
