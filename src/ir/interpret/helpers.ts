/** Kernel helpers as the interpreter runs them. */
import type { IrType } from "../ir.js";
import type { Machine } from "./machine.js";
import { Fault, makeMemory, place, Unsupported, type Memory, type Value } from "./memory.js";
import { adjustHead, adjustMeta, adjustTail, type Packet } from "./packet.js";

/** A value, or memory as a copy (`parts`) or in place. */
export type Argument = Value;

export interface HelperContext {
  readonly machine: Machine;
  readonly packet: Packet;
  readonly call: (fn: number, args: readonly Value[]) => bigint;
  /** Leaves for another program; never returns. */
  readonly tailCall: (program: string) => never;
}

type Helper = (context: HelperContext, args: readonly Argument[], type: IrType) => Value;

const redirectVerdict = 4n;

const helpers: Readonly<Record<string, Helper>> = {
  bpf_ktime_get_ns: (context) => context.machine.options.now(),
  bpf_ktime_get_boot_ns: (context) => context.machine.options.now(),
  bpf_ktime_get_coarse_ns: (context) => context.machine.options.now(),
  bpf_ktime_get_tai_ns: (context) => context.machine.options.now(),
  bpf_jiffies64: (context) => context.machine.options.now() / 4_000_000n,
  bpf_get_prandom_u32: (context) => BigInt.asUintN(32, BigInt(context.machine.options.random())),
  bpf_get_smp_processor_id: (context) => BigInt(context.machine.options.cpu),
  bpf_get_numa_node_id: (context) => BigInt(context.machine.options.numaNode),
  bpf_xdp_get_buff_len: ({ packet }) => BigInt(packet.memory.end - packet.memory.start),
  bpf_xdp_adjust_head: ({ packet }, args) => adjustHead(packet, signed(args[1])),
  bpf_xdp_adjust_tail: ({ packet }, args) => adjustTail(packet, signed(args[1])),
  bpf_xdp_adjust_meta: ({ packet }, args) => adjustMeta(packet, signed(args[1])),
  bpf_redirect: (_, args) => ((int(args[1]) & ~1n) === 0n ? redirectVerdict : 0n),
  bpf_redirect_map: (context, args) => {
    const [map, key, flags] = args;
    const state = mapState(context, map);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(
      0,
      Number(int(key) & 0xffffffffn),
      !context.machine.options.bigEndian,
    );
    return state.lookup(bytes) ? redirectVerdict : int(flags) & 3n;
  },
  bpf_tail_call: (context, args) => {
    const index = int(args[2]);
    const program = mapState(context, args[1]).map.programs.find((one) => BigInt(one.index) === index);
    return program ? context.tailCall(program.program) : -2n;
  },
  bpf_ringbuf_output: (context, args) => {
    const size = Number(int(args[2]));
    const [bytes, at] = place(given(args[1]), 0, size, false);
    mapState(context, args[0]).records.push(bytes.slice(at, at + size));
    return 0n;
  },
  bpf_ringbuf_reserve: (context, args) => {
    const memory = makeMemory("record", new Uint8Array(Number(int(args[1]))));
    reservations.set(memory, mapState(context, args[0]).records);
    return { kind: "pointer", memory, offset: 0 };
  },
  bpf_ringbuf_submit: (_, args) => {
    const memory = release(args[0]);
    reservations.get(memory)?.push(memory.bytes.slice());
    return 0n;
  },
  bpf_ringbuf_discard: (_, args) => {
    release(args[0]);
    return 0n;
  },
  bpf_csum_diff: (_, args) => {
    const words = (from: Value | undefined, size: bigint): bigint => {
      if (size === 0n) return 0n;
      const [bytes, at] = place(given(from), 0, Number(size), false);
      let sum = 0n;
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      for (let i = 0; i < Number(size); i += 4) sum += BigInt(view.getUint32(at + i, true));
      return sum;
    };
    const removed = words(args[0], int(args[1]));
    const count = int(args[1]) / 4n;
    let sum = int(args[4]) + words(args[2], int(args[3])) + (count * 0xffffffffn - removed);
    while (sum >> 32n !== 0n) sum = (sum & 0xffffffffn) + (sum >> 32n);
    return sum;
  },
  bpf_xdp_load_bytes: ({ packet }, args) => {
    const [offset, size] = [Number(int(args[1])), Number(int(args[3]))];
    const { memory } = packet;
    if (memory.start + offset + size > memory.end) return -22n;
    const [to, at] = place(given(args[2]), 0, size, true);
    to.set(memory.bytes.subarray(memory.start + offset, memory.start + offset + size), at);
    return 0n;
  },
  bpf_xdp_store_bytes: ({ packet }, args) => {
    const [offset, size] = [Number(int(args[1])), Number(int(args[3]))];
    const { memory } = packet;
    if (memory.start + offset + size > memory.end) return -22n;
    const [from, at] = place(given(args[2]), 0, size, false);
    memory.bytes.set(from.subarray(at, at + size), memory.start + offset);
    return 0n;
  },
  bpf_loop: (context, args) => {
    const [count, callback, data] = args;
    const total = int(count);
    if (total > 1n << 23n) return -7n;
    let done = 0n;
    while (done < total) {
      const stop = context.call(handle(callback), [done, given(data)]);
      done++;
      if (stop !== 0n) break;
    }
    return done;
  },
  bpf_for_each_map_elem: (context, args) => {
    const [map, callback, data] = args;
    let done = 0n;
    for (const [key, value] of mapState(context, map).entries()) {
      const copy: Value = { kind: "pointer", memory: makeMemory("stack", key.slice()), offset: 0 };
      const stop = context.call(handle(callback), [
        given(map),
        copy,
        { kind: "pointer", memory: value, offset: 0 },
        given(data),
      ]);
      done++;
      if (stop !== 0n) break;
    }
    return done;
  },
};

const reservations = new WeakMap<Memory, Uint8Array[]>();

export function callHelper(
  context: HelperContext,
  name: string,
  args: readonly Argument[],
  type: IrType,
): Value {
  const found = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
  if (!found) throw new Unsupported(`the helper ${name} is not interpreted`);
  return found(context, args, type);
}

function given(value: Value | undefined): Value {
  if (value === undefined) throw new Fault("a helper argument is missing");
  return value;
}

function int(value: Value | undefined): bigint {
  if (typeof value !== "bigint") throw new Fault("a helper argument is no integer");
  return BigInt.asUintN(64, value);
}

function signed(value: Value | undefined): number {
  return Number(BigInt.asIntN(32, int(value)));
}

function handle(value: Value | undefined): number {
  if (typeof value !== "object" || value.kind !== "handle")
    throw new Fault("a helper argument is no map or function");
  return value.id;
}

function mapState(
  context: HelperContext,
  value: Value | undefined,
): NonNullable<ReturnType<Machine["maps"]["get"]>> {
  const found = context.machine.maps.get(handle(value));
  if (!found) throw new Fault("no such map");
  return found;
}

function release(value: Value | undefined): Memory {
  if (typeof value !== "object" || value.kind !== "pointer") throw new Fault("release of no record");
  if (value.memory.dead !== undefined) throw new Fault("a record is released twice");
  value.memory.dead = "released";
  return value.memory;
}
