/** What the range of a result says of the operands it was computed from. */
import type { Binary } from "../../ir/ir.js";
import {
  constantRange,
  isConstant,
  makeRange,
  signedMax,
  signedMin,
  typeRange,
  unsignedMax,
  unsignedRange,
  type Range,
} from "../range/range.js";
import { add, fit, subtract } from "../range/transfer.js";
import type { Definition } from "./index-function.js";
import type { Knowledge } from "./knowledge.js";

export function backward(definition: Definition, now: Range, known: Knowledge): void {
  switch (definition.kind) {
    case "bounded":
      known.refine(definition.value, now);
      return;
    case "convert": {
      const source = known.range(definition.value);
      const type = typeRange(definition.type);
      // Where the conversion changes no value, the source is the result.
      const same = definition.type.signed
        ? source.smin >= type.smin && source.smax <= type.smax
        : source.umax <= type.umax;
      if (same || definition.type.bits === 64) known.refine(definition.value, now);
      return;
    }
    case "binary":
      backwardBinary(definition, now, known);
      return;
    default:
      return;
  }
}

function backwardBinary(one: Binary, now: Range, known: Knowledge): void {
  const { type, left, right } = one;
  const [a, b] = [known.range(left), known.range(right)];
  if (type.bits === 1) return backwardTruth(one, now, known);
  switch (one.op) {
    case "add":
      // Arithmetic modulo 2^width can be undone exactly where one operand is a constant.
      if (isConstant(b)) known.refine(left, fit(subtract(now, b), type));
      else if (isConstant(a)) known.refine(right, fit(subtract(now, a), type));
      else if (!type.signed && a.umax + b.umax <= typeRange(type).umax) {
        if (now.umax < b.umin || now.umax < a.umin) return;
        known.refine(left, between(now.umin - b.umax, now.umax - b.umin));
        known.refine(right, between(now.umin - a.umax, now.umax - a.umin));
      }
      return;
    case "sub":
      if (isConstant(b)) known.refine(left, fit(add(now, b), type));
      else if (isConstant(a)) known.refine(right, fit(subtract(a, now), type));
      return;
    case "and":
      if (isConstant(b)) {
        // The bits under the mask are those of the result.
        const mask = (unsignedMax ^ b.umin) | now.bits.mask;
        const made = makeRange(now.umin, unsignedMax, signedMin, signedMax, {
          value: now.bits.value & ~mask,
          mask,
        });
        if (made && !type.signed) known.refine(left, made);
      }
      return;
    case "lshr":
      if (isConstant(b) && !type.signed) {
        const by = b.umin & BigInt(type.bits - 1);
        known.refine(left, between(now.umin << by, ((now.umax + 1n) << by) - 1n));
      }
      return;
    case "shl":
      if (isConstant(b) && !type.signed) {
        const by = b.umin & BigInt(type.bits - 1);
        if (a.umax << by > typeRange(type).umax) return;
        known.refine(left, between((now.umin + (1n << by) - 1n) >> by, now.umax >> by));
      }
      return;
    case "mul":
      if (isConstant(b) && b.umin > 0n && !type.signed && a.umax * b.umin <= typeRange(type).umax) {
        known.refine(left, between((now.umin + b.umin - 1n) / b.umin, now.umax / b.umin));
      }
      return;
    case "udiv":
      if (isConstant(b) && b.umin > 0n && !type.signed) {
        known.refine(left, between(now.umin * b.umin, now.umax * b.umin + b.umin - 1n));
      }
      return;
    default:
      return;
  }
}

function between(min: bigint, max: bigint): Range {
  const low = min < 0n ? 0n : min;
  return unsignedRange(low, max > unsignedMax ? unsignedMax : max);
}

/** `a && b` that is true makes both true; `a || b` that is false makes both false. */
function backwardTruth(one: Binary, now: Range, known: Knowledge): void {
  if (!isConstant(now)) return;
  const is = now.umin !== 0n;
  if (one.op === (is ? "and" : "or")) {
    known.refine(one.left, now);
    known.refine(one.right, now);
  } else if (one.op === "xor" && known.index.constantOf(one.right) !== undefined) {
    const flipped = is !== (known.index.constantOf(one.right) === 1n);
    known.refine(one.left, constantRange(flipped ? 1n : 0n));
  }
}
