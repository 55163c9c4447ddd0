/** What `xdpl test-run` shows to people. */
import pc from "picocolors";
import type { PacketOutcome, PacketTestReport } from "../run/report.js";
import { eventLine } from "./show-event.js";
import { mapBlock } from "./show-maps.js";
import type { Terminal } from "./terminal.js";

interface ReportOptions {
  readonly quiet: boolean;
  readonly repeat: number | undefined;
}

/** More than this many like verdicts in a row become one line. */
const longestRun = 3;

type Colors = ReturnType<typeof pc.createColors>;

function painter(colors: Colors): (verdict: string) => string {
  return (verdict) =>
    verdict === "PASS"
      ? colors.green(verdict)
      : verdict === "DROP" || verdict === "ABORTED"
        ? colors.red(verdict)
        : colors.cyan(verdict);
}

/** Shows packets as they come: those of one fate in a row, when there are many, as one line. */
export function openPacketLines(
  terminal: Terminal,
  repeat: number | undefined,
): { readonly add: (outcome: PacketOutcome) => void; readonly end: () => void } {
  const paint = painter(pc.createColors(terminal.outColor));
  let first: PacketOutcome | undefined;
  /** The last ones of the run, as many as are shown alone. */
  let run: PacketOutcome[] = [];
  let count = 0;
  let any = false;
  const line = (one: Run): void => terminal.out(`${packetLine(one, paint, repeat)}\n`);
  const flush = (): void => {
    const last = run.at(-1);
    if (!first || !last) return;
    if (count > longestRun) line({ first, last, count });
    else for (const one of run) line({ first: one, last: one, count: 1 });
  };
  return {
    add: (outcome) => {
      any = true;
      const previous = run.at(-1);
      if (previous && same(previous, outcome)) {
        count++;
        run = run.length >= longestRun ? [outcome] : [...run, outcome];
        return;
      }
      flush();
      [first, run, count] = [outcome, [outcome], 1];
    },
    end: () => {
      flush();
      if (any) terminal.out("\n");
    },
  };
}

export function showReport(terminal: Terminal, report: PacketTestReport, options: ReportOptions): void {
  const colors = pc.createColors(terminal.outColor);
  const paint = painter(colors);
  if (!options.quiet) {
    const lines = openPacketLines(terminal, options.repeat);
    for (const packet of report.packets) lines.add(packet);
    lines.end();
  }
  const ran = report.count - report.skipped;
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
  if (options.repeat !== undefined && report.packets.length > 0)
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
  readonly last: PacketOutcome;
  readonly count: number;
}

function same(left: PacketOutcome, right: PacketOutcome): boolean {
  if (left.kind === "skipped" || right.kind === "skipped") return false;
  const plain = (one: typeof left): boolean => one.changed === undefined && one.events.length === 0;
  return left.verdict === right.verdict && plain(left) && plain(right);
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
