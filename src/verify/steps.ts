/** By how much a value changes from one turn of a loop to the next. */
import type { BlockId, Instruction, IrInt, ValueId } from "../ir/ir.js";
import type { Loop } from "../ir/dominators.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { Knowledge } from "./flow/knowledge.js";
import type { FlowResult } from "./flow/sweep.js";
import { typeRange, type Range } from "./range/range.js";

export interface Change {
  readonly least: bigint;
  readonly most: bigint;
}

export interface Steps {
  /** Notes what was known of the operands where an addition, subtraction or conversion stands. */
  readonly note: (one: Instruction, known: Knowledge) => void;
  /** `value - base`, where that can be told. */
  readonly change: (value: ValueId, base: ValueId, loop: Loop, flow: FlowResult) => Change | undefined;
}

/** Larger than any difference of two 64-bit values. */
const infinite = 1n << 65n;
/** Of a chain of values; each is looked at once. */
const depthLimit = 400;

/** What was found, by base and value; undefined while it is looked for, and where nothing can be told. */
type Found = Map<ValueId, Map<ValueId, Change | undefined>>;

export function makeSteps(index: FunctionIndex): Steps {
  /** For results that do not wrap: the ranges of the operands. */
  const exact = new Map<ValueId, readonly [Range, Range]>();

  const note = (one: Instruction, known: Knowledge): void => {
    if (one.kind === "convert") {
      const from = known.range(one.value);
      if (within(from, one.type, index.intType(one.value))) exact.set(one.id, [from, from]);
    } else if (one.kind === "binary" && (one.op === "add" || one.op === "sub")) {
      const [a, b] = [known.range(one.left), known.range(one.right)];
      if (fits(one.op, one.type, a, b, known, one.left, one.right)) exact.set(one.id, [a, b]);
    }
  };

  const change = (
    value: ValueId,
    base: ValueId,
    loop: Loop,
    flow: FlowResult,
    found: Found,
    depth: number,
  ): Change | undefined => {
    if (value === base) return { least: 0n, most: 0n };
    if (depth > depthLimit || !loop.body.has(index.home(value))) return undefined;
    let known = found.get(base);
    if (!known) found.set(base, (known = new Map()));
    if (known.has(value)) return known.get(value);
    known.set(value, undefined);
    const result = changeOf(value, base, loop, flow, found, depth);
    known.set(value, result);
    return result;
  };

  const changeOf = (
    value: ValueId,
    base: ValueId,
    loop: Loop,
    flow: FlowResult,
    found: Found,
    depth: number,
  ): Change | undefined => {
    const one = index.definition(value);
    const of = (operand: ValueId): Change | undefined => change(operand, base, loop, flow, found, depth + 1);
    switch (one?.kind) {
      case "bounded":
      case "forget":
        return of(one.value);
      case "convert":
        return exact.has(one.id) ? of(one.value) : undefined;
      case "select":
        return either(of(one.then), of(one.otherwise));
      case "binary": {
        const operands = exact.get(one.id);
        if (!operands) return undefined;
        const [a, b] = operands.map((range) => ends(range, one.type));
        if (!a || !b) return undefined;
        const left = of(one.left);
        if (one.op === "sub") return left && { least: left.least - b.most, most: left.most - b.least };
        if (left) return { least: left.least + b.least, most: left.most + b.most };
        const right = of(one.right);
        return right && { least: right.least + a.least, most: right.most + a.most };
      }
      case "phi":
        return throughPhi(one.id, one.inputs, base, loop, flow, found, depth);
      default:
        return undefined;
    }
  };

  const throughPhi = (
    phi: ValueId,
    inputs: readonly { readonly block: BlockId; readonly value: ValueId }[],
    base: ValueId,
    loop: Loop,
    flow: FlowResult,
    found: Found,
    depth: number,
  ): Change | undefined => {
    const header = index.home(phi);
    const inner = flow.loops.loops.find((one) => one.header === header);
    let result: Change | undefined;
    for (const input of inputs) {
      if (!flow.reached.has(input.block)) continue;
      if (inner?.latches.includes(input.block)) continue;
      const own = change(input.value, base, loop, flow, found, depth + 1);
      result = result ? either(result, own) : own;
      if (!result) return undefined;
    }
    for (const input of inputs) {
      if (!inner?.latches.includes(input.block) || !flow.reached.has(input.block)) continue;
      const turn = change(input.value, phi, inner, flow, found, depth + 1);
      if (!turn || !result) return undefined;
      if (turn.least >= 0n) result = { least: result.least, most: turn.most === 0n ? result.most : infinite };
      else if (turn.most <= 0n) result = { least: -infinite, most: result.most };
      else return undefined;
    }
    return result;
  };

  return { note, change: (value, base, loop, flow) => change(value, base, loop, flow, new Map(), 0) };
}

function either(a: Change | undefined, b: Change | undefined): Change | undefined {
  if (!a || !b) return undefined;
  return { least: a.least < b.least ? a.least : b.least, most: a.most > b.most ? a.most : b.most };
}

function ends(range: Range, type: IrInt): Change {
  return type.signed ? { least: range.smin, most: range.smax } : { least: range.umin, most: range.umax };
}

/** Whether a conversion changes no value of the range. */
function within(range: Range, to: IrInt, from: IrInt): boolean {
  const type = typeRange(to);
  if (to.signed)
    return range.smin >= type.smin && range.smax <= type.smax && (from.signed || range.smin >= 0n);
  return range.umax <= type.umax && (!from.signed || range.smin >= 0n);
}

function fits(
  op: "add" | "sub",
  type: IrInt,
  a: Range,
  b: Range,
  known: Knowledge,
  left: ValueId,
  right: ValueId,
): boolean {
  const all = typeRange(type);
  if (type.signed) {
    const [least, most] =
      op === "add" ? [a.smin + b.smin, a.smax + b.smax] : [a.smin - b.smax, a.smax - b.smin];
    return least >= all.smin && most <= all.smax;
  }
  if (op === "add") return a.umax + b.umax <= all.umax;
  return a.umin >= b.umax || known.above(right).some((relation) => relation.other === left);
}
