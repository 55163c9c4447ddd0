/** Memory as the engine sees it: bytes with bounds. An access that the verifier would have refused is a {@link Fault}. */
import type { Region } from "../../ir/ir.js";

/** What a verified program never does: the verifier or the lowering has a bug. */
export class Fault extends Error {
  override readonly name = "Fault";
}

/** What the simulator does not model. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/**
 * A piece of memory. A pointer is a `Memory` and an offset into its bytes; null is no memory. Memory that may not be
 * used any more (a released record, a packet that moved) has no bytes that may be reached.
 */
export class Memory {
  readonly region: Region;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The bytes from `start` to `end` may be reached. */
  start: number;
  end: number;
  readonly writable: boolean;
  /** Why nothing may be reached any more. */
  dead: string | undefined;

  constructor(region: Region, bytes: Uint8Array, writable = true) {
    this.region = region;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = 0;
    this.end = bytes.length;
    this.writable = writable;
    this.dead = undefined;
  }

  /** No access is good from here on. */
  kill(why: string): void {
    this.start = Infinity;
    this.end = -1;
    this.dead = why;
  }

  /** The bytes of an access, which must lie inside. */
  slice(at: number, size: number): Uint8Array {
    if (size > 0) this.check(at, size);
    return this.bytes.subarray(at, at + size);
  }

  check(at: number, size: number): void {
    if (at < this.start || at + size > this.end) badAccess(this, at, size);
  }
}

export function badAccess(memory: Memory, at: number, size: number): never {
  const { region, dead, start, end } = memory;
  if (dead !== undefined) throw new Fault(`access to ${region} memory that is ${dead}`);
  if (at >= start && at + size <= end) throw new Fault(`write to ${region} memory, which is read-only`);
  throw new Fault(`access to ${region} memory at ${at - start}, size ${size}, of ${end - start}`);
}
