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
import { openEvents } from "./events.js";
import { readMaps } from "./map-contents.js";
import { setParams, type ParamValue } from "./params.js";
import type { ProgramEvent } from "./print-text.js";
import {
  longestLinear,
  openTally,
  refusal,
  verdictName,
  type PacketOutcome,
  type PacketTestReport,
  type RanPacket,
} from "./report.js";

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
  /** Called before each packet, on the CPU that it will run on. */
  readonly before?: (object: LoadedObject, index: number, cpu: number) => void;
}

/** A rejection is an outcome; whatever else goes wrong is a LoaderError. */
export type PacketTestResult = PacketTestReport | Rejected;

const xdpProgramType = 6;

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
    return onOneCpu((cpu) => {
      const runner = new TestRunner(program.fd);
      const tally = openTally();
      const outcomes = packets.map(({ data }, index): PacketOutcome => {
        options.before?.(object, index, cpu);
        const outcome = runPacket(runner, program, data, options);
        if (typeof outcome === "string") return tally.add({ kind: "skipped", index, reason: outcome });
        const told: ProgramEvent[] = [];
        events.drain((event) => told.push(event));
        return tally.add({ kind: "ran", index, ...outcome, events: told });
      });
      const maps = readMaps(object, metadata);
      return { kind: "ran", program: program.name, packets: outcomes, ...tally.totals(), maps };
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
  const refused = refusal(packet.length, fragments);
  if (refused !== undefined) return refused;
  const { repeat = 1, ingress, queue } = options;
  const ctx =
    ingress === undefined && queue === undefined
      ? undefined
      : xdpContext({ length: packet.length, ingress: ingress ?? 0, queue: queue ?? 0 });
  try {
    const { retval, dataOut, durationNs } = runner.run(packet, { repeat, ...(ctx ? { ctx } : {}) });
    return {
      verdict: retval,
      verdictName: verdictName(retval),
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
