/** What maps hold, decoded: the same for maps in the kernel and in the simulator. */
import { layoutSize, type Aggregation, type Layout, type MapMetadata } from "../base/layout.js";
import { decodeAggregate } from "./aggregates.js";
import { decodeValue, hex, type Decoded } from "./format-value.js";

/** The entries of one map, decoded by the object's metadata; as hexadecimal where that says nothing. */
export interface MapContents {
  readonly name: string;
  /** The language's kind; `map type N` for maps that the metadata does not name. */
  readonly kind: string;
  readonly entries: readonly MapContentsEntry[];
  /** What the values sum up; undefined for maps that the script reads and writes itself. */
  readonly aggregation?: Aggregation;
  /** Without keys: there is one entry, whose key means nothing. */
  readonly keyless?: boolean;
  /** Its keys or values have stacks in them, as lists of functions. */
  readonly stacks?: boolean;
}

export interface MapContentsEntry {
  readonly key: Decoded;
  /** The value; in a per-CPU map the CPUs' values added up, field by field. */
  readonly value: Decoded;
  /** In a per-CPU map: the value of each possible CPU. */
  readonly perCpu: readonly Decoded[] | undefined;
}

/** A map's entries as bytes. */
export interface RawMap {
  readonly name: string;
  readonly kind: string;
  readonly keySize: number;
  readonly valueSize: number;
  /** Has all its entries always: those that are zero are not told. */
  readonly array: boolean;
  readonly perCpu: boolean;
  readonly entries: Iterable<{ readonly key: Uint8Array; readonly values: readonly Uint8Array[] }>;
}

export function decodeMap(map: RawMap, described: MapMetadata | undefined): MapContents {
  const aggregation = described?.aggregation;
  const entries: MapContentsEntry[] = [];
  for (const { key, values } of map.entries) {
    const nothing = aggregation
      ? decodeAggregate(aggregation, values) === undefined
      : map.array && values.every((bytes) => bytes.every((one) => one === 0));
    if (!nothing) entries.push(decodeEntry(map, described, key, values));
  }
  // The kernel keeps 15 letters of a name.
  const named = { name: described?.name ?? map.name, kind: described?.kind ?? map.kind };
  if (!aggregation) return { ...named, entries };
  return { ...named, entries, aggregation, ...(map.array ? { keyless: true } : {}) };
}

/** One entry, empty or not. */
export function decodeEntry(
  map: Omit<RawMap, "entries">,
  described: MapMetadata | undefined,
  key: Uint8Array,
  values: readonly Uint8Array[],
): MapContentsEntry {
  const keyLayout = fitting(described?.key, map.keySize);
  const valueLayout = fitting(described?.value, map.valueSize);
  const aggregation = described?.aggregation;
  const shownKey = keyLayout
    ? decodeValue(keyLayout, key)
    : map.array
      ? (new Uint32Array(key.slice().buffer)[0] ?? 0)
      : hex(key);
  if (aggregation) {
    const perCpu = values.map((bytes) => decodeAggregate(aggregation, [bytes]) ?? 0);
    return { key: shownKey, value: decodeAggregate(aggregation, values) ?? 0, perCpu };
  }
  const decoded = values.map((bytes) => (valueLayout ? decodeValue(valueLayout, bytes) : hex(bytes)));
  return {
    key: shownKey,
    value: map.perCpu ? sum(decoded, values) : (decoded[0] ?? ""),
    perCpu: map.perCpu ? decoded : undefined,
  };
}

/** A layout only where it can be true of so many bytes; keys and values may be padded at the end. */
function fitting(layout: Layout | undefined, size: number): Layout | undefined {
  return layout && layoutSize(layout) <= size ? layout : undefined;
}

/** Adds numbers, goes into structs and arrays; of anything else, the value of the first CPU that has one. */
function sum(values: readonly Decoded[], raw: readonly Uint8Array[]): Decoded {
  const first = values[0];
  if (values.every(isNumeric)) return addNumbers(values);
  if (values.every(isList))
    return (isList(first) ? first : []).map((_, index) =>
      sum(
        values.map((one) => one[index] ?? 0),
        raw,
      ),
    );
  if (values.every(isStruct))
    return Object.fromEntries(
      Object.keys(isStruct(first) ? first : {}).map((name) => [
        name,
        sum(
          values.map((one) => one[name] ?? 0),
          raw,
        ),
      ]),
    );
  const used = raw.findIndex((bytes) => bytes.some((one) => one !== 0));
  return values[Math.max(0, used)] ?? "";
}

function addNumbers(values: readonly (number | bigint)[]): number | bigint {
  const total = values.reduce<bigint>((left, right) => left + BigInt(right), 0n);
  return total >= BigInt(Number.MIN_SAFE_INTEGER) && total <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(total)
    : total;
}

function isNumeric(value: Decoded): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isList(value: Decoded | undefined): value is readonly Decoded[] {
  return Array.isArray(value);
}

function isStruct(value: Decoded | undefined): value is { readonly [field: string]: Decoded } {
  return typeof value === "object" && !Array.isArray(value);
}
