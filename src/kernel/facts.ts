/** What a host can tell of a kernel. The compiler asks for it when a script names something of the kernel's. */
import type { Btf } from "./btf/btf.js";

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
}
