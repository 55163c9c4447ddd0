/**
 * Whether a module keeps the rules of the IR: one definition a value and it dominates every use, phis with one input
 * a predecessor, targets that exist, operand types that fit. It guards against faults of the compiler's own passes,
 * so it throws `CompilerBug` and names function, block and instruction.
 */
import { assertNever, CompilerBug } from "../base/invariant.js";
import { cfgOf, forEachOperand, successorsOf, terminatorOperand, valueLimit } from "./cfg.js";
import { dominatorsOf } from "./dominators.js";
import {
  hasResult,
  type Block,
  type BlockId,
  type Instruction,
  type IrFunction,
  type IrModule,
  type IrType,
  type MemoryOperand,
  type Phi,
  type Region,
  type ValueId,
} from "./ir.js";
import { printInstruction, printTerminator, printType } from "./print.js";

export function validateModule(module: IrModule): void {
  const functions = new Map(module.functions.map((fn) => [fn.id, fn]));
  if (functions.size !== module.functions.length) throw new CompilerBug("two IR functions of one id");
  for (const fn of module.functions) validateFunction(fn, module, functions);
  for (const program of module.programs) {
    if (functions.get(program.function)?.linkage !== "program") {
      throw new CompilerBug(`program ${program.name} has no IR function of linkage program`);
    }
  }
}

interface Definition {
  readonly type: IrType | undefined;
  readonly block: BlockId;
  /** Place inside the block: -1 for parameters and phis. */
  readonly at: number;
}

function validateFunction(
  fn: IrFunction,
  module: IrModule,
  functions: ReadonlyMap<number, IrFunction>,
): void {
  const fail = (block: BlockId, what: string): never => {
    throw new CompilerBug(`IR of ${fn.name}, b${block}: ${what}`);
  };
  if (fn.blocks[0]?.id !== 0) fail(0, "the entry is not block 0");
  if (new Set(fn.blocks.map((block) => block.id)).size !== fn.blocks.length) fail(0, "two blocks of one id");
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  if ((cfg.predecessors[0]?.length ?? 0) > 0) fail(0, "the entry has a predecessor");

  const definitions = Array.from<Definition | undefined>({ length: valueLimit(fn) });
  const define = (id: ValueId, type: IrType | undefined, block: BlockId, at: number): void => {
    if (definitions[id]) fail(block, `v${id} is defined twice`);
    definitions[id] = { type, block, at };
  };
  for (const one of fn.parameters) define(one.id, one.type, 0, -1);
  for (const block of fn.blocks) {
    for (const phi of block.phis) define(phi.id, phi.type, block.id, -1);
    block.instructions.forEach((one, at) =>
      define(one.id, hasResult(one) ? one.type : undefined, block.id, at),
    );
  }

  /** The type of `value`, which must be defined on every path to place `at` of `block`. */
  const use = (value: ValueId, block: BlockId, at: number, by: () => string): IrType => {
    const found = definitions[value];
    if (!found?.type)
      return fail(block, `${by()} uses v${value}, which ${found ? "yields nothing" : "is undefined"}`);
    const dominated = found.block === block ? found.at < at : dominators.dominates(found.block, block);
    if (!dominated) fail(block, `${by()} uses v${value}, whose definition does not dominate it`);
    return found.type;
  };

  for (const block of fn.blocks) {
    for (const next of successorsOf(block.terminator)) {
      if (!cfg.blocks[next]) fail(block.id, `goes to b${next}, which does not exist`);
    }
    if (cfg.position[block.id] === -1) continue;
    for (const phi of block.phis) checkPhi(phi, block);
    block.instructions.forEach((one, at) => {
      const by = (): string => printInstruction(one, module);
      const type = (value: ValueId): IrType => use(value, block.id, at, by);
      forEachOperand(one, type);
      const wrong = typeFault(one, type, module, functions);
      if (wrong !== undefined) fail(block.id, `${by()}: ${wrong}`);
    });
    checkTerminator(block);
  }

  function checkPhi(phi: Phi, block: Block): void {
    const from = phi.inputs.map((one) => one.block).filter((id) => cfg.position[id] !== -1);
    const expected = cfg.predecessors[block.id] ?? [];
    if (from.length !== expected.length || expected.some((id) => !from.includes(id))) {
      fail(
        block.id,
        `phi v${phi.id} has inputs from [${from.join(", ")}], predecessors are [${expected.join(", ")}]`,
      );
    }
    for (const input of phi.inputs) {
      if (cfg.position[input.block] === -1) continue;
      const type = use(input.value, input.block, Infinity, () => `phi v${phi.id}`);
      if (!joins(phi.type, type)) {
        fail(
          block.id,
          `phi v${phi.id} of ${printType(phi.type)} has the input v${input.value} of ${printType(type)}`,
        );
      }
    }
  }

  function checkTerminator(block: Block): void {
    const by = (): string => printTerminator(block.terminator);
    const operand = terminatorOperand(block.terminator);
    const type = operand === undefined ? undefined : use(operand, block.id, Infinity, by);
    const { terminator } = block;
    if (terminator.kind === "branch" && (type?.kind !== "int" || type.bits !== 1))
      fail(block.id, `${by()}: not a u1`);
    if (terminator.kind === "switch") {
      if (type?.kind !== "int") return fail(block.id, `${by()}: not an integer`);
      const values = new Set(terminator.cases.map((one) => one.value));
      if (values.size !== terminator.cases.length) fail(block.id, `${by()}: a case twice`);
      for (const value of values)
        if (!canonical(value, type)) fail(block.id, `${by()}: case ${value} is out of range`);
    }
    if (terminator.kind === "return") {
      const good = fn.result ? type !== undefined && same(type, fn.result) : type === undefined;
      if (!good)
        fail(block.id, `${by()}: the function gives ${fn.result ? printType(fn.result) : "nothing"}`);
    }
  }
}

