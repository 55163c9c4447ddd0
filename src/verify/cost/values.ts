/** Of each value of a function: what stands for it in the walk of the cost model. Found once a function. */
import { forEachOperand, terminatorOperand, valueLimit } from "../../ir/cfg.js";
import type { Instruction, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { dividesByShift } from "./intervals.js";

export interface Values {
  readonly limit: number;
  /** What a widening conversion or a fixed distance leaves as it is stands for both; a value's own id otherwise. */
  readonly roots: Int32Array;
  /** Of pointers: the fixed distance from its root. */
  readonly distances: Float64Array;
  /** 1 for the roots that can decide something: those that branches and distances of pointers hang on. */
  readonly followed: Uint8Array;
  /** Of followed integers, their blocks; -1 for constants and pointers. */
  readonly homes: Int32Array;
  /** Of followed integers that are computed: the followed integers that they are computed from. */
  readonly sources: readonly (readonly ValueId[] | undefined)[];
}

/** Regions whose pointers the kernel tells apart by what they are and where they point to. */
const followedRegions = new Set(["packet", "map-value", "record"]);

export function valuesOf(index: FunctionIndex): Values {
  const limit = valueLimit(index.fn);
  const roots = Int32Array.from({ length: limit }, (_, at) => at);
  const distances = new Float64Array(limit);
  const homes = new Int32Array(limit).fill(-1);
  // Definitions come before what is made of them, but for phis, which are their own roots.
  for (const { phis, instructions } of index.fn.blocks) {
    for (const one of phis) if (one.type.kind === "int") homes[one.id] = index.home(one.id);
    for (const one of instructions) {
      if (one.kind === "convert" && isWidening(one, index)) roots[one.id] = roots[one.value] ?? one.value;
      else if (one.kind === "pointer-add") {
        const by = index.constantOf(one.offset);
        if (by === undefined) continue;
        roots[one.id] = roots[one.pointer] ?? one.pointer;
        distances[one.id] = (distances[one.pointer] ?? 0) + Number(by);
      } else if (one.kind !== "constant" && "type" in one && one.type?.kind === "int")
        homes[one.id] = index.home(one.id);
    }
  }
  for (const one of index.fn.parameters) if (one.type.kind === "int") homes[one.id] = index.home(one.id);
  const followed = followedValues(index, limit, roots);
  const sources = Array.from<readonly ValueId[] | undefined>({ length: limit });
  for (const { instructions } of index.fn.blocks) {
    for (const one of instructions) {
      if (followed[one.id] !== 1 || !keepsExact(one, index)) continue;
      const found = new Set<ValueId>();
      forEachOperand(one, (value) => {
        const root = roots[value] ?? value;
        if ((homes[root] ?? -1) >= 0) found.add(root);
      });
      sources[one.id] = [...found];
    }
  }
  return { limit, roots, distances, followed, homes, sources };
}

function isWidening(one: Instruction & { readonly kind: "convert" }, index: FunctionIndex): boolean {
  const from = index.intType(one.value);
  if (from.bits === 1 || from.bits > one.type.bits || (from.signed && !one.type.signed)) return false;
  return from.signed || !one.type.signed || from.bits < one.type.bits;
}

/** Whether a result is known exactly where its operands are. */
function keepsExact(one: Instruction, index: FunctionIndex): boolean {
  if (!isComputedFromNumbers(one, index)) return false;
  if (one.kind !== "binary" || (one.op !== "urem" && one.op !== "udiv")) return true;
  const divisor = index.constantOf(one.right);
  return divisor !== undefined && dividesByShift(Number(divisor));
}

function isComputedFromNumbers(one: Instruction, index: FunctionIndex): boolean {
  // Of a remainder by what may be anything nothing is known.
  if (one.kind === "binary" && one.op === "urem") return index.constantOf(one.right) !== undefined;
  return (
    one.kind === "binary" ||
    one.kind === "convert" ||
    one.kind === "bounded" ||
    one.kind === "select" ||
    one.kind === "compare"
  );
}

function followedValues(index: FunctionIndex, limit: number, roots: Int32Array): Uint8Array {
  const followed = new Uint8Array(limit);
  const work: ValueId[] = [];
  const add = (value: ValueId): void => {
    const root = roots[value] ?? value;
    if (followed[root] === 1) return;
    followed[root] = 1;
    work.push(root);
  };
  for (const { phis, instructions, terminator } of index.fn.blocks) {
    const condition = terminatorOperand(terminator);
    if (condition !== undefined && terminator.kind !== "return") add(condition);
    for (const one of phis)
      if (one.type.kind === "pointer" && followedRegions.has(one.type.region)) add(one.id);
    for (const one of instructions) {
      if (!("type" in one) || one.type === undefined) continue;
      if (one.type.kind === "pointer" && followedRegions.has(one.type.region)) add(one.id);
      if (one.kind === "select") add(one.condition);
      if (one.kind === "convert" && index.intType(one.value).bits === 1) add(one.value);
    }
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const one = index.definition(value);
    if (one?.kind === "phi") for (const input of one.inputs) add(input.value);
    else if (one && one.kind !== "parameter" && isComputed(one, index)) forEachOperand(one, add);
  }
  return followed;
}

function isComputed(one: Instruction, index: FunctionIndex): boolean {
  return (
    isComputedFromNumbers(one, index) ||
    one.kind === "is-null" ||
    one.kind === "packet-check" ||
    one.kind === "pointer-add"
  );
}
