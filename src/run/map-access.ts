/** Entries of pinned maps by keys and values in the words of the script. */
import { layoutSize, type Layout, type MapMetadata } from "../base/layout.js";
import { LoaderError, mapType, type BpfMap } from "../loader/index.js";
import type { MapContentsEntry } from "./contents.js";
import { readEntry } from "./map-contents.js";
import { parseValue } from "./parse-value.js";

/** What a map's keys or values are; without metadata only their size is known. */
function layoutOf(layout: Layout | undefined, size: number): Layout {
  return layout && layoutSize(layout) <= size
    ? layout
    : { kind: "array", element: { kind: "int", bits: 8, signed: false }, length: size };
}

function bytesOf(layout: Layout, size: number, text: string, what: string, base?: Uint8Array): Uint8Array {
  const parsed = parseValue(layout, text, base);
  if (!parsed.ok) throw new LoaderError("bad-argument", `${what} can't be read: ${parsed.message}`);
  const bytes = new Uint8Array(size);
  bytes.set(parsed.bytes);
  return bytes;
}

export interface TypedMap {
  readonly map: BpfMap;
  readonly described: MapMetadata | undefined;
}

export function keyBytes({ map, described }: TypedMap, text: string): Uint8Array {
  const known = described?.key ?? (isArray(map) ? u32 : undefined);
  return bytesOf(layoutOf(known, map.keySize), map.keySize, text, `the key \`${text}\``);
}

const u32: Layout = { kind: "int", bits: 32, signed: false };

function isArray(map: BpfMap): boolean {
  return map.type === mapType.array || map.type === mapType.perCpuArray;
}

/** The entry of a key; undefined when there is none. */
export function getEntry(typed: TypedMap, key: string): MapContentsEntry | undefined {
  const bytes = keyBytes(typed, key);
  const values = typed.map.lookupAll(bytes);
  return values && readEntry(typed.map, typed.described, bytes, values);
}

/**
 * Sets an entry. Fields of a struct that are not named keep what they have. In a per-CPU map the first CPU gets the value
 * and the others zero, so that they add up to it.
 */
export function setEntry(typed: TypedMap, key: string, value: string): void {
  const { map, described } = typed;
  if (described?.aggregation)
    throw new LoaderError("bad-argument", `\`${map.name}\` is a ${described.kind}: only programs write it`, {
      remedy: `xdpl maps clear ${map.name} empties it`,
    });
  const at = keyBytes(typed, key);
  const before = map.perCpu ? undefined : map.lookupAll(at)?.[0];
  const layout = layoutOf(described?.value, map.valueSize);
  const bytes = bytesOf(layout, map.valueSize, value, `the value \`${value}\``, before);
  const zero = new Uint8Array(map.valueSize);
  const values = Array.from({ length: map.valuesPerEntry }, (_, cpu) => (cpu === 0 ? bytes : zero));
  const outcome = map.update(at, map.perCpu ? values : bytes);
  if (outcome === "full")
    throw new LoaderError("no-space", `the map \`${map.name}\` is full: it has ${map.maxEntries} entries`, {
      remedy: "delete some first, or give it more in the script",
    });
}

/** Whether there was such an entry. */
export function deleteEntry(typed: TypedMap, key: string): boolean {
  if (isArray(typed.map))
    throw new LoaderError("bad-argument", `entries of the array \`${typed.map.name}\` can't be deleted`, {
      remedy: "every index has one: set it to 0",
    });
  return typed.map.delete(keyBytes(typed, key));
}
