/**
 * One function of the IR in SSA form while the syntax tree is walked once: variables are written and read by block, and
 * phis are made where paths meet (Braun et al., "Simple and Efficient Construction of Static Single Assignment Form",
 * 2013). Instructions are immutable; a phi that turns out trivial is replaced at the end.
 */
import { defined, invariant } from "../../base/invariant.js";
import type { Span } from "../../base/span.js";
import type {
  BlockId,
  Instruction,
  IrInt,
  IrPointer,
  IrType,
  Parameter,
  Terminator,
  ValueId,
} from "../ir.js";

/** A place of the source that holds one SSA value at a time. */
export interface Variable {
  readonly name: string;
  readonly type: IrType;
  /** What it holds at the function's start; undefined: reading it before a write is a compiler bug. */
  readonly initial: bigint | undefined;
  readonly definitions: Map<BlockId, ValueId>;
}

export interface OpenPhi {
  readonly id: ValueId;
  readonly type: IrType;
  readonly variable: Variable;
  readonly block: BlockId;
  readonly span: Span;
  inputs: { block: BlockId; value: ValueId }[];
}

export interface OpenBlock {
  readonly id: BlockId;
  readonly predecessors: BlockId[];
  readonly phis: OpenPhi[];
  readonly instructions: Instruction[];
  terminator: Terminator | undefined;
  sealed: boolean;
  pending: OpenPhi[];
}

interface Recent {
  readonly pointer: ValueId;
  readonly start: number;
  readonly end: number;
  readonly value: ValueId;
}

type Without<T> = T extends Instruction ? Omit<T, "id" | "span"> : never;
type NewInstruction = Without<Instruction>;

export interface FunctionBuilder {
  readonly blocks: OpenBlock[];
  readonly values: Map<ValueId, Instruction | OpenPhi | Parameter>;
  readonly replaced: Map<ValueId, ValueId>;
  readonly users: Map<ValueId, Set<OpenPhi>>;
  readonly names: Map<ValueId, string>;
  readonly constants: Map<string, ValueId>;
  current: BlockId;
  span: Span;
  next: ValueId;
  /** What the current block read from or wrote to the packet, by place: read again, it is the same value. */
  readonly recent: Map<string, Recent>;
  recentIn: BlockId;
  /** What the function returns where the compiler ends it: 0 for programs, "stop" for callbacks. */
  readonly abort: { readonly type: IrInt; readonly value: bigint };
  /** Called before a block ends, so that delayed effects (checksums) are written. */
  beforeEnd: (() => void) | undefined;
  /** Eight bytes of stack that hold a value only from one instruction to the next. */
  scratch: ValueId | undefined;
}

const aborted: FunctionBuilder["abort"] = { type: { kind: "int", bits: 32, signed: false }, value: 0n };

export function makeBuilder(span: Span, abort: FunctionBuilder["abort"] = aborted): FunctionBuilder {
  const builder: FunctionBuilder = {
    blocks: [],
    values: new Map(),
    replaced: new Map(),
    users: new Map(),
    names: new Map(),
    constants: new Map(),
    current: 0,
    span,
    next: 0,
    recent: new Map(),
    recentIn: 0,
    abort,
    beforeEnd: undefined,
    scratch: undefined,
  };
  newBlock(builder, true);
  return builder;
}

// ---- blocks ----------------------------------------------------------------------------------------------

/** A new block; seal it once all its predecessors are known. */
export function newBlock(b: FunctionBuilder, sealed = false): BlockId {
  const id = b.blocks.length;
  b.blocks.push({
    id,
    predecessors: [],
    phis: [],
    instructions: [],
    terminator: undefined,
    sealed,
    pending: [],
  });
  return id;
}

export function block(b: FunctionBuilder, id: BlockId): OpenBlock {
  return defined(b.blocks[id], `block ${id}`);
}

/** Goes on in `id`. */
export function enter(b: FunctionBuilder, id: BlockId): void {
  b.current = id;
}

/** Goes on in `id`, all of whose predecessors are known. */
export function enterSealed(b: FunctionBuilder, id: BlockId): void {
  seal(b, id);
  b.current = id;
}

/** True when the current block has ended: what follows in the source is not reached. */
export function ended(b: FunctionBuilder): boolean {
  const at = block(b, b.current);
  return at.terminator !== undefined || (at.sealed && at.id !== 0 && at.predecessors.length === 0);
}

