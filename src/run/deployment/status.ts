import { join } from "node:path";
import {
  LoaderError,
  openPinnedLink,
  openPinnedMap,
  openPinnedProgram,
  programInfo,
} from "../../loader/index.js";
import type { MapContents } from "../contents.js";
import { readMap } from "../map-contents.js";
import { listDeployments, namesIn, places, type Deployment, type LinkRecord } from "./record.js";

export interface LinkStatus extends LinkRecord {
  /** `gone`: the device is not there any more; `lost`: the pin is not. */
  readonly state: "attached" | "gone" | "lost";
  /** Runs and their time, while `kernel.bpf_stats_enabled` is on. */
  readonly runs: bigint;
  readonly nanoseconds: bigint;
}

export interface DeploymentStatus {
  readonly name: string;
  /** Undefined for what an attach that was killed left behind. */
  readonly deployment: Deployment | undefined;
  readonly links: readonly LinkStatus[];
  readonly maps: readonly string[];
}

/** What is attached below a folder, as it is now. */
export function deploymentStatus(root: string): readonly DeploymentStatus[] {
  return listDeployments(root).map(({ name, deployment }) => ({
    name,
    deployment,
    links: deployment ? deployment.record.links.map((link) => linkStatus(deployment, link)) : [],
    maps: namesIn(join(root, name, "maps")),
  }));
}

function linkStatus({ folder }: Deployment, record: LinkRecord): LinkStatus {
  const none = { runs: 0n, nanoseconds: 0n };
  try {
    const link = openPinnedLink(places.link(folder, record.file));
    try {
      if (link.info().ifindex === 0) return { ...record, state: "gone", ...none };
    } finally {
      link.close();
    }
    const program = openPinnedProgram(places.program(folder, record.program));
    try {
      const { runCount, runTimeNs } = programInfo(program.fd);
      return { ...record, state: "attached", runs: runCount, nanoseconds: runTimeNs };
    } finally {
      program.close();
    }
  } catch (failure) {
    if (!(failure instanceof LoaderError) || failure.kind === "no-privileges") throw failure;
    return { ...record, state: "lost", ...none };
  }
}

/** What the maps of a deployment hold, in the script's order. */
export function deploymentMaps({ folder, record }: Deployment): readonly MapContents[] {
  const pinned = namesIn(join(folder, "maps"));
  return record.metadata.maps
    .filter(({ name }) => pinned.includes(name))
    .flatMap((described) => {
      const { map, close } = openPinnedMap(places.map(folder, described.name));
      try {
        return described.kind === "RingBuffer" ? [] : [readMap(map, described)];
      } finally {
        close();
      }
    });
}
