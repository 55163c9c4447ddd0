/** Operands of emitted code: what a function's values are called, and how they are set. */
import { defined, invariant } from "../../base/invariant.js";
import type { Cfg } from "../../ir/cfg.js";
import type { BlockId, IrFunction, IrModule, IrType, ValueId } from "../../ir/ir.js";
import type { Operand } from "./numbers.js";
import type { Held } from "./represent.js";

/** A pointer operand: the texts of its memory and of its offset. */
export interface PointerText {
  readonly memory: string;
  readonly offset: string;
}

export interface EmitOptions {
  readonly bigEndian: boolean;
  /** Call `E.trace` at the end of every block. */
  readonly trace: boolean;
}

export interface FunctionState {
  readonly module: IrModule;
  readonly fn: IrFunction;
  readonly options: EmitOptions;
  readonly held: ReadonlyMap<ValueId, Held>;
  readonly types: ReadonlyMap<ValueId, IrType>;
  /** Values that need no variable: constants, addresses. */
  readonly literals: Map<ValueId, string>;
  readonly places: Map<ValueId, PointerText>;
  readonly variables: Set<string>;
  /** What is made once for the module: scratch memory of call sites. */
  readonly once: string[];
  readonly cfg: Cfg;
  readonly cases: ReadonlyMap<BlockId, number>;
}

/** Pointers that are one object: nothing is added to them. */
export function single(type: IrType): boolean {
  return type.kind === "pointer" && ["context", "map", "function"].includes(type.region);
}

export function variablesOf(id: ValueId, type: IrType): string[] {
  if (type.kind === "int") return [`v${id}`];
  return single(type) ? [`m${id}`] : [`m${id}`, `o${id}`];
}

export function typeOf(s: FunctionState, id: ValueId): IrType {
  return defined(s.types.get(id), `the type of v${id}`);
}

export function operand(s: FunctionState, id: ValueId): Operand {
  const type = typeOf(s, id);
  invariant(type.kind === "int", `v${id} is no integer`);
  return { text: s.literals.get(id) ?? `v${id}`, type, held: defined(s.held.get(id), `v${id}`) };
}

export function pointer(s: FunctionState, id: ValueId): PointerText {
  const known = s.places.get(id);
  if (known) return known;
  return { memory: `m${id}`, offset: `o${id}` };
}

export function plus(offset: string, displacement: number): string {
  if (displacement === 0) return offset;
  return /^\d+$/.test(offset) ? `${Number(offset) + displacement}` : `${offset}+${displacement}`;
}

export function set(s: FunctionState, id: ValueId, text: string): string {
  s.variables.add(`v${id}`);
  return `v${id}=${text};`;
}

export function setPointer(s: FunctionState, id: ValueId, memory: string, offset: string): string {
  s.variables.add(`m${id}`);
  if (single(typeOf(s, id))) return `m${id}=${memory};`;
  s.variables.add(`o${id}`);
  return `m${id}=${memory};o${id}=${offset};`;
}
