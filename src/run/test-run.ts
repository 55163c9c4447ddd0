import {
  errno,
  LoaderError,
  onOneCpu,
  openObject,
  readMetadata,
  TestRunner,
  xdpContext,
  type LoadedObject,
  type LoadedProgram,
  type Rejected,
} from "../loader/index.js";
import { openEvents, type ProgramEvent } from "./events.js";
import { readMaps, type MapContents } from "./map-contents.js";
import { setParams, type ParamValue } from "./params.js";

/**
 * What a script does to packets, found out in the kernel without a device: each packet of a capture goes through the
 * program with BPF_PROG_TEST_RUN, and maps keep their contents from one to the next. All runs on one CPU, so that
 * per-CPU maps and measurements mean something.
 */

export interface TestRunPacket {
  readonly data: Uint8Array;
}

export interface PacketTestOptions {
  /** Which program runs; may be left out when the object has only one. */
  readonly program?: string;
  readonly params?: readonly ParamValue[];
  /** How often each packet runs, to measure; maps count every one. */
  readonly repeat?: number;
  /** The index of the device that packets seem to come from, in this network namespace. */
  readonly ingress?: number;
  readonly queue?: number;
  /** Called after loading and before the first packet: to fill maps. */
  readonly prepare?: (object: LoadedObject) => void;
}

/** What became of one packet. */
export type PacketOutcome = RanPacket | SkippedPacket;

export interface RanPacket {
  readonly kind: "ran";
  readonly index: number;
  readonly verdict: number;
  /** `PASS`; the number as text when it has no name. */
  readonly verdictName: string;
  readonly durationNs: number;
  /** The packet afterwards, when the program changed it. */
  readonly changed: Uint8Array | undefined;
  /** What it printed and emitted. */
  readonly events: readonly ProgramEvent[];
}

export interface SkippedPacket {
  readonly kind: "skipped";
  readonly index: number;
  readonly reason: string;
}

export interface PacketTestReport {
  readonly kind: "ran";
  readonly program: string;
  readonly packets: readonly PacketOutcome[];
  /** How many packets had each verdict, by name, most first. */
  readonly totals: readonly (readonly [verdict: string, packets: number])[];
  readonly skipped: number;
  readonly changed: number;
  /** What the maps held in the end. */
  readonly maps: readonly MapContents[];
}

/** A rejection is an outcome; whatever else goes wrong is a LoaderError. */
export type PacketTestResult = PacketTestReport | Rejected;

const xdpVerdicts = ["ABORTED", "DROP", "PASS", "TX", "REDIRECT"] as const;
const xdpProgramType = 6;
const shortestPacket = 14;
/**
 * A page of 4096 bytes, less what the kernel keeps in front (256) and behind (320). Longer packets are not refused by
 * every kernel: some show a program without fragments only their beginning, which no driver would.
 */
const longestLinear = 4096 - 256 - 320;

/** Loads an object and runs one of its programs over packets. Nothing stays in the kernel. */
export function testRunPackets(
  bytes: Uint8Array,
  packets: readonly TestRunPacket[],
  options: PacketTestOptions = {},
): PacketTestResult {
  const read = readMetadata(bytes);
  if (!read.ok && !read.absent) throw new LoaderError("bad-object", read.message);
  const metadata = read.ok ? read.metadata : undefined;
  const opened = openObject(bytes);
  setParams(opened, metadata, options.params ?? []);
  const loaded = opened.load();
  if (loaded.kind === "rejected") return loaded;
  using object = loaded.object;
  const program = chooseProgram(object, options.program);
  options.prepare?.(object);
  const events = openEvents(object, metadata);
  try {
    return onOneCpu(() => {
      const runner = new TestRunner(program.fd);
      const outcomes = packets.map(({ data }, index): PacketOutcome => {
        const outcome = runPacket(runner, program, data, options);
        if (typeof outcome === "string") return { kind: "skipped", index, reason: outcome };
        const told: ProgramEvent[] = [];
        events.drain((event) => told.push(event));
        return { kind: "ran", index, ...outcome, events: told };
      });
      return summary(program, outcomes, readMaps(object, metadata));
    });
  } finally {
    events.close();
  }
}

function chooseProgram(object: LoadedObject, name: string | undefined): LoadedProgram {
  if (name !== undefined) return object.program(name);
  const [first, ...others] = object.programs.filter(({ type }) => type === xdpProgramType);
  if (first && others.length === 0) return first;
  const names = object.programs.map((one) => `\`${one.name}\``).join(", ");
  throw new LoaderError(
    "bad-argument",
    first ? "the object has several programs" : "the object has no XDP program",
    {
      remedy: first ? `choose one of ${names}` : "only XDP programs run over packets",
    },
  );
}

/** The outcome, or why the packet was skipped. */
function runPacket(
  runner: TestRunner,
  program: LoadedProgram,
  packet: Uint8Array,
  options: PacketTestOptions,
): Pick<RanPacket, "verdict" | "verdictName" | "durationNs" | "changed"> | string {
  const fragments = program.section.startsWith("xdp.frags");
  if (packet.length < shortestPacket)
    return `${packet.length} bytes: shorter than an Ethernet header, which the kernel never hands to XDP`;
  if (packet.length > longestLinear && !fragments)
    return `${packet.length} bytes: more than the ${longestLinear} of one buffer need a program with fragments (xdp.frags)`;
  const { repeat = 1, ingress, queue } = options;
  const ctx =
    ingress === undefined && queue === undefined
      ? undefined
      : xdpContext({ length: packet.length, ingress: ingress ?? 0, queue: queue ?? 0 });
  try {
    const { retval, dataOut, durationNs } = runner.run(packet, { repeat, ...(ctx ? { ctx } : {}) });
    return {
      verdict: retval,
      verdictName: xdpVerdicts[retval] ?? `${retval}`,
      durationNs,
      changed: Buffer.compare(dataOut, packet) === 0 ? undefined : dataOut,
    };
  } catch (failure) {
    // Kernels before 5.18 have no fragments, and later ones no more than 17 of them.
    const tooLong = failure instanceof LoaderError && packet.length > longestLinear;
    if (tooLong && (failure.errno === errno.EINVAL || failure.errno === errno.ENOMEM))
      return `${packet.length} bytes: more than this kernel's test run takes`;
    throw failure;
  }
}

function summary(
  program: LoadedProgram,
  packets: readonly PacketOutcome[],
  maps: readonly MapContents[],
): PacketTestReport {
  const counts = new Map<string, number>();
  let changed = 0;
  let skipped = 0;
  for (const packet of packets) {
    if (packet.kind === "skipped") {
      skipped++;
      continue;
    }
    counts.set(packet.verdictName, (counts.get(packet.verdictName) ?? 0) + 1);
    if (packet.changed) changed++;
  }
  const totals = [...counts].toSorted(([, left], [, right]) => right - left);
  return { kind: "ran", program: program.name, packets, totals, skipped, changed, maps };
}
