/** What `xdpl test-run` shows to people. */
import pc from "picocolors";
import { type PacketOutcome, type PacketTestReport } from "../run/index.js";
import { eventLine } from "./show-event.js";
import { mapBlock } from "./show-maps.js";
import type { Terminal } from "./terminal.js";

interface ReportOptions {
  readonly quiet: boolean;
  readonly repeat: number | undefined;
}

/** More than this many like verdicts in a row become one line. */
const longestRun = 3;

export function showReport(terminal: Terminal, report: PacketTestReport, options: ReportOptions): void {
  const colors = pc.createColors(terminal.outColor);
  const paint = (verdict: string): string =>
    verdict === "PASS"
      ? colors.green(verdict)
      : verdict === "DROP" || verdict === "ABORTED"
        ? colors.red(verdict)
        : colors.cyan(verdict);
  if (!options.quiet) {
    for (const run of runs(report.packets)) terminal.out(`${packetLine(run, paint, options.repeat)}\n`);
    if (report.packets.length > 0) terminal.out("\n");
  }
  const ran = report.packets.length - report.skipped;
  terminal.out(`${colors.bold(report.program)}: ${plural(ran, "packet")}\n`);
  const digits = String(Math.max(0, ...report.totals.map(([, packets]) => packets))).length;
  for (const [verdict, packets] of report.totals) {
    const share = `${((100 * packets) / Math.max(1, ran)).toFixed(1)} %`;
    terminal.out(
      `  ${paint(verdict)}${" ".repeat(Math.max(1, 9 - verdict.length))}${String(packets).padStart(digits)}  ${share.padStart(7)}\n`,
    );
  }
  if (report.changed > 0) terminal.out(`  ${plural(report.changed, "packet")} changed\n`);
  if (report.skipped > 0) terminal.out(`  ${plural(report.skipped, "packet")} skipped\n`);
  if (options.repeat !== undefined && ran > 0)
    terminal.out(`  ${meanTime(report.packets).toFixed(1)} ns a packet\n`);
  for (const map of report.maps) terminal.out(`\n${mapBlock(map, terminal).join("\n")}\n`);
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function meanTime(packets: readonly PacketOutcome[]): number {
  const times = packets.flatMap((packet) => (packet.kind === "ran" ? [packet.durationNs] : []));
  return times.reduce((sum, one) => sum + one, 0) / Math.max(1, times.length);
}

interface Run {
  readonly first: PacketOutcome;
  last: PacketOutcome;
  count: number;
}

function same(left: PacketOutcome, right: PacketOutcome): boolean {
  if (left.kind === "skipped" || right.kind === "skipped") return false;
  const plain = (one: typeof left): boolean => one.changed === undefined && one.events.length === 0;
  return left.verdict === right.verdict && plain(left) && plain(right);
}

/** Packets of one fate in a row, when there are many, as one line. */
function runs(packets: readonly PacketOutcome[]): Run[] {
  const all: Run[] = [];
  for (const packet of packets) {
    const previous = all.at(-1);
    if (previous && same(previous.last, packet)) {
      previous.last = packet;
      previous.count++;
    } else all.push({ first: packet, last: packet, count: 1 });
  }
  return all.flatMap((run) =>
    run.count > longestRun
      ? [run]
      : packets
          .slice(run.first.index, run.last.index + 1)
          .map((one) => ({ first: one, last: one, count: 1 })),
  );
}

function packetLine(
  { first, last, count }: Run,
  paint: (verdict: string) => string,
  repeat: number | undefined,
): string {
  const number = count > 1 ? `${first.index + 1}–${last.index + 1}` : `${first.index + 1}`;
  const head = number.padStart(9);
  if (first.kind === "skipped") return `${head}  skipped: ${first.reason}`;
  const parts = [paint(first.verdictName)];
  if (first.changed) parts.push(`changed, ${first.changed.length} bytes`);
  if (repeat !== undefined && count === 1) parts.push(`${first.durationNs} ns`);
  for (const event of first.events) parts.push(eventLine(event).replaceAll("\n", "␊"));
  return `${head}  ${parts.join("  ")}`;
}
