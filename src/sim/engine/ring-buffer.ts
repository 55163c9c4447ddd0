/** A ring buffer with the room that the kernel's has (kernel/bpf/ringbuf.c): each record takes 8 bytes more, in eights. */
import { Fault, Memory } from "./memory.js";

const header = 8;

interface Record {
  readonly memory: Memory;
  state: "reserved" | "submitted" | "discarded";
}

export class RingBuffer {
  private readonly capacity: number;
  private used = 0;
  private records: Record[] = [];
  private readonly reserved = new Map<Memory, Record>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Room for a record; null when the buffer is full. */
  reserve(size: number): Memory | null {
    const room = Math.ceil((size + header) / 8) * 8;
    if (this.used + room > this.capacity - 1) return null;
    this.used += room;
    const memory = new Memory("record", new Uint8Array(size));
    const record: Record = { memory, state: "reserved" };
    this.records.push(record);
    this.reserved.set(memory, record);
    return memory;
  }

  /** Submits or discards; whether the record was one of this buffer. */
  release(memory: Memory, state: "submitted" | "discarded"): boolean {
    const record = this.reserved.get(memory);
    if (!record) return false;
    if (memory.dead !== undefined) throw new Fault("a record is released twice");
    this.reserved.delete(memory);
    memory.kill("released");
    record.state = state;
    return true;
  }

  /** `bpf_ringbuf_output`. */
  output(bytes: Uint8Array): number {
    const memory = this.reserve(bytes.length);
    if (!memory) return -11;
    memory.bytes.set(bytes);
    this.release(memory, "submitted");
    return 0;
  }

  /** What was submitted, without taking it. */
  peek(): readonly Uint8Array[] {
    return this.records.flatMap(({ memory, state }) => (state === "submitted" ? [memory.bytes] : []));
  }

  /** Takes all records; their room is free again. */
  drain(): readonly Uint8Array[] {
    if (this.records.length === 0) return none;
    const found = this.peek();
    this.records = [];
    this.used = 0;
    return found;
  }
}

const none: readonly Uint8Array[] = [];
