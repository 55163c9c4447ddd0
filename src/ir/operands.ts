/** Operands and targets replaced, for passes that need not know each kind; `cfg.ts` lists them. */
import { assertNever } from "../base/invariant.js";
import type { BlockId, HelperArgument, Instruction, MemoryOperand, Terminator, ValueId } from "./ir.js";

type Rename = (value: ValueId) => ValueId;

/** The instruction with each operand replaced. */
export function mapOperands(one: Instruction, f: Rename): Instruction {
  switch (one.kind) {
    case "constant":
    case "null":
    case "stack-slot":
    case "global-address":
    case "map-address":
    case "function-address":
    case "field-info":
      return one;
    case "kernel-load":
      return { ...one, address: f(one.address) };
    case "binary":
    case "compare":
    case "pointer-difference":
      return { ...one, left: f(one.left), right: f(one.right) };
    case "convert":
    case "swap-bytes":
    case "forget":
    case "bounded":
      return { ...one, value: f(one.value) };
    case "select":
      return { ...one, condition: f(one.condition), then: f(one.then), otherwise: f(one.otherwise) };
    case "is-null":
    case "address-of":
    case "load":
    case "zero":
      return { ...one, pointer: f(one.pointer) };
    case "context-load":
    case "packet-pointer":
      return { ...one, context: f(one.context) };
    case "packet-check":
      return { ...one, pointer: f(one.pointer), end: f(one.end) };
    case "pointer-add":
      return { ...one, pointer: f(one.pointer), offset: f(one.offset) };
    case "store":
    case "atomic":
      return { ...one, pointer: f(one.pointer), value: f(one.value) };
    case "copy":
      return { ...one, to: f(one.to), from: f(one.from) };
    case "map-lookup":
    case "map-delete":
      return { ...one, key: mapMemory(one.key, f) };
    case "map-update":
      return { ...one, key: mapMemory(one.key, f), value: mapMemory(one.value, f) };
    case "helper":
      return { ...one, arguments: one.arguments.map((argument) => mapArgument(argument, f)) };
    case "call":
      return { ...one, arguments: one.arguments.map(f) };
    default:
      return assertNever(one, "instruction");
  }
}

function mapMemory(memory: MemoryOperand, f: Rename): MemoryOperand {
  return memory.kind === "pointer"
    ? { ...memory, pointer: f(memory.pointer) }
    : { ...memory, parts: memory.parts.map((part) => ({ ...part, value: f(part.value) })) };
}

function mapArgument(argument: HelperArgument, f: Rename): HelperArgument {
  return argument.kind === "value"
    ? { kind: "value", value: f(argument.value) }
    : { kind: "memory", memory: mapMemory(argument.memory, f) };
}

/**
 * The terminator with its operand and targets replaced. Written out, for each block goes through here many times: a
 * spread of objects of several shapes takes V8 ten times as long.
 */
export function mapTerminator(one: Terminator, f: Rename, target: (block: BlockId) => BlockId): Terminator {
  switch (one.kind) {
    case "jump":
      return { kind: "jump", target: target(one.target), span: one.span };
    case "branch":
      return {
        kind: "branch",
        condition: f(one.condition),
        then: target(one.then),
        otherwise: target(one.otherwise),
        unlikely: one.unlikely,
        span: one.span,
      };
    case "switch":
      return {
        ...one,
        value: f(one.value),
        cases: one.cases.map((each) => ({ ...each, target: target(each.target) })),
        otherwise: target(one.otherwise),
      };
    case "return":
      return one.value === undefined ? one : { ...one, value: f(one.value) };
    case "unreachable":
      return one;
    default:
      return assertNever(one, "terminator");
  }
}
