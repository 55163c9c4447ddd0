/**
 * Which kernel brought what a script may need beside the hook itself. Facts only.
 *
 * Since: the kernel's history, as collected by isovalent/ebpf-docs (data/feature-versions.yaml, BSD-2-Clause), for
 * helpers in helpers.ts. What test/kernels/features.test.ts loads on real kernels agrees.
 */
import { helperNamed } from "./helpers.js";

export interface Feature {
  /** As the kernel calls it: `bpf_loop`, `xdp.frags`. */
  readonly name: string;
  /** What it is, to begin a sentence with. */
  readonly title: string;
  /** The first kernel that has it. */
  readonly since: string;
  /** What does nearly the same on older kernels. */
  readonly instead: string | undefined;
}

function feature(name: string, title: string, since: string, instead?: string): Feature {
  return { name, title, since, instead };
}

/** `BPF_MAP_TYPE_…` without the prefix. */
const mapTypes: Readonly<Record<string, string>> = {
  HASH: "3.19",
  ARRAY: "3.19",
  PROG_ARRAY: "4.2",
  PERF_EVENT_ARRAY: "4.3",
  PERCPU_HASH: "4.6",
  PERCPU_ARRAY: "4.6",
  STACK_TRACE: "4.6",
  CGROUP_ARRAY: "4.8",
  LRU_HASH: "4.10",
  LRU_PERCPU_HASH: "4.10",
  LPM_TRIE: "4.11",
  ARRAY_OF_MAPS: "4.12",
  HASH_OF_MAPS: "4.12",
  DEVMAP: "4.14",
  SOCKMAP: "4.14",
  CPUMAP: "4.15",
  XSKMAP: "4.18",
  SOCKHASH: "4.18",
  QUEUE: "4.20",
  STACK: "4.20",
  SK_STORAGE: "5.2",
  DEVMAP_HASH: "5.4",
  STRUCT_OPS: "5.6",
  RINGBUF: "5.8",
  INODE_STORAGE: "5.10",
  TASK_STORAGE: "5.11",
  BLOOM_FILTER: "5.16",
  USER_RINGBUF: "6.1",
  CGRP_STORAGE: "6.2",
  ARENA: "6.9",
};

/** Bits of `map_flags`: the `BPF_F_…` of include/uapi/linux/bpf.h. */
const mapFlags: readonly (readonly [bit: number, name: string, since: string])[] = [
  [1 << 0, "BPF_F_NO_PREALLOC", "4.6"],
  [1 << 1, "BPF_F_NO_COMMON_LRU", "4.10"],
  [1 << 2, "BPF_F_NUMA_NODE", "4.14"],
  [1 << 3, "BPF_F_RDONLY", "4.15"],
  [1 << 4, "BPF_F_WRONLY", "4.15"],
  [1 << 7, "BPF_F_RDONLY_PROG", "5.2"],
  [1 << 8, "BPF_F_WRONLY_PROG", "5.2"],
  [1 << 10, "BPF_F_MMAPABLE", "5.5"],
];

/**
 * Helpers that a program type got later than the helper came, as far as that is younger than the oldest kernel: the
 * first of 5.10, 6.1, 6.12, … where `boot VERSION helpers` (test/kernels) finds them, so some came a little earlier.
 */
const givenLater: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  XDP: {
    bpf_strtol: "6.1",
    bpf_strtoul: "6.1",
    bpf_get_current_pid_tgid: "6.12",
    bpf_get_current_cgroup_id: "6.12",
    bpf_get_ns_current_pid_tgid: "6.12",
    bpf_get_current_ancestor_cgroup_id: "6.12",
    bpf_get_current_uid_gid: "6.16",
    bpf_get_current_comm: "6.16",
    bpf_get_cgroup_classid: "6.16",
    bpf_perf_event_read: "6.16",
    bpf_perf_event_read_value: "6.16",
    bpf_current_task_under_cgroup: "6.16",
    bpf_send_signal: "6.16",
    bpf_send_signal_thread: "6.16",
    bpf_get_task_stack: "6.16",
    bpf_copy_from_user: "6.16",
    bpf_copy_from_user_task: "6.16",
    bpf_task_storage_get: "6.16",
    bpf_task_storage_delete: "6.16",
    bpf_get_branch_snapshot: "6.16",
    bpf_find_vma: "6.16",
  },
};

