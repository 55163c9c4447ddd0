import { errno, LoaderError, systemError } from "./errors.js";
import { libbpf, libc } from "./library.js";

/** BPF_MAP_TYPE_* of `linux/bpf.h`, those whose handling differs. */
export const mapType = {
  hash: 1,
  array: 2,
  programArray: 3,
  perCpuHash: 5,
  perCpuArray: 6,
  stackTrace: 7,
  lruHash: 9,
  lruPerCpuHash: 10,
  lpmTrie: 11,
  devMap: 14,
  cpuMap: 16,
  xskMap: 17,
  devMapHash: 25,
  ringBuffer: 27,
} as const;

const perCpuTypes: ReadonlySet<number> = new Set([
  mapType.perCpuHash,
  mapType.perCpuArray,
  mapType.lruPerCpuHash,
]);
const keylessTypes: ReadonlySet<number> = new Set([mapType.ringBuffer]);

/** One entry. Maps that are not per CPU have one value. */
export interface MapEntry {
  readonly key: Uint8Array;
  readonly values: readonly Uint8Array[];
}

export type UpdateMode = "any" | "create" | "replace";
/** `exists` and `missing` answer the modes `create` and `replace`. */
export type UpdateOutcome = "done" | "exists" | "missing" | "full";

const updateFlags: Readonly<Record<UpdateMode, number>> = { any: 0, create: 1, replace: 2 };
const batchSize = 1024;

export interface MapShape {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

let cpus: number | undefined;

/** How many CPUs the kernel may ever have: how many values a per-CPU entry has. */
export function possibleCpus(): number {
  if (cpus === undefined) {
    const count = libbpf().possible_cpus();
    if (count < 0) throw systemError(-count, "counting the CPUs");
    cpus = count;
  }
  return cpus;
}

/** A map in the kernel. Keys and values are bytes as the program sees them. */
export class BpfMap {
  readonly fd: number;
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;

  constructor(fd: number, shape: MapShape) {
    this.fd = fd;
    this.name = shape.name;
    this.type = shape.type;
    this.keySize = shape.keySize;
    this.valueSize = shape.valueSize;
    this.maxEntries = shape.maxEntries;
  }

  get perCpu(): boolean {
    return perCpuTypes.has(this.type);
  }

  /** How many values an entry has. */
  get valuesPerEntry(): number {
    return this.perCpu ? possibleCpus() : 1;
  }

