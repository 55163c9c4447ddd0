/** Memory and pointers of the interpreter. An access that the verifier would have refused is a `Fault`. */
import type { IrInt, MemoryOrder, Region } from "../ir.js";
import { wrap } from "./arithmetic.js";

/** What a verified program never does: the verifier or the lowering has a bug. */
export class Fault extends Error {
  override readonly name = "Fault";
}

/** What this interpreter does not model. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

export interface Memory {
  readonly region: Region;
  readonly bytes: Uint8Array;
  /** The bytes that may be reached: for packets from `start` to `end`, which move. */
  start: number;
  end: number;
  readonly writable: boolean;
  /** Why the memory may no longer be used, such as a released record. */
  dead?: string;
}

export interface Pointer {
  readonly kind: "pointer";
  readonly memory: Memory;
  readonly offset: number;
  /** For packets: which placing of the packet the pointer belongs to. */
  readonly epoch?: number;
}

export interface NullPointer {
  readonly kind: "null";
}

/** A map, function or context: nothing can be read through it. */
export interface Handle {
  readonly kind: "handle";
  readonly of: "map" | "function" | "context";
  readonly id: number;
}

export type Value = bigint | Pointer | NullPointer | Handle;

export function makeMemory(region: Region, bytes: Uint8Array, writable = true): Memory {
  return { region, bytes, start: 0, end: bytes.length, writable };
}

/** Where in the bytes an access of `size` goes. */
export function place(
  pointer: Value,
  displacement: number,
  size: number,
  write: boolean,
): [Uint8Array, number] {
  if (typeof pointer === "bigint" || pointer.kind !== "pointer") {
    throw new Fault(
      typeof pointer !== "bigint" && pointer.kind === "null" ? "access through null" : "not memory",
    );
  }
  const { memory } = pointer;
  const from = pointer.offset + displacement;
  if (memory.dead !== undefined) throw new Fault(`access to ${memory.region} memory that is ${memory.dead}`);
  if (from < memory.start || from + size > memory.end) {
    throw new Fault(
      `access to ${memory.region} at ${from - memory.start}, size ${size}, of ${memory.end - memory.start}`,
    );
  }
  if (write && !memory.writable) throw new Fault(`write to ${memory.region}`);
  return [memory.bytes, from];
}

export function readInt(bytes: Uint8Array, at: number, type: IrInt, big: boolean): bigint {
  let value = 0n;
  const size = type.bits / 8;
  for (let i = 0; i < size; i++) {
    const byte = bytes[big ? at + i : at + size - 1 - i] ?? 0;
    value = (value << 8n) | BigInt(byte);
  }
  return wrap(type, value);
}

export function writeInt(bytes: Uint8Array, at: number, bits: number, value: bigint, big: boolean): void {
  let rest = BigInt.asUintN(bits, value);
  const size = bits / 8;
  for (let i = 0; i < size; i++) {
    bytes[big ? at + size - 1 - i : at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

export function isBig(order: MemoryOrder, bigEndian: boolean): boolean {
  return order === "network" || bigEndian;
}
