/** Maps kept under a folder of a BPF file system, and taken up again by the next run of the script. */
import { existsSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ObjectMetadata } from "../base/layout.js";
import {
  errno,
  LoaderError,
  openPinnedMap,
  parseMetadata,
  pinText,
  readPinnedText,
  type BpfObject,
  type MapSpec,
} from "../loader/index.js";
import { printMap } from "./print-text.js";

/** BPF_FS_MAGIC of include/uapi/linux/magic.h. */
const bpfMagic = 0xcafe4a11;

/** Makes a folder and says what to do when it is not on a BPF file system. */
export function makePinFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
    if (code === "EACCES" || code === "EPERM")
      throw new LoaderError("no-privileges", `the folder ${folder} can't be made: not permitted`, {
        remedy: `run as root (sudo); a BPF file system has to be mounted: ${mountCommand}`,
      });
    throw new LoaderError("not-found", `the folder ${folder} can't be made (${code || String(failure)})`, {
      remedy: `it has to be on a BPF file system: ${mountCommand}`,
    });
  }
  if (!isBpfFileSystem(folder))
    throw new LoaderError("not-found", `${folder} is not on a BPF file system: nothing can be pinned there`, {
      remedy: `mount one: ${mountCommand}; or name a folder below /sys/fs/bpf`,
    });
}

const mountCommand = "sudo mount -t bpf bpf /sys/fs/bpf";

/** Node's recursive mkdir never ends where a file system answers ENOENT though the parent is there. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, 0o700);
  } catch (failure) {
    if (!existsSync(path)) throw failure;
  }
}

export function isBpfFileSystem(path: string): boolean {
  try {
    return statfsSync(path).type === bpfMagic;
  } catch {
    return false;
  }
}

/** Whether a map is the script's own: not a data section of the compiler's making, nor the buffer of `print`. */
export function isScriptMap(map: Pick<MapSpec, "name">): boolean {
  return !map.name.includes(".") && map.name !== printMap;
}

/** Has every map of the script pinned in the folder; those that are there already are used, if they fit. */
export function pinMaps(object: BpfObject, metadata: ObjectMetadata, folder: string): void {
  makePinFolder(folder);
  for (const map of object.maps.filter(isScriptMap)) {
    const path = join(folder, map.name);
    checkPinned(map, metadata, path);
    object.setPinPath(map.name, path);
  }
}

/** Beside the maps of a folder: the description of the object that made them, so that others can read them. */
const recordName = "xdpl_record";

/** Describes the maps that are pinned in a folder. */
export function writePinRecord(folder: string, metadata: ObjectMetadata): void {
  const path = join(folder, recordName);
  rmSync(path, { force: true });
  pinText(path, recordName, JSON.stringify(metadata));
}

/** What is known of the maps pinned in a folder. */
export function readPinRecord(folder: string): ObjectMetadata | undefined {
  const path = join(folder, recordName);
  return existsSync(path) ? parseMetadata(readPinnedText(path)) : undefined;
}

/** Throws when what is pinned at a path is another map than the script declares. */
function checkPinned(map: MapSpec, metadata: ObjectMetadata, path: string): void {
  let found: ReturnType<typeof openPinnedMap>;
  try {
    found = openPinnedMap(path);
  } catch (failure) {
    if (failure instanceof LoaderError && failure.errno === errno.ENOENT) return;
    throw failure;
  }
  const { map: pinned } = found;
  found.close();
  const kind = metadata.maps.find(({ name }) => name === map.name)?.kind ?? "map";
  const difference = differenceOf(map, pinned);
  if (difference === undefined) return;
  throw new LoaderError("busy", `the map \`${map.name}\` is pinned already, and not as the script has it`, {
    remedy: `the ${kind} at ${path} ${difference}; remove it (sudo rm ${path}) to start with an empty one`,
  });
}

type Shape = Pick<MapSpec, "type" | "keySize" | "valueSize" | "maxEntries">;

/** In words: how a pinned map differs from the one that is wanted. */
export function differenceOf(wanted: Shape, pinned: Shape): string | undefined {
  if (wanted.type !== pinned.type) return "is of another kind";
  if (wanted.keySize !== pinned.keySize)
    return `has keys of ${pinned.keySize} bytes, the script's have ${wanted.keySize}`;
  if (wanted.valueSize !== pinned.valueSize)
    return `has values of ${pinned.valueSize} bytes, the script's have ${wanted.valueSize}`;
  if (wanted.maxEntries !== pinned.maxEntries)
    return `has room for ${pinned.maxEntries} entries, the script's for ${wanted.maxEntries}`;
  return undefined;
}
