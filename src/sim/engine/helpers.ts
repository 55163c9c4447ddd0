/**
 * The kernel's helpers. An integer is a number or a bigint, as the emitted code holds it; memory is a `Memory` and an
 * offset, one argument after the other; a map, the context and a function are one argument each.
 */
import type { MapState } from "./maps.js";
import type { Compiled, HostFunction, HostValue, Machine } from "./machine.js";
import { Fault, Memory } from "./memory.js";
import { cookieOf, cookieOfAck } from "./cookies.js";
import { Packet } from "./packet.js";
import { fibReturn } from "./routes.js";

/** Thrown to leave all functions for another program. */
export class TailCall extends Error {
  override readonly name = "TailCall";
  readonly program: string;
  constructor(program: string) {
    super(program);
    this.program = program;
  }
}

/** MAX_TAIL_CALL_CNT (linux/bpf.h): the call after the last of them fails, and the caller goes on. */
const mostTailCalls = 33;
const redirectVerdict = 4;
const invalid = -22;
/** BPF_MAX_LOOPS and E2BIG (kernel/bpf/bpf_iter.c, bpf_loop). */
const loopLimit = 8 * 1024 * 1024;
const tooBig = -7;

export function makeHelpers(machine: Machine): Record<string, HostFunction> {
  const { clock, cpus } = machine;
  const time = (): bigint => (clock.now += clock.tick);
  return {
    bpf_ktime_get_ns: time,
    bpf_ktime_get_boot_ns: time,
    bpf_ktime_get_coarse_ns: time,
    bpf_ktime_get_tai_ns: time,
    // CONFIG_HZ=250, as distributions have it.
    bpf_jiffies64: () => time() / 4_000_000n,
    bpf_get_prandom_u32: () => nextRandom(machine),
    bpf_get_smp_processor_id: () => cpus.current,
    bpf_get_numa_node_id: () => machine.numaNode,
    bpf_xdp_get_buff_len: (packet) => packetOf(packet).length,
    bpf_xdp_adjust_head: (packet, by) => packetOf(packet).adjustHead(signed(by)),
    bpf_xdp_adjust_tail: (packet, by) => packetOf(packet).adjustTail(signed(by)),
    bpf_xdp_adjust_meta: (packet, by) => packetOf(packet).adjustMeta(signed(by)),
    bpf_xdp_load_bytes: (packet, offset, memory, at, size) =>
      packetOf(packet).load(int(offset), memoryOf(memory).slice(int(at), int(size))),
    bpf_xdp_store_bytes: (packet, offset, memory, at, size) =>
      packetOf(packet).store(int(offset), memoryOf(memory).slice(int(at), int(size))),
    bpf_redirect: (ifindex, flags) => {
      if (int(flags) > 1) return 0;
      machine.redirect = { kind: "device", ifindex: int(ifindex) };
      return redirectVerdict;
    },
    bpf_redirect_map: (map, key, flags) => {
      const state = stateOf(map);
      const index = int(key) >>> 0;
      if (!state.table.lookup(u32(machine, index), 0)) return int(flags) & 3;
      machine.redirect = { kind: "map", map: state.map.name, key: index };
      return redirectVerdict;
    },
    bpf_tail_call: (_, map, index) => {
      const wanted = int(index);
      const program = stateOf(map).map.programs.find((one) => one.index === wanted);
      if (program && machine.tailCalls < mostTailCalls) {
        machine.tailCalls++;
        throw new TailCall(program.program);
      }
      return -2;
    },
    bpf_ringbuf_output: (map, memory, at, size) =>
      stateOf(map).ring?.output(memoryOf(memory).slice(int(at), int(size)).slice()) ?? invalid,
    bpf_ringbuf_reserve: (map, size) => stateOf(map).ring?.reserve(int(size)) ?? null,
    bpf_ringbuf_submit: (memory) => release(machine, memory, "submitted"),
    bpf_ringbuf_discard: (memory) => release(machine, memory, "discarded"),
    bpf_csum_diff: (from, fromAt, fromSize, to, toAt, toSize, seed) =>
      checksumDifference(from, fromAt, fromSize, to, toAt, toSize, seed),
    bpf_for_each_map_elem: (map, callback, data, dataAt) => {
      const state = stateOf(map);
      const call = functionOf(callback);
      let done = 0;
      for (const { key, values } of state.table.entries()) {
        const value = values.length > 1 ? values[cpus.current] : values[0];
        const copy = new Memory("map-value", key.slice());
        done++;
        if (BigInt(call(state, copy, 0, value, 0, data, dataAt) ?? 0) !== 0n) break;
      }
      return done;
    },
    // The callback takes the number of the turn as a u64, which the emitted code holds as a bigint.
    bpf_loop: (turns, callback, data, dataAt) => {
      const call = functionOf(callback);
      const most = int(turns) >>> 0;
      if (most > loopLimit) return tooBig;
      let done = 0;
      while (done < most) if (BigInt(call(BigInt(done++), data, dataAt) ?? 0) !== 0n) break;
      return done;
    },
    bpf_fib_lookup: (_, memory, at) => fibLookup(machine, memoryOf(memory), int(at)),
    bpf_tcp_raw_gen_syncookie_ipv4: (ip, ipAt, tcp, tcpAt) =>
      cookieOf(4, memoryOf(ip), int(ipAt), memoryOf(tcp), int(tcpAt)),
    bpf_tcp_raw_gen_syncookie_ipv6: (ip, ipAt, tcp, tcpAt) =>
      cookieOf(6, memoryOf(ip), int(ipAt), memoryOf(tcp), int(tcpAt)),
    bpf_tcp_raw_check_syncookie_ipv4: (ip, ipAt, tcp, tcpAt) =>
      cookieOfAck(4, memoryOf(ip), int(ipAt), memoryOf(tcp), int(tcpAt)),
    bpf_tcp_raw_check_syncookie_ipv6: (ip, ipAt, tcp, tcpAt) =>
      cookieOfAck(6, memoryOf(ip), int(ipAt), memoryOf(tcp), int(tcpAt)),
  };
}

