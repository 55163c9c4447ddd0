import { invariant } from "../base/invariant.js";
import type { Call, HelperCall, MapDelete, MapId, MapLookup, MapUpdate } from "../ir/ir.js";
import { helperNamed } from "../kernel/helpers.js";
import { attributes } from "./attributes.js";
import type { Emitter } from "./emitter.js";
import { as, assign, define, definePointer, factOf, operand, perform } from "./emitter.js";
import { memoryArgument } from "./memory.js";

/**
 * Calls that take a map are kept apart where there are several maps: LLVM would merge those of two branches into one
 * call with a chosen map, and the kernel then neither inlines the lookup nor accepts a tail call ("abusing map_ptr").
 */
function callAttributes(e: Emitter): string {
  return e.module.ir.maps.length > 1 ? attributes.callApart : attributes.call;
}

function mapName(e: Emitter, map: MapId): string {
  return `@${e.module.names.maps.get(map) ?? ""}`;
}

function helperNumber(name: string): number {
  const helper = helperNamed(name);
  invariant(helper !== undefined, `there is no helper ${name}`);
  return helper.number;
}

/** A helper is called by its number, as an address. */
function target(name: string): string {
  return `inttoptr (i64 ${helperNumber(name)} to ptr)`;
}

export function emitMapLookup(e: Emitter, one: MapLookup): void {
  const key = memoryArgument(e, one.key, 0);
  const apart = e.module.ir.maps.length > 1 ? attributes.lookupApart : attributes.lookup;
  const text = `call ptr ${target("bpf_map_lookup_elem")}(ptr ${mapName(e, one.map)}, ptr ${key}) ${apart}`;
  definePointer(e, one.id, assign(e, text), 0, 0);
}

export function emitMapUpdate(e: Emitter, one: MapUpdate): void {
  const key = memoryArgument(e, one.key, 0);
  const value = memoryArgument(e, one.value, 1);
  const args = `ptr ${mapName(e, one.map)}, ptr nocapture readonly ${key}, ptr nocapture readonly ${value}, i64 ${one.flags}`;
  defineResult(
    e,
    one.id,
    assign(e, `call i64 ${target("bpf_map_update_elem")}(${args}) ${callAttributes(e)}`),
  );
}

export function emitMapDelete(e: Emitter, one: MapDelete): void {
  const key = memoryArgument(e, one.key, 0);
  const args = `ptr ${mapName(e, one.map)}, ptr nocapture readonly ${key}`;
  defineResult(
    e,
    one.id,
    assign(e, `call i64 ${target("bpf_map_delete_elem")}(${args}) ${callAttributes(e)}`),
  );
}

/** The result of a call that gives 64 bits, in the form in which its type is kept. */
function defineResult(e: Emitter, id: number, text: string): void {
  const { rep } = factOf(e, id);
  define(e, id, rep === "i64" ? text : assign(e, `trunc i64 ${text} to ${rep}`), rep);
}

export function emitHelper(e: Emitter, one: HelperCall): void {
  let ordinal = 0;
  const args = one.arguments.map((argument) => {
    if (argument.kind === "memory") {
      const own = argument.memory.kind === "parts" ? "nocapture " : "";
      return `ptr ${own}${memoryArgument(e, argument.memory, ordinal++)}`;
    }
    const value = operand(e, argument.value);
    return value.rep === "ptr" ? `ptr ${as(e, value, "ptr")}` : `i64 ${as(e, value, "i64")}`;
  });
  const list = args.join(", ");
  if (one.type.kind === "pointer") {
    definePointer(e, one.id, assign(e, `call ptr ${target(one.helper)}(${list}) ${callAttributes(e)}`), 0, 0);
    return;
  }
  const text = assign(e, `call i64 ${target(one.helper)}(${list}) ${callAttributes(e)}`);
  const { bits, signed } = one.type;
  if (bits === 1 || bits === 32 || bits === 64) {
    defineResult(e, one.id, text);
    return;
  }
  // A helper's result fills the register; only its type's bits count.
  const narrow = assign(e, `trunc i64 ${text} to i${bits}`);
  define(e, one.id, assign(e, `${signed ? "sext" : "zext"} i${bits} ${narrow} to i64`), "i64");
}

export function emitCall(e: Emitter, one: Call): void {
  const args = one.arguments.map((id) => {
    const value = operand(e, id);
    return value.rep === "ptr" ? `ptr ${as(e, value, "ptr")}` : `i64 ${as(e, value, "i64")}`;
  });
  const name = `@${e.module.names.functions.get(one.function) ?? ""}`;
  const { type } = one;
  if (type === undefined) {
    perform(e, `call void ${name}(${args.join(", ")})`);
    return;
  }
  const text = assign(e, `call i64 ${name}(${args.join(", ")})`);
  if (type.bits === 1) define(e, one.id, assign(e, `trunc i64 ${text} to i1`), "i1");
  else define(e, one.id, text, "i64");
}
