/** Maps: lookups, updates, methods. */
import { assertNever, defined, invariant } from "../../base/invariant.js";
import type { MapSymbol } from "../../check/checked.js";
import type { MapMethod } from "../../check/map-kinds.js";
import type { Type } from "../../check/types.js";
import type { CallExpression, Expression } from "../../syntax/ast.js";
import type { MemoryOperand, ValueId } from "../ir.js";
import { lowerAdd } from "./aggregations.js";
import * as ir from "./builder.js";
import { constantText, lowerAs, lowerExpression } from "./expressions.js";
import { abort } from "./exits.js";
import { forgetPacket } from "./packet/state.js";
import { meeting } from "./meeting.js";
import { countLost } from "./lost.js";
import { askReader } from "./print.js";
import { loadVal, memoryParts, stackOperand, storeVal } from "./memory.js";
import { absent, at, constantVal, scalar, sizeOf, type Scope, type Val } from "./values.js";

/** The map an expression names. */
export function mapOf(s: Scope, expression: Expression): MapSymbol | undefined {
  if (expression.kind !== "identifier") return undefined;
  const symbol = s.low.checked.symbols.get(expression.id);
  return symbol?.kind === "map" ? symbol : undefined;
}

export function isPerCpu(map: MapSymbol): boolean {
  return map.type.map === "PerCpuHash" || map.type.map === "PerCpuArray" || map.type.map === "LruPerCpuHash";
}

export function isArray(map: MapSymbol): boolean {
  return map.type.map === "Array" || map.type.map === "PerCpuArray";
}

const u32Type: Type = { kind: "int", bits: 32, signed: false };

/** Maps whose elements programs cannot read as values have 32-bit keys. */
export function keyType(map: MapSymbol): Type {
  return map.type.key ?? u32Type;
}

/** The key in memory, as the map wants it; an LPM key with its full length or that of a prefix. */
export function keyOperand(s: Scope, map: MapSymbol, key: Expression): MemoryOperand {
  const type = keyType(map);
  if (map.type.map !== "LpmTrie") return stackOperand(s, type, lowerAs(s, key, type));
  const known = s.low.checked.constants.get(key.id);
  const bits = sizeOf(type) * 8;
  if (known?.kind === "prefix") {
    return lpmOperand(
      s,
      type,
      ir.constant(s.b, ir.u32, known.length),
      constantVal(s, type, { kind: "number", value: known.value }),
    );
  }
  if (key.kind === "call") {
    const meaning = s.low.checked.calls.get(key.id);
    if (meaning?.kind === "builtin" && meaning.name === "prefix") {
      const [address, length] = key.arguments;
      invariant(address && length, "prefix takes two arguments");
      const value = lowerAs(s, address, type);
      return lpmOperand(s, type, (lowerAs(s, length, u32Type) as { value: ValueId }).value, value);
    }
  }
  return lpmOperand(s, type, ir.constant(s.b, ir.u32, bits), lowerAs(s, key, type));
}

function lpmOperand(s: Scope, type: Type, length: ValueId, address: Val): MemoryOperand {
  const parts = memoryParts(s, type, address, 4).flatMap((one) => {
    invariant(one.kind === "value", "an LPM key in memory");
    // Integer keys are matched from their most significant bit: network order.
    return [{ offset: one.offset, value: one.value, bits: one.bits, order: "network" as const }];
  });
  return {
    kind: "parts",
    size: 4 + sizeOf(type),
    parts: [{ offset: 0, value: length, bits: 32, order: "native" }, ...parts],
  };
}

export function mapId(s: Scope, map: MapSymbol): number {
  return defined(s.low.maps.get(map), `map ${map.name}`);
}

/** A nullable pointer to the value of a key. */
export function lookup(s: Scope, map: MapSymbol, key: MemoryOperand): ValueId {
  const size = map.type.value ? sizeOf(map.type.value) : 4;
  return ir.emit(s.b, {
    kind: "map-lookup",
    type: { kind: "pointer", region: "map-value", nullable: true, size },
    map: mapId(s, map),
    key,
  });
}

