/** Capture files: reads pcap and pcapng, writes pcap. Pure: bytes in, values out. */
export { linkTypeEthernet, type Capture, type CapturedPacket, type CaptureResult } from "./capture.js";
export { readCapture } from "./read.js";
export { writePcap, type PacketToWrite, type WriteOptions } from "./write.js";
