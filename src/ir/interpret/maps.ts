/** Maps of the interpreter, with the results and errors of the kernel's (kernel/bpf/hashtab.c, arraymap.c, lpm_trie.c). */
import { layoutSize } from "../../base/layout.js";
import type { IrMap } from "../ir.js";
import { makeMemory, type Memory } from "./memory.js";

export interface MapState {
  readonly map: IrMap;
  readonly lookup: (key: Uint8Array) => Memory | undefined;
  readonly update: (key: Uint8Array, value: Uint8Array, flags: number) => bigint;
  readonly remove: (key: Uint8Array) => bigint;
  readonly entries: () => readonly (readonly [key: Uint8Array, value: Memory])[];
  /** Ring buffers: what was submitted. */
  readonly records: Uint8Array[];
}

const notFound = -2n;
const tooBig = -7n;
const exists = -17n;
const invalid = -22n;
const noSpace = -28n;
const noExist = 1;
const mustExist = 2;

export function makeMap(map: IrMap, bigEndian: boolean): MapState {
  const valueSize = map.value ? layoutSize(map.value) : 0;
  const records: Uint8Array[] = [];
  if (map.type.includes("RINGBUF")) {
    return {
      map,
      records,
      lookup: () => undefined,
      update: () => invalid,
      remove: () => invalid,
      entries: () => [],
    };
  }
  const shape =
    map.type.includes("ARRAY") || map.type === "DEVMAP" || map.type === "CPUMAP" || map.type === "XSKMAP";
  if (map.type === "LPM_TRIE") return { map, records, ...trie(map, valueSize, bigEndian) };
  if (shape && !map.type.includes("HASH")) return { map, records, ...array(map, valueSize, bigEndian) };
  return { map, records, ...hash(map, valueSize) };
}

type Store = Omit<MapState, "map" | "records">;

function valueMemory(size: number, value?: Uint8Array): Memory {
  const bytes = new Uint8Array(size);
  if (value) bytes.set(value.subarray(0, size));
  return makeMemory("map-value", bytes);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function hash(map: IrMap, valueSize: number): Store {
  const table = new Map<string, { key: Uint8Array; value: Memory }>();
  const lru = map.type.startsWith("LRU");
  return {
    lookup: (key) => table.get(text(key))?.value,
    update: (key, value, flags) => {
      const name = text(key);
      const found = table.get(name);
      if (found && flags === noExist) return exists;
      if (!found && flags === mustExist) return notFound;
      if (!found && table.size >= map.maxEntries) {
        if (!lru) return tooBig;
        for (const oldest of table.keys()) {
          table.delete(oldest);
          break;
        }
      }
      // As in the kernel an update makes a new element: pointers into the old one keep the old value.
      table.set(name, { key: key.slice(), value: valueMemory(valueSize, value) });
      return 0n;
    },
    remove: (key) => (table.delete(text(key)) ? 0n : notFound),
    entries: () => [...table.values()].map(({ key, value }) => [key, value] as const),
  };
}

function array(map: IrMap, valueSize: number, bigEndian: boolean): Store {
  const values = new Map<number, Memory>();
  // Slots of device, program and socket maps are empty until set; those of arrays are zero.
  const sparse = map.type !== "ARRAY" && map.type !== "PERCPU_ARRAY";
  const indexOf = (key: Uint8Array): number => {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    return view.getUint32(0, !bigEndian);
  };
  const at = (index: number): Memory | undefined => {
    if (index >= map.maxEntries) return undefined;
    let found = values.get(index);
    if (!found && !sparse) values.set(index, (found = valueMemory(valueSize)));
    return found;
  };
  return {
    lookup: (key) => at(indexOf(key)),
    update: (key, value, flags) => {
      const index = indexOf(key);
      if (index >= map.maxEntries) return tooBig;
      if (flags === noExist) return exists;
      const found = at(index);
      if (found) found.bytes.set(value.subarray(0, valueSize));
      else values.set(index, valueMemory(valueSize, value));
      return 0n;
    },
    remove: (key) => (sparse && values.delete(indexOf(key)) ? 0n : sparse ? notFound : invalid),
    entries: () => {
      const found: (readonly [Uint8Array, Memory])[] = [];
      for (let index = 0; index < map.maxEntries; index++) {
        const value = sparse ? values.get(index) : at(index);
        if (!value) continue;
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, index, !bigEndian);
        found.push([key, value]);
      }
      return found;
    },
  };
}

function trie(map: IrMap, valueSize: number, bigEndian: boolean): Store {
  const nodes = new Map<string, { key: Uint8Array; length: number; value: Memory }>();
  const split = (key: Uint8Array): { length: number; bits: Uint8Array } => ({
    length: new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, !bigEndian),
    bits: key.subarray(4),
  });
  const longest = (key: Uint8Array): number => (key.length - 4) * 8;
  const name = (length: number, bits: Uint8Array): string => `${length}/${text(masked(bits, length))}`;
  return {
    lookup: (key) => {
      const { length, bits } = split(key);
      for (let at = Math.min(length, longest(key)); at >= 0; at--) {
        const found = nodes.get(name(at, bits));
        if (found) return found.value;
      }
      return undefined;
    },
    update: (key, value, flags) => {
      const { length, bits } = split(key);
      if (length > longest(key)) return invalid;
      const found = nodes.get(name(length, bits));
      if (found && flags === noExist) return exists;
      if (!found && flags === mustExist) return notFound;
      if (!found && nodes.size >= map.maxEntries) return noSpace;
      nodes.set(name(length, bits), { key: key.slice(), length, value: valueMemory(valueSize, value) });
      return 0n;
    },
    remove: (key) => {
      const { length, bits } = split(key);
      if (length > longest(key)) return invalid;
      return nodes.delete(name(length, bits)) ? 0n : notFound;
    },
    entries: () => [...nodes.values()].map(({ key, value }) => [key, value] as const),
  };
}

function masked(bits: Uint8Array, length: number): Uint8Array {
  return bits.map((byte, at) => {
    const kept = Math.max(0, Math.min(8, length - at * 8));
    return byte & (0xff00 >> kept) & 0xff;
  });
}
