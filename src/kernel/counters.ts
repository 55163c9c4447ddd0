/** Counters of perf events by name, as bpftrace and perf call them. Numbers: include/uapi/linux/perf_event.h. */
export interface Counter {
  /** `PERF_TYPE_…` */
  readonly type: number;
  readonly config: number;
  /** Events between two runs unless the script says. */
  readonly every: bigint;
}

const software: Readonly<Record<string, readonly [config: number, every: bigint]>> = {
  "cpu-clock": [0, 1_000_000n],
  "task-clock": [1, 1_000_000n],
  "page-faults": [2, 100n],
  "context-switches": [3, 1000n],
  "cpu-migrations": [4, 1n],
  "minor-faults": [5, 100n],
  "major-faults": [6, 1n],
  "alignment-faults": [7, 1n],
  "emulation-faults": [8, 1n],
};

const hardware: Readonly<Record<string, readonly [config: number, every: bigint]>> = {
  cycles: [0, 1_000_000n],
  instructions: [1, 1_000_000n],
  "cache-references": [2, 1_000_000n],
  "cache-misses": [3, 1_000_000n],
  "branch-instructions": [4, 100_000n],
  "branch-misses": [5, 100_000n],
  "bus-cycles": [6, 100_000n],
};

export const counterNames: readonly string[] = [
  ...Object.keys(software).map((name) => `software:${name}`),
  ...Object.keys(hardware).map((name) => `hardware:${name}`),
];

/** `software:page-faults:100`; the count may be left out. */
export function counterOf(text: string): Counter | undefined {
  const [family = "", name = "", count, ...rest] = text.split(":");
  const table = family === "software" ? software : family === "hardware" ? hardware : {};
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!found || rest.length > 0 || (count !== undefined && !/^[1-9]\d{0,12}$/.test(count))) return undefined;
  const every = count === undefined ? found[1] : BigInt(count);
  return { type: family === "software" ? 1 : 0, config: found[0], every };
}
