/** Runs a function of the IR, one instruction after the other, as `src/ir/ir.ts` defines them. */
import { assertNever, defined } from "../../base/invariant.js";
import type {
  Block,
  HelperArgument,
  Instruction,
  IrFunction,
  IrInt,
  MemoryOperand,
  Phi,
  ValueId,
} from "../ir.js";
import { compareCanonical, evaluateBinary, swapBytes, wrap } from "./arithmetic.js";
import { callHelper, type HelperContext } from "./helpers.js";
import type { Machine } from "./machine.js";
import { Fault, isBig, makeMemory, place, readInt, Unsupported, writeInt, type Value } from "./memory.js";
import { packetPointer, type Packet } from "./packet.js";

export interface Run {
  readonly machine: Machine;
  readonly packet: Packet;
  /** Fields of the context by offset; others are 0. */
  readonly context: ReadonlyMap<number, bigint>;
  steps: number;
  depth: number;
}

/** Thrown to leave all functions for another program. */
export class TailCall extends Error {
  override readonly name = "TailCall";
  readonly program: string;
  constructor(program: string) {
    super(program);
    this.program = program;
  }
}

/** What uninitialised stack memory holds: something that is noticed. */
const garbage = 0xaa;

export function runFunction(run: Run, fn: IrFunction, args: readonly Value[]): bigint | undefined {
  const values = new Map<ValueId, Value>();
  fn.parameters.forEach((one, at) => values.set(one.id, defined(args[at], `argument ${one.name}`)));
  const blocks = new Map(fn.blocks.map((block) => [block.id, block]));
  const types = intTypes(fn);
  if (++run.depth > 64) throw new Fault("calls too deep");
  let block = defined(fn.blocks[0], "the entry");
  for (;;) {
    for (const one of block.instructions) {
      if (++run.steps > run.machine.options.steps) throw new Fault("too many instructions");
      const value = step(run, one, values, types);
      if (value !== undefined) values.set(one.id, value);
    }
    run.machine.trace?.(fn, block.id, values);
    const { terminator } = block;
    let target: number;
    switch (terminator.kind) {
      case "jump":
        target = terminator.target;
        break;
      case "branch":
        target = intOf(values, terminator.condition) === 0n ? terminator.otherwise : terminator.then;
        break;
      case "switch": {
        const value = intOf(values, terminator.value);
        target = terminator.cases.find((one) => one.value === value)?.target ?? terminator.otherwise;
        break;
      }
      case "return":
        run.depth--;
        return terminator.value === undefined ? undefined : intOf(values, terminator.value);
      case "unreachable":
        throw new Fault("an unreachable place is reached");
      default:
        return assertNever(terminator, "terminator");
    }
    if (++run.steps > run.machine.options.steps) throw new Fault("too many instructions");
    const next: Block = defined(blocks.get(target), `block ${target}`);
    enter(next.phis, block.id, values);
    block = next;
  }
}

/** All phis of a block change at once. */
function enter(phis: readonly Phi[], from: number, values: Map<ValueId, Value>): void {
  const taken = phis.map((phi) => {
    const input = defined(
      phi.inputs.find((one) => one.block === from),
      `an input of v${phi.id}`,
    );
    return valueOf(values, input.value);
  });
  phis.forEach((phi, at) => values.set(phi.id, defined(taken[at], "a phi's value")));
}

const typesOf = new WeakMap<IrFunction, ReadonlyMap<ValueId, IrInt>>();

function intTypes(fn: IrFunction): ReadonlyMap<ValueId, IrInt> {
  const known = typesOf.get(fn);
  if (known) return known;
  const types = new Map<ValueId, IrInt>();
  for (const one of fn.parameters) if (one.type.kind === "int") types.set(one.id, one.type);
  for (const block of fn.blocks) {
    for (const one of [...block.phis, ...block.instructions]) {
      if ("type" in one && one.type?.kind === "int") types.set(one.id, one.type);
    }
  }
  typesOf.set(fn, types);
  return types;
}

