import {
  layoutSize,
  type Layout,
  type ObjectMetadata,
  type PrintAction,
  type PrintMetadata,
} from "../base/layout.js";
import { mapType, openRingBuffer, type LoadedObject, type RingBufferReader } from "../loader/index.js";
import { decodeValue, formatDecoded, hex, type Decoded } from "./format-value.js";

/** The ring buffer that `print` writes into. */
export const printMap: string = "xdpl_events";

/**
 * What a program told: a line that it printed, a record of one of the script's ring buffers, or that it wants a map
 * shown or emptied.
 */
export type ProgramEvent =
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "record"; readonly map: string; readonly value: Decoded }
  | { readonly kind: "request"; readonly action: PrintAction };

export interface EventReader {
  /** Hands over the events that wait, at most `limit` of each buffer; returns how many. */
  drain(onEvent: (event: ProgramEvent) => void, limit?: number): number;
  /** Calls back from the event loop when there may be events; returns how to stop. */
  watch(onReadable: () => void): () => void;
  close(): void;
}

/** Reads all ring buffers of a loaded object. */
export function openEvents(object: LoadedObject, metadata: ObjectMetadata | undefined): EventReader {
  const prints = new Map((metadata?.prints ?? []).map((print) => [print.id, print]));
  const readers: {
    readonly reader: RingBufferReader;
    readonly decode: (record: Uint8Array) => ProgramEvent;
  }[] = [];
  try {
    for (const map of object.maps) {
      if (map.type !== mapType.ringBuffer) continue;
      const layout = metadata?.maps.find(({ name }) => name === map.name)?.value;
      readers.push({
        reader: openRingBuffer(map),
        decode:
          map.name === printMap
            ? (record) => printEvent(prints, record)
            : (record) => ({
                kind: "record",
                map: map.name,
                value: layout ? decodeValue(layout, record) : hex(record),
              }),
      });
    }
  } catch (failure) {
    for (const { reader } of readers) reader.close();
    throw failure;
  }
  return {
    drain: (onEvent, limit) =>
      readers.reduce(
        (sum, { reader, decode }) => sum + reader.poll((record) => onEvent(decode(record)), limit),
        0,
      ),
    watch(onReadable) {
      const stops = readers.map(({ reader }) => reader.watch(onReadable));
      return () => {
        for (const stop of stops) stop();
      };
    },
    close() {
      for (const { reader } of readers) reader.close();
    },
  };
}

function printEvent(prints: ReadonlyMap<number, PrintMetadata>, record: Uint8Array): ProgramEvent {
  const action = printOf(prints, record)?.action;
  return action ? { kind: "request", action } : { kind: "print", text: formatPrint(prints, record) };
}

function printOf(prints: ReadonlyMap<number, PrintMetadata>, record: Uint8Array): PrintMetadata | undefined {
  if (record.length < printHeader) return undefined;
  return prints.get(new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(0, true));
}

/** A record is the format's number in a u32, a u32 of padding, then the arguments in slots. */
const printHeader = 8;

/** Writes what a `print` record says. */
export function formatPrint(prints: ReadonlyMap<number, PrintMetadata>, record: Uint8Array): string {
  const print = printOf(prints, record);
  if (!print) return hex(record);
  let at = printHeader;
  let text = print.parts[0] ?? "";
  for (const [index, layout] of print.args.entries()) {
    const value = decodeValue(layout, record.subarray(at, at + layoutSize(layout)));
    text += formatDecoded(value) + (print.parts[index + 1] ?? "");
    at += slotSize(layout);
  }
  return text;
}

/** Slots are 8 bytes, addresses 16, larger values whole and rounded up to 8. */
function slotSize(layout: Layout): number {
  return layout.kind === "address" ? 16 : Math.max(8, (layoutSize(layout) + 7) & ~7);
}