  /** The value; undefined when there is none. A per-CPU map has several: see {@link lookupAll}. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    if (this.perCpu)
      throw new LoaderError("bad-argument", `map \`${this.name}\` has a value for each CPU: look up all`);
    return this.lookupAll(key)?.[0];
  }

  /** A value for each possible CPU, or the only value; undefined when there is no entry. */
  lookupAll(key: Uint8Array): readonly Uint8Array[] | undefined {
    this.#checkKey(key);
    const value = Buffer.alloc(this.#rawValueSize());
    const status = libbpf().lookup(this.fd, key, value);
    if (status === -errno.ENOENT) return undefined;
    if (status < 0) throw systemError(-status, `reading map \`${this.name}\``);
    return this.#split(value);
  }

  /** Removes an entry and returns its value, in one step. */
  take(key: Uint8Array): Uint8Array | undefined {
    this.#checkKey(key);
    const value = Buffer.alloc(this.#rawValueSize());
    const status = libbpf().lookup_and_delete(this.fd, key, value);
    if (status === -errno.ENOENT) return undefined;
    if (status < 0) throw systemError(-status, `taking from map \`${this.name}\``);
    return this.#split(value)[0];
  }

  /** Sets a value; in a per-CPU map, the same value on every CPU, or one for each from a list. */
  update(
    key: Uint8Array,
    value: Uint8Array | readonly Uint8Array[],
    mode: UpdateMode = "any",
  ): UpdateOutcome {
    this.#checkKey(key);
    const status = libbpf().update(this.fd, key, this.#join(value), updateFlags[mode]);
    switch (-status) {
      case 0:
        return "done";
      case errno.EEXIST:
        return "exists";
      case errno.ENOENT:
        return "missing";
      case errno.E2BIG:
      case errno.ENOSPC:
        return "full";
      default:
        throw systemError(-status, `writing map \`${this.name}\``);
    }
  }

  /** Whether there was such an entry. */
  delete(key: Uint8Array): boolean {
    this.#checkKey(key);
    const status = libbpf().delete(this.fd, key);
    if (status === -errno.ENOENT) return false;
    if (status < 0) throw systemError(-status, `deleting from map \`${this.name}\``);
    return true;
  }

  /** All keys, in the map's order. */
  keys(): readonly Uint8Array[] {
    this.#checkKeyed();
    const all: Uint8Array[] = [];
    let previous: Buffer | null = null;
    // When another deletes the key just seen, the kernel starts again from the front: never more than twice around.
    for (let left = 2 * this.maxEntries + 1; left > 0; left--) {
      const next: Buffer = Buffer.alloc(this.keySize);
      const status = libbpf().next_key(this.fd, previous, next);
      if (status === -errno.ENOENT) break;
      if (status < 0) throw systemError(-status, `listing map \`${this.name}\``);
      all.push(new Uint8Array(next));
      previous = next;
    }
    return all;
  }

  /** All entries; with one system call for many of them where the kernel can (5.6 on, most kinds). */
  entries(): readonly MapEntry[] {
    this.#checkKeyed();
    return this.#entriesBatched() ?? this.#entriesOneByOne();
  }

  /** Sets many entries, in one system call where the kernel can. Throws when the map becomes full. */
  updateMany(entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]): void {
    if (entries.length === 0) return;
    if (!this.perCpu) {
      const keys = Buffer.concat(entries.map(({ key }) => (this.#checkKey(key), key)));
      const values = Buffer.concat(entries.map(({ value }) => this.#join(value)));
      const count = Buffer.alloc(4);
      count.writeUInt32LE(entries.length);
      if (libbpf().update_batch(this.fd, keys, values, count, batchOptions()) === 0) return;
    }
    for (const { key, value } of entries) {
      if (this.update(key, value) === "full") throw systemError(errno.E2BIG, `writing map \`${this.name}\``);
    }
  }

  /** Deletes all entries; those of an array become zero. */
  clear(): void {
    const isArray = this.type === mapType.array || this.type === mapType.perCpuArray;
    const zero = new Uint8Array(this.valueSize);
    for (const key of this.keys()) {
      if (isArray) this.update(key, zero);
      else this.delete(key);
    }
  }

  /** Puts a program into a program array. */
  setProgram(index: number, programFd: number): void {
    this.#setSlot(index, u32(programFd));
  }

  /** Puts a device into a DevMap or DevMapHash, with a program that runs there when one is given. */
  setDevice(index: number, ifindex: number, programFd?: number): void {
    this.#setSlot(index, this.valueSize === 4 ? u32(ifindex) : u32(ifindex, programFd ?? 0));
  }

  /** Gives a CPU of a CpuMap a queue, with a program that runs there when one is given. */
  setCpu(cpu: number, queueSize: number, programFd?: number): void {
    this.#setSlot(cpu, this.valueSize === 4 ? u32(queueSize) : u32(queueSize, programFd ?? 0));
  }

  #setSlot(index: number, value: Uint8Array): void {
    const outcome = this.update(u32(index), value);
    if (outcome !== "done")
      throw new LoaderError(
        outcome === "full" ? "no-space" : "not-found",
        `slot ${index} of map \`${this.name}\` can't be set`,
        {
          remedy: `the map has ${this.maxEntries} entries`,
        },
      );
  }

  #entriesBatched(): readonly MapEntry[] | undefined {
    const rawSize = this.#rawValueSize();
    // A batch of a hash takes whole buckets: one that does not fit is an ENOSPC, and one by one still works.
    const room = Math.min(this.maxEntries, batchSize);
    const keys = Buffer.alloc(this.keySize * room);
    const values = Buffer.alloc(rawSize * room);
    const count = Buffer.alloc(4);
    const options = batchOptions();
    let from: Buffer | null = null;
    const all: MapEntry[] = [];
    for (;;) {
      const to: Buffer = Buffer.alloc(Math.max(this.keySize, 8));
      count.writeUInt32LE(room);
      const status = libbpf().lookup_batch(this.fd, from, to, keys, values, count, options);
      if (status < 0 && status !== -errno.ENOENT) return undefined;
      const got = count.readUInt32LE();
      for (let index = 0; index < got; index++) {
        const key = new Uint8Array(keys.subarray(index * this.keySize, (index + 1) * this.keySize));
        all.push({ key, values: this.#split(values.subarray(index * rawSize, (index + 1) * rawSize)) });
      }
      if (status === -errno.ENOENT) return all;
      from = to;
    }
  }

  #entriesOneByOne(): readonly MapEntry[] {
    const all: MapEntry[] = [];
    for (const key of this.keys()) {
      const values = this.lookupAll(key);
      if (values) all.push({ key, values });
    }
    return all;
  }

  #rawValueSize(): number {
    return this.perCpu ? roundUp8(this.valueSize) * possibleCpus() : this.valueSize;
  }

  #split(raw: Buffer): readonly Uint8Array[] {
    const stride = this.perCpu ? roundUp8(this.valueSize) : this.valueSize;
    return Array.from(
      { length: this.valuesPerEntry },
      (_, index) => new Uint8Array(raw.subarray(index * stride, index * stride + this.valueSize)),
    );
  }

  #join(value: Uint8Array | readonly Uint8Array[]): Uint8Array {
    const list = value instanceof Uint8Array ? undefined : value;
    if (list && list.length !== this.valuesPerEntry)
      throw new LoaderError(
        "bad-argument",
        `an entry of map \`${this.name}\` has ${this.valuesPerEntry} values, not ${list.length}`,
      );
    const one = (index: number): Uint8Array => {
      const bytes = list ? list[index] : value instanceof Uint8Array ? value : undefined;
      if (bytes === undefined || bytes.length !== this.valueSize)
        throw new LoaderError(
          "bad-argument",
          `a value of map \`${this.name}\` has ${this.valueSize} bytes, not ${bytes?.length ?? 0}`,
        );
      return bytes;
    };
    if (!this.perCpu) return one(0);
    const raw = new Uint8Array(this.#rawValueSize());
    const stride = roundUp8(this.valueSize);
    for (let index = 0; index < this.valuesPerEntry; index++) raw.set(one(index), index * stride);
    return raw;
  }

  #checkKeyed(): void {
    if (keylessTypes.has(this.type))
      throw new LoaderError(
        "bad-argument",
        `map \`${this.name}\` is a ring buffer: it has no entries to list`,
      );
  }

  #checkKey(key: Uint8Array): void {
    this.#checkKeyed();
    if (key.length !== this.keySize)
      throw new LoaderError(
        "bad-argument",
        `a key of map \`${this.name}\` has ${this.keySize} bytes, not ${key.length}`,
      );
  }
}

/** `struct bpf_map_batch_opts`: size, then element and map flags. */
function batchOptions(): Uint8Array {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(24n);
  return bytes;
}

function u32(...numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

function roundUp8(size: number): number {
  return (size + 7) & ~7;
}

/** A map opened by its pin; `close` lets go of it. */
export interface PinnedMap {
  readonly map: BpfMap;
  close(): void;
}

/** Opens the map pinned at a path. */
export function openPinnedMap(path: string): PinnedMap {
  const fd = libbpf().obj_get(path);
  if (fd < 0)
    throw systemError(-fd, `opening the pinned map ${path}`, {
      remedy: "check the path, and that a BPF file system is mounted (`mount -t bpf bpf /sys/fs/bpf`)",
    });
  const info = Buffer.alloc(80);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.length);
  const status = libbpf().object_info(fd, info, length);
  if (status < 0) {
    libc().close(fd);
    throw systemError(-status, `reading about the pinned map ${path}`);
  }
  const map = new BpfMap(fd, {
    name: info.toString("latin1", 24, 40).replace(/\0.*$/s, ""),
    type: info.readUInt32LE(0),
    keySize: info.readUInt32LE(8),
    valueSize: info.readUInt32LE(12),
    maxEntries: info.readUInt32LE(16),
  });
  return { map, close: () => void libc().close(fd) };
}