function end(b: FunctionBuilder, terminator: Terminator, targets: readonly BlockId[]): void {
  if (ended(b)) return;
  b.beforeEnd?.();
  const at = block(b, b.current);
  at.terminator = terminator;
  for (const target of new Set(targets)) {
    invariant(!block(b, target).sealed, `block ${target} got a predecessor after it was sealed`);
    block(b, target).predecessors.push(b.current);
  }
}

export function jump(b: FunctionBuilder, target: BlockId): void {
  end(b, { kind: "jump", target, span: b.span }, [target]);
}

export function branch(
  b: FunctionBuilder,
  condition: ValueId,
  then: BlockId,
  otherwise: BlockId,
  unlikely?: "then" | "otherwise",
): void {
  const known = constantOf(b, condition);
  if (known !== undefined) {
    jump(b, known !== 0n ? then : otherwise);
    return;
  }
  if (then === otherwise) jump(b, then);
  else end(b, { kind: "branch", condition, then, otherwise, unlikely, span: b.span }, [then, otherwise]);
}

export function switchTo(
  b: FunctionBuilder,
  value: ValueId,
  cases: readonly { readonly value: bigint; readonly target: BlockId }[],
  otherwise: BlockId,
): void {
  end(b, { kind: "switch", value, cases, otherwise, span: b.span }, [
    ...cases.map((one) => one.target),
    otherwise,
  ]);
}

export function leave(b: FunctionBuilder, value: ValueId | undefined): void {
  end(b, { kind: "return", value, span: b.span }, []);
}

export function seal(b: FunctionBuilder, id: BlockId): void {
  const at = block(b, id);
  if (at.sealed) return;
  at.sealed = true;
  const pending = at.pending;
  at.pending = [];
  for (const phi of pending) addInputs(b, phi);
}

// ---- values ----------------------------------------------------------------------------------------------

/** Appends an instruction to the current block and gives its value. */
export function emit(b: FunctionBuilder, instruction: NewInstruction): ValueId {
  const id = b.next++;
  const made = { ...instruction, id, span: b.span } as Instruction;
  b.values.set(id, made);
  if (!ended(b)) block(b, b.current).instructions.push(made);
  // Copies and calls may write what was read; a helper does not write packets, but what it moves is read anew.
  if (made.kind === "copy" || made.kind === "zero" || made.kind === "call") recentPlaces(b).clear();
  return id;
}

export function addParameter(b: FunctionBuilder, name: string, type: IrType): Parameter {
  const parameter: Parameter = { id: b.next++, name, type, span: b.span };
  b.values.set(parameter.id, parameter);
  b.names.set(parameter.id, name);
  return parameter;
}

export function typeOf(b: FunctionBuilder, value: ValueId): IrType {
  const made = b.values.get(value);
  invariant(made && "type" in made && made.type, `value ${value} has no type`);
  return made.type;
}

export function intTypeOf(b: FunctionBuilder, value: ValueId): IrInt {
  const type = typeOf(b, value);
  invariant(type.kind === "int", `value ${value} is not an integer`);
  return type;
}

export function pointerTypeOf(b: FunctionBuilder, value: ValueId): IrPointer {
  const type = typeOf(b, value);
  invariant(type.kind === "pointer", `value ${value} is not a pointer`);
  return type;
}

/** The constant a value is, where it is one. */
export function constantOf(b: FunctionBuilder, value: ValueId): bigint | undefined {
  const made = b.values.get(resolve(b, value));
  return made && "kind" in made && made.kind === "constant" ? made.value : undefined;
}

/** `value` in the canonical range of `type`: wrapped to its width, negative where its sign bit says so. */
export function wrap(type: IrInt, value: bigint): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

/** Constants live in the entry block, each once. */
export function constant(b: FunctionBuilder, type: IrInt, value: bigint | number): ValueId {
  const canonical = wrap(type, BigInt(value));
  const key = `${type.signed ? "i" : "u"}${type.bits}:${canonical}`;
  const known = b.constants.get(key);
  if (known !== undefined) return known;
  const id = b.next++;
  const made: Instruction = { kind: "constant", type, value: canonical, id, span: b.span };
  b.values.set(id, made);
  block(b, 0).instructions.unshift(made);
  b.constants.set(key, id);
  return id;
}

