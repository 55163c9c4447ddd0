/** `xdpl maps`: what the maps of attached scripts hold, read and changed in the words of the script. */
import { basename, dirname } from "node:path";
import type { MapMetadata, ObjectMetadata } from "../base/layout.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { openPinnedMap, readMetadata, type PinnedMap } from "../loader/index.js";
import {
  deleteEntry,
  formatDecoded,
  getEntry,
  readMap,
  readPinRecord,
  setEntry,
  type MapContents,
  type TypedMap,
} from "../run/index.js";
import { deploymentStatus, places, type DeploymentStatus } from "../run/deployment/index.js";
import { exitCode, Failure, usage, type ExitCode } from "./failure.js";
import { loadObject } from "./object-input.js";
import type { Context } from "./program.js";
import { showJson } from "./report.js";
import type { MapsFlags } from "./maps-commands.js";
import { mapBlock, ordered } from "./show-maps.js";
import { duration } from "./time.js";

interface Found {
  readonly path: string;
  readonly described: MapMetadata | undefined;
}

/** Every map that is pinned with what is attached, by both its names. */
function mapsOf(
  all: readonly DeploymentStatus[],
): readonly (Found & { readonly owner: string; readonly name: string })[] {
  return all.flatMap(({ name: owner, deployment, maps }) =>
    maps.map((name) => ({
      owner,
      name,
      path: deployment ? places.map(deployment.folder, name) : "",
      described: deployment?.record.metadata.maps.find((one) => one.name === name),
    })),
  );
}

/** `blocked`, `firewall/blocked`, or a path below a BPF file system. */
async function find(context: Context, name: string, flags: MapsFlags): Promise<Found> {
  const types = flags.types === undefined ? undefined : await typesOf(context, flags.types);
  const described = (path: string, metadata: ObjectMetadata | undefined): MapMetadata | undefined =>
    (types ?? metadata)?.maps.find((one) => one.name === basename(path));
  if (name.startsWith("/") || name.startsWith("./"))
    return { path: name, described: described(name, readPinRecord(dirname(name))) };
  const all = mapsOf(deploymentStatus(flags.folder));
  const found = all.filter((one) => one.name === name || `${one.owner}/${one.name}` === name);
  const [first, second] = found;
  if (first && !second) return types ? { ...first, described: described(first.path, undefined) } : first;
  if (first)
    throw usage(
      `several attached scripts have a map \`${name}\``,
      `name one: ${found.map(({ owner }) => `${owner}/${name}`).join(", ")}`,
    );
  const names = [...new Set(all.map((one) => one.name))];
  const meant = didYouMean(name, [...names, ...all.map((one) => `${one.owner}/${one.name}`)]);
  throw usage(
    `no attached script has a map \`${name}\``,
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : names.length === 0
        ? "nothing is attached: xdpl attach SCRIPT --dev DEVICE, or give the path of a pinned map"
        : `maps are ${names.map((one) => `\`${one}\``).join(", ")}`,
  );
}

/** The types of a script or object that made a map which is pinned without them. */
async function typesOf(context: Context, file: string): Promise<ObjectMetadata | undefined> {
  const { object } = await loadObject(context, "maps", file, {});
  if (!object) throw new Failure(exitCode.script, `${file} does not compile`);
  const read = readMetadata(object);
  return read.ok ? read.metadata : undefined;
}

/** Opens a map for the time of `work`. */
async function withMap<T>(
  context: Context,
  name: string,
  flags: MapsFlags,
  work: (typed: TypedMap) => T | Promise<T>,
): Promise<T> {
  const { path, described } = await find(context, name, flags);
  const pinned: PinnedMap = openPinnedMap(path);
  try {
    return await work({ map: pinned.map, described });
  } finally {
    pinned.close();
  }
}

export async function list(context: Context, flags: MapsFlags): Promise<ExitCode> {
  const all = mapsOf(deploymentStatus(flags.folder));
  if (context.json) {
    showJson(
      context,
      all.map(({ owner, name, path, described }) => ({ owner, name, path, ...described })),
    );
    return exitCode.ok;
  }
  if (all.length === 0) context.terminal.out("no maps: nothing is attached\n");
  const names = all.map(({ owner, name }) => `${owner}/${name}`);
  const width = Math.max(0, ...names.map(({ length }) => length));
  for (const [at, { described }] of all.entries())
    context.terminal.out(
      `${(names[at] ?? "").padEnd(width)}  ${described?.kind ?? "?"}, room for ${described?.maxEntries ?? "?"}\n`,
    );
  return Promise.resolve(exitCode.ok);
}

export function dump(context: Context, name: string, flags: MapsFlags): Promise<ExitCode> {
  return withMap(context, name, flags, ({ map, described }) => {
    const contents = readMap(map, described);
    if (context.json) showJson(context, { ...contents, entries: ordered(contents.entries) });
    else {
      for (const line of mapBlock(contents, context.terminal, { top: Infinity }))
        context.terminal.out(`${line}\n`);
      if (flags.perCpu ?? false) showPerCpu(context, contents);
    }
    return exitCode.ok;
  });
}

function showPerCpu({ terminal }: Context, { entries }: MapContents): void {
  for (const { key, perCpu } of entries)
    for (const [cpu, value] of (perCpu ?? []).entries())
      terminal.out(`  ${formatDecoded(key)}  CPU ${cpu}  ${formatDecoded(value)}\n`);
}

export function get(context: Context, name: string, key: string, flags: MapsFlags): Promise<ExitCode> {
  return withMap(context, name, flags, (typed) => {
    const entry = getEntry(typed, key);
    if (context.json) showJson(context, entry ?? null);
    else if (entry) {
      context.terminal.out(`${formatDecoded(entry.value)}\n`);
      if (flags.perCpu ?? false)
        for (const [cpu, value] of (entry.perCpu ?? []).entries())
          context.terminal.out(`CPU ${cpu}  ${formatDecoded(value)}\n`);
    } else context.terminal.err(`xdpl: \`${name}\` has no entry ${key}\n`);
    return entry ? exitCode.ok : exitCode.script;
  });
}

