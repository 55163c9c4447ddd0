/** What a run shows: values, maps, events, and what a script does to the packets of a capture. */
export {
  decodeValue,
  formatAddress,
  formatDecoded,
  formatIpv6,
  formatValue,
  hex,
  type Decoded,
} from "./format-value.js";
export { openEvents, type EventReader } from "./events.js";
export { formatPrint, printMap, type ProgramEvent } from "./print-text.js";
export type { MapContents, MapContentsEntry } from "./contents.js";
export { readMap, readMaps } from "./map-contents.js";
export { setParams, type ParamValue } from "./params.js";
export { allBuckets, bucketsOf, decodeAggregate, type Bucket } from "./aggregates.js";
export { deleteEntry, getEntry, setEntry, type TypedMap } from "./map-access.js";
export { readPinRecord } from "./pins.js";
export { parseValue, type ParseResult } from "./parse-value.js";
export type { PacketOutcome, PacketTestReport, RanPacket, SkippedPacket } from "./report.js";
export {
  testRunPackets,
  type PacketTestOptions,
  type PacketTestResult,
  type TestRunPacket,
} from "./test-run.js";
export { startSession, type LostEvents, type Session, type SessionOptions } from "./session.js";
