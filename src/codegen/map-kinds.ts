/** Map types: `enum bpf_map_type` of include/uapi/linux/bpf.h, and the language's names for them. */
export interface MapKind {
  readonly number: number;
  readonly name: string;
}

const kinds: Readonly<Record<string, MapKind>> = {
  HASH: { number: 1, name: "Hash" },
  ARRAY: { number: 2, name: "Array" },
  PROG_ARRAY: { number: 3, name: "ProgramArray" },
  PERF_EVENT_ARRAY: { number: 4, name: "PerfEventArray" },
  PERCPU_HASH: { number: 5, name: "PerCpuHash" },
  PERCPU_ARRAY: { number: 6, name: "PerCpuArray" },
  STACK_TRACE: { number: 7, name: "StackTrace" },
  CGROUP_ARRAY: { number: 8, name: "CgroupArray" },
  LRU_HASH: { number: 9, name: "LruHash" },
  LRU_PERCPU_HASH: { number: 10, name: "LruPerCpuHash" },
  LPM_TRIE: { number: 11, name: "LpmTrie" },
  ARRAY_OF_MAPS: { number: 12, name: "ArrayOfMaps" },
  HASH_OF_MAPS: { number: 13, name: "HashOfMaps" },
  DEVMAP: { number: 14, name: "DevMap" },
  SOCKMAP: { number: 15, name: "SockMap" },
  CPUMAP: { number: 16, name: "CpuMap" },
  XSKMAP: { number: 17, name: "XskMap" },
  SOCKHASH: { number: 18, name: "SockHash" },
  QUEUE: { number: 22, name: "Queue" },
  STACK: { number: 23, name: "Stack" },
  SK_STORAGE: { number: 24, name: "SocketStorage" },
  DEVMAP_HASH: { number: 25, name: "DevMapHash" },
  STRUCT_OPS: { number: 26, name: "StructOps" },
  RINGBUF: { number: 27, name: "RingBuffer" },
  INODE_STORAGE: { number: 28, name: "InodeStorage" },
  TASK_STORAGE: { number: 29, name: "TaskStorage" },
  BLOOM_FILTER: { number: 30, name: "BloomFilter" },
  USER_RINGBUF: { number: 31, name: "UserRingBuffer" },
  CGRP_STORAGE: { number: 32, name: "CgroupStorage" },
  ARENA: { number: 33, name: "Arena" },
};

export function mapKind(type: string): MapKind | undefined {
  return kinds[type];
}

/** Kinds that have neither key nor value for the kernel. */
export function isRing(type: string): boolean {
  return type === "RINGBUF" || type === "USER_RINGBUF";
}

/**
 * Kinds whose key and value the kernel gives no BTF: with BTF types libbpf's first attempt to create them fails, so
 * they are declared by size. Source: `map_check_btf` of struct bpf_map_ops, kernel/bpf; libbpf's
 * bpf_object__create_map.
 */
export function isDeclaredBySize(type: string): boolean {
  return sizeOnly.has(type);
}

const sizeOnly: ReadonlySet<string> = new Set([
  "PROG_ARRAY",
  "PERF_EVENT_ARRAY",
  "CGROUP_ARRAY",
  "STACK_TRACE",
  "ARRAY_OF_MAPS",
  "HASH_OF_MAPS",
  "DEVMAP",
  "DEVMAP_HASH",
  "CPUMAP",
  "XSKMAP",
  "SOCKMAP",
  "SOCKHASH",
]);
