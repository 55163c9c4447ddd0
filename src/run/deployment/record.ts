/**
 * What stays attached when the command has ended: a folder of a BPF file system for each name, in which links, programs
 * and maps are pinned, and a record of what they are. Without the folder, and so after a restart of the machine, nothing
 * of it is left.
 *
 *     /sys/fs/bpf/xdpl/firewall/record
 *                              /links/0
 *                              /programs/firewall
 *                              /maps/blocked
 */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ObjectMetadata } from "../../base/layout.js";
import { LoaderError, pinText, readPinnedText } from "../../loader/index.js";

export const defaultRoot = "/sys/fs/bpf/xdpl";

export interface DeploymentRecord {
  readonly version: 1;
  readonly name: string;
  /** The file it was made from, as the user named it. */
  readonly source: string;
  /** When, in milliseconds since 1970. */
  readonly attachedAt: number;
  readonly links: readonly LinkRecord[];
  readonly metadata: ObjectMetadata;
}

export interface LinkRecord {
  /** Its file below `links`. */
  readonly file: string;
  readonly program: string;
  readonly device: string;
  readonly ifindex: number;
  readonly netns?: string;
  readonly mode: string;
  readonly place: string;
}

export interface Deployment {
  readonly folder: string;
  readonly record: DeploymentRecord;
}

export const places = {
  record: (folder: string): string => join(folder, "record"),
  link: (folder: string, file: string): string => join(folder, "links", file),
  program: (folder: string, name: string): string => join(folder, "programs", name),
  map: (folder: string, name: string): string => join(folder, "maps", name),
} as const;

/** Writes the record anew; there is always a whole one. */
export function writeRecord(folder: string, record: DeploymentRecord): void {
  const next = join(folder, `record_${process.pid}`);
  pinText(next, "xdpl_record", JSON.stringify(record));
  try {
    renameSync(next, places.record(folder));
  } catch (failure) {
    rmSync(next, { force: true });
    throw failure;
  }
}

/** The deployment in a folder; undefined when there is none, or none that was finished. */
export function readDeployment(folder: string): Deployment | undefined {
  if (!existsSync(places.record(folder))) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readPinnedText(places.record(folder)));
  } catch (failure) {
    if (failure instanceof LoaderError && failure.kind === "no-privileges") throw failure;
    return undefined;
  }
  return isRecord(value) ? { folder, record: value } : undefined;
}

/** The writer is the same command: the version is checked, and that the lists are there. */
function isRecord(value: unknown): value is DeploymentRecord {
  if (typeof value !== "object" || value === null) return false;
  const fields: Record<string, unknown> = { ...value };
  return fields["version"] === 1 && Array.isArray(fields["links"]) && typeof fields["metadata"] === "object";
}

/** All deployments below a folder, by name; those that were not finished are named without a record. */
export function listDeployments(root: string): readonly {
  readonly name: string;
  readonly deployment: Deployment | undefined;
}[] {
  return namesIn(root).map((name) => ({ name, deployment: readDeployment(join(root, name)) }));
}

/** The names in a folder; none when it is not there. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? failure.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    if (code === "EACCES" || code === "EPERM")
      throw new LoaderError("no-privileges", `${folder} can't be read: not permitted`, {
        remedy: "run as root (sudo)",
      });
    throw failure;
  }
}
