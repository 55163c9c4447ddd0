import type { ObjectMetadata } from "../base/layout.js";
import { mapType, openRingBuffer, type LoadedObject, type RingBufferReader } from "../loader/index.js";
import { stackReader } from "./stacks.js";
import { eventOf, type ProgramEvent } from "./print-text.js";

export interface EventReader {
  /** Hands over the events that wait, at most `limit` of each buffer; returns how many. */
  drain(onEvent: (event: ProgramEvent) => void, limit?: number): number;
  /** Calls back from the event loop when there may be events; returns how to stop. */
  watch(onReadable: () => void): () => void;
  close(): void;
}

/** Reads all ring buffers of a loaded object. */
export function openEvents(object: LoadedObject, metadata: ObjectMetadata | undefined): EventReader {
  const show = stackReader(object);
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
        decode: (record) => eventOf(map.name, layout, prints, record, show),
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
