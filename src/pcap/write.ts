import { linkTypeEthernet } from "./capture.js";

/** A packet to write; what is not said is the whole packet, at the beginning of 1970. */
export interface PacketToWrite {
  readonly data: Uint8Array;
  readonly originalLength?: number;
  readonly timeNs?: bigint;
}

export interface WriteOptions {
  readonly linkType?: number;
}

const magicNanoseconds = 0xa1b23c4d;
const snapLength = 262_144;

/** Writes a pcap file with nanoseconds, little-endian: the same packets give the same bytes. */
export function writePcap(packets: readonly PacketToWrite[], options: WriteOptions = {}): Uint8Array {
  const size = packets.reduce((sum, { data }) => sum + 16 + data.length, 24);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const longest = packets.reduce((most, { data }) => Math.max(most, data.length), snapLength);
  view.setUint32(0, magicNanoseconds, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, longest, true);
  view.setUint32(20, options.linkType ?? linkTypeEthernet, true);
  let at = 24;
  for (const { data, originalLength, timeNs = 0n } of packets) {
    view.setUint32(at, Number((timeNs / 1_000_000_000n) & 0xffff_ffffn), true);
    view.setUint32(at + 4, Number(timeNs % 1_000_000_000n), true);
    view.setUint32(at + 8, data.length, true);
    view.setUint32(at + 12, originalLength ?? data.length, true);
    bytes.set(data, at + 16);
    at += 16 + data.length;
  }
  return bytes;
}
