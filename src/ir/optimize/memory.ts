/**
 * The state of memory along the walk of value numbering. A store changes the version of its class, and the stored value
 * is known. Bytes that a store through the same pointer does not touch are what they were at the version before it.
 */
import type { Cfg } from "../cfg.js";
import type { BlockId, Instruction, IrType, ValueId } from "../ir.js";
import { classOf, type EffectContext, type MemoryClass } from "./effects.js";
import { loadKey } from "./keys.js";
import type { Scope } from "./scope.js";
import type { Versions } from "./versions.js";

export interface MemoryCache {
  readonly enter: (block: BlockId) => void;
  readonly version: (memory: MemoryClass) => number;
  readonly clobber: (one: Instruction, memory: MemoryClass) => void;
  /** Puts what a store tells of memory into the table. */
  readonly remember: (
    one: Instruction,
    table: Scope<string, ValueId>,
    definition: (value: ValueId) => Instruction | undefined,
  ) => void;
  /** What the bytes of a load were known to be before the stores to others through its pointer. */
  readonly earlier: (one: Load, table: Scope<string, ValueId>) => ValueId | undefined;
}

type Load = Extract<Instruction, { kind: "load" }>;
type Store = Extract<Instruction, { kind: "store" }>;

const nothing: ReadonlyMap<never, never> = new Map<never, never>();

/** How many stores are looked behind. */
const limit = 48;

export function memoryCache(cfg: Cfg, versions: Versions, effects: EffectContext): MemoryCache {
  /** Shared between blocks until one changes it. */
  let now: ReadonlyMap<MemoryClass, number> = nothing;
  let here: BlockId = cfg.entry;
  /** By the version that a store made. */
  const stores = new Map<number, { readonly store: Store; readonly before: number }>();

  const version = (memory: MemoryClass): number => now.get(memory) ?? versions.at(here, memory);
  const classAt = (pointer: ValueId): MemoryClass | undefined => {
    const region = effects.regionOf(pointer);
    return region === undefined ? undefined : classOf(region);
  };

  return {
    enter: (block) => {
      here = block;
      now = nothing;
    },
    version,
    clobber: (one, memory) => {
      if (one.kind === "store") stores.set(one.id + 1, { store: one, before: version(memory) });
      now = new Map(now).set(memory, one.id + 1);
    },
    remember: (one, table, definition) => {
      if (one.kind !== "store") return;
      const memory = classAt(one.pointer);
      const stored = definition(one.value);
      if (memory === undefined || !stored || !("type" in stored)) return;
      if (stored.type?.kind !== "int" || stored.type.bits !== one.bits) return;
      const key = loadKey(one.pointer, one.displacement, typeName(stored.type), one.order, version(memory));
      table.set(key, one.value);
    },
    earlier: (one, table) => {
      const memory = classAt(one.pointer);
      if (memory === undefined) return undefined;
      const end = one.displacement + one.type.bits / 8;
      let at = version(memory);
      for (let steps = 0; steps < limit; steps++) {
        const made = stores.get(at);
        if (made?.store.pointer !== one.pointer) return undefined;
        const { displacement, bits } = made.store;
        if (displacement < end && displacement + bits / 8 > one.displacement) return undefined;
        at = made.before;
        const found = table.get(loadKey(one.pointer, one.displacement, typeName(one.type), one.order, at));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function typeName(type: IrType): string {
  return type.kind === "int" ? `${type.signed ? "i" : "u"}${type.bits}` : "";
}
