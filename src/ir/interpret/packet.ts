/** The packet of an XDP run: one buffer with room before and after, and three marks in it that move. */
import type { Memory, Pointer } from "./memory.js";

export interface Packet {
  readonly memory: Memory;
  meta: number;
  /** Counts the moves: pointers of an earlier epoch are dead. */
  epoch: number;
}

/** XDP_PACKET_HEADROOM (uapi/linux/bpf.h). */
export const headroom = 256;
/** A page without the kernel's `skb_shared_info` at its end, as BPF_PROG_TEST_RUN has it on 64 bits. */
export const frameEnd: number = 4096 - 320;
/** What `xdp_frame` needs of the headroom (net/core/filter.c, bpf_xdp_adjust_head). */
const frameHeader = 40;

export function makePacket(data: Uint8Array): Packet {
  const bytes = new Uint8Array(Math.max(frameEnd, headroom + data.length));
  bytes.set(data, headroom);
  const end = headroom + data.length;
  return {
    memory: { region: "packet", bytes, start: headroom, end, writable: true },
    meta: headroom,
    epoch: 0,
  };
}

export function packetData(packet: Packet): Uint8Array {
  return packet.memory.bytes.slice(packet.memory.start, packet.memory.end);
}

export function packetPointer(packet: Packet, which: "data" | "end" | "meta"): Pointer {
  const { memory } = packet;
  const offset = which === "data" ? memory.start : which === "end" ? memory.end : packet.meta;
  return { kind: "pointer", memory, offset, epoch: packet.epoch };
}

const invalid = -22n;

export function adjustHead(packet: Packet, delta: number): bigint {
  const { memory } = packet;
  const metaLength = memory.start - packet.meta;
  const data = memory.start + delta;
  packet.epoch++;
  if (data < frameHeader + metaLength || data > memory.end - 14) return invalid;
  memory.bytes.copyWithin(packet.meta + delta, packet.meta, memory.start);
  memory.start = data;
  packet.meta += delta;
  return 0n;
}

export function adjustTail(packet: Packet, delta: number): bigint {
  const { memory } = packet;
  const end = memory.end + delta;
  packet.epoch++;
  if (end > memory.bytes.length || end < memory.start + 14) return invalid;
  if (delta > 0) memory.bytes.fill(0, memory.end, end);
  memory.end = end;
  return 0n;
}

export function adjustMeta(packet: Packet, delta: number): bigint {
  const meta = packet.meta + delta;
  packet.epoch++;
  if (meta < frameHeader || meta > packet.memory.start) return invalid;
  const length = packet.memory.start - meta;
  if (length % 4 !== 0 || length > 255) return -13n;
  packet.meta = meta;
  return 0n;
}
