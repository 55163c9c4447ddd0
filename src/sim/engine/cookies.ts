/**
 * SYN cookies of the simulator: a number for each connection, added to the client's sequence number. What a program can
 * tell is as with the kernel's: a cookie belongs to addresses, ports and sequence, and only its ACK is accepted. They are
 * no secret, and they never expire.
 */
import type { Memory } from "./memory.js";

const accessDenied = -13;
const notFound = -2;
/** Odd numbers of Knuth's multiplicative hashing and MurmurHash3. */
export const cookieFactors = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35] as const;

/** A number of 32 bits for what a connection is. */
export function connectionHash(version: 4 | 6, ip: Memory, ipAt: number, tcp: Memory, tcpAt: number): number {
  const addresses = ipAt + (version === 4 ? 12 : 8);
  const words = version === 4 ? 2 : 8;
  ip.check(addresses, words * 4);
  tcp.check(tcpAt, 20);
  let hash = tcp.view.getUint32(tcpAt);
  for (let i = 0; i < words; i++)
    hash = Math.imul(hash ^ ip.view.getUint32(addresses + 4 * i), cookieFactors[0]);
  hash = Math.imul(hash ^ (hash >>> 15), cookieFactors[1]);
  hash = Math.imul(hash ^ (hash >>> 13), cookieFactors[2]);
  return hash >>> 0;
}

/** `bpf_tcp_raw_gen_syncookie_ipv4` and its twin: the cookie with the MSS that the SYN asks for above it. */
export function cookieOf(version: 4 | 6, ip: Memory, ipAt: number, tcp: Memory, tcpAt: number): bigint {
  const cookie = (connectionHash(version, ip, ipAt, tcp, tcpAt) + tcp.view.getUint32(tcpAt + 4)) >>> 0;
  const mss = version === 4 ? 1460n : 1440n;
  return (mss << 32n) | BigInt(cookie);
}

/** `bpf_tcp_raw_check_syncookie_ipv4` and its twin: 0 when the ACK brings the cookie back. */
export function cookieOfAck(version: 4 | 6, ip: Memory, ipAt: number, tcp: Memory, tcpAt: number): number {
  const cookie = (tcp.view.getUint32(tcpAt + 8) - 1) >>> 0;
  const sequence = (tcp.view.getUint32(tcpAt + 4) - 1) >>> 0;
  const expected = (connectionHash(version, ip, ipAt, tcp, tcpAt) + sequence) >>> 0;
  if (tcp.bytes[tcpAt + 12] === undefined) return notFound;
  return cookie === expected ? 0 : accessDenied;
}
