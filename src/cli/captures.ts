/** Captures that a command is given. */
import { openSync, readSync } from "node:fs";
import {
  linkTypeEthernet,
  readCapture,
  streamCapture,
  type Capture,
  type CapturedPacket,
  type CaptureStream,
} from "../pcap/index.js";
import { systemMessage, usage, type Failure } from "./failure.js";
import { readBytes } from "./object-input.js";

function notEthernet(path: string, linkType: number): Failure {
  return usage(
    `${path} was not captured on Ethernet (link type ${linkType}): XDP programs see Ethernet frames`,
    "capture on a device that has an Ethernet header, not on `any`",
  );
}

/** A capture with all its packets. */
export function readWhole(path: string): Capture & { readonly path: string } {
  const read = readCapture(readBytes(path, "the capture"));
  if (!read.ok) throw usage(`${path} is not a capture: ${read.message}`);
  const other = read.capture.packets.find((packet) => packet.linkType !== linkTypeEthernet);
  if (other) throw notEthernet(path, other.linkType);
  return { path, ...read.capture };
}

export interface OpenCapture {
  readonly path: string;
  readonly warnings: readonly string[];
  readonly stream: CaptureStream;
}

/** Opens captures of any length. */
export function openCaptures(paths: readonly string[]): readonly OpenCapture[] {
  return paths.map((path) => {
    const failed = (error: unknown): Failure =>
      usage(`the capture ${path} can't be read: ${systemMessage(error)}`);
    let file = 0;
    try {
      if (path !== "-") file = openSync(path, "r");
    } catch (error) {
      throw failed(error);
    }
    const opened = streamCapture((buffer, at) => {
      try {
        return readSync(file, buffer, at, buffer.length - at, null);
      } catch (error) {
        throw failed(error);
      }
    });
    if (!opened.ok) throw usage(`${path} is not a capture: ${opened.message}`);
    return { path, warnings: opened.stream.warnings, stream: opened.stream };
  });
}

/** The packets of all captures, one after the other; each packet's bytes are good until the next. */
export function* packetsOf(captures: readonly OpenCapture[]): Generator<CapturedPacket> {
  for (const { path, stream } of captures) {
    for (const packet of stream.packets) {
      if (packet.linkType !== linkTypeEthernet) throw notEthernet(path, packet.linkType);
      yield packet;
    }
  }
}