export function set(
  context: Context,
  name: string,
  key: string,
  values: readonly string[],
  flags: MapsFlags,
): Promise<ExitCode> {
  return withMap(context, name, flags, (typed) => {
    // `tokens=5 refilled=0` as words of the shell is the same as with commas.
    setEntry(typed, key, values.every((one) => /^\w+=/.test(one)) ? values.join(",") : values.join(" "));
    const entry = getEntry(typed, key);
    if (context.json) showJson(context, { ok: true, entry: entry ?? null });
    else
      context.terminal.out(
        `${name}[${formatDecoded(entry?.key ?? key)}] = ${formatDecoded(entry?.value ?? "")}\n`,
      );
    return exitCode.ok;
  });
}

export function remove(
  context: Context,
  name: string,
  keys: readonly string[],
  flags: MapsFlags,
): Promise<ExitCode> {
  return withMap(context, name, flags, (typed) => {
    const missing = keys.filter((key) => !deleteEntry(typed, key));
    if (context.json) showJson(context, { ok: missing.length === 0, missing });
    else for (const key of missing) context.terminal.err(`xdpl: \`${name}\` has no entry ${key}\n`);
    return missing.length === 0 ? exitCode.ok : exitCode.script;
  });
}

export function clear(context: Context, name: string, flags: MapsFlags): Promise<ExitCode> {
  return withMap(context, name, flags, ({ map }) => {
    map.clear();
    if (context.json) showJson(context, { ok: true });
    return exitCode.ok;
  });
}

const clearScreen = "\x1b[H\x1b[2J";

/** Shows a map at each interval, with what came since; ends with ^C. */
export function watch(context: Context, name: string, flags: MapsFlags): Promise<ExitCode> {
  const every = duration(flags.interval ?? "1s", "--interval", 100);
  return withMap(context, name, flags, async ({ map, described }) => {
    const { terminal } = context;
    let before: MapContents | undefined;
    let at = Date.now();
    const show = (): void => {
      const now = readMap(map, described);
      const seconds = (Date.now() - at) / 1000;
      at = Date.now();
      const rows = Math.max(5, (process.stdout.rows || 24) - 3);
      const top = terminal.interactive ? { top: rows } : {};
      if (context.json)
        terminal.out(
          `${JSON.stringify(now, (_, one: unknown) => (typeof one === "bigint" ? `${one}` : one))}\n`,
        );
      else {
        const lines = mapBlock(now, terminal, { ...top, ...(before ? { since: { before, seconds } } : {}) });
        terminal.out(
          `${terminal.interactive ? clearScreen : ""}${lines.join("\n")}\n${terminal.interactive ? "" : "\n"}`,
        );
      }
      before = now;
    };
    show();
    const timer = setInterval(show, every);
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    });
    clearInterval(timer);
    return exitCode.ok;
  });
}
