/** Perf events: counters, tracepoints and probes that a program is attached to (perf_event_open(2)). */
import { readFileSync } from "node:fs";
import { errno, LoaderError, systemError, type LoaderErrorDetails } from "../errors.js";
import { addressOf, lastErrno, libbpf, libc } from "../library.js";
import { descriptorLink, type Link } from "./link.js";

/** `struct perf_event_attr`, as far as it is used (PERF_ATTR_SIZE_VER5). */
const attr = {
  size: 112,
  type: 0,
  sizeAt: 4,
  config: 8,
  period: 16,
  flags: 40,
  config1: 56,
  config2: 64,
} as const;

export interface PerfEvent {
  readonly type: number;
  readonly config: bigint;
  /** Events, or nanoseconds of a clock, between two runs. */
  readonly period?: bigint;
  /** Threads that the process starts later count too. */
  readonly inherit?: boolean;
  /** A name's place: of a function, or of a file. */
  readonly name?: string;
  /** Bytes from the function's or the file's start. */
  readonly offset?: bigint;
  /** What the program is told with each event (`bpf_get_attach_cookie`), which needs Linux 5.15. */
  readonly cookie?: bigint;
}

export interface PerfPlace {
  /** A process; -1 is all of them. */
  readonly pid: number;
  /** A CPU; -1 is wherever the process runs. */
  readonly cpu: number;
}

/** An event of one CPU: programs at places of the kernel or of a file run wherever these are reached. */
export const anywhere: PerfPlace = { pid: -1, cpu: 0 };

/** The second of the bit fields. */
const inheritBit = 2;

const systemCall = { x64: 298n, arm64: 241n } as const;
/** BPF_PERF_EVENT; links to perf events are there from Linux 5.15 on. */
const attachTypePerfEvent = 41;
const ioctlEnable = 0x2400n;
const ioctlSetBpf = 0x40042408n;
const flagCloexec = 8n;

/** Opens a perf event and attaches a program to it. `details` are for the message when it can't be opened. */
export function attachPerfEvent(
  program: { readonly name: string; readonly fd: number },
  event: PerfEvent,
  place: PerfPlace,
  words: string,
  details: LoaderErrorDetails = {},
): Link {
  const bytes = Buffer.alloc(attr.size);
  const name = event.name === undefined ? undefined : Buffer.from(`${event.name}\0`);
  bytes.writeUInt32LE(event.type, attr.type);
  bytes.writeUInt32LE(attr.size, attr.sizeAt);
  bytes.writeBigUInt64LE(event.config, attr.config);
  bytes.writeBigUInt64LE(event.period ?? 1n, attr.period);
  if (event.inherit === true) bytes.writeUInt32LE(inheritBit, attr.flags);
  if (name) bytes.writeBigUInt64LE(addressOf(name), attr.config1);
  bytes.writeBigUInt64LE(event.offset ?? 0n, attr.config2);
  const number = process.arch === "arm64" ? systemCall.arm64 : systemCall.x64;
  const fd = libc().perf_event_open(number, bytes, place.pid, place.cpu, -1, flagCloexec);
  if (fd < 0 || (name !== undefined && name.length === 0))
    throw systemError(lastErrno(), `attaching \`${program.name}\` to ${words}`, details);
  const link = libbpf().link_create(program.fd, fd, attachTypePerfEvent, cookieOptions(event.cookie));
  if (link >= 0) {
    libc().ioctl(fd, ioctlEnable, 0n);
    // The link holds the event from here on.
    libc().close(fd);
    return descriptorLink(link, { program: program.name, place: words });
  }
  const status =
    link === -errno.EINVAL && event.cookie === undefined
      ? libc().ioctl(fd, ioctlSetBpf, BigInt(program.fd))
      : link;
  if (status < 0) {
    const reason = status === link ? -link : lastErrno();
    libc().close(fd);
    throw systemError(reason, `attaching \`${program.name}\` to ${words}`, details);
  }
  libc().ioctl(fd, ioctlEnable, 0n);
  return descriptorLink(fd, { program: program.name, place: words });
}

/** `struct bpf_link_create_opts`, as far as `perf_event.bpf_cookie`. */
function cookieOptions(cookie: bigint | undefined): Buffer | null {
  if (cookie === undefined) return null;
  const bytes = Buffer.alloc(40);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 0);
  bytes.writeBigUInt64LE(cookie, 32);
  return bytes;
}

/** The type of a kind of perf event that the kernel numbers itself, such as `uprobe`; undefined when it has none. */
export function eventSource(name: string): number | undefined {
  const type = Number(readFact(`/sys/bus/event_source/devices/${name}/type`));
  return Number.isInteger(type) && type > 0 ? type : undefined;
}

/** The bit of `config` that asks for the return of a function. */
export function returnBit(name: string): bigint {
  const found = /config:(\d+)/.exec(readFact(`/sys/bus/event_source/devices/${name}/format/retprobe`));
  return 1n << BigInt(found?.[1] ?? "0");
}

/** The bits of a uprobe's `config` that say where in the file its counter of onlookers is. */
export function semaphoreBits(offset: number): bigint {
  const found = /config:(\d+)/.exec(readFact("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset"));
  if (found) return BigInt(offset) << BigInt(found[1] ?? "32");
  throw new LoaderError("not-supported", "this kernel can't arm probes that count their onlookers", {
    remedy: "probes with a semaphore need Linux 4.20",
  });
}

/** CPUs that run. */
export function onlineCpus(): readonly number[] {
  return readFact("/sys/devices/system/cpu/online")
    .trim()
    .split(",")
    .flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

function readFact(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
