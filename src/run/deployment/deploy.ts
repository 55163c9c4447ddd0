import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ObjectMetadata } from "../../base/layout.js";
import {
  attachPrograms,
  closeLinks,
  LoaderError,
  openObject,
  openPinnedLink,
  openPinnedMap,
  openPinnedProgram,
  pin,
  type BpfObject,
  type Device,
  type Link,
  type LoadedObject,
  type PinnedLink,
  type PinnedMap,
  type Rejected,
} from "../../loader/index.js";
import { setParams } from "../params.js";
import { differenceOf, isScriptMap, makePinFolder } from "../pins.js";
import { chooseAttached, describeObject, load, typesOf, type SessionOptions } from "../session.js";
import { removeDeployment } from "./remove.js";
import {
  places,
  readDeployment,
  writeRecord,
  type Deployment,
  type DeploymentRecord,
  type LinkRecord,
} from "./record.js";

export interface DeployOptions extends SessionOptions {
  readonly root: string;
  readonly name: string;
  readonly source: string;
  /** Maps begin empty, also where the deployment has them already. */
  readonly fresh: boolean;
}

export interface Deployed {
  readonly kind: "deployed";
  readonly deployment: Deployment;
  /** Whether another version was there before, and was replaced without a packet between. */
  readonly replaced: boolean;
  readonly remarks: readonly string[];
}

/**
 * Attaches an object's program so that it outlives this process, under a name. What the name stood for before is replaced:
 * the new program takes the old one's place in the links, and maps that are the same keep what they hold. On any failure
 * all is as it was before.
 */
export function deploy(bytes: Uint8Array, options: DeployOptions): Deployed | Rejected {
  checkName(options.name);
  const folder = join(options.root, options.name);
  const before = readDeployment(folder);
  // What an attach that was killed left behind: maps perhaps, and links perhaps, that no record tells of.
  if (!before) removeDeployment(folder);
  const opened = openObject(bytes, typesOf(options));
  const metadata = describeObject(bytes, opened);
  const chosen = chooseAttached(metadata, options).map(({ name }) => name);
  setParams(opened, metadata, options.params ?? []);
  const reused = before && !options.fresh ? reuseMaps(opened, metadata, before) : [];
  try {
    const loaded = load(opened, options.request);
    if (loaded.kind === "rejected") return loaded;
    const { object } = loaded;
    try {
      const made = { folder, object, metadata, chosen, options };
      return before ? replace(made, before) : create(made);
    } finally {
      // What is pinned stays.
      object.close();
    }
  } finally {
    for (const one of reused) one.close();
  }
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return;
  throw new LoaderError("bad-argument", `\`${name}\` can't be the name of what is attached`, {
    remedy: "it is a folder of the BPF file system: letters, digits, `_` and `-`; give one with --name",
  });
}

interface Made {
  readonly folder: string;
  readonly object: LoadedObject;
  readonly metadata: ObjectMetadata;
  readonly chosen: readonly string[];
  readonly options: DeployOptions;
}

function create(made: Made): Deployed {
  const { folder, object, metadata, chosen, options } = made;
  makePinFolder(options.root);
  let links: readonly Link[] = [];
  try {
    for (const one of [folder, join(folder, "links"), join(folder, "programs"), join(folder, "maps")])
      mkdirSync(one, { mode: 0o700 });
    pinContents(made, []);
    links = attachPrograms(object, metadata, options.request, chosen);
    const records = links.map((link, at) => linkRecord(link, `${at}`));
    const record = recordOf(made, records);
    writeRecord(folder, record);
    // Last: from here on it stays attached.
    for (const [at, link] of links.entries()) link.pin(places.link(folder, `${at}`));
    closeLinks(links);
    return { kind: "deployed", deployment: { folder, record }, replaced: false, remarks: remarksOf(links) };
  } catch (failure) {
    closeLinks(links);
    removeDeployment(folder);
    throw failure;
  }
}

