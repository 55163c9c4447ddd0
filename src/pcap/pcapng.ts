import { longestPacket, type CapturedPacket, type Decoded, type OpenedCapture } from "./capture.js";

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
export function pcapNgDecoder(first: DataView): OpenedCapture {
  const marked = [true, false].some(
    (order) => first.byteLength >= 12 && first.getUint32(8, order) === byteOrderMagic,
  );
  if (first.byteLength >= 12 && !marked)
    return { ok: false, message: "the pcapng file has no valid byte-order mark" };
  const warnings: string[] = [];
  let section: Section = { littleEndian: true, interfaces: [] };
  let count = 0;
  let base = 0;
  let broken = false;
  const decode = (view: DataView, last: boolean): Decoded => {
    const packets: CapturedPacket[] = [];
    let at = 0;
    while (at < view.byteLength && !broken) {
      const waits =
        !last && (at + 12 > view.byteLength || at + blockLength(view, at, section) > view.byteLength);
      if (waits && blockLength(view, at, section) <= longestPacket) break;
      const read = readBlock(view, at, section, count + 1);
      if (typeof read === "string") {
        warnings.push(`${read}, at byte ${base + at}: the rest of the file is not read`);
        broken = true;
        break;
      }
      section = read.section ?? section;
      if (read.packet) {
        packets.push(read.packet);
        count++;
      }
      at += read.length;
    }
    const used = broken ? view.byteLength : at;
    base += used;
    return { packets, used };
  };
  return { ok: true, decoder: { format: "pcapng", warnings, decode } };
}

/** What the blocks of a section share. */
interface Section {
  readonly littleEndian: boolean;
  readonly interfaces: Interface[];
}

/** What a block claims to have; 0 when that is not there yet. */
function blockLength(view: DataView, at: number, { littleEndian }: Section): number {
  if (at + 12 > view.byteLength) return 0;
  if (view.getUint32(at, littleEndian) !== block.sectionHeader) return view.getUint32(at + 4, littleEndian);
  return view.getUint32(at + 4, view.getUint32(at + 8, true) === byteOrderMagic);
}

interface ReadBlock {
  readonly length: number;
  readonly packet?: CapturedPacket;
  /** A new section begins. */
  readonly section?: Section;
}

/** One block; or what is wrong with it. */
function readBlock(view: DataView, at: number, before: Section, number: number): ReadBlock | string {
  if (at + 12 > view.byteLength) return "a block is cut short";
  let section = before;
  const type = view.getUint32(at, section.littleEndian);
  // A section header reads the same in both byte orders, and says which one its section has.
  if (type === block.sectionHeader) {
    const little = view.getUint32(at + 8, true) === byteOrderMagic;
    if (!little && view.getUint32(at + 8, false) !== byteOrderMagic)
      return "a section header has no valid byte-order mark";
    section = { littleEndian: little, interfaces: [] };
  }
  const { littleEndian, interfaces } = section;
  const length = view.getUint32(at + 4, littleEndian);
  if (length < 12 || length % 4 !== 0) return `a block claims ${length} bytes`;
  if (at + length > view.byteLength) return `a block of ${length} bytes is cut short`;
  const body = { start: at + 8, end: at + length - 4 };
  switch (type) {
    case block.sectionHeader:
      return { length, section };
    case block.interface:
      if (body.end - body.start < 8) return "an interface description is too short";
      interfaces.push(readInterface(view, body.start, body.end, littleEndian));
      return { length };
    case block.packet:
    case block.enhancedPacket: {
      if (body.end - body.start < 20) return "a packet block is too short";
      const index =
        type === block.packet
          ? view.getUint16(body.start, littleEndian)
          : view.getUint32(body.start, littleEndian);
      const from = interfaces[index];
      if (!from) return `packet ${number} is of interface ${index}, which is not described`;
      const captured = view.getUint32(body.start + 12, littleEndian);
      if (captured > longestPacket || body.start + 20 + captured > body.end)
        return `packet ${number} claims ${captured} bytes, more than its block holds`;
      const high = BigInt(view.getUint32(body.start + 4, littleEndian));
      const ticks = (high << 32n) | BigInt(view.getUint32(body.start + 8, littleEndian));
      const packet: CapturedPacket = {
        data: new Uint8Array(view.buffer, view.byteOffset + body.start + 20, captured),
        originalLength: view.getUint32(body.start + 16, littleEndian),
        timeNs: (ticks * from.numerator) / from.denominator + from.offsetNs,
        linkType: from.linkType,
      };
      return { length, packet };
    }
    case block.simplePacket: {
      const from = interfaces[0];
      if (!from) return "a packet comes before the description of its interface";
      if (body.end - body.start < 4) return "a packet block is too short";
      const originalLength = view.getUint32(body.start, littleEndian);
      const room = body.end - body.start - 4;
      const limit = from.snapLength === 0 ? originalLength : from.snapLength;
      const captured = Math.min(originalLength, limit, room);
      const packet: CapturedPacket = {
        data: new Uint8Array(view.buffer, view.byteOffset + body.start + 4, captured),
        originalLength,
        timeNs: 0n,
        linkType: from.linkType,
      };
      return { length, packet };
    }
    default:
      return { length };
  }
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
