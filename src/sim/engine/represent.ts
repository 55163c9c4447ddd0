/**
 * How the integers of a function are held in JavaScript. Up to 32 bits a number does. Wider ones are bigints, but for
 * those whose values are shown to stay below 2^53: offsets and lengths, which is nearly all of a packet filter's.
 *
 * The bounds are upper bounds over all runs, found by iteration from "no value at all"; a phi that keeps growing is
 * given up. Signed integers and what is read from memory are not bounded.
 */
import { cfgOf } from "../../ir/cfg.js";
import type { Binary, Instruction, IrFunction, IrType, ValueId } from "../../ir/ir.js";

/** `number` up to 32 bits, `small` for wider ones below 2^53, `big` for a bigint. */
export type Held = "number" | "small" | "big" | "pointer";

const most = Number.MAX_SAFE_INTEGER;
/** How often a phi may grow. */
const patience = 3;

export function heldOf(fn: IrFunction): ReadonlyMap<ValueId, Held> {
  const bounds = boundsOf(fn);
  const held = new Map<ValueId, Held>();
  const put = (id: ValueId, type: IrType): void => {
    if (type.kind === "pointer") held.set(id, "pointer");
    else if (type.bits <= 32) held.set(id, "number");
    else held.set(id, (bounds.get(id) ?? Infinity) <= most ? "small" : "big");
  };
  for (const one of fn.parameters) put(one.id, one.type);
  for (const block of fn.blocks) {
    for (const phi of block.phis) put(phi.id, phi.type);
    for (const one of block.instructions) if ("type" in one && one.type) put(one.id, one.type);
  }
  return held;
}

function boundsOf(fn: IrFunction): ReadonlyMap<ValueId, number> {
  const bounds = new Map<ValueId, number>();
  const grown = new Map<ValueId, number>();
  for (const one of fn.parameters) bounds.set(one.id, limitOf(one.type));
  const { order, blocks } = cfgOf(fn.blocks);
  let changed = true;
  while (changed) {
    changed = false;
    for (const id of order) {
      const block = blocks[id];
      if (!block) continue;
      for (const phi of block.phis) {
        let bound = -1;
        for (const input of phi.inputs) bound = Math.max(bound, bounds.get(input.value) ?? -1);
        if (bound === (bounds.get(phi.id) ?? -1)) continue;
        const times = (grown.get(phi.id) ?? 0) + 1;
        grown.set(phi.id, times);
        bounds.set(phi.id, times > patience ? limitOf(phi.type) : bound);
        changed = changed || times <= patience + 1;
      }
      for (const one of block.instructions) {
        if (!("type" in one) || !one.type) continue;
        const bound = Math.min(
          boundOf(one, (value) => bounds.get(value) ?? -1),
          limitOf(one.type),
        );
        if (bound === bounds.get(one.id)) continue;
        bounds.set(one.id, bound);
        changed = true;
      }
    }
  }
  return bounds;
}

/** The largest value of a type; Infinity where a number can't hold all of them. */
function limitOf(type: IrType): number {
  if (type.kind === "pointer" || type.signed || type.bits > 53) return Infinity;
  return 2 ** type.bits - 1;
}

/** What is greater turns negative in a signed type, and is cut in another. */
function greatestOf(type: IrType): number {
  return type.kind === "int" && type.signed ? 2 ** (type.bits - 1) - 1 : limitOf(type);
}

/** An upper bound of what an instruction gives, before it wraps; -1 while nothing is known to reach it. */
function boundOf(one: Instruction, of: (value: ValueId) => number): number {
  switch (one.kind) {
    case "constant":
      return one.value >= 0n && one.value <= BigInt(most) ? Number(one.value) : Infinity;
    case "binary":
      return one.type.signed ? Infinity : binaryBound(one, of(one.left), of(one.right));
    case "convert":
    case "bounded":
    case "forget":
      return of(one.value) > greatestOf(one.type) ? Infinity : of(one.value);
    case "select":
      return Math.max(of(one.then), of(one.otherwise));
    case "compare":
    case "is-null":
    case "packet-check":
      return 1;
    default:
      return Infinity;
  }
}

function binaryBound(one: Binary, left: number, right: number): number {
  if (left < 0 || right < 0) return -1;
  const { bits } = one.type;
  const exact = (value: number): number => (value > most || value > 2 ** bits - 1 ? Infinity : value);
  switch (one.op) {
    case "add":
      return exact(left + right);
    case "mul":
      // Zero times anything is zero, and no NaN.
      return left === 0 || right === 0 ? 0 : exact(left * right);
    case "udiv":
    case "urem":
    case "lshr":
      return left;
    case "and":
      return Math.min(left, right);
    case "or":
    case "xor": {
      const larger = Math.max(left, right);
      return larger > most ? Infinity : 2 ** Math.ceil(Math.log2(larger + 1)) - 1;
    }
    default:
      return Infinity;
  }
}
