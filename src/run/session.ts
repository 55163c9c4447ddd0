import { existsSync } from "node:fs";
import type { ObjectMetadata, ProgramMetadata } from "../base/layout.js";
import {
  attachPrograms,
  closeLinks,
  hookAttachment,
  LoaderError,
  openObject,
  readMetadata,
  type AttachRequest,
  type BpfObject,
  type Link,
  type LoadedObject,
  type LoadResult,
  type OpenOptions,
  type Rejected,
} from "../loader/index.js";
import type { MapContents } from "./contents.js";
import { openEvents, type EventReader } from "./events.js";
import { readMapNamed, readMaps } from "./map-contents.js";
import { printMap } from "./print-text.js";
import { setParams, type ParamValue } from "./params.js";
import { pinMaps, writePinRecord } from "./pins.js";
import { stackReader } from "./stacks.js";
import { timedPrograms, type Timed } from "./timed.js";

/** A script that runs: loaded, attached, its events open. It ends with this process, or when it is closed. */
export interface Session {
  readonly kind: "session";
  readonly metadata: ObjectMetadata;
  readonly object: LoadedObject;
  readonly links: readonly Link[];
  readonly events: EventReader;
  /** What the maps hold now. */
  maps(): readonly MapContents[];
  /** What one map holds. */
  map(name: string): MapContents;
  /** Empties a map. */
  clear(name: string): void;
  /** How many events were lost, of each buffer that lost any; without a name those of `print`. */
  lost(): readonly LostEvents[];
  /** Runs each `interval` when its time has come, and then calls back; returns how to stop. */
  startIntervals(onRun: () => void): () => void;
  /** Takes the programs off where they are; maps and events stay readable. Safe to call twice. */
  detach(): void;
  /** Lets go of everything. Safe to call twice. */
  close(): void;
}

export interface LostEvents {
  readonly map: string | undefined;
  /** The map's kind: a ring buffer was full of events, an aggregation of keys. */
  readonly kind: string;
  readonly count: bigint;
}

export interface SessionOptions {
  readonly request: AttachRequest;
  readonly params?: readonly ParamValue[];
  /** Which programs are attached, when not all that can be. */
  readonly programs?: readonly string[];
  /** A folder of a BPF file system in which the maps are kept, and from which they are taken up again. */
  readonly pinFolder?: string;
  /** A file that describes the kernel's types, for a kernel that does not. */
  readonly btf?: string;
}

/** Loads an object and attaches its programs: all of it, or nothing. A rejection is an outcome. */
export function startSession(bytes: Uint8Array, options: SessionOptions): Session | Rejected {
  const opened = openObject(bytes, typesOf(options));
  const metadata = describeObject(bytes, opened);
  const names = chooseAttached(metadata, options).map(({ name }) => name);
  setParams(opened, metadata, options.params ?? []);
  if (options.pinFolder !== undefined) pinMaps(opened, metadata, options.pinFolder);
  const loaded = load(opened, options.request);
  if (loaded.kind === "rejected") return loaded;
  const { object } = loaded;
  let events: EventReader | undefined;
  try {
    // Before attaching, so that no event is without a reader.
    events = openEvents(object, metadata);
    const timed = timedPrograms(object, metadata, names);
    timed.begin();
    const links = attachPrograms(object, metadata, options.request, names);
    if (options.pinFolder !== undefined) writePinRecord(options.pinFolder, metadata);
    return session(metadata, object, links, events, timed);
  } catch (failure) {
    events?.close();
    object.close();
    throw failure;
  }
}

/** A kernel that describes its types is believed; a file goes in their place only where it does not. */
export function typesOf({ btf }: Pick<SessionOptions, "btf">): OpenOptions {
  return btf === undefined || existsSync("/sys/kernel/btf/vmlinux") ? {} : { btf };
}

/** Loads the object, for mode `offload` onto the card: the one place where a card's no is understood as one. */
export function load(opened: BpfObject, { devices, mode }: AttachRequest): LoadResult {
  const [device, ...others] = devices;
  if (mode !== "offload" || !device) return opened.load();
  const remedy = "few cards do: use mode native or generic";
  if (others.length > 0) throw new LoaderError("bad-argument", "mode offload is for one device at a time");
  opened.setCard(device.index);
  let outcome: LoadResult | LoaderError;
  try {
    outcome = opened.load();
  } catch (failure) {
    if (!(failure instanceof LoaderError) || failure.kind === "no-privileges") throw failure;
    outcome = failure;
  }
  if (!(outcome instanceof LoaderError) && (outcome.kind === "loaded" || outcome.log !== "")) return outcome;
  throw new LoaderError("not-supported", `the card of ${device.name} runs no XDP programs`, { remedy });
}