/** PCG's step (O'Neill, 2014): 32 bits from a state of 64. */
export const randomFactor = 6364136223846793005n;
export const randomAdded = 1442695040888963407n;

function nextRandom({ clock }: Machine): number {
  clock.random = BigInt.asUintN(64, clock.random * randomFactor + randomAdded);
  return Number(clock.random >> 32n);
}

function release(machine: Machine, given: HostValue, state: "submitted" | "discarded"): number {
  const memory = memoryOf(given);
  for (const { ring } of machine.maps.values()) if (ring?.release(memory, state)) return 0;
  throw new Fault(memory.dead === undefined ? "release of no record" : "a record is released twice");
}

function u32(machine: Machine, value: number): Memory {
  const memory = new Memory("stack", new Uint8Array(4));
  memory.view.setUint32(0, value, !machine.bigEndian);
  return memory;
}

/** lib/checksum.c: the difference of two sums of 32-bit words, not folded. */
function checksumDifference(
  from: HostValue,
  fromAt: HostValue,
  fromSize: HostValue,
  to: HostValue,
  toAt: HostValue,
  toSize: HostValue,
  seed: HostValue,
): bigint {
  const words = (memory: HostValue, at: HostValue, size: number, complement: boolean): bigint => {
    let sum = 0n;
    if (size === 0) return sum;
    memoryOf(memory).check(int(at), size);
    for (let i = 0; i < size; i += 4) {
      const word = memoryOf(memory).view.getUint32(int(at) + i, true);
      sum += BigInt(complement ? ~word >>> 0 : word);
    }
    return sum;
  };
  let sum = BigInt.asUintN(32, BigInt(int(seed)));
  sum += words(from, fromAt, int(fromSize), true) + words(to, toAt, int(toSize), false);
  while (sum >> 32n !== 0n) sum = (sum & 0xffffffffn) + (sum >> 32n);
  return sum;
}

/** `struct bpf_fib_lookup` in and out. */
function fibLookup(machine: Machine, memory: Memory, at: number): number {
  memory.check(at, 64);
  const family = memory.view.getUint8(at);
  const size = family === 2 ? 4 : 16;
  const route = machine.routes.find(memory.bytes.subarray(at + 32, at + 32 + size));
  if (!route) return fibReturn.notForwarded;
  const length = memory.view.getUint16(at + 6, !machine.bigEndian);
  if (length > route.mtu) {
    memory.view.setUint16(at + 6, route.mtu, !machine.bigEndian);
    return fibReturn.tooLong;
  }
  memory.view.setUint32(at + 8, route.ifindex, !machine.bigEndian);
  if (!route.dst) return fibReturn.noNeighbour;
  memory.bytes.set(route.src, at + 52);
  memory.bytes.set(route.dst, at + 58);
  return fibReturn.success;
}

// ---- arguments -------------------------------------------------------------------------------------------

function int(value: HostValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw new Fault("a helper argument is no integer");
}

/** The lower 32 bits of a register, as an `int`. */
function signed(value: HostValue): number {
  return typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : int(value) | 0;
}

function memoryOf(value: HostValue): Memory {
  if (value instanceof Memory) return value;
  throw new Fault("a helper argument is no memory");
}

function packetOf(value: HostValue): Packet {
  if (value instanceof Packet) return value;
  throw new Fault("a helper argument is no packet");
}

function stateOf(value: HostValue): MapState {
  if (typeof value === "object" && value !== null && "table" in value) return value;
  throw new Fault("a helper argument is no map");
}

function functionOf(value: unknown): Compiled {
  if (typeof value !== "function") throw new Fault("a helper argument is no function");
  return (...args) => {
    const result: unknown = Reflect.apply(value, undefined, args);
    return typeof result === "number" || typeof result === "bigint" ? result : undefined;
  };
}
