import { readFileSync } from "node:fs";
import { systemError } from "./errors.js";
import { lastErrno, libc } from "./library.js";
import type { MapSpec } from "./object.js";

/** 1024 CPUs, what glibc's `cpu_set_t` holds. */
const maskBytes = 128;

/**
 * Runs `action` on one CPU, so that per-CPU maps fill in one place and measurements do not wander. The thread's own
 * set of CPUs is put back afterwards.
 */
export function onOneCpu<T>(action: (cpu: number) => T): T {
  const c = libc();
  const before = Buffer.alloc(maskBytes);
  if (c.sched_getaffinity(0, maskBytes, before) < 0)
    throw systemError(lastErrno(), "reading the CPU affinity");
  const byte = before.findIndex((one) => one !== 0);
  const bits = before[byte] ?? 1;
  const bit = Math.log2(bits & -bits);
  const cpu = Math.max(0, byte) * 8 + bit;
  const only = Buffer.alloc(maskBytes);
  only[cpu >> 3] = 1 << (cpu & 7);
  if (c.sched_setaffinity(0, maskBytes, only) < 0) throw systemError(lastErrno(), `moving to CPU ${cpu}`);
  try {
    return action(cpu);
  } finally {
    c.sched_setaffinity(0, maskBytes, before);
  }
}

const cpuMap = 16;

/**
 * A kernel makes no processor map with more entries than the processors it was made for (NR_CPUS), whatever the machine
 * has; an entry past them could never be filled. The entries to make such a map with; undefined for all other maps.
 */
export function fewerProcessors(maps: readonly MapSpec[], name: string): number | undefined {
  const map = maps.find((one) => one.name === name);
  if (map?.type !== cpuMap) return undefined;
  let last: number;
  try {
    last = Number.parseInt(readFileSync("/sys/devices/system/cpu/kernel_max", "utf8"), 10);
  } catch {
    return undefined;
  }
  return last + 1 < map.maxEntries ? last + 1 : undefined;
}