export function lookupKey(s: Scope, map: MapSymbol, key: Expression): ValueId {
  return lookup(s, map, keyOperand(s, map, key));
}

export interface Lookup {
  readonly pointer: ValueId;
  readonly type: Type;
  readonly shared: boolean;
}

/** `m.get(k)` or `m[k]` that may be missing. */
export function lookupOf(s: Scope, expression: Expression): Lookup | undefined {
  let map: MapSymbol | undefined;
  let key: Expression | undefined;
  if (expression.kind === "index") {
    map = mapOf(s, expression.object);
    key = expression.index;
  } else if (expression.kind === "call") {
    const meaning = s.low.checked.calls.get(expression.id);
    if (meaning?.kind === "map-method" && meaning.method === "get") {
      map = meaning.map;
      key = expression.arguments[0];
    }
  }
  if (!map?.type.value || !key || (expression.kind === "index" && isArray(map))) return undefined;
  return { pointer: lookupKey(s, map, key), type: map.type.value, shared: !isPerCpu(map) };
}

/** The element of an array map at an index proven in range: never missing. */
export function arrayElement(s: Scope, map: MapSymbol, index: Expression): Lookup {
  const type = defined(map.type.value, "an array's value type");
  const raw = lowerExpression(s, index);
  invariant(raw.kind === "scalar", "an index");
  const bounded = boundedIndex(
    s,
    raw.value,
    map.type.size,
    `an index of \`${map.name}\`, which has ${map.type.size} elements`,
    index,
  );
  const key: MemoryOperand = {
    kind: "parts",
    size: 4,
    parts: [{ offset: 0, value: ir.convert(s.b, bounded, ir.u32), bits: 32, order: "native" }],
  };
  const pointer = lookup(s, map, key);
  const found = ir.newBlock(s.b);
  const never = ir.newBlock(s.b);
  ir.branch(s.b, ir.isNull(s.b, pointer), never, found, "then");
  ir.enterSealed(s.b, never);
  // The index is in range, so the kernel never gives null here; its verifier wants the test all the same.
  abort(s);
  ir.enterSealed(s.b, found);
  return { pointer, type, shared: !isPerCpu(map) };
}

/** The obligation that an index is below `length`. */
export function boundedIndex(
  s: Scope,
  index: ValueId,
  length: number,
  what: string,
  place: Expression,
): ValueId {
  const wide = ir.convert(s.b, index, ir.u64);
  const known = ir.constantOf(s.b, wide);
  if (known !== undefined && known < BigInt(length)) return wide;
  return at(s, place.span, () =>
    ir.emit(s.b, { kind: "bounded", type: ir.u64, value: wide, max: BigInt(length - 1), what }),
  );
}

/** `m.set(k, v)`: a boolean. */
function lowerSet(s: Scope, map: MapSymbol, call: CallExpression): Val {
  const [key, value, mode] = call.arguments;
  invariant(key && value, "set takes a key and a value");
  const type = map.type.value ?? u32Type;
  const word = mode ? constantText(s, mode) : undefined;
  const at = keyOperand(s, map, key);
  const result = ir.emit(s.b, {
    kind: "map-update",
    type: ir.i64,
    map: mapId(s, map),
    key: at,
    value: stackOperand(s, type, lowerAs(s, value, type)),
    flags: word === "create" ? 1 : word === "update" ? 2 : 0,
  });
  return succeeded(s, result);
}

function succeeded(s: Scope, result: ValueId): Val {
  return scalar(ir.compareWith(s.b, "eq", result, 0));
}

/** `m.take(k)`: the value, which is copied before its entry goes. */
function lowerTake(s: Scope, map: MapSymbol, key: Expression): Val {
  const type = defined(map.type.value, "a value type");
  const at = keyOperand(s, map, key);
  const pointer = lookup(s, map, at);
  const found = ir.newBlock(s.b);
  const none = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting(map.name, type);
  ir.branch(s.b, ir.isNull(s.b, pointer), none, found);
  ir.enterSealed(s.b, found);
  let copy = loadVal(s, type, pointer, 0, false);
  if (copy.kind === "memory") {
    const slot = ir.stackSlot(s.b, sizeOf(type), map.name);
    storeVal(s, type, copy, slot, 0);
    copy = { kind: "memory", pointer: slot, displacement: 0, shared: false };
  }
  ir.emit(s.b, { kind: "map-delete", type: ir.i64, map: mapId(s, map), key: at });
  result.give(s, { kind: "nullable", present: ir.constant(s.b, ir.u1, 1), inner: copy });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, none);
  result.give(s, absent(s));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return result.take(s);
}

