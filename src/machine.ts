/** The kernel that this machine runs, or the one that a BTF file describes. Nothing is read before it is asked for. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseBtf, type Btf } from "./kernel/btf/btf.js";
import type { KernelFacts } from "./kernel/facts.js";
import type { StaticProbe } from "./kernel/static-probes.js";
import { staticProbes } from "./loader/static-probes.js";
import { mountTracefs, tracefs } from "./loader/tracefs.js";
import { findFile } from "./loader/user-files.js";

const vmlinux = "/sys/kernel/btf/vmlinux";

function read(path: string): Btf | { readonly problem: string } {
  try {
    return parseBtf(readFileSync(path));
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    if (failure instanceof RangeError) return { problem: `\`${path}\` is not BTF: ${why}.` };
    return {
      problem:
        path === vmlinux
          ? `This kernel does not describe its types: \`${vmlinux}\` can't be read. Name a file that does with \`--btf FILE\`.`
          : `The kernel's types can't be read from \`${path}\`: ${why}.`,
    };
  }
}

/** `btf` is a file; this machine's kernel unless told. */
export function hostKernel(btf: string = vmlinux): KernelFacts {
  let known: ReturnType<KernelFacts["btf"]> | undefined;
  return {
    machine: process.arch === "arm64" ? "arm64" : "x64",
    btf: () => (known ??= read(btf)),
    tracepoint: (group, name) => {
      const root = tracefs();
      if (root === undefined) {
        const remedy = `Mount it: \`sudo ${mountTracefs}\`.`;
        return {
          missing: "tracefs",
          problem: `Tracepoints are described in tracefs, which is not there. ${remedy}`,
        };
      }
      try {
        return readFileSync(join(root, "events", group, name, "format"), "utf8");
      } catch (failure) {
        const denied = failure instanceof Error && "code" in failure && failure.code === "EACCES";
        return denied
          ? { missing: "tracefs", problem: `Tracepoints are described in ${root}, which only root may read.` }
          : { missing: "tracepoint", problem: "" };
      }
    },
    tracepoints,
    staticProbes: probesOf,
  };
}

/** A file is read once, until it changes: some have hundreds of megabytes, and an editor asks at each key. */
const probesOfFiles = new Map<
  string,
  { readonly version: string; readonly probes: readonly StaticProbe[] }
>();

function probesOf(file: string): readonly StaticProbe[] | { readonly problem: string } {
  try {
    const path = findFile(file);
    const { mtimeMs, size } = statSync(path);
    const version = `${mtimeMs} ${size}`;
    const known = probesOfFiles.get(path);
    if (known?.version === version) return known.probes;
    const probes = staticProbes(path);
    probesOfFiles.set(path, { version, probes });
    return probes;
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    return { problem: `\`${file}\` can't be probed: ${why}.` };
  }
}

/** `sched:sched_switch` and all others. */
function tracepoints(): readonly string[] {
  const root = tracefs();
  if (root === undefined) return [];
  const folder = (path: string): readonly string[] => {
    try {
      return readdirSync(path, { withFileTypes: true }).flatMap((one) =>
        one.isDirectory() ? [one.name] : [],
      );
    } catch {
      return [];
    }
  };
  const events = join(root, "events");
  return folder(events).flatMap((group) => folder(join(events, group)).map((name) => `${group}:${name}`));
}
