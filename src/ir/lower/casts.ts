/** `x as T`. */
import { invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { coerce } from "./expressions.js";
import { addressOf } from "./kernel.js";
import { loadVal } from "./memory.js";
import { fromParts, irInt, partsOf, scalar, scalarParts, valueOf, type Scope, type Val } from "./values.js";

/** `x as T`: integers truncate or extend, addresses and integers convert by their big-endian number. */
export function lowerCast(s: Scope, val: Val, from: Type, to: Type): Val {
  if (val.kind === "kernel") return scalar(addressOf(s, val));
  if (from.kind === "array" && to.kind === "address" && val.kind === "memory")
    return loadVal(s, to, val.pointer, val.displacement, val.shared);
  if (from.kind === "nullable" || to.kind === "nullable" || from.kind === to.kind) {
    if (to.kind === "int" && val.kind === "scalar") return scalar(ir.convert(s.b, val.value, irInt(to)));
    return coerce(s, val, from, to);
  }
  const parts = scalarParts(to);
  if (!parts || !scalarParts(from)) return val;
  const values = partsOf(val);
  if (to.kind === "bool") return scalar(ir.compareWith(s.b, "ne", joined(s, values), 0));
  if (parts.length === 1) return scalar(ir.convert(s.b, joined(s, values), irInt(to)));
  if (values.length === parts.length) return val;
  // A number as an address: its low bits, most significant part first.
  const wide = ir.convert(s.b, valueOf(val), ir.u64);
  if (to.kind === "address" && to.family === "mac") {
    return fromParts([
      ir.convert(s.b, ir.binaryWith(s.b, "lshr", wide, 16), ir.u32),
      ir.convert(s.b, wide, ir.u16),
    ]);
  }
  return fromParts([ir.constant(s.b, ir.u64, 0), wide]);
}

/** The parts of a value as one number (the low 64 bits of an IPv6 address). */
function joined(s: Scope, values: readonly ValueId[]): ValueId {
  const [first, second] = values;
  invariant(first !== undefined, "no parts");
  if (second === undefined) return first;
  if (ir.intTypeOf(s.b, second).bits === 64) return second;
  const high = ir.binaryWith(s.b, "shl", ir.convert(s.b, first, ir.u64), ir.intTypeOf(s.b, second).bits);
  return ir.binary(s.b, "or", high, ir.convert(s.b, second, ir.u64));
}
