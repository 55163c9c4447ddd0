import { readPcapClassic } from "./classic.js";
import { readPcapNg } from "./pcapng.js";
import type { CaptureResult } from "./capture.js";

const blockSectionHeader = 0x0a0d0d0a;

/**
 * Reads a capture file, pcap or pcapng, of either byte order. Any bytes may come in: what is readable of a broken file
 * is given, with a warning that says where it breaks; only a file of neither format is an error.
 */
export function readCapture(bytes: Uint8Array): CaptureResult {
  if (bytes.length < 4) return { ok: false, message: "the file is too short to be a capture" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0, true) === blockSectionHeader ? readPcapNg(view) : readPcapClassic(view);
}