/**
 * `events.emit({ … })`: reserves, writes in place and submits; false when the buffer is full. A script that looks at
 * the result sees to what was lost; else it is counted for it.
 */
function lowerEmit(s: Scope, map: MapSymbol, value: Expression, ignored: boolean): Val {
  const type = defined(map.type.value, "an event type");
  const val = lowerAs(s, value, type);
  const fill = (pointer: ValueId): void => storeVal(s, type, val, pointer, 0);
  return scalar(emitRecord(s, mapId(s, map), sizeOf(type), fill, ignored));
}

/** Reserves a record, lets `fill` write all of it, and submits it. u1: there was room. */
export function emitRecord(
  s: Scope,
  map: number,
  size: number,
  fill: (pointer: ValueId) => void,
  counted: boolean,
): ValueId {
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map,
  });
  const record = ir.emit(s.b, {
    kind: "helper",
    helper: "bpf_ringbuf_reserve",
    type: { kind: "pointer", region: "record", nullable: true, size },
    arguments: [
      { kind: "value", value: address },
      { kind: "value", value: ir.constant(s.b, ir.u64, size) },
      { kind: "value", value: ir.constant(s.b, ir.u64, 0) },
    ],
  });
  const room = ir.newBlock(s.b);
  const full = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = ir.newVariable("emitted", ir.u1, 0n);
  ir.branch(s.b, ir.isNull(s.b, record), full, room, "then");
  ir.enterSealed(s.b, full);
  if (counted) countLost(s, map);
  ir.write(s.b, result, ir.constant(s.b, ir.u1, 0));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, room);
  fill(record);
  ir.helper(s.b, "bpf_ringbuf_submit", [record, ir.constant(s.b, ir.u64, 0)]);
  ir.write(s.b, result, ir.constant(s.b, ir.u1, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return ir.read(s.b, result);
}

/** `programs.call(pkt, i)`: does not come back when the kernel found a program. */
function lowerTailCall(s: Scope, map: MapSymbol, index: Expression): Val {
  invariant(s.context !== undefined, "a tail call outside a program");
  const at = lowerAs(s, index, u32Type);
  invariant(at.kind === "scalar", "an index");
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map: mapId(s, map),
  });
  s.b.beforeEnd?.();
  ir.helper(s.b, "bpf_tail_call", [s.context, address, at.value]);
  forgetPacket(s);
  return { kind: "void" };
}

/** A call of a map's method. */
export function lowerMapMethod(
  s: Scope,
  map: MapSymbol,
  method: MapMethod,
  call: CallExpression,
  ignored: boolean,
): Val {
  const [first, second] = call.arguments;
  switch (method) {
    case "set":
      return lowerSet(s, map, call);
    case "has":
      invariant(first, "has takes a key");
      return scalar(ir.not(s.b, ir.isNull(s.b, lookupKey(s, map, first))));
    case "delete":
      invariant(first, "delete takes a key");
      return succeeded(
        s,
        ir.emit(s.b, {
          kind: "map-delete",
          type: ir.i64,
          map: mapId(s, map),
          key: keyOperand(s, map, first),
        }),
      );
    case "take":
      invariant(first, "take takes a key");
      return lowerTake(s, map, first);
    case "emit":
      invariant(first, "emit takes an event");
      return lowerEmit(s, map, first, ignored);
    case "call":
      invariant(second, "call takes the packet and an index");
      return lowerTailCall(s, map, second);
    case "add":
    case "record":
      return lowerAdd(s, map, call);
    case "print":
    case "clear":
      askReader(s, map, method, call);
      return { kind: "void" };
    case "get":
      invariant(false, "get is lowered as a lookup");
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(method, "map method");
  }
}
