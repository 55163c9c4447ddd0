import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCapture, streamCapture, writePcap, type Capture } from "../../src/pcap/index.js";
import { hasTool } from "../support/kernel.js";

function capture(bytes: Uint8Array): Capture {
  const read = readCapture(bytes);
  if (!read.ok) throw new Error(read.message);
  return read.capture;
}

function refusal(bytes: Uint8Array): string {
  const read = readCapture(bytes);
  return read.ok ? "accepted" : read.message;
}

const packets = [
  {
    data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 69),
    timeNs: 1_700_000_000_123_456_789n,
  },
  { data: new Uint8Array(60).fill(0xab), timeNs: 1_700_000_001_000_000_000n, originalLength: 1500 },
  { data: new Uint8Array(0), timeNs: 0n },
];

/** A pcap of the given byte order and unit, built by hand. */
function classic(littleEndian: boolean, magic: number, fraction: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(24 + 16 + 14));
  view.setUint32(0, magic, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, 65535, littleEndian);
  view.setUint32(20, 1, littleEndian);
  view.setUint32(24, 7, littleEndian);
  view.setUint32(28, fraction, littleEndian);
  view.setUint32(32, 14, littleEndian);
  view.setUint32(36, 99, littleEndian);
  view.setUint8(40, 0x42);
  return new Uint8Array(view.buffer);
}

describe("pcap", () => {
  it("reads back what it wrote", () => {
    const read = capture(writePcap(packets));
    expect(read).toMatchObject({ format: "pcap", warnings: [] });
    expect(read.packets).toEqual(
      packets.map(({ data, timeNs, originalLength }) => ({
        data,
        timeNs,
        originalLength: originalLength ?? data.length,
        linkType: 1,
      })),
    );
  });

  it.each([
    [true, 0xa1b2c3d4, 7_000_005_000n],
    [false, 0xa1b2c3d4, 7_000_005_000n],
    [true, 0xa1b23c4d, 7_000_000_005n],
    [false, 0xa1b23c4d, 7_000_000_005n],
  ])("reads either byte order and unit (little-endian %s, magic %x)", (littleEndian, magic, timeNs) => {
    const [packet] = capture(classic(littleEndian, magic, 5)).packets;
    expect(packet).toMatchObject({ timeNs, originalLength: 99, linkType: 1 });
    expect(packet?.data[0]).toBe(0x42);
  });

  it("gives the packets before a cut, and says where it is", () => {
    const whole = writePcap(packets);
    const inData = capture(whole.subarray(0, 24 + 16 + 15 + 16 + 20));
    expect(inData.packets).toHaveLength(1);
    expect(inData.warnings).toEqual(["packet 2 is cut short: 60 bytes from byte 71, of which 20 are there"]);
    const inHeader = capture(whole.subarray(0, 24 + 16 + 15 + 3));
    expect(inHeader.packets).toHaveLength(1);
    expect(inHeader.warnings).toEqual(["packet 2 is cut short in its header, at byte 55"]);
  });

  it("refuses what is no capture", () => {
    expect(refusal(new Uint8Array(0))).toBe("the file is too short to be a capture");
    expect(refusal(Buffer.from("#!/bin/sh\n"))).toBe(
      "neither pcap nor pcapng: the file begins with 0x23212f62",
    );
    expect(refusal(writePcap([]).subarray(0, 20))).toContain("cut short");
    const old = writePcap([]);
    old[4] = 1;
    expect(refusal(old)).toBe("pcap version 1 is not known, only 2");
  });

  it("never throws, whatever the bytes", () => {
    const whole = writePcap(packets);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length - 1), (noise, at) => {
        readCapture(noise);
        const broken = whole.slice();
        broken.set(noise.subarray(0, Math.min(noise.length, broken.length - at)), at);
        readCapture(broken);
      }),
      { numRuns: 2000 },
    );
  });
});

/** A block of pcapng. */
function block(type: number, body: readonly number[], littleEndian: boolean): number[] {
  const padded = [...body, ...Array.from({ length: -body.length & 3 }, () => 0)];
  const length = u32(padded.length + 12, littleEndian);
  return [...u32(type, littleEndian), ...length, ...padded, ...length];
}

function u32(value: number, littleEndian: boolean): number[] {
  const bytes = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
  return littleEndian ? bytes : bytes.toReversed();
}

function u16(value: number, littleEndian: boolean): number[] {
  return littleEndian ? [value & 255, value >> 8] : [value >> 8, value & 255];
}

function sectionHeader(le: boolean): number[] {
  return block(
    0x0a0d0d0a,
    [...u32(0x1a2b3c4d, le), ...u16(1, le), ...u16(0, le), ...u32(0xffffffff, le), ...u32(0xffffffff, le)],
    le,
  );
}

function interfaceBlock(le: boolean, linkType: number, resolution?: number): number[] {
  const options =
    resolution === undefined ? [] : [...u16(9, le), ...u16(1, le), resolution, 0, 0, 0, ...u32(0, le)];
  return block(1, [...u16(linkType, le), 0, 0, ...u32(0, le), ...options], le);
}

function packetBlock(le: boolean, from: number, ticks: number, data: readonly number[]): number[] {
  return block(
    6,
    [
      ...u32(from, le),
      ...u32(0, le),
      ...u32(ticks, le),
      ...u32(data.length, le),
      ...u32(data.length + 1, le),
      ...data,
    ],
    le,
  );
}

