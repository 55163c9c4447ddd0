/**
 * How many BPF instructions an instruction of the IR becomes, about: fitted to what LLVM makes of the examples and of
 * random scripts. What folds into others (constants, comparisons, fixed distances) is nothing.
 */
import { assertNever } from "../../base/invariant.js";
import type { Instruction, MemoryOperand, Terminator } from "../../ir/ir.js";

export function weightOf(one: Instruction): number {
  switch (one.kind) {
    case "constant":
    case "compare":
    case "is-null":
    case "null":
    case "stack-slot":
    case "function-address":
    case "address-of":
      return 0;
    case "convert":
      return one.type.bits === 1 ? 0.5 : 0.3;
    case "binary":
      return one.op === "udiv" || one.op === "urem" || one.op === "sdiv" || one.op === "srem" ? 2 : 1.2;
    case "select":
      return 2;
    case "bounded":
      return 0.5;
    case "swap-bytes":
    case "global-address":
    case "map-address":
    case "field-info":
    case "packet-pointer":
    case "context-load":
      return 1;
    case "pointer-add":
    case "pointer-difference":
      return 1.5;
    case "kernel-load":
      return 1.5;
    case "forget":
      return 4;
    case "packet-check":
      return 2;
    case "load":
      return one.order === "network" && one.type.bits > 8 ? 1.7 : 1.2;
    case "store":
      return 1.6;
    case "zero":
      return 1 + Math.ceil(one.size / 8);
    case "copy":
      return 2 * Math.ceil(one.size / 8);
    case "atomic":
      return 1.5;
    case "map-lookup":
    case "map-delete":
      return 2 + memoryWeight(one.key);
    case "map-update":
      return 3 + memoryWeight(one.key) + memoryWeight(one.value);
    case "helper":
      return one.arguments.reduce(
        (sum, each) => sum + (each.kind === "memory" ? memoryWeight(each.memory) : 1),
        1,
      );
    case "call":
      return 1 + one.arguments.length;
    default:
      return assertNever(one, "instruction");
  }
}

/** Its address in a register, and what is stored there first. */
function memoryWeight(memory: MemoryOperand): number {
  return memory.kind === "pointer" ? 2 : 2 + 1.4 * memory.parts.length;
}

/** Without the comparisons of a `switch`, which differ by path. */
export function terminatorWeight(one: Terminator): number {
  switch (one.kind) {
    case "jump":
      return 0.4;
    case "branch":
      return 1.3;
    case "switch":
      return 1;
    case "return":
      return 2;
    case "unreachable":
      return 1;
    default:
      return assertNever(one, "terminator");
  }
}

/**
 * What is put into place on the way into a block, for its phis: few share their inputs' registers, more are moved or
 * stored, and of very many most are dead.
 */
export function phiWeight(count: number): number {
  return 0.1 * Math.min(count, 3) + 0.95 * Math.min(Math.max(count - 3, 0), 5) + 0.3 * Math.max(count - 8, 0);
}
