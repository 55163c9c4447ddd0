/** Longest-prefix match, with the results of kernel/bpf/lpm_trie.c. */
import { layoutSize } from "../../base/layout.js";
import type { MapEntry, Table, TableShape } from "./maps.js";
import { Memory } from "./memory.js";

const notFound = -2;
const exists = -17;
const invalid = -22;
const noSpace = -28;
const noExist = 1;
const mustExist = 2;

interface Node extends MapEntry {
  readonly values: readonly [Memory];
}

/**
 * One table for each prefix length in use, longest first: as many steps as there are different lengths. The data of
 * IPv4 is one number, masked; of others a text of masked bytes.
 */
export function makeTrie({ map, valueSize, bigEndian }: TableShape): Table {
  const keySize = map.key ? layoutSize(map.key) : 8;
  const longest = (keySize - 4) * 8;
  const tables = new Map<number, Map<number | string, Node>>();
  let lengths: readonly number[] = [];
  let size = 0;
  const masked: (key: Memory, at: number, length: number) => number | string =
    keySize === 8
      ? (key, at, length) =>
          (key.view.getUint32(at + 4) & (length === 0 ? 0 : (-1 << (32 - length)) >>> 0)) >>> 0
      : (key, at, length) => {
          let text = "";
          for (let i = 0; i * 8 < length; i++) {
            const kept = Math.min(8, length - i * 8);
            text += String.fromCharCode((key.bytes[at + 4 + i] ?? 0) & (0xff00 >> kept) & 0xff);
          }
          return text;
        };
  const lengthOf = (key: Memory, at: number): number => key.view.getUint32(at, !bigEndian);
  return {
    lookup: (key, at) => {
      if (size === 0) return null;
      const most = lengthOf(key, at);
      for (const length of lengths) {
        if (length > most) continue;
        const found = tables.get(length)?.get(masked(key, at, length));
        if (found) return found.values[0];
      }
      return null;
    },
    update: (key, at, value, valueAt, flags) => {
      const length = lengthOf(key, at);
      if (length > longest) return invalid;
      let table = tables.get(length);
      const name = masked(key, at, length);
      const found = table?.get(name);
      if (found && flags === noExist) return exists;
      if (!found && flags === mustExist) return notFound;
      if (!found && size >= map.maxEntries) return noSpace;
      if (!table) {
        tables.set(length, (table = new Map()));
        lengths = [...tables.keys()].toSorted((a, b) => b - a);
      }
      if (!found) size++;
      const memory = new Memory("map-value", value.slice(valueAt, valueSize).slice());
      table.set(name, { key: key.slice(at, keySize).slice(), values: [memory] });
      return 0;
    },
    remove: (key, at) => {
      const length = lengthOf(key, at);
      if (length > longest) return invalid;
      const table = tables.get(length);
      if (!table?.delete(masked(key, at, length))) return notFound;
      size--;
      if (table.size === 0) {
        tables.delete(length);
        lengths = lengths.filter((one) => one !== length);
      }
      return 0;
    },
    entries: () => [...tables.values()].flatMap((table) => [...table.values()]),
    clear: () => {
      tables.clear();
      lengths = [];
      size = 0;
    },
  };
}