/** Forgets what other blocks read. */
export function recentPlaces(b: FunctionBuilder): Map<string, Recent> {
  if (b.recentIn !== b.current) {
    b.recent.clear();
    b.recentIn = b.current;
  }
  return b.recent;
}

// ---- variables -------------------------------------------------------------------------------------------

export function newVariable(name: string, type: IrType, initial?: bigint): Variable {
  return { name, type, initial, definitions: new Map() };
}

export function write(b: FunctionBuilder, variable: Variable, value: ValueId): void {
  variable.definitions.set(b.current, value);
}

export function read(b: FunctionBuilder, variable: Variable): ValueId {
  return resolve(b, readIn(b, variable, b.current));
}

function readIn(b: FunctionBuilder, variable: Variable, from: BlockId): ValueId {
  // Straight chains are followed in a loop: scripts of thousands of rules make chains of thousands of blocks.
  const passed: BlockId[] = [];
  let at = block(b, from);
  let value: ValueId;
  for (;;) {
    const known = variable.definitions.get(at.id);
    if (known !== undefined) {
      value = resolve(b, known);
      break;
    }
    const only = at.predecessors[0];
    if (at.sealed && at.predecessors.length === 1 && only !== undefined) {
      passed.push(at.id);
      at = block(b, only);
      continue;
    }
    value = readMerged(b, variable, at);
    break;
  }
  for (const id of passed) variable.definitions.set(id, value);
  return value;
}

function readMerged(b: FunctionBuilder, variable: Variable, at: OpenBlock): ValueId {
  if (at.sealed && at.predecessors.length === 0) {
    const value = initialValue(b, variable);
    variable.definitions.set(at.id, value);
    return value;
  }
  const phi: OpenPhi = {
    id: b.next++,
    type: variable.type,
    variable,
    block: at.id,
    span: b.span,
    inputs: [],
  };
  b.values.set(phi.id, phi);
  at.phis.push(phi);
  variable.definitions.set(at.id, phi.id);
  if (!at.sealed) {
    at.pending.push(phi);
    return phi.id;
  }
  const value = addInputs(b, phi);
  variable.definitions.set(at.id, value);
  return value;
}

function initialValue(b: FunctionBuilder, variable: Variable): ValueId {
  const type = variable.type;
  if (type.kind === "int") return constant(b, type, variable.initial ?? 0n);
  const key = `null:${type.region}`;
  const known = b.constants.get(key);
  if (known !== undefined) return known;
  const id = b.next++;
  const made: Instruction = { kind: "null", type: { ...type, nullable: true }, id, span: b.span };
  b.values.set(id, made);
  block(b, 0).instructions.unshift(made);
  b.constants.set(key, id);
  return id;
}

function addInputs(b: FunctionBuilder, phi: OpenPhi): ValueId {
  for (const from of block(b, phi.block).predecessors) {
    const value = readIn(b, phi.variable, from);
    phi.inputs.push({ block: from, value });
    if (b.values.get(value) && value !== phi.id) {
      const users = b.users.get(value) ?? new Set();
      users.add(phi);
      b.users.set(value, users);
    }
  }
  return removeTrivial(b, phi);
}

function removeTrivial(b: FunctionBuilder, phi: OpenPhi): ValueId {
  let same: ValueId | undefined;
  for (const input of phi.inputs) {
    const value = resolve(b, input.value);
    if (value === phi.id || value === same) continue;
    if (same !== undefined) return phi.id;
    same = value;
  }
  const value = same ?? initialValue(b, phi.variable);
  b.replaced.set(phi.id, value);
  for (const user of b.users.get(phi.id) ?? []) {
    const users = b.users.get(value) ?? new Set();
    users.add(user);
    b.users.set(value, users);
    if (user !== phi && !b.replaced.has(user.id) && complete(b, user)) removeTrivial(b, user);
  }
  return value;
}

/** All its inputs are known. */
export function complete(b: FunctionBuilder, phi: OpenPhi): boolean {
  const at = block(b, phi.block);
  return at.sealed && phi.inputs.length === at.predecessors.length;
}

/** The value that stands for `value` after trivial phis were replaced. */
export function resolve(b: FunctionBuilder, value: ValueId): ValueId {
  let at = value;
  for (let to = b.replaced.get(at); to !== undefined; to = b.replaced.get(at)) at = to;
  return at;
}
