import { closeSync, openSync, readdirSync } from "node:fs";
import { errnoName, LoaderError, systemError } from "./errors.js";
import { lastErrno, libc } from "./library.js";

const newNet = 0x4000_0000;
const folder = "/run/netns";

/** The namespaces that `ip netns` made. */
export function networkNamespaces(): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

/**
 * Moves this thread, and so what libbpf does from now on, into a network namespace, by the name `ip netns` gave it or by a
 * path such as `/proc/PID/ns/net`. The mounts stay those of this process, unlike with `ip netns exec`, which hides
 * /sys/fs/bpf.
 */
export function enterNetworkNamespace(name: string): void {
  const path = name.includes("/") ? name : `${folder}/${name}`;
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
    const remedy = code === "ENOENT" ? "`ip netns` lists those that have a name" : "run as root (sudo)";
    throw new LoaderError(
      code === "ENOENT" ? "not-found" : "no-privileges",
      `the network namespace ${name} can't be opened (${code || errnoName(0)})`,
      { remedy },
    );
  }
  try {
    if (libc().setns(fd, newNet) < 0)
      throw systemError(lastErrno(), `entering the network namespace ${name}`);
  } finally {
    closeSync(fd);
  }
}
