import { longestPacket, type CapturedPacket, type Decoded, type OpenedCapture } from "./capture.js";

const magicMicroseconds = 0xa1b2c3d4;
const magicNanoseconds = 0xa1b23c4d;
/** Alexey Kuznetzov's patched libpcap: records are 8 bytes longer. */
const magicModified = 0xa1b2cd34;
const fileHeader = 24;

/** Reads the old format: draft-ietf-opsawg-pcap. */
export function classicDecoder(view: DataView): OpenedCapture {
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

  const warnings: string[] = [];
  let count = 0;
  let broken = false;
  /** Where in the file the next view begins. */
  let base = 0;
  const decode = (bytes: DataView, last: boolean): Decoded => {
    const packets: CapturedPacket[] = [];
    let at = base === 0 ? fileHeader : 0;
    const stop = (warning: string): void => {
      warnings.push(warning);
      broken = true;
    };
    while (at < bytes.byteLength && !broken) {
      if (at + recordHeader > bytes.byteLength) {
        if (last) stop(`packet ${count + 1} is cut short in its header, at byte ${base + at}`);
        break;
      }
      const length = bytes.getUint32(at + 8, littleEndian);
      const start = at + recordHeader;
      if (length > longestPacket) {
        stop(
          `packet ${count + 1} at byte ${base + at} claims ${length} bytes: the file is broken from there`,
        );
        break;
      }
      if (start + length > bytes.byteLength) {
        const there = bytes.byteLength - start;
        if (last)
          stop(
            `packet ${count + 1} is cut short: ${length} bytes from byte ${base + start}, of which ${there} are there`,
          );
        break;
      }
      const seconds = BigInt(bytes.getUint32(at, littleEndian));
      count++;
      packets.push({
        data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, length),
        originalLength: bytes.getUint32(at + 12, littleEndian),
        timeNs: seconds * 1_000_000_000n + BigInt(bytes.getUint32(at + 4, littleEndian)) * unit,
        linkType,
      });
      at = start + length;
    }
    const used = broken ? bytes.byteLength : at;
    base += used;
    return { packets, used };
  };
  return { ok: true, decoder: { format: "pcap", warnings, decode } };
}
