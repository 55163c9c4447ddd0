/** What a run shows: values, maps, events, and what a script does to the packets of a capture. */
export {
  decodeValue,
  formatAddress,
  formatDecoded,
  formatIpv6,
  formatValue,
  type Decoded,
} from "./format-value.js";
export { type ProgramEvent } from "./print-text.js";
export type { MapContents } from "./contents.js";
export { readMap } from "./map-contents.js";
export { type ParamValue } from "./params.js";
export { bucketsOf, decodeAggregate } from "./aggregates.js";
export { deleteEntry, getEntry, setEntry, type TypedMap } from "./map-access.js";
export { readPinRecord } from "./pins.js";
export { parseValue } from "./parse-value.js";
export type { PacketOutcome, PacketTestReport } from "./report.js";
export { testRunPackets, type PacketTestResult } from "./test-run.js";
export { startSession, type Session } from "./session.js";
