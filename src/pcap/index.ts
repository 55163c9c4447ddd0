/** Capture files: reads pcap and pcapng, writes pcap. Pure: bytes in, values out. */
export { linkTypeEthernet, type Capture, type CapturedPacket } from "./capture.js";
export { readCapture, streamCapture, type CaptureStream } from "./read.js";
export { writePcap, type PacketToWrite } from "./write.js";
