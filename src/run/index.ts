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
export { formatPrint, openEvents, printMap, type EventReader, type ProgramEvent } from "./events.js";
export { readMaps, type MapContents, type MapContentsEntry } from "./map-contents.js";
export { setParams, type ParamValue } from "./params.js";
export { allBuckets, bucketsOf, decodeAggregate, type Bucket } from "./aggregates.js";
export { parseValue, type ParseResult } from "./parse-value.js";
export {
  testRunPackets,
  type PacketOutcome,
  type PacketTestOptions,
  type PacketTestReport,
  type PacketTestResult,
  type RanPacket,
  type SkippedPacket,
  type TestRunPacket,
} from "./test-run.js";
export { startSession, type LostEvents, type Session, type SessionOptions } from "./session.js";
