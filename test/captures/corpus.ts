/**
 * The packets that filters are judged by: every packet of every capture, as captured; the same behind two VLAN tags; and
 * the same inside VXLAN. For tshark all of them lie in one file, so that a frame's number is a packet's place here.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkTypeEthernet, readCapture, writePcap } from "../../src/pcap/index.js";
import { root } from "../support/compile.js";
import { bytes, concat, ethernet, ipv4, packet, udp, vxlan } from "../support/packets/index.js";

export type Shape = "captured" | "tagged" | "tunnelled";

export interface Sample {
  /** `gre.pcap#3 (tagged)` */
  readonly name: string;
  readonly shape: Shape;
  readonly data: Uint8Array;
  /** More than `data.length` when the capture cut the packet. */
  readonly originalLength: number;
}

const folder = join(root, "test/pcap/tcpdump");

/** A service tag with ID 42 and a customer's tag with ID 7. */
const tags = Uint8Array.of(0x88, 0xa8, 0, 42, 0x81, 0, 0, 7);
/** What a tunnel can carry without fragments. */
const longestInner = 1400;

export function readCorpus(): readonly Sample[] {
  const all: Record<Shape, Sample[]> = { captured: [], tagged: [], tunnelled: [] };
  for (const file of readdirSync(folder)
    .filter((one) => one.endsWith(".pcap"))
    .toSorted()) {
    const read = readCapture(new Uint8Array(readFileSync(join(folder, file))));
    if (!read.ok) throw new Error(`${file}: ${read.message}`);
    for (const [index, { data, originalLength, linkType }] of read.capture.packets.entries()) {
      if (linkType !== linkTypeEthernet) throw new Error(`${file} is not of Ethernet`);
      const add = (shape: Shape, changed: Uint8Array): void => {
        const name = `${file}#${index + 1}${shape === "captured" ? "" : ` (${shape})`}`;
        all[shape].push({
          name,
          shape,
          data: changed,
          originalLength: originalLength - data.length + changed.length,
        });
      };
      add("captured", data);
      if (data.length < 14) continue;
      add("tagged", concat(data.subarray(0, 12), tags, data.subarray(12)));
      if (data.length > longestInner) continue;
      const outer = [
        ethernet(),
        ipv4({ src: "192.0.2.1", dst: "192.0.2.2" }),
        udp({ src: 50_000 }),
        vxlan(42),
      ];
      add("tunnelled", packet(...outer, bytes(data)));
    }
  }
  return [...all.captured, ...all.tagged, ...all.tunnelled];
}

/** Why tshark can't be asked; undefined when it can. */
export const tsharkProblem: string | undefined = findProblem();

function findProblem(): string | undefined {
  try {
    execFileSync("tshark", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "tshark is not installed";
  }
}

/**
 * Each packet is judged by itself, as XDP sees it: nothing is reassembled, and no earlier packet says how to read a later one.
 */
const preferences = [
  "ip.defragment:FALSE",
  "ipv6.defragment:FALSE",
  "tcp.desegment_tcp_streams:FALSE",
  "tcp.analyze_sequence_numbers:FALSE",
  "ip.check_checksum:TRUE",
  "tcp.check_checksum:TRUE",
  "udp.check_checksum:TRUE",
].flatMap((one) => ["-o", one]);

export interface Tshark {
  /** The indices of the samples that a display filter selects. */
  readonly select: (filter: string) => ReadonlySet<number>;
  /** The values of fields, one line a sample. */
  readonly fields: (...names: readonly string[]) => readonly string[][];
  readonly close: () => void;
}

/** tshark over samples; Linux's old VXLAN port counts as one. */
export function openTshark(samples: readonly Sample[]): Tshark {
  const directory = mkdtempSync(join(tmpdir(), "xdpl-tshark-"));
  const file = join(directory, "all.pcap");
  writeFileSync(file, writePcap(samples));
  const run = (...options: readonly string[]): string =>
    execFileSync("tshark", ["-r", file, ...preferences, "-d", "udp.port==8472,vxlan", ...options], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const known = new Map<string, ReadonlySet<number>>();
  return {
    select: (filter) => {
      const found =
        known.get(filter) ??
        new Set(
          run("-Y", filter, "-T", "fields", "-e", "frame.number")
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => Number(line) - 1),
        );
      known.set(filter, found);
      return found;
    },
    fields: (...names) =>
      run("-T", "fields", ...names.flatMap((name) => ["-e", name]))
        .split("\n")
        .slice(0, samples.length)
        .map((line) => line.split("\t")),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
