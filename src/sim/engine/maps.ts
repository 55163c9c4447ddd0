/** Maps, with the results and errors of the kernel's (kernel/bpf/hashtab.c, arraymap.c, devmap.c). */
import { layoutSize } from "../../base/layout.js";
import type { IrMap } from "../../ir/ir.js";
import { Memory } from "./memory.js";
import { RingBuffer } from "./ring-buffer.js";
import { makeTrie } from "./trie.js";

export interface MapEntry {
  readonly key: Uint8Array;
  /** One a CPU in per-CPU maps, else one. */
  readonly values: readonly Memory[];
}

/** What holds entries. A key or a value is memory and an offset into it. */
export interface Table {
  lookup(key: Memory, at: number): Memory | null;
  /** 0, or a negative errno. */
  update(key: Memory, at: number, value: Memory, valueAt: number, flags: number): number;
  remove(key: Memory, at: number): number;
  entries(): readonly MapEntry[];
  clear(): void;
}

export interface MapState {
  readonly map: IrMap;
  readonly table: Table;
  /** What a ring buffer holds. */
  readonly ring: RingBuffer | undefined;
  readonly valueSize: number;
}

/** Which CPU runs, and how many there are. */
export interface Cpus {
  readonly count: number;
  current: number;
}

export interface TableShape {
  readonly map: IrMap;
  readonly valueSize: number;
  readonly bigEndian: boolean;
  readonly cpus: Cpus;
}

const notFound = -2;
const tooBig = -7;
const exists = -17;
const invalid = -22;
const noExist = 1;
const mustExist = 2;

export function makeMap(map: IrMap, bigEndian: boolean, cpus: Cpus): MapState {
  const valueSize = map.value ? layoutSize(map.value) : 0;
  const shape = { map, valueSize, bigEndian, cpus };
  const ring = map.type === "RINGBUF" ? new RingBuffer(map.maxEntries) : undefined;
  return { map, valueSize, ring, table: ring ? noTable : makeTable(shape) };
}

const arrays: ReadonlySet<string> = new Set([
  "ARRAY",
  "PERCPU_ARRAY",
  "PROG_ARRAY",
  "DEVMAP",
  "CPUMAP",
  "XSKMAP",
]);

function makeTable(shape: TableShape): Table {
  if (shape.map.type === "LPM_TRIE") return makeTrie(shape);
  return arrays.has(shape.map.type) ? makeArray(shape) : makeHash(shape);
}

const noTable: Table = {
  lookup: () => null,
  update: () => invalid,
  remove: () => invalid,
  entries: () => [],
  clear: () => {},
};

function valueMemory(size: number, value?: Memory, at = 0): Memory {
  const memory = new Memory("map-value", new Uint8Array(size));
  if (value) memory.bytes.set(value.slice(at, size));
  return memory;
}

/** A key as something that a JavaScript map takes for the same when the bytes are. */
function keyReader(size: number): (key: Memory, at: number) => number | string {
  switch (size) {
    case 1:
      return (key, at) => key.view.getUint8(at);
    case 2:
      return (key, at) => key.view.getUint16(at, true);
    case 4:
      return (key, at) => key.view.getUint32(at, true);
    default:
      return (key, at) => {
        let text = "";
        for (let i = 0; i < size; i++) text += String.fromCharCode(key.bytes[at + i] ?? 0);
        return text;
      };
  }
}

interface HashEntry extends MapEntry {
  readonly values: Memory[];
  /** Used since it was last looked at, for LRU maps. */
  used: boolean;
}

function makeHash({ map, valueSize, cpus }: TableShape): Table {
  const size = map.key ? layoutSize(map.key) : 4;
  const keyOf = keyReader(size);
  const table = new Map<number | string, HashEntry>();
  const lru = map.type.startsWith("LRU");
  const perCpu = map.type.includes("PERCPU");
  // Second chance: close to the kernel's list of active and inactive entries, which is no exact LRU either.
  const evict = (): void => {
    for (const [name, entry] of table) {
      table.delete(name);
      if (!entry.used) return;
      entry.used = false;
      table.set(name, entry);
    }
  };
  return {
    lookup: (key, at) => {
      const found = table.get(keyOf(key, at));
      if (!found) return null;
      found.used = true;
      return found.values[perCpu ? cpus.current : 0] ?? null;
    },
    update: (key, at, value, valueAt, flags) => {
      const name = keyOf(key, at);
      const found = table.get(name);
      if (found && flags === noExist) return exists;
      if (!found && flags === mustExist) return notFound;
      if (found && perCpu) {
        found.values[cpus.current]?.bytes.set(value.slice(valueAt, valueSize));
        return 0;
      }
      if (!found && table.size >= map.maxEntries) {
        if (!lru) return tooBig;
        while (table.size >= map.maxEntries) evict();
      }
      const values = Array.from({ length: perCpu ? cpus.count : 1 }, (_, cpu) =>
        !perCpu || cpu === cpus.current ? valueMemory(valueSize, value, valueAt) : valueMemory(valueSize),
      );
      // As in the kernel an update makes a new element: pointers into the old one keep the old value.
      table.set(name, { key: key.slice(at, size).slice(), values, used: false });
      return 0;
    },
    remove: (key, at) => (table.delete(keyOf(key, at)) ? 0 : notFound),
    entries: () => [...table.values()],
    clear: () => table.clear(),
  };
}

function makeArray({ map, valueSize, bigEndian, cpus }: TableShape): Table {
  const values = new Map<number, Memory[]>();
  // Slots of device, program and socket maps are empty until set; those of arrays are zero.
  const sparse = map.type !== "ARRAY" && map.type !== "PERCPU_ARRAY";
  const copies = map.type === "PERCPU_ARRAY" ? cpus.count : 1;
  const indexOf = (key: Memory, at: number): number => key.view.getUint32(at, !bigEndian);
  const slot = (index: number): Memory[] | undefined => {
    if (index >= map.maxEntries) return undefined;
    let found = values.get(index);
    if (!found && !sparse) {
      found = Array.from({ length: copies }, () => valueMemory(valueSize));
      values.set(index, found);
    }
    return found;
  };
  const own = (all: readonly Memory[] | undefined): Memory | null =>
    all?.[copies > 1 ? cpus.current : 0] ?? null;
  return {
    lookup: (key, at) => own(slot(indexOf(key, at))),
    update: (key, at, value, valueAt, flags) => {
      const index = indexOf(key, at);
      if (index >= map.maxEntries) return tooBig;
      if (flags === noExist) return exists;
      const found = own(slot(index));
      if (found) found.bytes.set(value.slice(valueAt, valueSize));
      else values.set(index, [valueMemory(valueSize, value, valueAt)]);
      return 0;
    },
    remove: (key, at) => (sparse ? (values.delete(indexOf(key, at)) ? 0 : notFound) : invalid),
    entries: () => {
      const found: MapEntry[] = [];
      const indices = sparse
        ? [...values.keys()].toSorted((a, b) => a - b)
        : Array.from({ length: map.maxEntries }, (_, index) => index);
      for (const index of indices) {
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, index, !bigEndian);
        found.push({ key, values: slot(index) ?? [] });
      }
      return found;
    },
    clear: () => values.clear(),
  };
}