function session(
  metadata: ObjectMetadata,
  object: LoadedObject,
  links: readonly Link[],
  events: EventReader,
  timed: Timed,
): Session {
  const show = stackReader(object);
  let ended = false;
  const detach = (): void => {
    closeLinks(links);
    if (!ended) timed.end();
    ended = true;
  };
  return {
    kind: "session",
    metadata,
    object,
    links,
    events,
    maps: () => readMaps(object, metadata, show),
    map: (name) => readMapNamed(object, metadata, name, show),
    clear: (name) => object.map(name).clear(),
    lost: () => readLost(object, metadata),
    startIntervals: (onRun) => timed.start(onRun),
    detach,
    close() {
      closeLinks(links);
      events.close();
      object.close();
    },
  };
}

/** The numbers that programs keep of what found no room. */
function readLost(object: LoadedObject, metadata: ObjectMetadata): readonly LostEvents[] {
  return metadata.maps.flatMap(({ name, kind, lost }) => {
    const data = lost && object.map(lost.section).lookup(new Uint8Array(4));
    if (!data || !lost) return [];
    const count = new DataView(data.buffer, data.byteOffset).getBigUint64(lost.offset, true);
    return count === 0n ? [] : [{ map: name === printMap ? undefined : name, kind, count }];
  });
}

const xdpType = 6;

/** The object's own description; for objects of other compilers, what their sections tell. */
export function describeObject(bytes: Uint8Array, opened: BpfObject): ObjectMetadata {
  const read = readMetadata(bytes);
  if (read.ok) return read.metadata;
  if (!read.absent) throw new LoaderError("bad-object", read.message);
  const programs = opened.programs.map(({ name, section, type }) => ({
    name,
    kind: type === xdpType ? "xdp" : section,
    section,
  }));
  return { version: 1, programs, maps: [], params: [], prints: [] };
}

/**
 * The programs that are attached. Several of one object on one device can't be, so there one has to be chosen; probes
 * run side by side.
 */
export function chooseAttached(
  metadata: ObjectMetadata,
  { programs, request }: Pick<SessionOptions, "programs" | "request">,
): readonly ProgramMetadata[] {
  const list = (all: readonly ProgramMetadata[]): string => all.map(({ name }) => `\`${name}\``).join(", ");
  for (const name of programs ?? [])
    if (!metadata.programs.some((one) => one.name === name))
      throw new LoaderError("bad-argument", `there is no program \`${name}\``, {
        remedy: metadata.programs.length === 0 ? "it has none" : `it has ${list(metadata.programs)}`,
      });
  const chosen = metadata.programs.filter(({ name }) => programs === undefined || programs.includes(name));
  if (chosen.length === 0)
    throw new LoaderError("bad-argument", "the script has no program to run", {
      remedy: "write one: xdp firewall(pkt) { return PASS; }",
    });
  const everywhere = chosen.find(({ kind }) => hookAttachment(kind)?.oneProcess !== true);
  if (request.pid !== undefined && everywhere)
    throw new LoaderError(
      "bad-argument",
      `\`${everywhere.name}\` (${everywhere.kind}) runs for all processes`,
      {
        remedy: `test it in the script, \`if (pid() != ${request.pid}) return;\`; --pid is for uprobe, uretprobe, usdt, profile and perf`,
      },
    );
  const onDevices = chosen.filter(({ kind }) => hookAttachment(kind)?.needs === "device");
  if (onDevices.length > 1)
    throw new LoaderError("bad-argument", `a device runs one program, and there are ${onDevices.length}`, {
      remedy: `choose with --program: ${list(onDevices)}`,
    });
  const [onDevice] = onDevices;
  if (onDevice && request.devices.length === 0)
    throw new LoaderError("bad-argument", `\`${onDevice.name}\` runs on a network device: which one?`, {
      remedy: "name it: --dev eth0 (`ip link` lists them)",
    });
  if (!onDevice && request.devices.length > 0)
    throw new LoaderError("bad-argument", "no program of the script runs on a network device", {
      remedy: "leave --dev out",
    });
  return chosen;
}
