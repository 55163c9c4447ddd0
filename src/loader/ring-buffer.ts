import koffi from "koffi";
import { LoaderError, systemError } from "./errors.js";
import { lastErrno, libc, viewOf, type Pointer } from "./library.js";
import { mapType, type BpfMap } from "./maps.js";

/**
 * A reader of a BPF ring buffer, over the kernel's own shared memory: records are read where the program wrote them,
 * with no call into C for each. The layout is the kernel's ABI (kernel/bpf/ringbuf.c): a page with the consumer's
 * position, which is ours to write; a page with the producer's; then the data, mapped twice in a row so that no record
 * ever wraps.
 */
export interface RingBufferReader {
  /**
   * Hands every finished record to `onRecord` and frees it; returns how many there were. The bytes are the kernel's:
   * copy what outlives the call. At most `limit` records are read.
   */
  poll(onRecord: (record: Uint8Array) => void, limit?: number): number;
  /** Calls `onReadable` from Node's event loop whenever there may be records; returns how to stop. */
  watch(onReadable: () => void): () => void;
  /** How many bytes wait to be read. */
  pending(): number;
  /** Unmaps the buffer. Safe to call twice; records must not be touched afterwards. */
  close(): void;
}

const sysconfPageSize = 30;
const protectRead = 1;
const protectWrite = 2;
const mapShared = 1;
const mapFailed = 0xffff_ffff_ffff_ffffn;
const busyBit = 0x8000_0000;
const discardBit = 0x4000_0000;
const headerSize = 8;

/** Opens a ring buffer map for reading. There must be one reader only. */
export function openRingBuffer(map: BpfMap): RingBufferReader {
  if (map.type !== mapType.ringBuffer)
    throw new LoaderError("bad-argument", `map \`${map.name}\` is not a ring buffer`);
  const page = libc().sysconf(sysconfPageSize);
  const size = map.maxEntries;
  const consumerAt = mapMemory(map, page, protectRead | protectWrite, 0);
  let producerAt: Pointer;
  try {
    producerAt = mapMemory(map, page + 2 * size, protectRead, page);
  } catch (failure) {
    libc().munmap(consumerAt, page);
    throw failure;
  }
  const consumer = viewOf(consumerAt, page);
  const producer = viewOf(producerAt, page + 2 * size);
  const consumerPosition = new BigUint64Array(consumer.buffer, 0, 1);
  const producerPosition = new BigUint64Array(producer.buffer, 0, 1);
  const headers = new Int32Array(producer.buffer, page, (2 * size) / 4);
  const data = producer.subarray(page);
  const watchers = new Set<() => void>();
  let open = true;

  const requireOpen = (): void => {
    if (!open) throw new LoaderError("bad-argument", `the reader of ring buffer \`${map.name}\` is closed`);
  };

  return {
    poll(onRecord, limit = Number.MAX_SAFE_INTEGER) {
      requireOpen();
      let at = Atomics.load(consumerPosition, 0);
      let count = 0;
      try {
        for (;;) {
          const end = Atomics.load(producerPosition, 0);
          if (at >= end || count >= limit) return count;
          // Positions only grow; what counts is the place in the buffer, whose size is a power of two.
          let place = Number(at & BigInt(size - 1));
          let left = Number(end - at);
          while (left > 0 && count < limit) {
            // An acquiring load: the record's bytes are there once the busy bit is gone.
            const header = Atomics.load(headers, place >> 2);
            if (header & busyBit) return count;
            const length = header & ~(busyBit | discardBit);
            const step = (headerSize + length + 7) & ~7;
            at += BigInt(step);
            left -= step;
            if (!(header & discardBit)) {
              count++;
              onRecord(data.subarray(place + headerSize, place + headerSize + length));
              if (!open) return count;
            }
            place = (place + step) & (size - 1);
            // Freed at once, so that a burst finds room while we read on.
            Atomics.store(consumerPosition, 0, at);
          }
        }
      } finally {
        // Also when `onRecord` threw: its record counts as read.
        if (open) Atomics.store(consumerPosition, 0, at);
      }
    },
    watch(onReadable) {
      requireOpen();
      const handle = koffi.node.poll(map.fd, { readable: true }, () => onReadable());
      let watching = true;
      const stop = (): void => {
        if (watching) handle.close();
        watching = false;
        watchers.delete(stop);
      };
      watchers.add(stop);
      return stop;
    },
    pending() {
      requireOpen();
      return Number(Atomics.load(producerPosition, 0) - Atomics.load(consumerPosition, 0));
    },
    close() {
      if (!open) return;
      open = false;
      for (const stop of watchers) stop();
      libc().munmap(consumerAt, page);
      libc().munmap(producerAt, page + 2 * size);
    },
  };
}

function mapMemory(map: BpfMap, size: number, protection: number, offset: number): Pointer {
  const at = libc().mmap(null, size, protection, mapShared, map.fd, offset);
  if (BigInt.asUintN(64, at) === mapFailed)
    throw systemError(lastErrno(), `mapping ring buffer \`${map.name}\``);
  return at;
}
