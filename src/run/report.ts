/** What is told of a run over packets, in the kernel or in the simulator. */
import type { MapContents } from "./contents.js";
import type { ProgramEvent } from "./print-text.js";

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
  /** Empty when each was told when it ran, and not kept. */
  readonly packets: readonly PacketOutcome[];
  /** Packets, those that were skipped too. */
  readonly count: number;
  /** How many packets had each verdict, by name, most first. */
  readonly totals: readonly (readonly [verdict: string, packets: number])[];
  readonly skipped: number;
  readonly changed: number;
  /** What the maps held in the end. */
  readonly maps: readonly MapContents[];
}

const xdpVerdicts = ["ABORTED", "DROP", "PASS", "TX", "REDIRECT"] as const;
const shortestPacket = 14;
/**
 * A page of 4096 bytes, less what the kernel keeps in front (256) and behind (320). Longer packets are not refused by
 * every kernel: some show a program without fragments only their beginning, which no driver would.
 */
export const longestLinear: number = 4096 - 256 - 320;

export function verdictName(verdict: number): string {
  return xdpVerdicts[verdict] ?? `${verdict}`;
}

/** Why a packet of this length is not given to a program; undefined when it is. */
export function refusal(length: number, fragments: boolean): string | undefined {
  if (length < shortestPacket)
    return `${length} bytes: shorter than an Ethernet header, which the kernel never hands to XDP`;
  if (length > longestLinear && !fragments)
    return `${length} bytes: more than the ${longestLinear} of one buffer need a program with fragments (xdp.frags)`;
  return undefined;
}

export interface Tally {
  readonly add: (outcome: PacketOutcome) => PacketOutcome;
  readonly totals: () => Pick<PacketTestReport, "totals" | "skipped" | "changed" | "count">;
}

/** Counts outcomes. */
export function openTally(): Tally {
  const counts = new Map<string, number>();
  let [changed, skipped, count] = [0, 0, 0];
  return {
    add: (outcome) => {
      count++;
      if (outcome.kind === "skipped") skipped++;
      else {
        counts.set(outcome.verdictName, (counts.get(outcome.verdictName) ?? 0) + 1);
        if (outcome.changed) changed++;
      }
      return outcome;
    },
    totals: () => ({
      totals: [...counts].toSorted(([, left], [, right]) => right - left),
      skipped,
      changed,
      count,
    }),
  };
}
