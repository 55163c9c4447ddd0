import { defined } from "../base/invariant.js";
import type { Span } from "../base/span.js";
import type { BlockId, IrFunction, IrModule, IrType, ValueId } from "../ir/ir.js";
import { attributes } from "./attributes.js";
import type { CoreTypes } from "./core-types.js";
import type { BoundPlans } from "./bounds.js";
import type { Debug, DebugScope } from "./debug.js";
import { location } from "./debug.js";
import type { Fact, Rep } from "./facts.js";
import type { ModuleNames } from "./module-names.js";
import type { Proofs } from "../verify/proofs.js";
import type { Cpu, Endian } from "../llvm/compile.js";
import type { Care } from "../llvm/compile-text.js";

/** What all functions of a module share. */
export interface ModuleState {
  readonly ir: IrModule;
  readonly cpu: Cpu;
  readonly endian: Endian;
  /** From ISA v3 on there are 32-bit registers and jumps. */
  readonly alu32: boolean;
  readonly names: ModuleNames;
  readonly debug: Debug;
  readonly proofs: Proofs | undefined;
  readonly care: Care;
  /** Declarations of LLVM's intrinsics in use. */
  readonly declarations: Set<string>;
  /** Structs of the kernel that are read. */
  readonly core: CoreTypes;
}

/** A printed value. Pointers carry a constant displacement, which is added where they are used. */
export interface Operand {
  readonly text: string;
  readonly rep: Rep;
  readonly signed: boolean;
  readonly bits: number;
  readonly fact: Fact;
  readonly displacement: number;
  /** An `i32` that is the lower half of an `i64` with other bits in its upper half. */
  readonly truncated: boolean;
  /** What is known of a pointer's alignment; 0 for memory where any alignment may be claimed. */
  readonly align: number;
}

/** A store into a slot of `size` bytes. */
export interface FirstStore {
  readonly slot: string;
  readonly size: number;
  readonly offset: number;
  readonly bits: number;
  readonly align: number;
  /** Undefined for what is not known before. */
  readonly constant: string | undefined;
}

/** One function while it is printed. */
export interface Emitter {
  readonly module: ModuleState;
  readonly fn: IrFunction;
  readonly scope: DebugScope;
  readonly facts: readonly (Fact | undefined)[];
  readonly types: readonly (IrType | undefined)[];
  readonly bounds: BoundPlans;
  readonly apartChecks: ReadonlySet<ValueId>;
  readonly apartSums: ReadonlySet<ValueId>;
  readonly operands: (Operand | undefined)[];
  /** Of the block that is being printed; its label is the first. */
  lines: string[];
  /** Stack memory, in the entry block so that LLVM sees fixed frames. */
  readonly allocas: string[];
  /** Of pointers into the stack; see alignment.ts. */
  readonly alignments: ReadonlyMap<ValueId, number>;
  readonly slots: Map<string, string>;
  /** Sums that the kernel must not remember: see far-sums.ts. */
  readonly farSums: ReadonlySet<ValueId>;
  /** Masks that LLVM would do without: see masked-sums.ts. */
  readonly maskedSums: ReadonlySet<ValueId>;
  /** Sums that LLVM makes `or` of: see disjoint-sums.ts. */
  readonly disjointSums: ReadonlySet<ValueId>;
  /** Blocks in loops; found when they are asked for. */
  readonly turning: () => ReadonlySet<BlockId>;
  /** Those in loops that look up maps. */
  readonly lookingUp: () => ReadonlySet<BlockId>;
  /** Blocks that not all turns of a long loop pass: see occasional.ts. */
  readonly occasional: ReadonlySet<BlockId>;
  /** What is written in the entry block, before any loop: see memory.ts. */
  readonly firstStores: Map<string, FirstStore>;
  /** The block that is printed. */
  block: BlockId;
  /** Blocks whose jump closes a loop, where that has to stay a jump: see latches.ts. */
  readonly latches: ReadonlySet<BlockId>;
  /** Whether a helper of this function moves the packet. */
  readonly movesPacket: boolean;
  /** `, !dbg !7` of the current instruction. */
  at: string;
  lastSpan: Span | undefined;
  label: string;
  counter: number;
  /** Whether the block that leaves safely is needed. */
  leaves: boolean;
}

