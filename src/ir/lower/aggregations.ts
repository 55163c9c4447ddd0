/**
 * Aggregations: a per-CPU map whose entries are 64-bit numbers, changed in place by the CPU that owns them, so neither
 * atomic operations nor copies are needed. An entry, in words:
 *
 * - Counter, Sum: the number.
 * - Min, Max: an order-preserving unsigned form in which 0 is "nothing yet": of Max `v ^ 2^63`, of Min its complement.
 * - Average: how many, their sum. Stats: these, then Max's and Min's forms.
 * - Histogram: one count a power of two, at the slot that {@link log2Slot} gives; then of zero, then of negative values.
 * - LinearHistogram: of values below the bounds, of each bucket, of values above.
 *
 * `src/run/aggregates.ts` reads them.
 */
import { assertNever, defined, invariant } from "../../base/invariant.js";
import { linearBuckets, zeroBucket } from "../../check/aggregations.js";
import type { MapSymbol } from "../../check/checked.js";
import type { Aggregation } from "../../base/layout.js";
import type { CallExpression, Expression } from "../../syntax/ast.js";
import type { MemoryOperand, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerExpression } from "./expressions.js";
import { countLost } from "./lost.js";
import { keyOperand, lookup, mapId } from "./maps.js";
import { sizeOf, valueOf, type Scope, type Val } from "./values.js";

/** Stack bytes that are spent on the zeros of a new entry; larger ones come from a zeroed global. */
const zerosOnStack = 64;

/** `m.add(key?)`, `m.record(key?, value)`. */
export function lowerAdd(s: Scope, map: MapSymbol, call: CallExpression): Val {
  const aggregation = defined(map.type.aggregation, "an aggregation");
  const [first] = call.arguments;
  const key = map.type.key ? first : undefined;
  const at = entryKey(s, map, key);
  const recorded = aggregation.kind === "Counter" ? undefined : call.arguments[map.type.key ? 1 : 0];
  const value = recorded ? valueOf(lowerExpression(s, recorded)) : undefined;
  const after = ir.newBlock(s.b);
  const entry = entryOf(s, map, at, after);
  record(s, aggregation, entry, value, after);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return { kind: "void" };
}

function entryKey(s: Scope, map: MapSymbol, key: Expression | undefined): MemoryOperand {
  if (key) return keyOperand(s, map, key);
  const zero = ir.constant(s.b, ir.u32, 0);
  return { kind: "parts", size: 4, parts: [{ offset: 0, value: zero, bits: 32, order: "native" }] };
}

/** This CPU's entry, made when there is none; goes `after` where the map is full, which is counted. */
function entryOf(s: Scope, map: MapSymbol, key: MemoryOperand, after: number): ValueId {
  const pointer = lookup(s, map, key);
  const found = ir.newBlock(s.b);
  if (!map.type.key) {
    // The kernel's verifier wants the test, though the only element of an array is always there.
    ir.branch(s.b, ir.isNull(s.b, pointer), after, found, "then");
    ir.enterSealed(s.b, found);
    return pointer;
  }
  const missing = ir.newBlock(s.b);
  const full = ir.newBlock(s.b);
  const made = ir.newBlock(s.b);
  const entry = ir.newVariable(map.name, ir.typeOf(s.b, pointer));
  ir.write(s.b, entry, pointer);
  ir.branch(s.b, ir.isNull(s.b, pointer), missing, found, "then");
  ir.enterSealed(s.b, missing);
  // BPF_ANY: when another CPU made the entry meanwhile, this CPU's part of it is zero still, and stays so.
  ir.emit(s.b, {
    kind: "map-update",
    type: ir.i64,
    map: mapId(s, map),
    key,
    value: zeros(s, sizeOf(defined(map.type.value, "an entry's type"))),
    flags: 0,
  });
  const again = lookup(s, map, key);
  ir.branch(s.b, ir.isNull(s.b, again), full, made, "then");
  ir.enterSealed(s.b, full);
  countLost(s, mapId(s, map));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, made);
  ir.write(s.b, entry, again);
  ir.jump(s.b, found);
  ir.enterSealed(s.b, found);
  return ir.read(s.b, entry);
}

function zeros(s: Scope, size: number): MemoryOperand {
  if (size <= zerosOnStack) return { kind: "parts", size, parts: [] };
  const pointer = ir.emit(s.b, {
    kind: "global-address",
    type: { kind: "pointer", region: "global", nullable: false, size },
    global: s.low.zeros(size),
  });
  return { kind: "pointer", pointer, displacement: 0, size };
}

function record(
  s: Scope,
  aggregation: Aggregation,
  entry: ValueId,
  value: ValueId | undefined,
  after: number,
): void {
  if (aggregation.kind === "Counter") {
    bump(s, entry, 0, ir.constant(s.b, ir.u64, 1));
    return;
  }
  invariant(value !== undefined, "nothing is recorded");
  const { signed } = ir.intTypeOf(s.b, value);
  const wide = ir.convert(s.b, value, signed ? ir.i64 : ir.u64);
  const bits = ir.convert(s.b, wide, ir.u64);
  switch (aggregation.kind) {
    case "Sum":
      bump(s, entry, 0, bits);
      return;
    case "Max":
    case "Min":
      keepLargest(s, entry, 0, extreme(s, aggregation.kind, bits));
      return;
    case "Average":
      bump(s, entry, 0, ir.constant(s.b, ir.u64, 1));
      bump(s, entry, 8, bits);
      return;
    case "Stats":
      bump(s, entry, 0, ir.constant(s.b, ir.u64, 1));
      bump(s, entry, 8, bits);
      keepLargest(s, entry, 16, extreme(s, "Max", bits));
      keepLargest(s, entry, 24, extreme(s, "Min", bits));
      return;
    case "Histogram":
      countPower(s, entry, value, after);
      return;
    case "LinearHistogram":
      countBucket(s, entry, aggregation, wide, bits, after);
      return;
    default:
      assertNever(aggregation, "aggregation");
  }
}