/** What else does for a helper that is too young. */
const helperInstead: Readonly<Record<string, string>> = {
  bpf_ktime_get_coarse_ns: "`now()` of std/xdp is exact, and a little slower",
  bpf_for_each_map_elem: "an `Array` of fixed size can be gone through by its indices",
  bpf_xdp_get_buff_len: "without `frags: true` the length needs no helper",
};

/** Sections that the kernel's loader gives flags of their own. */
const sections: Readonly<Record<string, Feature>> = {
  "xdp.frags": feature(
    "xdp.frags",
    "An XDP program for packets of several buffers (`frags: true`)",
    "5.18",
    "without `frags: true` the program takes packets of one buffer",
  ),
};

/** `-mcpu` of LLVM's BPF backend. v2: bounds tests by `<`; v3: 32-bit jumps; v4: signed division, sign extension. */
const instructionSets: Readonly<Record<string, string>> = { v1: "3.18", v2: "4.14", v3: "5.1", v4: "6.6" };

/** On arm64 a tail call out of a function needs 6.0. */
export const tailCallsAndFunctions: Feature = feature(
  "tail calls beside functions",
  "Tail calls in an object with functions",
  "5.10",
);
export const functions: Feature = feature("functions", "A function that is called, not inlined,", "4.16");
export const callbacks: Feature = feature("callbacks", "A function that the kernel calls", "5.13");
export const loops: Feature = feature("bounded loops", "A loop", "5.3");
export const globalData: Feature = feature("global data", "A `param` or global", "5.2");
export const redirectFallback: Feature = feature(
  "a verdict for keys that are missing",
  "The verdict for a key that is missing in `redirect`",
  "5.3",
);

/** BPF_XADD came with BPF, the other operations with BPF_ATOMIC. */
export function atomicFeature(op: "add" | "and" | "or" | "xor"): Feature {
  return op === "add"
    ? feature("atomic add", "An atomic addition", "3.18")
    : feature(`atomic ${op}`, `An atomic \`${op}\``, "5.12", "a per-CPU map needs no atomic operation");
}

/** Undefined for what no kernel has. */
export function helperFeature(name: string, programType: string | undefined): Feature | undefined {
  const helper = helperNamed(name);
  const later = programType === undefined ? undefined : givenLater[programType]?.[name];
  const title =
    later === undefined ? `The helper \`${name}\`` : `The helper \`${name}\` in ${programType} programs`;
  return helper && feature(name, title, later ?? helper.since, helperInstead[name]);
}

export function mapTypeFeature(type: string): Feature | undefined {
  const since = mapTypes[type];
  const name = `BPF_MAP_TYPE_${type}`;
  return since === undefined ? undefined : feature(name, `The map type \`${name}\``, since);
}

/** `struct lpm_trie_node` (kernel/bpf/lpm_trie.c) and `struct htab_elem` (kernel/bpf/hashtab.c) with a bucket. */
const entryOverhead: Readonly<Record<string, number>> = { LPM_TRIE: 40, HASH: 64 };
const chargedMost = 2 ** 32 - 4097;

/**
 * Of maps whose entries take memory when they are made. Before 5.11 a map was charged for all that it may come to use, and
 * refused from 4 GiB on with E2BIG (`bpf_map_charge_init` of kernel/bpf/syscall.c). Sizes in bytes.
 */
export function mapMemoryFeature(type: string, entries: number, entry: number): Feature | undefined {
  const overhead = entryOverhead[type];
  if (overhead === undefined || entries * (entry + overhead) < chargedMost) return undefined;
  return feature("maps of 4 GiB and more", "A map that may come to use 4 GiB", "5.11", "fewer entries do");
}

export function mapFlagFeatures(flags: number): readonly Feature[] {
  return mapFlags
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, name, since]) => feature(name, `The map flag \`${name}\``, since));
}

export function sectionFeature(section: string): Feature | undefined {
  return sections[section];
}

export function instructionSetFeature(cpu: string): Feature | undefined {
  const since = instructionSets[cpu];
  const [name, title] = [`--cpu ${cpu}`, `The instruction set ${cpu} (\`--cpu\`)`];
  return since === undefined ? undefined : feature(name, title, since, "leave out `--cpu`: v3 is for all");
}
