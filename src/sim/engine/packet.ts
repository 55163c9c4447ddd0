/** The packet of a run: one buffer with room before and after, and marks in it that move. Also its context. */
import { Memory } from "./memory.js";

/** XDP_PACKET_HEADROOM (uapi/linux/bpf.h). */
const headroom = 256;
/** A page without the kernel's `skb_shared_info` at its end, as BPF_PROG_TEST_RUN has it on 64 bits. */
const frameEnd = 4096 - 320;
/** The longest packet in one buffer. */
export const longestLinear: number = frameEnd - headroom;
/** What `xdp_frame` needs of the headroom (net/core/filter.c, bpf_xdp_adjust_head). */
const frameHeader = 40;
const etherHeader = 14;
const invalid = -22;

/** `struct xdp_md`, beside the packet: where it came from. */
export interface PacketOrigin {
  readonly ingress?: number;
  readonly queue?: number;
  /** Other fields, by offset. */
  readonly fields?: ReadonlyMap<number, number>;
}

/** `struct xdp_md` and what it points to. */
export class Packet {
  memory: Memory;
  meta: number;
  ingress: number;
  queue: number;
  private fields: ReadonlyMap<number, number> | undefined;
  /** What is behind the first buffer (`xdp.frags`). */
  rest: Uint8Array;
  /** Bytes outside the packet may be other than zero. */
  moved: boolean;

  constructor(data: Uint8Array, origin: PacketOrigin = {}) {
    const linear = Math.min(data.length, longestLinear);
    const bytes = new Uint8Array(frameEnd);
    bytes.set(data.subarray(0, linear), headroom);
    this.memory = new Memory("packet", bytes);
    this.memory.start = headroom;
    this.memory.end = headroom + linear;
    this.meta = headroom;
    this.rest = data.slice(linear);
    this.ingress = origin.ingress ?? 0;
    this.queue = origin.queue ?? 0;
    this.fields = origin.fields;
    this.moved = false;
  }

  /** The same buffer with another packet in it. */
  reset(data: Uint8Array, origin: PacketOrigin): void {
    const { memory } = this;
    if (this.moved) {
      this.memory = new Memory("packet", memory.bytes.fill(0));
      this.moved = false;
    }
    const linear = Math.min(data.length, longestLinear);
    const now = this.memory;
    now.bytes.set(linear === data.length ? data : data.subarray(0, linear), headroom);
    if (now.end > headroom + linear) now.bytes.fill(0, headroom + linear, now.end);
    now.start = headroom;
    now.end = headroom + linear;
    this.meta = headroom;
    this.rest = linear === data.length ? none : data.slice(linear);
    this.ingress = origin.ingress ?? 0;
    this.queue = origin.queue ?? 0;
    this.fields = origin.fields;
  }

  get length(): number {
    return this.memory.end - this.memory.start + this.rest.length;
  }

  /** A copy of all its bytes. */
  data(): Uint8Array {
    const { bytes, start, end } = this.memory;
    if (this.rest.length === 0) return bytes.slice(start, end);
    const all = new Uint8Array(this.length);
    all.set(bytes.subarray(start, end));
    all.set(this.rest, end - start);
    return all;
  }

  /** Whether it is still these bytes. */
  is(data: Uint8Array): boolean {
    const { bytes, start, end } = this.memory;
    if (this.length !== data.length) return false;
    const linear = end - start;
    for (let i = 0; i < linear; i++) if (bytes[start + i] !== data[i]) return false;
    for (let i = 0; i < this.rest.length; i++) if (this.rest[i] !== data[linear + i]) return false;
    return true;
  }

  /** A field of `struct xdp_md` by its offset. */
  field(offset: number): number {
    if (offset === 12) return this.ingress;
    return offset === 16 ? this.queue : (this.fields?.get(offset) ?? 0);
  }

  /** Pointers from before the move are dead. */
  private move(start: number, end: number): void {
    const { memory } = this;
    const moved = new Memory("packet", memory.bytes);
    memory.kill("of a packet that has moved");
    moved.start = start;
    moved.end = end;
    this.memory = moved;
    this.moved = true;
  }

  adjustHead(delta: number): number {
    const { start, end, bytes } = this.memory;
    const metaLength = start - this.meta;
    const data = start + delta;
    const possible = data >= frameHeader + metaLength && data <= end - etherHeader;
    if (possible) {
      bytes.copyWithin(this.meta + delta, this.meta, start);
      this.meta += delta;
    }
    this.move(possible ? data : start, end);
    return possible ? 0 : invalid;
  }

  adjustTail(delta: number): number {
    const { start, end, bytes } = this.memory;
    if (this.rest.length > 0) return this.adjustRest(delta);
    const to = end + delta;
    const possible = to <= bytes.length && to >= start + etherHeader;
    if (possible && delta > 0) bytes.fill(0, end, to);
    this.move(start, possible ? to : end);
    return possible ? 0 : invalid;
  }

  /** Shrinks from the last fragment on; grows in the last one, up to the page it lies in. */
  private adjustRest(delta: number): number {
    const { start, end } = this.memory;
    const length = this.rest.length + delta;
    const page = 4096;
    const used = this.rest.length % page || page;
    if (delta > page - used || (length < 0 && end + length < start + etherHeader)) {
      this.move(start, end);
      return invalid;
    }
    const rest = new Uint8Array(Math.max(0, length));
    rest.set(this.rest.subarray(0, rest.length));
    this.rest = rest;
    this.move(start, length < 0 ? end + length : end);
    return 0;
  }

  adjustMeta(delta: number): number {
    const { start, end } = this.memory;
    const meta = this.meta + delta;
    const outside = meta < frameHeader || meta > start;
    const length = start - meta;
    const refused = outside ? invalid : length % 4 !== 0 || length > 255 ? -13 : 0;
    if (refused === 0) this.meta = meta;
    this.move(start, end);
    return refused;
  }

  /** `bpf_xdp_load_bytes`. */
  load(offset: number, to: Uint8Array): number {
    if (offset > 0xffff || offset + to.length > this.length) return invalid;
    const { bytes, start, end } = this.memory;
    const linear = end - start;
    for (let i = 0; i < to.length; i++) {
      const at = offset + i;
      to[i] = (at < linear ? bytes[start + at] : this.rest[at - linear]) ?? 0;
    }
    return 0;
  }

  /** `bpf_xdp_store_bytes`. */
  store(offset: number, from: Uint8Array): number {
    if (offset > 0xffff || offset + from.length > this.length) return invalid;
    const { bytes, start, end } = this.memory;
    const linear = end - start;
    for (let i = 0; i < from.length; i++) {
      const at = offset + i;
      if (at < linear) bytes[start + at] = from[i] ?? 0;
      else this.rest[at - linear] = from[i] ?? 0;
    }
    return 0;
  }
}

const none = new Uint8Array(0);