function bump(s: Scope, entry: ValueId, at: number, by: ValueId): void {
  const held = ir.load(s.b, entry, at, 64, "native");
  ir.store(s.b, entry, at, ir.binary(s.b, "add", held, by), 64, "native");
}

/** Signed numbers as unsigned ones of the same order, or of the opposite one. */
function extreme(s: Scope, kind: "Min" | "Max", bits: ValueId): ValueId {
  return ir.binaryWith(s.b, "xor", bits, kind === "Max" ? 1n << 63n : (1n << 63n) - 1n);
}

function keepLargest(s: Scope, entry: ValueId, at: number, form: ValueId): void {
  const larger = ir.newBlock(s.b);
  const done = ir.newBlock(s.b);
  ir.branch(s.b, ir.compare(s.b, "ugt", form, ir.load(s.b, entry, at, 64, "native")), larger, done);
  ir.enterSealed(s.b, larger);
  ir.store(s.b, entry, at, form, 64, "native");
  ir.jump(s.b, done);
  ir.enterSealed(s.b, done);
}

/** One more in the 64-bit number at `entry + index * 8`. */
function bumpAt(s: Scope, entry: ValueId, index: ValueId, most: number, first: number): void {
  const bounded = ir.emit(s.b, {
    kind: "bounded",
    type: ir.u64,
    value: index,
    max: BigInt(most),
    what: "the bucket of a histogram",
  });
  const bucket = ir.pointerAdd(s.b, entry, ir.binaryWith(s.b, "shl", bounded, 3n));
  bump(s, bucket, first * 8, ir.constant(s.b, ir.u64, 1));
}

function countPower(s: Scope, entry: ValueId, value: ValueId, after: number): void {
  const { signed, bits } = ir.intTypeOf(s.b, value);
  const positive = ir.newBlock(s.b);
  const small = ir.newBlock(s.b);
  const number = ir.convert(s.b, value, signed ? ir.i64 : ir.u64);
  ir.branch(s.b, ir.compareWith(s.b, signed ? "sle" : "eq", number, 0), small, positive, "then");
  ir.enterSealed(s.b, small);
  const wide = ir.convert(s.b, number, ir.u64);
  if (signed) bumpAt(s, entry, ir.binaryWith(s.b, "lshr", wide, 63n), 1, zeroBucket);
  else bump(s, entry, zeroBucket * 8, ir.constant(s.b, ir.u64, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, positive);
  bumpAt(s, entry, log2Slot(s, wide, bits), 63, 0);
}

/**
 * A multiplication that gives each of 2^1 - 1, 2^2 - 1 … 2^64 - 1 other uppermost six bits (a de Bruijn sequence).
 * `src/run/aggregates.ts` has the order.
 */
export const log2Multiplier = 0x03f6eaf2cd271461n;

/**
 * The slot of a number's highest bit, of 64: below it all bits are set, and a multiplication tells the 64 outcomes
 * apart. No branch and no table, so the kernel walks it once; that the slots are not in the order of the numbers only
 * the reader has to know. `bits` is how many the number can have.
 */
function log2Slot(s: Scope, value: ValueId, bits: number): ValueId {
  let filled = value;
  for (let shift = 1; shift < bits; shift *= 2)
    filled = ir.binary(s.b, "or", filled, ir.binaryWith(s.b, "lshr", filled, BigInt(shift)));
  return ir.binaryWith(s.b, "lshr", ir.binaryWith(s.b, "mul", filled, log2Multiplier), 58n);
}

function countBucket(
  s: Scope,
  entry: ValueId,
  bounds: Aggregation & { kind: "LinearHistogram" },
  wide: ValueId,
  bits: ValueId,
  after: number,
): void {
  const { min, max, step } = bounds;
  const buckets = linearBuckets(bounds);
  const inside = ir.newBlock(s.b);
  const outside = ir.newBlock(s.b);
  // One comparison for both bounds: what is below the first wraps to a large number.
  const distance = ir.binaryWith(s.b, "sub", bits, BigInt(min));
  ir.branch(s.b, ir.compareWith(s.b, "ult", distance, BigInt(max) - BigInt(min)), inside, outside);
  ir.enterSealed(s.b, outside);
  const { signed } = ir.intTypeOf(s.b, wide);
  const below = ir.newBlock(s.b);
  const above = ir.newBlock(s.b);
  const isBelow =
    !signed && min <= 0
      ? ir.constant(s.b, ir.u1, 0)
      : ir.compareWith(s.b, signed ? "slt" : "ult", wide, BigInt(min));
  ir.branch(s.b, isBelow, below, above);
  ir.enterSealed(s.b, below);
  bump(s, entry, 0, ir.constant(s.b, ir.u64, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, above);
  bump(s, entry, 8 * (buckets + 1), ir.constant(s.b, ir.u64, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, inside);
  const index = step === 1 ? distance : ir.binaryWith(s.b, "udiv", distance, BigInt(step));
  bumpAt(s, entry, index, buckets - 1, 1);
}
