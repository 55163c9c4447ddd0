/**
 * Versions of memory: for each class of memory a number at the start of each block, such that equal numbers at two
 * places mean that nothing changed the memory in between, on any path. A change gives the version `id + 1` of the
 * instruction; where paths with different versions meet, the block gives a new one.
 */
import type { Cfg } from "../cfg.js";
import type { BlockId } from "../ir.js";
import { forEachClobber, type EffectContext, type MemoryClass } from "./effects.js";

export interface Versions {
  /** The version at the start of a block. */
  readonly at: (block: BlockId, memory: MemoryClass) => number;
}

export function memoryVersions(cfg: Cfg, context: EffectContext): Versions {
  const last: (Map<BlockId, number> | undefined)[] = Array.from({ length: context.classes });
  for (const id of cfg.order) {
    for (const one of cfg.blocks[id]?.instructions ?? []) {
      forEachClobber(one, context, (memory) => {
        let of = last[memory];
        if (!of) last[memory] = of = new Map();
        of.set(id, one.id + 1);
      });
    }
  }
  const tables = last.map((changes) => (changes ? startVersions(cfg, changes) : undefined));
  return { at: (block, memory) => tables[memory]?.[block] ?? 0 };
}

/** A forward dataflow, optimistic: blocks not seen yet do not count where paths meet. */
function startVersions(cfg: Cfg, changes: ReadonlyMap<BlockId, number>): Int32Array {
  const unknown = -0x7fffffff;
  const start = new Int32Array(cfg.blocks.length).fill(unknown);
  start[cfg.entry] = 0;
  const end = (block: BlockId): number => changes.get(block) ?? start[block] ?? unknown;
  const rounds = 8;
  for (let round = 0; ; round++) {
    let changed = false;
    for (const id of cfg.order) {
      if (id === cfg.entry) continue;
      let version = unknown;
      for (const from of cfg.predecessors[id] ?? []) {
        const found = end(from);
        if (found === unknown) continue;
        if (version === unknown) version = found;
        else if (version !== found) {
          version = -(id + 1);
          break;
        }
      }
      if (version === start[id]) continue;
      // Deeply nested loops settle slowly: past the limit every meeting of paths counts as a change.
      if (round >= rounds && (cfg.predecessors[id]?.length ?? 0) > 1) version = -(id + 1);
      if (version !== start[id]) changed = true;
      start[id] = version;
    }
    if (!changed) return start;
  }
}
