import type { MapMetadata, ObjectMetadata } from "../base/layout.js";
import { LoaderError, mapType, type BpfMap, type LoadedObject } from "../loader/index.js";
import { holdsStack, withoutStacks, type ShowStacks } from "./stacks.js";
import { decodeEntry, decodeMap, type MapContents, type MapContentsEntry, type RawMap } from "./contents.js";

const arrayTypes: ReadonlySet<number> = new Set([mapType.array, mapType.perCpuArray]);

/**
 * What the maps of an object hold now, in the script's order, without those of data sections and ring buffers. Array entries that are all zero
 * are left out: an array always has all its entries.
 */
export function readMaps(
  object: LoadedObject,
  metadata: ObjectMetadata | undefined,
  show: ShowStacks = withoutStacks,
): readonly MapContents[] {
  const order = metadata?.maps.map(({ name }) => name) ?? [];
  const place = (map: BpfMap): number => (order.includes(map.name) ? order.indexOf(map.name) : order.length);
  return object.maps
    .filter(
      (map) => !map.name.includes(".") && map.type !== mapType.ringBuffer && map.type !== mapType.stackTrace,
    )
    .toSorted((left, right) => place(left) - place(right))
    .map((map) =>
      readMap(
        map,
        metadata?.maps.find(({ name }) => name === map.name),
        show,
      ),
    );
}

/** What one map holds now. */
export function readMapNamed(
  object: LoadedObject,
  metadata: ObjectMetadata,
  name: string,
  show: ShowStacks = withoutStacks,
): MapContents {
  return readMap(
    object.map(name),
    metadata.maps.find((one) => one.name === name),
    show,
  );
}

/** What a map holds; as hexadecimal where nothing is known of it. */
export function readMap(
  map: BpfMap,
  described: MapMetadata | undefined,
  show: ShowStacks = withoutStacks,
): MapContents {
  const contents = decodeMap({ ...shapeOf(map), entries: rawEntries(map) }, described);
  const stacks = [described?.key, described?.value].some((one) => one && holdsStack(one));
  if (!stacks || show === withoutStacks) return contents;
  const entries = contents.entries.map((one) => ({
    ...one,
    key: show(described?.key, one.key),
    value: described?.aggregation ? one.value : show(described?.value, one.value),
  }));
  return { ...contents, entries, stacks: true };
}

/** One entry, decoded. */
export function readEntry(
  map: BpfMap,
  described: MapMetadata | undefined,
  key: Uint8Array,
  values: readonly Uint8Array[],
): MapContentsEntry {
  return decodeEntry(shapeOf(map), described, key, values);
}

function shapeOf(map: BpfMap): Omit<RawMap, "entries"> {
  const { name, keySize, valueSize, perCpu } = map;
  return { name, kind: `map type ${map.type}`, keySize, valueSize, perCpu, array: arrayTypes.has(map.type) };
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
