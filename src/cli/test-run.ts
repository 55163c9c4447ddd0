/** `xdpl test-run`: what a program does to the packets of a capture, found out in the kernel. */
import { readMetadata } from "../loader/index.js";
import {
  linkTypeEthernet,
  readCapture,
  writePcap,
  type Capture,
  type CapturedPacket,
} from "../pcap/index.js";
import { testRunPackets, type PacketTestReport } from "../run/index.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import { loadObject, readBytes, showRejection } from "./object-input.js";
import { writeOutputs } from "./output.js";
import type { Context, TestRunFlags } from "./program.js";
import { exitFor, jsonCounts, showJson } from "./report.js";
import { parameters } from "./set-params.js";
import { showReport } from "./test-run-report.js";

function readPackets(path: string): Capture {
  const read = readCapture(readBytes(path, "the capture"));
  if (!read.ok) throw usage(`${path} is not a capture: ${read.message}`);
  const other = read.capture.packets.find((packet) => packet.linkType !== linkTypeEthernet);
  if (other)
    throw usage(
      `${path} was not captured on Ethernet (link type ${other.linkType}): XDP programs see Ethernet frames`,
      "capture on a device that has an Ethernet header, not on `any`",
    );
  return read.capture;
}

function count(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100_000_000)
    throw usage(`--repeat takes a number from 1 to 100000000, not \`${text}\``);
  return number;
}

function writeChanged(path: string, report: PacketTestReport, packets: readonly CapturedPacket[]): number {
  const changed = report.packets.flatMap((packet) => {
    if (packet.kind !== "ran" || !packet.changed) return [];
    return [{ data: packet.changed, timeNs: packets[packet.index]?.timeNs ?? 0n }];
  });
  writeOutputs([{ path, content: writePcap(changed) }]);
  return changed.length;
}

export async function testRun(
  context: Context,
  file: string | undefined,
  flags: TestRunFlags,
): Promise<ExitCode> {
  const repeat = count(flags.repeat);
  const captures = flags.pcap.map((path) => ({ path, ...readPackets(path) }));
  const packets = captures.flatMap((capture) => capture.packets);
  const { object, found } = await loadObject(context, "test-run", file, flags);
  if (!object) {
    if (context.json) showJson(context, jsonCounts(found));
    return exitFor(found);
  }
  const read = readMetadata(object);
  const result = testRunPackets(object, packets, {
    params: parameters(flags.set ?? [], read.ok ? read.metadata : undefined),
    ...(flags.program === undefined ? {} : { program: flags.program }),
    ...(repeat === undefined ? {} : { repeat }),
  });
  if (result.kind === "rejected") return showRejection(context, result);
  const written = flags.out === undefined ? undefined : writeChanged(flags.out, result, packets);
  if (context.json)
    showJson(context, {
      ok: true,
      ...jsonReport(result),
      warnings: captures.flatMap(({ warnings }) => warnings),
    });
  else {
    for (const { path, warnings } of captures)
      for (const warning of warnings) context.terminal.err(`xdpl: ${path}: ${warning}\n`);
    showReport(context.terminal, result, { quiet: flags.quiet ?? false, repeat });
    if (written !== undefined)
      context.terminal.out(`\n${written} changed packets written to ${flags.out ?? ""}\n`);
  }
  return exitCode.ok;
}

function jsonReport(report: PacketTestReport): object {
  return {
    program: report.program,
    totals: Object.fromEntries(report.totals),
    skipped: report.skipped,
    changed: report.changed,
    packets: report.packets.map((packet) =>
      packet.kind === "skipped"
        ? { index: packet.index, skipped: packet.reason }
        : {
            index: packet.index,
            verdict: packet.verdictName,
            nanoseconds: packet.durationNs,
            changed: packet.changed === undefined ? null : Buffer.from(packet.changed).toString("hex"),
            events: packet.events,
          },
    ),
    maps: report.maps,
  };
}