describe("pcapng", () => {
  it.each([true, false])("reads sections, interfaces and packets (little-endian %s)", (le) => {
    const bytes = Uint8Array.from([
      ...sectionHeader(le),
      ...interfaceBlock(le, 1),
      ...interfaceBlock(le, 113, 9),
      ...interfaceBlock(le, 1, 0x80 | 10),
      ...block(5, [1, 2, 3, 4], le),
      ...packetBlock(le, 0, 5, [1, 2, 3]),
      ...packetBlock(le, 1, 5, [4]),
      ...packetBlock(le, 2, 512, [5]),
      ...block(3, [...u32(2, le), 6, 7], le),
      // A second section, in the other byte order, with interfaces of its own.
      ...sectionHeader(!le),
      ...interfaceBlock(!le, 1),
      ...packetBlock(!le, 0, 1, [8]),
    ]);
    const read = capture(bytes);
    expect(read.warnings).toEqual([]);
    expect(
      read.packets.map(({ data, timeNs, linkType, originalLength }) => [
        [...data],
        timeNs,
        linkType,
        originalLength,
      ]),
    ).toEqual([
      [[1, 2, 3], 5000n, 1, 4],
      [[4], 5n, 113, 2],
      [[5], 500_000_000n, 1, 2],
      [[6, 7], 0n, 1, 2],
      [[8], 1000n, 1, 2],
    ]);
  });

  it("gives the packets before a break, and says where it is", () => {
    const good = [...sectionHeader(true), ...interfaceBlock(true, 1), ...packetBlock(true, 0, 1, [1, 2])];
    const cut = capture(Uint8Array.from([...good, ...packetBlock(true, 0, 1, [1, 2]).slice(0, 20)]));
    expect(cut.packets).toHaveLength(1);
    expect(cut.warnings[0]).toContain("a block of 36 bytes is cut short");
    const stranger = capture(Uint8Array.from([...good, ...packetBlock(true, 3, 1, [1])]));
    expect(stranger.warnings[0]).toContain("packet 2 is of interface 3, which is not described");
    expect(refusal(Uint8Array.from([...u32(0x0a0d0d0a, true), ...u32(28, true), ...u32(0, true)]))).toContain(
      "byte-order",
    );
  });

  it("never throws, whatever the bytes", () => {
    const good = [...sectionHeader(true), ...interfaceBlock(true, 1, 9), ...packetBlock(true, 0, 1, [1, 2])];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(good.length - 1), (noise, at) => {
        readCapture(Uint8Array.from([...good.slice(0, at), ...noise, ...good.slice(at + noise.length)]));
      }),
      { numRuns: 2000 },
    );
  });
});

describe.skipIf(!hasTool("tshark"))("beside tshark", () => {
  it("agrees on both formats", () => {
    const folder = mkdtempSync(join(tmpdir(), "xdpl-pcap-"));
    try {
      const file = join(folder, "a.pcap");
      const ours = packets.slice(0, 2);
      writeFileSync(file, writePcap(ours));
      const fields = execFileSync(
        "tshark",
        ["-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len"],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
      );
      expect(fields).toBe("1700000000.123456789\t15\t15\n1700000001.000000000\t60\t1500\n");
      const other = join(folder, "a.pcapng");
      execFileSync("tshark", ["-r", file, "-F", "pcapng", "-w", other], { stdio: "ignore" });
      const read = capture(readFileSync(other));
      expect(read.format).toBe("pcapng");
      expect(read.packets).toEqual(capture(writePcap(ours)).packets);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("captures read in parts", () => {
  const packets = Array.from({ length: 200 }, (_, at) => ({
    data: Uint8Array.from({ length: 14 + ((at * 37) % 900) }, (_, i) => (at + i) % 256),
    timeNs: BigInt(at) * 1_000_003n,
  }));
  const file = writePcap(packets);

  /** Gives at most `most` bytes at a time. */
  function inParts(bytes: Uint8Array, most: number): ReturnType<typeof streamCapture> {
    let done = 0;
    return streamCapture((buffer, at) => {
      const size = Math.min(most, buffer.length - at, bytes.length - done);
      buffer.set(bytes.subarray(done, done + size), at);
      done += size;
      return size;
    });
  }

  it("give the same packets", () => {
    const large = writePcap(Array.from({ length: 40 }, () => packets).flat());
    expect(large.length).toBeGreaterThan(3 << 20);
    const read = readCapture(large);
    const streamed = inParts(large, 70_001);
    if (!read.ok || !streamed.ok) throw new Error("not a capture");
    let at = 0;
    for (const { data, timeNs } of streamed.stream.packets) {
      const expected = read.capture.packets[at++];
      if (timeNs !== expected?.timeNs || Buffer.compare(data, expected.data) !== 0)
        throw new Error(`packet ${at}`);
    }
    expect(at).toBe(read.capture.packets.length);
    expect(streamed.stream.warnings).toEqual([]);
  });

  it("say where the file is cut short", () => {
    const streamed = inParts(file.subarray(0, file.length - 5), 4096);
    const read = readCapture(file.subarray(0, file.length - 5));
    if (!read.ok || !streamed.ok) throw new Error("not a capture");
    expect([...streamed.stream.packets].length).toBe(packets.length - 1);
    expect(streamed.stream.warnings).toEqual(read.capture.warnings);
  });

  it("hold packets longer than the window", () => {
    const long = writePcap([{ data: new Uint8Array(3 << 20).fill(7) }, { data: new Uint8Array(60) }]);
    const streamed = inParts(long, 1 << 16);
    expect(streamed.ok && [...streamed.stream.packets].map(({ data }) => data.length)).toEqual([3 << 20, 60]);
  });
});
