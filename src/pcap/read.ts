import { classicDecoder } from "./classic.js";
import { pcapNgDecoder } from "./pcapng.js";
import type { CapturedPacket, CaptureResult, OpenedCapture } from "./capture.js";

const blockSectionHeader = 0x0a0d0d0a;

/** Recognises the format from a file's first bytes: at least 28, where the file has as many. */
function openCapture(start: Uint8Array): OpenedCapture {
  if (start.length < 4) return { ok: false, message: "the file is too short to be a capture" };
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return view.getUint32(0, true) === blockSectionHeader ? pcapNgDecoder(view) : classicDecoder(view);
}

/**
 * Reads a capture file, pcap or pcapng, of either byte order. Any bytes may come in: what is readable of a broken file
 * is given, with a warning that says where it breaks; only a file of neither format is an error.
 */
export function readCapture(bytes: Uint8Array): CaptureResult {
  const opened = openCapture(bytes);
  if (!opened.ok) return opened;
  const { decoder } = opened;
  const { packets } = decoder.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), true);
  return { ok: true, capture: { format: decoder.format, packets, warnings: decoder.warnings } };
}

/** Fills a buffer from `at` on; how many bytes it got, 0 at the file's end. */
export type ReadBytes = (buffer: Uint8Array, at: number) => number;

export interface CaptureStream {
  readonly format: "pcap" | "pcapng";
  /** Grows while packets are read. */
  readonly warnings: readonly string[];
  /** Each packet's bytes are good until the next one is asked for. */
  readonly packets: Iterable<CapturedPacket>;
}

export type StreamResult =
  { readonly ok: true; readonly stream: CaptureStream } | { readonly ok: false; readonly message: string };

const window = 1 << 20;

/** Reads a capture of any length, holding one window of it. */
export function streamCapture(read: ReadBytes): StreamResult {
  let buffer = new Uint8Array(window);
  let filled = 0;
  let ended = false;
  const fill = (): void => {
    while (filled < buffer.length && !ended) {
      const got = read(buffer, filled);
      if (got === 0) ended = true;
      filled += got;
    }
  };
  fill();
  const opened = openCapture(buffer.subarray(0, filled));
  if (!opened.ok) return opened;
  const { decoder } = opened;
  function* packets(): Generator<CapturedPacket> {
    for (;;) {
      const { packets: found, used } = decoder.decode(new DataView(buffer.buffer, 0, filled), ended);
      yield* found;
      if (ended) return;
      // A packet that does not fit: the window grows to twice its size.
      if (used === 0 && filled === buffer.length) {
        const larger = new Uint8Array(buffer.length * 2);
        larger.set(buffer);
        buffer = larger;
      } else buffer.copyWithin(0, used, filled);
      filled -= used;
      fill();
    }
  }
  return {
    ok: true,
    stream: { format: decoder.format, warnings: decoder.warnings, packets: { [Symbol.iterator]: packets } },
  };
}
