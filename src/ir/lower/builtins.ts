/** `min`, `max`, `clamp`, `hash`, `redirect`. */
import { defined, invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { CallExpression, Expression } from "../../syntax/ast.js";
import type { IrInt, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerAs, lowerExpression, typeOf } from "./expressions.js";
import { keyType, mapId, mapOf } from "./maps.js";
import { loadVal } from "./memory.js";
import { partsOf, scalar, sizeOf, valueOf, type Scope, type Val } from "./values.js";

function pick(s: Scope, op: "min" | "max", a: ValueId, b: ValueId): ValueId {
  const type = ir.intTypeOf(s.b, a);
  const less = ir.compare(s.b, type.signed ? "slt" : "ult", a, b);
  const [then, otherwise] = op === "min" ? [a, b] : [b, a];
  return ir.emit(s.b, { kind: "select", type, condition: less, then, otherwise });
}

export function lowerExtreme(s: Scope, op: "min" | "max", values: readonly Expression[], type: IrInt): Val {
  const lowered = values.map((one) => ir.convert(s.b, valueOf(lowerExpression(s, one)), type));
  return scalar(lowered.reduce((best, one) => pick(s, op, best, one)));
}

/** `clamp(x, low, high)` */
export function lowerClamp(s: Scope, values: readonly Expression[], type: IrInt): Val {
  const [value, low, high] = values.map((one) => ir.convert(s.b, valueOf(lowerExpression(s, one)), type));
  return scalar(
    pick(
      s,
      "min",
      pick(s, "max", defined(value, "a value"), defined(low, "a bound")),
      defined(high, "a bound"),
    ),
  );
}

/** The final mix of Bob Jenkins' lookup3 (2006), as the kernel's jhash has it. */
function mix(s: Scope, a: ValueId, b: ValueId, c: ValueId): ValueId {
  let [x, y, z] = [a, b, c];
  const step = (into: ValueId, from: ValueId, turn: number): ValueId =>
    ir.binary(s.b, "sub", ir.binary(s.b, "xor", into, from), rotate(s, from, turn));
  z = step(z, y, 14);
  x = step(x, z, 11);
  y = step(y, x, 25);
  z = step(z, y, 16);
  x = step(x, z, 4);
  y = step(y, x, 14);
  return step(z, y, 24);
}

function rotate(s: Scope, value: ValueId, by: number): ValueId {
  return ir.binary(
    s.b,
    "or",
    ir.binaryWith(s.b, "shl", value, by),
    ir.binaryWith(s.b, "lshr", value, 32 - by),
  );
}

/** The kernel's start value of `jhash` (JHASH_INITVAL). */
const start = 0xdeadbeefn;

/**
 * `hash(a, b, …)`: 32 bits that depend on all bits of all values, the same in every run. Numbers are hashed as they
 * lie in a packet: what was read from one need not be swapped first.
 */
export function lowerHash(s: Scope, values: readonly Expression[]): Val {
  const words = packed(
    s,
    values.flatMap((one) => piecesOf(s, lowerExpression(s, one), typeOf(s, one))),
  );
  const seed = ir.constant(s.b, ir.u32, start + BigInt(words.length * 4));
  let state: [ValueId, ValueId, ValueId] = [seed, seed, seed];
  for (let at = 0; at < words.length; at += 3) {
    const three = [0, 1, 2].map((i) => {
      const word = words[at + i];
      const old = defined(state[i], "a state word");
      return word === undefined ? old : ir.binary(s.b, "add", old, word);
    });
    const [a, b, c] = three;
    invariant(a !== undefined && b !== undefined && c !== undefined, "three words");
    const mixed = mix(s, a, b, c);
    state = [a, b, mixed];
  }
  return scalar(state[2]);
}

/** Pieces of 8, 16 and 32 bits put together to words of 32. */
function packed(s: Scope, pieces: readonly ValueId[]): ValueId[] {
  const words: ValueId[] = [];
  let used = 32;
  for (const piece of pieces) {
    const { bits } = ir.intTypeOf(s.b, piece);
    const wide = ir.convert(s.b, piece, ir.u32);
    const last = words.at(-1);
    if (last !== undefined && used + bits <= 32) {
      words[words.length - 1] = ir.binary(s.b, "or", last, ir.binaryWith(s.b, "shl", wide, used));
      used += bits;
    } else {
      words.push(wide);
      used = bits;
    }
  }
  return words;
}

/** A value as pieces of 8, 16 or 32 bits, in network order. */
function piecesOf(s: Scope, val: Val, type: Type): ValueId[] {
  if (val.kind === "nullable") return piecesOf(s, val.inner, type.kind === "nullable" ? type.inner : type);
  if (val.kind === "scalar" || val.kind === "parts")
    return partsOf(val).flatMap((part) => networkPieces(s, part));
  if (val.kind === "record" && type.kind === "struct") {
    return type.fields.flatMap((field) =>
      piecesOf(s, defined(val.fields.get(field.name), field.name), field.type),
    );
  }
  invariant(val.kind === "memory", `a hash of ${val.kind}`);
  if (type.kind === "struct") {
    return type.fields.flatMap((field) => {
      const inside = loadVal(s, field.type, val.pointer, val.displacement + field.offset, val.shared);
      return piecesOf(s, inside, field.type);
    });
  }
  const size = sizeOf(type);
  const pieces: ValueId[] = [];
  for (let at = 0; at < size;) {
    const bytes = [4, 2, 1].find((one) => at + one <= size) ?? 1;
    pieces.push(ir.load(s.b, val.pointer, val.displacement + at, bytes * 8, "native"));
    at += bytes;
  }
  return pieces;
}

function networkPieces(s: Scope, part: ValueId): ValueId[] {
  const { bits } = ir.intTypeOf(s.b, part);
  const width = bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
  const value = ir.convert(s.b, part, { kind: "int", bits: width, signed: false });
  if (width === 8) return [value];
  const swapped = ir.emit(s.b, {
    kind: "swap-bytes",
    type: { kind: "int", bits: width, signed: false },
    value,
  });
  if (width < 64) return [swapped];
  return [ir.convert(s.b, swapped, ir.u32), ir.convert(s.b, ir.binaryWith(s.b, "lshr", swapped, 32), ir.u32)];
}

/** `redirect(ifindex)`, `redirect(map, key, fallback)`: a verdict. */
export function lowerRedirect(s: Scope, call: CallExpression): Val {
  const [target, key, fallback] = call.arguments;
  invariant(target, "redirect takes a target");
  const map = mapOf(s, target);
  s.b.beforeEnd?.();
  if (!map) {
    const index = ir.convert(s.b, valueOf(lowerExpression(s, target)), ir.u32);
    const verdict = ir.helper(s.b, "bpf_redirect", [index, ir.constant(s.b, ir.u64, 0)]);
    return scalar(ir.convert(s.b, verdict, ir.u32));
  }
  invariant(key, "redirect to a map takes a key");
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map: mapId(s, map),
  });
  const at = ir.convert(s.b, valueOf(lowerAs(s, key, keyType(map))), ir.u32);
  // The low bits of the flags are the verdict for a key without an entry (5.3).
  const flags = fallback
    ? ir.convert(s.b, valueOf(lowerExpression(s, fallback)), ir.u64)
    : ir.constant(s.b, ir.u64, 0);
  const verdict = ir.helper(s.b, "bpf_redirect_map", [address, at, flags]);
  return scalar(ir.convert(s.b, verdict, ir.u32));
}