function valueOf(values: ReadonlyMap<ValueId, Value>, id: ValueId): Value {
  return defined(values.get(id), `the value v${id}`);
}

function intOf(values: ReadonlyMap<ValueId, Value>, id: ValueId): bigint {
  const value = valueOf(values, id);
  if (typeof value !== "bigint") throw new Fault(`v${id} is no integer`);
  return value;
}

function step(
  run: Run,
  one: Instruction,
  values: ReadonlyMap<ValueId, Value>,
  types: ReadonlyMap<ValueId, IrInt>,
): Value | undefined {
  const { machine } = run;
  const int = (id: ValueId): bigint => intOf(values, id);
  const value = (id: ValueId): Value => valueOf(values, id);
  const typeOf = (id: ValueId): IrInt => defined(types.get(id), `the type of v${id}`);
  const memory = (id: ValueId, displacement: number, size: number, write: boolean): [Uint8Array, number] => {
    const pointer = value(id);
    checkEpoch(run, pointer);
    return place(pointer, displacement, size, write);
  };
  switch (one.kind) {
    case "constant":
      return one.value;
    case "binary":
      return evaluateBinary(one.op, one.type, int(one.left), int(one.right));
    case "compare":
      return compareCanonical(one.op, typeOf(one.left), int(one.left), int(one.right)) ? 1n : 0n;
    case "convert":
      return wrap(one.type, int(one.value));
    case "select":
      return value(int(one.condition) === 0n ? one.otherwise : one.then);
    case "swap-bytes":
      return machine.options.bigEndian ? int(one.value) : swapBytes(one.type, int(one.value));
    case "bounded": {
      const bounded = BigInt.asUintN(64, int(one.value));
      if (bounded > one.max) throw new Fault(`${bounded} is more than ${one.max}: ${one.what}`);
      return int(one.value);
    }
    case "null":
      return { kind: "null" };
    case "is-null": {
      const pointer = value(one.pointer);
      return typeof pointer !== "bigint" && pointer.kind === "null" ? 1n : 0n;
    }
    case "stack-slot":
      return {
        kind: "pointer",
        memory: makeMemory("stack", new Uint8Array(one.size).fill(garbage)),
        offset: 0,
      };
    case "global-address":
      return { kind: "pointer", memory: defined(machine.globals.get(one.global), "the global"), offset: 0 };
    case "map-address":
      return { kind: "handle", of: "map", id: one.map };
    case "function-address":
      return { kind: "handle", of: "function", id: one.function };
    case "context-load":
      return wrap(one.type, run.context.get(one.offset) ?? 0n);
    case "packet-pointer":
      return packetPointer(run.packet, one.which);
    case "packet-check": {
      const [pointer, end] = [value(one.pointer), value(one.end)];
      return pointerOffset(run, pointer) + one.size <= pointerOffset(run, end) ? 1n : 0n;
    }
    case "pointer-add": {
      const pointer = value(one.pointer);
      if (typeof pointer === "bigint" || pointer.kind !== "pointer")
        throw new Fault("addition to no pointer");
      return { ...pointer, offset: pointer.offset + Number(BigInt.asUintN(64, int(one.offset))) };
    }
    case "pointer-difference": {
      const [left, right] = [pointerOffset(run, value(one.left)), pointerOffset(run, value(one.right))];
      return wrap(one.type, BigInt(left - right));
    }
    case "load": {
      const [bytes, at] = memory(one.pointer, one.displacement, one.type.bits / 8, false);
      return readInt(bytes, at, one.type, isBig(one.order, machine.options.bigEndian));
    }
    case "store": {
      const [bytes, at] = memory(one.pointer, one.displacement, one.bits / 8, true);
      writeInt(bytes, at, one.bits, int(one.value), isBig(one.order, machine.options.bigEndian));
      return undefined;
    }
    case "zero": {
      const [bytes, at] = memory(one.pointer, one.displacement, one.size, true);
      bytes.fill(0, at, at + one.size);
      return undefined;
    }
    case "copy": {
      const [from, source] = memory(one.from, one.fromDisplacement, one.size, false);
      const copied = from.slice(source, source + one.size);
      const [to, target] = memory(one.to, one.toDisplacement, one.size, true);
      to.set(copied, target);
      return undefined;
    }
    case "atomic": {
      const [bytes, at] = memory(one.pointer, one.displacement, one.bits / 8, true);
      const type: IrInt = { kind: "int", bits: one.bits, signed: false };
      const before = readInt(bytes, at, type, machine.options.bigEndian);
      const operand = BigInt.asUintN(one.bits, int(one.value));
      writeInt(bytes, at, one.bits, evaluateBinary(one.op, type, before, operand), machine.options.bigEndian);
      return undefined;
    }
    case "map-lookup": {
      const found = mapOf(machine, one.map).lookup(operand(run, one.key, values));
      return found ? { kind: "pointer", memory: found, offset: 0 } : { kind: "null" };
    }
    case "map-update": {
      const key = operand(run, one.key, values);
      return mapOf(machine, one.map).update(key, operand(run, one.value, values), one.flags);
    }
    case "map-delete":
      return mapOf(machine, one.map).remove(operand(run, one.key, values));
    case "helper": {
      const args = one.arguments.map((each) => argument(run, each, values));
      const result = callHelper(helperContext(run), one.helper, args, one.type);
      return typeof result === "bigint" && one.type.kind === "int" ? wrap(one.type, result) : result;
    }
    case "call": {
      const target = functionOf(machine, one.function);
      return runFunction(run, target, one.arguments.map(value));
    }
    default:
      return assertNever(one, "instruction");
  }
}

