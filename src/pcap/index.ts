/** Capture files: reads pcap and pcapng, writes pcap. Pure: bytes in, values out. */
export { linkTypeEthernet, type Capture, type CapturedPacket, type CaptureResult } from "./capture.js";
export { readCapture, streamCapture, type CaptureStream, type ReadBytes, type StreamResult } from "./read.js";
export { writePcap, type PacketToWrite, type WriteOptions } from "./write.js";