function canonical(value: bigint, type: { readonly bits: number; readonly signed: boolean }): boolean {
  return value === (type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value));
}

function same(one: IrType, other: IrType): boolean {
  if (one.kind === "int")
    return other.kind === "int" && one.bits === other.bits && one.signed === other.signed;
  return other.kind === "pointer" && one.region === other.region;
}

/** Regions in which a struct may lie: on one way in this, on another in that. */
const structs = new Set<Region>(["stack", "map-value", "global", "rodata", "record"]);

/** Whether a phi or select of type `to` may take a `from`: of a pointer the region is what counts. */
function joins(to: IrType, from: IrType): boolean {
  if (to.kind === "pointer" && from.kind === "pointer" && structs.has(to.region) && structs.has(from.region))
    return true;
  return same(to, from);
}

function typeFault(
  one: Instruction,
  type: (value: ValueId) => IrType,
  module: IrModule,
  functions: ReadonlyMap<number, IrFunction>,
): string | undefined {
  const int = (value: ValueId): string | undefined =>
    type(value).kind === "int" ? undefined : `v${value} is not an integer`;
  const region = (value: ValueId, ...allowed: Region[]): string | undefined => {
    const found = type(value);
    return found.kind === "pointer" && allowed.includes(found.region)
      ? undefined
      : `v${value} is ${printType(found)}, not a pointer to ${allowed.join(", ")}`;
  };
  const memory: Region[] = ["stack", "packet", "map-value", "global", "rodata", "record"];
  const writable: Region[] = ["stack", "packet", "map-value", "global", "record"];
  const operand = (of: MemoryOperand): string | undefined => {
    if (of.kind === "pointer") return region(of.pointer, ...memory);
    const outside = of.parts.find((part) => part.offset < 0 || part.offset + part.bits / 8 > of.size);
    return outside
      ? `the part at ${outside.offset} is outside`
      : of.parts.map((part) => int(part.value)).find(Boolean);
  };
  const bits = (width: number): string | undefined =>
    [8, 16, 32, 64].includes(width) ? undefined : `${width} bits cannot be in memory`;
  const map = (id: number): string | undefined =>
    module.maps.some((candidate) => candidate.id === id) ? undefined : `there is no map m${id}`;

  switch (one.kind) {
    case "constant":
      return canonical(one.value, one.type) ? undefined : "the constant is not canonical";
    case "binary": {
      const shift = one.op === "shl" || one.op === "lshr" || one.op === "ashr";
      if (!same(type(one.left), one.type)) return "the left operand's type is not the result's";
      return shift ? int(one.right) : same(type(one.right), one.type) ? undefined : "operands of two types";
    }
    case "compare":
      return (
        int(one.left) ?? (same(type(one.left), type(one.right)) ? u1(one.type) : "operands of two types")
      );
    case "convert":
      return int(one.value);
    case "swap-bytes":
      if (!same(type(one.value), one.type)) return "the type changes";
      return [16, 32, 64].includes(one.type.bits) ? undefined : `${one.type.bits} bits cannot be swapped`;
    case "bounded":
    case "forget":
      return same(type(one.value), one.type) ? undefined : "the type changes";
    case "select": {
      const condition = type(one.condition);
      if (condition.kind !== "int" || condition.bits !== 1) return "the condition is not a u1";
      return joins(one.type, type(one.then)) && joins(one.type, type(one.otherwise))
        ? undefined
        : "arms of two types";
    }
    case "is-null":
      return type(one.pointer).kind === "pointer" ? u1(one.type) : "not a pointer";
    case "null":
    case "stack-slot":
      return undefined;
    case "global-address":
      return module.globals.some((global) => global.id === one.global)
        ? undefined
        : "there is no such global";
    case "map-address":
      return map(one.map);
    case "function-address":
      return functions.has(one.function) ? undefined : "there is no such function";
    case "field-info":
      return one.access.steps.length > 0 ? undefined : "a field of nothing";
    case "kernel-load":
      return int(one.address) ?? bits(one.type.bits);
    case "address-of":
      return region(one.pointer, "context", "stack");
    case "context-load":
    case "packet-pointer":
      return region(one.context, "context");
    case "packet-check":
      return region(one.pointer, "packet") ?? region(one.end, "packet-end", "packet") ?? u1(one.type);
    case "pointer-add":
      return (
        region(one.pointer, ...memory) ??
        int(one.offset) ??
        (same(type(one.pointer), one.type) ? undefined : "the region changes")
      );
    case "pointer-difference":
      return region(one.left, "packet", "packet-end") ?? region(one.right, "packet", "packet-end");
    case "load":
      return region(one.pointer, ...memory) ?? bits(one.type.bits);
    case "store":
      return region(one.pointer, ...writable) ?? int(one.value) ?? bits(one.bits);
    case "atomic":
      return region(one.pointer, ...writable) ?? int(one.value);
    case "zero":
      return region(one.pointer, ...writable);
    case "copy":
      return region(one.to, ...writable) ?? region(one.from, ...memory);
    case "map-lookup":
    case "map-delete":
      return map(one.map) ?? operand(one.key);
    case "map-update":
      return map(one.map) ?? operand(one.key) ?? operand(one.value);
    case "helper":
      return one.arguments
        .map((each) => (each.kind === "memory" ? operand(each.memory) : undefined))
        .find(Boolean);
    case "call": {
      const target = functions.get(one.function);
      if (!target) return "there is no such function";
      if (target.parameters.length !== one.arguments.length) return "the number of arguments differs";
      const wrong = target.parameters.findIndex(
        (each, at) => !same(each.type, type(one.arguments[at] ?? -1)),
      );
      return wrong < 0 ? undefined : `argument ${wrong} has another type`;
    }
    default:
      return assertNever(one, "instruction");
  }
}

function u1(type: IrType): string | undefined {
  return type.kind === "int" && type.bits === 1 && !type.signed ? undefined : "the result is not a u1";
}