function mapOf(machine: Machine, id: number): NonNullable<ReturnType<Machine["maps"]["get"]>> {
  return defined(machine.maps.get(id), `map ${id}`);
}

function functionOf(machine: Machine, id: number): IrFunction {
  return defined(
    machine.module.functions.find((fn) => fn.id === id),
    `function ${id}`,
  );
}

function checkEpoch(run: Run, pointer: Value): void {
  if (typeof pointer === "bigint" || pointer.kind !== "pointer" || pointer.memory !== run.packet.memory)
    return;
  if (pointer.epoch !== run.packet.epoch) throw new Fault("use of a pointer into a packet that has moved");
}

function pointerOffset(run: Run, pointer: Value): number {
  if (typeof pointer === "bigint" || pointer.kind !== "pointer") throw new Fault("not a pointer");
  checkEpoch(run, pointer);
  return pointer.offset;
}

/** The bytes of a memory operand; what no part covers is zero. */
function operand(run: Run, of: MemoryOperand, values: ReadonlyMap<ValueId, Value>): Uint8Array {
  if (of.kind === "pointer") {
    const pointer = valueOf(values, of.pointer);
    checkEpoch(run, pointer);
    const [bytes, at] = place(pointer, of.displacement, of.size, false);
    return bytes.slice(at, at + of.size);
  }
  const bytes = new Uint8Array(of.size);
  for (const part of of.parts) {
    const big = isBig(part.order, run.machine.options.bigEndian);
    writeInt(bytes, part.offset, part.bits, intOf(values, part.value), big);
  }
  return bytes;
}

function argument(run: Run, given: HelperArgument, values: ReadonlyMap<ValueId, Value>): Value {
  if (given.kind === "value") return valueOf(values, given.value);
  const { memory } = given;
  if (memory.kind === "parts") {
    return { kind: "pointer", memory: makeMemory("stack", operand(run, memory, values)), offset: 0 };
  }
  const pointer = valueOf(values, memory.pointer);
  checkEpoch(run, pointer);
  place(pointer, memory.displacement, memory.size, false);
  if (typeof pointer === "bigint" || pointer.kind !== "pointer")
    throw new Unsupported("memory that is no pointer");
  return { ...pointer, offset: pointer.offset + memory.displacement };
}

function helperContext(run: Run): HelperContext {
  return {
    machine: run.machine,
    packet: run.packet,
    call: (id, args) => runFunction(run, functionOf(run.machine, id), args) ?? 0n,
    tailCall: (program) => {
      throw new TailCall(program);
    },
  };
}
