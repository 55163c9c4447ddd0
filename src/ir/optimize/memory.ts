/**
 * The state of memory along the walk of value numbering. A store changes the version of its class; what was read or
 * written through the same pointer at bytes the store does not touch is carried over to the new version, and the
 * stored value is known.
 */
import type { Cfg } from "../cfg.js";
import type { Dominators } from "../dominators.js";
import type { BlockId, Instruction, IrType, MemoryOrder, ValueId } from "../ir.js";
import { classOf, type EffectContext, type MemoryClass } from "./effects.js";
import { loadKey } from "./keys.js";
import type { Scope } from "./scope.js";
import type { Versions } from "./versions.js";

interface Known {
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly bytes: number;
  readonly type: string;
  readonly order: MemoryOrder;
  readonly value: ValueId;
}

export interface MemoryCache {
  readonly enter: (block: BlockId) => void;
  readonly version: (memory: MemoryClass) => number;
  readonly clobber: (one: Instruction, memory: MemoryClass) => void;
  /** Puts what a load or a store tells of memory into the table. */
  readonly remember: (
    one: Instruction,
    table: Scope<string, ValueId>,
    definition: (value: ValueId) => Instruction | undefined,
  ) => void;
}

const nothing: ReadonlyMap<never, never> = new Map<never, never>();

/** More remembered values would make each store costlier. */
const limit = 48;

export function memoryCache(
  cfg: Cfg,
  dominators: Dominators,
  versions: Versions,
  effects: EffectContext,
): MemoryCache {
  /** Both are shared between blocks until one changes them. */
  let now: ReadonlyMap<MemoryClass, number> = nothing;
  let known: ReadonlyMap<MemoryClass, readonly Known[]> = nothing;
  let here: BlockId = cfg.entry;
  const ends = new Map<BlockId, ReadonlyMap<MemoryClass, readonly Known[]>>();
  const know = (memory: MemoryClass, list: readonly Known[]): void => {
    known = new Map(known).set(memory, list);
    ends.set(here, known);
  };

  const version = (memory: MemoryClass): number => now.get(memory) ?? versions.at(here, memory);
  const typeName = (type: IrType): string =>
    type.kind === "int" ? `${type.signed ? "i" : "u"}${type.bits}` : "";

  return {
    enter: (block) => {
      here = block;
      now = nothing;
      // Only straight on from the one predecessor: elsewhere another path may have changed the memory.
      const from = cfg.predecessors[block] ?? [];
      const above = from.length === 1 && from[0] === dominators.immediate[block] ? from[0] : undefined;
      known = (above === undefined ? undefined : ends.get(above)) ?? nothing;
      ends.set(block, known);
    },
    version,
    clobber: (one, memory) => {
      const before = known.get(memory);
      now = new Map(now).set(memory, one.id + 1);
      if (before === undefined || before.length === 0) return;
      if (one.kind !== "store") return know(memory, []);
      const start = one.displacement;
      const end = start + one.bits / 8;
      const survives = (each: Known): boolean =>
        each.pointer === one.pointer && (each.displacement + each.bytes <= start || each.displacement >= end);
      know(memory, before.filter(survives));
    },
    remember: (one, table, definition) => {
      if (one.kind !== "load" && one.kind !== "store") return;
      const region = effects.regionOf(one.pointer);
      const memory = region === undefined ? undefined : classOf(region);
      if (memory === undefined) return;
      const at = version(memory);
      const list = known.get(memory) ?? [];
      const add = (of: Known): void => table.set(keyOf(of, at), of.value);
      const entry = describe(one, definition);
      if (one.kind === "store") {
        for (const each of list) add(each);
        if (entry) add(entry);
      }
      if (entry && list.length < limit) know(memory, [...list, entry]);
    },
  };

  function describe(
    one: Extract<Instruction, { kind: "load" | "store" }>,
    definition: (value: ValueId) => Instruction | undefined,
  ): Known | undefined {
    const { pointer, displacement, order } = one;
    if (one.kind === "load") {
      return {
        pointer,
        displacement,
        bytes: one.type.bits / 8,
        type: typeName(one.type),
        order,
        value: one.id,
      };
    }
    const stored = definition(one.value);
    if (!stored || !("type" in stored) || stored.type?.kind !== "int" || stored.type.bits !== one.bits)
      return undefined;
    return {
      pointer,
      displacement,
      bytes: one.bits / 8,
      type: typeName(stored.type),
      order,
      value: one.value,
    };
  }

  function keyOf(of: Known, at: number): string {
    return loadKey(of.pointer, of.displacement, of.type, of.order, at);
  }
}
