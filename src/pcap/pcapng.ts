import { longestPacket, type CapturedPacket, type CaptureResult } from "./capture.js";

/** Block types of draft-ietf-opsawg-pcapng. */
const block = {
  sectionHeader: 0x0a0d0d0a,
  interface: 1,
  /** Obsolete, as old tools wrote it. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

const byteOrderMagic = 0x1a2b3c4d;
const optionEnd = 0;
const optionTimeResolution = 9;
const optionTimeOffset = 14;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Nanoseconds of a tick, as a fraction. */
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly offsetNs: bigint;
}

/** Reads pcapng; blocks that hold no packets are passed over. */
export function readPcapNg(view: DataView): CaptureResult {
  const packets: CapturedPacket[] = [];
  const warnings: string[] = [];
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let at = 0;

  const broken = (why: string): CaptureResult => {
    warnings.push(`${why}, at byte ${at}: the rest of the file is not read`);
    return { ok: true, capture: { format: "pcapng", packets, warnings } };
  };

  while (at < view.byteLength) {
    if (at + 12 > view.byteLength) return broken("a block is cut short");
    let type = view.getUint32(at, littleEndian);
    // A section header reads the same in both byte orders, and says which one its section has.
    if (type === block.sectionHeader) {
      if (view.getUint32(at + 8, true) === byteOrderMagic) littleEndian = true;
      else if (view.getUint32(at + 8, false) === byteOrderMagic) littleEndian = false;
      else if (at === 0) return { ok: false, message: "the pcapng file has no valid byte-order mark" };
      else return broken("a section header has no valid byte-order mark");
      type = block.sectionHeader;
      interfaces = [];
    }
    const length = view.getUint32(at + 4, littleEndian);
    if (length < 12 || length % 4 !== 0) return broken(`a block claims ${length} bytes`);
    if (at + length > view.byteLength) return broken(`a block of ${length} bytes is cut short`);
    const body = { start: at + 8, end: at + length - 4 };
    switch (type) {
      case block.interface:
        if (body.end - body.start < 8) return broken("an interface description is too short");
        interfaces.push(readInterface(view, body.start, body.end, littleEndian));
        break;
      case block.packet:
      case block.enhancedPacket: {
        if (body.end - body.start < 20) return broken("a packet block is too short");
        const index =
          type === block.packet
            ? view.getUint16(body.start, littleEndian)
            : view.getUint32(body.start, littleEndian);
        const from = interfaces[index];
        if (!from)
          return broken(`packet ${packets.length + 1} is of interface ${index}, which is not described`);
        const captured = view.getUint32(body.start + 12, littleEndian);
        if (captured > longestPacket || body.start + 20 + captured > body.end)
          return broken(`packet ${packets.length + 1} claims ${captured} bytes, more than its block holds`);
        const high = BigInt(view.getUint32(body.start + 4, littleEndian));
        const ticks = (high << 32n) | BigInt(view.getUint32(body.start + 8, littleEndian));
        packets.push({
          data: new Uint8Array(view.buffer, view.byteOffset + body.start + 20, captured),
          originalLength: view.getUint32(body.start + 16, littleEndian),
          timeNs: (ticks * from.numerator) / from.denominator + from.offsetNs,
          linkType: from.linkType,
        });
        break;
      }
      case block.simplePacket: {
        const from = interfaces[0];
        if (!from) return broken("a packet comes before the description of its interface");
        if (body.end - body.start < 4) return broken("a packet block is too short");
        const originalLength = view.getUint32(body.start, littleEndian);
        const room = body.end - body.start - 4;
        const limit = from.snapLength === 0 ? originalLength : from.snapLength;
        const captured = Math.min(originalLength, limit, room);
        packets.push({
          data: new Uint8Array(view.buffer, view.byteOffset + body.start + 4, captured),
          originalLength,
          timeNs: 0n,
          linkType: from.linkType,
        });
        break;
      }
      default:
        break;
    }
    at += length;
  }
  return { ok: true, capture: { format: "pcapng", packets, warnings } };
}

function readInterface(view: DataView, start: number, end: number, littleEndian: boolean): Interface {
  let resolution = 6;
  let offsetNs = 0n;
  let at = start + 8;
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    const value = at + 4;
    if (code === optionEnd || value + length > end) break;
    if (code === optionTimeResolution && length >= 1) resolution = view.getUint8(value);
    if (code === optionTimeOffset && length >= 8)
      offsetNs = view.getBigInt64(value, littleEndian) * 1_000_000_000n;
    at = value + ((length + 3) & ~3);
  }
  // The top bit chooses powers of two instead of ten.
  const exponent = BigInt(resolution & 0x7f);
  return {
    linkType: view.getUint16(start, littleEndian),
    snapLength: view.getUint32(start + 4, littleEndian),
    numerator: 1_000_000_000n,
    denominator: resolution & 0x80 ? 1n << exponent : 10n ** exponent,
    offsetNs,
  };
}