function replace(made: Made, before: Deployment): Deployed {
  const { folder, object, metadata, chosen, options } = made;
  const { devices, mode } = options.request;
  const old = before.record.links;
  const [program] = chosen;
  const isThere = (device: Device, link: LinkRecord): boolean =>
    link.ifindex === device.index && link.netns === device.netns;
  const kept = old.filter((link) => devices.some((device) => isThere(device, link)));
  const added = devices.filter((device) => !old.some((link) => isThere(device, link)));
  for (const one of kept)
    if (mode !== "auto" && one.mode !== mode)
      throw new LoaderError(
        "busy",
        `\`${options.name}\` runs on ${one.device} in mode ${one.mode}, not ${mode}`,
        {
          remedy: `the mode of what is attached can't change: first xdpl detach ${options.name}`,
        },
      );
  const next = 1 + Math.max(-1, ...old.map(({ file }) => Number(file)));
  const changed: { readonly link: PinnedLink; readonly old: number }[] = [];
  const opened: { close(): void }[] = [];
  const openFor = <T extends { close(): void }>(one: T): T => (opened.push(one), one);
  let links: readonly Link[] = [];
  try {
    if (added.length > 0)
      links = attachPrograms(object, metadata, { ...options.request, devices: added }, chosen);
    for (const record of kept) {
      const link = openFor(openPinnedLink(places.link(folder, record.file)));
      const old = openFor(openPinnedProgram(places.program(folder, record.program)));
      link.replace(object.program(program ?? "").fd);
      changed.push({ link, old: old.fd });
    }
    const records = [
      ...kept.map((one) => ({ ...one, program: program ?? one.program })),
      ...links.map((link, at) => linkRecord(link, `${next + at}`)),
    ];
    for (const [at, link] of links.entries()) link.pin(places.link(folder, `${next + at}`));
    const record = recordOf(made, records);
    writeRecord(folder, record);
    renew(made, before.record);
    closeLinks(links);
    for (const one of old) if (!kept.includes(one)) detachLink(folder, one);
    return { kind: "deployed", deployment: { folder, record }, replaced: true, remarks: remarksOf(links) };
  } catch (failure) {
    for (const { link, old: fd } of changed) link.replace(fd);
    for (const at of links.keys()) rmSync(places.link(folder, `${next + at}`), { force: true });
    closeLinks(links);
    throw failure;
  } finally {
    for (const one of opened) one.close();
  }
}

/** Pins programs and maps anew; those of before that are not used any more go. */
function renew(made: Made, before: DeploymentRecord): void {
  const { folder } = made;
  for (const { name } of before.metadata.programs) rmSync(places.program(folder, name), { force: true });
  const reused = made.options.fresh ? [] : before.metadata.maps.map(({ name }) => name);
  for (const { name } of before.metadata.maps)
    if (made.options.fresh || !made.object.maps.some((map) => map.name === name))
      rmSync(places.map(folder, name), { force: true });
  pinContents(made, reused);
}

/** Pins every program, and every map of the script but those that are pinned already. */
function pinContents({ folder, object }: Made, already: readonly string[]): void {
  for (const { fd, name } of object.programs) pin(fd, places.program(folder, name), `program \`${name}\``);
  for (const map of object.maps.filter(isScriptMap))
    if (!already.includes(map.name)) pin(map.fd, places.map(folder, map.name), `map \`${map.name}\``);
}

/** Has the object use the maps that are there, if they are what the script says. */
function reuseMaps(opened: BpfObject, metadata: ObjectMetadata, before: Deployment): readonly PinnedMap[] {
  const used: PinnedMap[] = [];
  try {
    for (const map of opened.maps.filter(isScriptMap)) {
      const old = before.record.metadata.maps.find(({ name }) => name === map.name);
      if (!old) continue;
      const pinned = openPinnedMap(places.map(before.folder, map.name));
      used.push(pinned);
      const described = metadata.maps.find(({ name }) => name === map.name);
      const sameTypes =
        JSON.stringify([old.key, old.value, old.aggregation]) ===
        JSON.stringify([described?.key, described?.value, described?.aggregation]);
      const difference =
        differenceOf(map, pinned.map) ?? (sameTypes ? undefined : "has other types of keys or values");
      if (difference !== undefined)
        throw new LoaderError(
          "busy",
          `the map \`${map.name}\` is not what it was: the old one ${difference}`,
          {
            remedy: `begin with empty maps (--fresh), or give the map another name; \`xdpl maps dump ${before.record.name}/${map.name}\` shows what it holds`,
          },
        );
      opened.reuseMap(map.name, pinned.map.fd);
    }
    return used;
  } catch (failure) {
    for (const one of used) one.close();
    throw failure;
  }
}

/** Detaches one link of a deployment, at once, and forgets it. */
export function detachLink(folder: string, { file }: LinkRecord): void {
  const path = places.link(folder, file);
  const link = openPinnedLink(path);
  try {
    link.detach();
  } finally {
    link.close();
    rmSync(path, { force: true });
  }
}

function linkRecord({ program, place, device }: Link, file: string): LinkRecord {
  if (!device)
    throw new LoaderError("not-supported", `\`${program}\` can't stay attached: it runs on no device`, {
      remedy: "use xdpl run",
    });
  const { name, index, mode, netns } = device;
  return {
    file,
    program,
    place,
    device: name,
    ifindex: index,
    mode,
    ...(netns === undefined ? {} : { netns }),
  };
}

function recordOf({ metadata, options }: Made, links: readonly LinkRecord[]): DeploymentRecord {
  return { version: 1, name: options.name, source: options.source, attachedAt: Date.now(), links, metadata };
}

function remarksOf(links: readonly Link[]): readonly string[] {
  return links.flatMap(({ remark }) => (remark === undefined ? [] : [remark]));
}
