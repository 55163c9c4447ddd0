import {
  layoutSize,
  type Aggregation,
  type Layout,
  type MapMetadata,
  type ObjectMetadata,
} from "../base/layout.js";
import { LoaderError, mapType, type BpfMap, type LoadedObject } from "../loader/index.js";
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
}

export interface MapContentsEntry {
  readonly key: Decoded;
  /** The value; in a per-CPU map the CPUs' values added up, field by field. */
  readonly value: Decoded;
  /** In a per-CPU map: the value of each possible CPU. */
  readonly perCpu: readonly Decoded[] | undefined;
}

const arrayTypes: ReadonlySet<number> = new Set([mapType.array, mapType.perCpuArray]);

/**
 * What the maps of an object hold now, in the script's order, without those of data sections and ring buffers. Array entries that are all zero
 * are left out: an array always has all its entries.
 */
export function readMaps(object: LoadedObject, metadata: ObjectMetadata | undefined): readonly MapContents[] {
  const order = metadata?.maps.map(({ name }) => name) ?? [];
  const place = (map: BpfMap): number => (order.includes(map.name) ? order.indexOf(map.name) : order.length);
  return object.maps
    .filter((map) => !map.name.includes(".") && map.type !== mapType.ringBuffer)
    .toSorted((left, right) => place(left) - place(right))
    .map((map) =>
      readMap(
        map,
        metadata?.maps.find(({ name }) => name === map.name),
      ),
    );
}

/** What one map holds now. */
export function readMapNamed(object: LoadedObject, metadata: ObjectMetadata, name: string): MapContents {
  return readMap(
    object.map(name),
    metadata.maps.find((one) => one.name === name),
  );
}

function readMap(map: BpfMap, described: MapMetadata | undefined): MapContents {
  if (described?.aggregation) return readAggregation(map, described, described.aggregation);
  const keyLayout = fitting(described?.key, map.keySize);
  const valueLayout = fitting(described?.value, map.valueSize);
  const entries: MapContentsEntry[] = [];
  for (const { key, values } of rawEntries(map)) {
    if (arrayTypes.has(map.type) && values.every((bytes) => bytes.every((one) => one === 0))) continue;
    const decoded = values.map((bytes) => (valueLayout ? decodeValue(valueLayout, bytes) : hex(bytes)));
    entries.push({
      key: keyLayout
        ? decodeValue(keyLayout, key)
        : arrayTypes.has(map.type)
          ? (new Uint32Array(key.slice().buffer)[0] ?? 0)
          : hex(key),
      value: map.perCpu ? sum(decoded, values) : (decoded[0] ?? ""),
      perCpu: map.perCpu ? decoded : undefined,
    });
  }
  return { name: map.name, kind: described?.kind ?? `map type ${map.type}`, entries };
}

function readAggregation(map: BpfMap, described: MapMetadata, aggregation: Aggregation): MapContents {
  const keyless = arrayTypes.has(map.type);
  const entries = rawEntries(map).flatMap(({ key, values }): MapContentsEntry[] => {
    const value = decodeAggregate(aggregation, values);
    if (value === undefined) return [];
    const perCpu = values.map((bytes) => decodeAggregate(aggregation, [bytes]) ?? 0);
    return [{ key: described.key ? decodeValue(described.key, key) : hex(key), value, perCpu }];
  });
  return { name: map.name, kind: described.kind, entries, aggregation, ...(keyless ? { keyless } : {}) };
}

/** A layout only where it can be true of so many bytes; keys and values may be padded at the end. */
function fitting(layout: Layout | undefined, size: number): Layout | undefined {
  return layout && layoutSize(layout) <= size ? layout : undefined;
}

/** Some kinds hold what user space can't read back, such as sockets: they show as empty. */
function rawEntries(map: BpfMap): ReturnType<BpfMap["entries"]> {
  try {
    return map.entries();
  } catch (failure) {
    if (failure instanceof LoaderError && failure.kind === "not-supported") return [];
    throw failure;
  }
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