/** Prints an instruction that gives a value; gives its name. */
export function assign(e: Emitter, text: string, name = `%t${e.counter++}`): string {
  e.lines.push(`  ${name} = ${text}${e.at}`);
  return name;
}

export function perform(e: Emitter, text: string): void {
  e.lines.push(`  ${text}${e.at}`);
}

export function startBlock(e: Emitter, label: string): void {
  e.lines.push(`${label}:`);
  e.label = label;
}

export function setSpan(e: Emitter, span: Span): void {
  if (e.lastSpan === span) return;
  e.lastSpan = span;
  e.at = `, !dbg ${location(e.module.debug, e.scope, span)}`;
}

export function operand(e: Emitter, id: ValueId): Operand {
  return defined(e.operands[id], `value ${id} of ${e.fn.name}`);
}

export function factOf(e: Emitter, id: ValueId): Fact {
  return defined(e.facts[id], `fact of value ${id} of ${e.fn.name}`);
}

/** Records the text that stands for a value from here on. */
export function define(e: Emitter, id: ValueId, text: string, rep?: Rep, truncated = false): void {
  const fact = factOf(e, id);
  const type = defined(e.types[id], `type of value ${id}`);
  const int = type.kind === "int" ? type : undefined;
  e.operands[id] = {
    text,
    rep: rep ?? fact.rep,
    signed: int?.signed ?? false,
    bits: int?.bits ?? 64,
    fact,
    displacement: 0,
    truncated,
    align: 0,
  };
}

export function definePointer(
  e: Emitter,
  id: ValueId,
  text: string,
  displacement: number,
  align: number,
): void {
  e.operands[id] = {
    text,
    rep: "ptr",
    signed: false,
    bits: 64,
    fact: factOf(e, id),
    displacement,
    truncated: false,
    align,
  };
}

/** The value as an operand of LLVM type `rep`, without the type. */
export function as(e: Emitter, value: Operand, rep: Rep): string {
  const { constant } = value.fact;
  if (constant !== undefined) return literal(constant, rep);
  if (rep === "ptr" || value.rep === "ptr") return address(e, value, 0);
  if (value.rep === rep) return value.text;
  if (rep === "i1") return assign(e, `trunc ${value.rep} ${value.text} to i1`);
  if (value.rep === "i1") return assign(e, `zext i1 ${value.text} to ${rep}`);
  if (rep === "i32") return assign(e, `trunc i64 ${value.text} to i32`);
  if (value.truncated && !value.signed) return extended(e, value.text);
  const extension = value.signed && value.fact.max > 0x7fffffff ? "sext" : "zext";
  return assign(e, `${extension} i32 ${value.text} to i64`);
}

/**
 * The lower half of a register, extended. Written as a move because LLVM's own way, `and` with 0xffffffff, takes two
 * shifts; and not as an empty barrier, whose result LLVM's backend would take for extended already.
 */
export function extended(e: Emitter, lower: string): string {
  if (!e.module.alu32) return assign(e, `zext i32 ${lower} to i64`);
  const half = assign(e, `call i32 asm "$0 = $1", "=w,w"(i32 ${lower}) ${attributes.pure}`);
  return assign(e, `zext i32 ${half} to i64`);
}

export function literal(value: bigint, rep: Rep): string {
  if (rep === "i1") return (value & 1n) === 1n ? "true" : "false";
  return BigInt.asIntN(rep === "i32" ? 32 : 64, value).toString();
}

/** `pointer + displacement` as a pointer operand. */
export function address(e: Emitter, pointer: Operand, displacement: number): string {
  const offset = pointer.displacement + displacement;
  if (offset === 0) return pointer.text;
  return assign(e, `getelementptr i8, ptr ${pointer.text}, i64 ${offset}`);
}

/** The alignment to claim for an access of `bytes` bytes. */
export function accessAlign(pointer: Operand, displacement: number, bytes: number): number {
  if (pointer.align === 0) return bytes;
  const offset = Math.abs(pointer.displacement + displacement);
  let align = pointer.align;
  while (align > 1 && offset % align !== 0) align /= 2;
  return Math.min(align, bytes);
}
