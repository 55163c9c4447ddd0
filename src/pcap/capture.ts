/** One packet of a capture file. */
export interface CapturedPacket {
  /** What was captured; a view into the file's bytes. */
  readonly data: Uint8Array;
  /** How long the packet was on the wire: more than `data.length` when the capture cut it. */
  readonly originalLength: number;
  /** Nanoseconds since 1970; 0 for packets without a time. */
  readonly timeNs: bigint;
  /** LINKTYPE_*; 1 is Ethernet. */
  readonly linkType: number;
}

export interface Capture {
  readonly format: "pcap" | "pcapng";
  readonly packets: readonly CapturedPacket[];
  /** Where the file is broken, and what of it is missing here. */
  readonly warnings: readonly string[];
}

export type CaptureResult =
  { readonly ok: true; readonly capture: Capture } | { readonly ok: false; readonly message: string };

/** What was read of a part of a file. */
export interface Decoded {
  readonly packets: readonly CapturedPacket[];
  /** How many bytes of the part were used up: the rest comes again, with what follows it. */
  readonly used: number;
}

/** Reads a file part by part, the first from its beginning. */
export interface CaptureDecoder {
  readonly format: "pcap" | "pcapng";
  /** Grows while it reads. */
  readonly warnings: readonly string[];
  /** `last`: nothing follows. */
  decode(part: DataView, last: boolean): Decoded;
}

export type OpenedCapture =
  { readonly ok: true; readonly decoder: CaptureDecoder } | { readonly ok: false; readonly message: string };

export const linkTypeEthernet: number = 1;

/** More than any capture tool writes: a longer packet means that the file is broken. */
export const longestPacket: number = 256 * 1024 * 1024;
