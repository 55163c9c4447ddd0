import { longestPacket, type CapturedPacket, type CaptureResult } from "./capture.js";

const magicMicroseconds = 0xa1b2c3d4;
const magicNanoseconds = 0xa1b23c4d;
/** Alexey Kuznetzov's patched libpcap: records are 8 bytes longer. */
const magicModified = 0xa1b2cd34;
const fileHeader = 24;

/** Reads the old format: draft-ietf-opsawg-pcap. */
export function readPcapClassic(view: DataView): CaptureResult {
  const littleEndian = [magicMicroseconds, magicNanoseconds, magicModified].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, littleEndian);
  if (![magicMicroseconds, magicNanoseconds, magicModified].includes(magic))
    return {
      ok: false,
      message: `neither pcap nor pcapng: the file begins with 0x${view.getUint32(0).toString(16).padStart(8, "0")}`,
    };
  if (view.byteLength < fileHeader)
    return {
      ok: false,
      message: `the pcap file is cut short: its header has ${fileHeader} bytes, it has ${view.byteLength}`,
    };
  const major = view.getUint16(4, littleEndian);
  if (major !== 2) return { ok: false, message: `pcap version ${major} is not known, only 2` };
  // The upper bits tell whether frames carry a checksum; the type is in the lower 16.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  const unit = magic === magicNanoseconds ? 1n : 1000n;
  const recordHeader = magic === magicModified ? 24 : 16;

  const packets: CapturedPacket[] = [];
  const warnings: string[] = [];
  let at = fileHeader;
  while (at < view.byteLength) {
    if (at + recordHeader > view.byteLength) {
      warnings.push(`packet ${packets.length + 1} is cut short in its header, at byte ${at}`);
      break;
    }
    const length = view.getUint32(at + 8, littleEndian);
    const originalLength = view.getUint32(at + 12, littleEndian);
    const start = at + recordHeader;
    if (length > longestPacket) {
      warnings.push(
        `packet ${packets.length + 1} at byte ${at} claims ${length} bytes: the file is broken from there`,
      );
      break;
    }
    if (start + length > view.byteLength) {
      warnings.push(
        `packet ${packets.length + 1} is cut short: ${length} bytes from byte ${start}, of which ${view.byteLength - start} are there`,
      );
      break;
    }
    const seconds = BigInt(view.getUint32(at, littleEndian));
    packets.push({
      data: new Uint8Array(view.buffer, view.byteOffset + start, length),
      originalLength,
      timeNs: seconds * 1_000_000_000n + BigInt(view.getUint32(at + 4, littleEndian)) * unit,
      linkType,
    });
    at = start + length;
  }
  return { ok: true, capture: { format: "pcap", packets, warnings } };
}
