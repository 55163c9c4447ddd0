/** What a host can tell of a kernel, and of the programs on it. The compiler asks for it when a script names something of the kernel's. */
import type { Btf } from "./btf/btf.js";
import type { StaticProbe } from "./static-probes.js";

/** Whose registers hold the arguments of a probed function. */
export type Machine = "x64" | "arm64";

export interface KernelFacts {
  readonly machine: Machine;
  /** The kernel's types; undefined, with a reason, when there are none. Read when it is first asked for. */
  readonly btf: () => Btf | { readonly problem: string };
  /** The text of a tracepoint's `format` file. */
  readonly tracepoint: (
    group: string,
    name: string,
  ) => string | { readonly problem: string; readonly missing: "tracefs" | "tracepoint" };
  /** `sched:sched_switch` and all others, for suggestions. */
  readonly tracepoints: () => readonly string[];
  /** The places of a program or library that bear static probes; a reason when the file can't be read. */
  readonly staticProbes: (file: string) => readonly StaticProbe[] | { readonly problem: string };
}
