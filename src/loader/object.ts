import { readFileSync } from "node:fs";
import { fewerProcessors } from "./cpu.js";
import { errnoName, LoaderError, systemError } from "./errors.js";
import { addressOf, captured, lastErrno, libbpf, viewOf, type Pointer } from "./library.js";
import { LoadedObject } from "./loaded.js";
import { sourceOfInstruction } from "./line-info.js";
import { failedProgram, loadError } from "./load-error.js";
import { missingFeature } from "./missing-feature.js";
import { readMetadata } from "./metadata.js";
import { rejectionText, type RejectionText } from "./rejection-text.js";
import { parseRejection, parseStatistics, type VerifierRejection } from "./verifier-log.js";

/** A program as the object has it, before loading. */
export interface ProgramSpec {
  readonly name: string;
  readonly section: string;
  /** BPF_PROG_TYPE_*; 6 is XDP. */
  readonly type: number;
  readonly instructions: number;
}

/** A map as the object has it, before loading. */
export interface MapSpec {
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** libbpf's own map for `.rodata`, `.data`, `.bss`. */
  readonly internal: boolean;
  readonly pinPath: string | undefined;
}

export interface OpenOptions {
  /** Prefixes the kernel's names of `.rodata` and its like; at most 7 characters of it are kept. */
  readonly name?: string;
  /** Where maps that pin by name go; `/sys/fs/bpf` when not said. */
  readonly pinRoot?: string;
  /** The kernel's types, where it does not describe them itself: a file of BTF. */
  readonly btf?: string;
}

export interface Rejected {
  readonly kind: "rejected";
  readonly program: string;
  readonly errno: number;
  /** The verifier's full log. */
  readonly log: string;
  /** What the log says; undefined when it says nothing that is understood. */
  readonly rejection: VerifierRejection | undefined;
  /** The same for a person: the line of the source, what registers held. */
  readonly text: RejectionText;
  /** Whether xdpl made the object: then it is a bug of xdpl's. */
  readonly own: boolean;
}

export interface Loaded {
  readonly kind: "loaded";
  readonly object: LoadedObject;
}

/** The verifier's no is an outcome; whatever else goes wrong is a {@link LoaderError}. */
export type LoadResult = Loaded | Rejected;

/** Statistics are a few lines; the rest is room for messages of programs with many functions. */
const statisticsBuffer = 64 * 1024;
/** Kernels before 6.4 cut the log at the end, where the reason stands: it has to fit. */
const logBuffer = 16 * 1024 * 1024;
const levelStatistics = 4;
const levelInstructions = 1;

/**
 * An object opened and not yet loaded. What is set here is kept and applied when the object is loaded, for a rejected
 * object is opened a second time, to ask for the log.
 */
export class BpfObject {
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
  readonly #bytes: Uint8Array;
  readonly #options: OpenOptions;
  readonly #sections = new Map<string, Uint8Array>();
  readonly #autoload = new Map<string, boolean>();
  readonly #pins = new Map<string, string | null>();
  readonly #maxEntries = new Map<string, number>();
  readonly #reused = new Map<string, number>();
  #card: number | undefined;

  constructor(bytes: Uint8Array, options: OpenOptions) {
    this.#bytes = bytes;
    this.#options = options;
    const handle = openHandle(bytes, options);
    try {
      this.programs = programHandles(handle).map(programSpec);
      this.maps = mapHandles(handle).map(mapSpec);
      for (const map of mapHandles(handle)) {
        const initial = initialValue(map);
        if (initial) this.#sections.set(libbpf().map_name(map), initial);
      }
    } finally {
      libbpf().object_close(handle);
    }
  }

  /** The initial bytes of a data section such as `.rodata`: what is written into them is what gets loaded. */
  data(section: string): Uint8Array | undefined {
    for (const [name, bytes] of this.#sections) if (isSection(name, section)) return bytes;
    return undefined;
  }

  /** Writes bytes into a data section, as a `param`'s place in the metadata says. */
  setData(section: string, offset: number, bytes: Uint8Array): void {
    const data = this.data(section);
    if (!data) throw new LoaderError("bad-argument", `the object has no data section ${section}`);
    if (offset < 0 || offset + bytes.length > data.length)
      throw new LoaderError(
        "bad-argument",
        `${bytes.length} bytes at ${offset} do not fit in ${section}, which has ${data.length}`,
      );
    data.set(bytes, offset);
  }

  /** Which programs are loaded; all when not said. */
  setAutoload(program: string, load: boolean): void {
    if (!this.programs.some((one) => one.name === program)) throw missing("program", program);
    this.#autoload.set(program, load);
  }

  /** Pins a map to a path, or reuses the one pinned there; null undoes the object's own wish to be pinned. */
  setPinPath(map: string, path: string | null): void {
    this.#requireMap(map);
    this.#pins.set(map, path);
  }

  setMaxEntries(map: string, count: number): void {
    this.#requireMap(map);
    this.#maxEntries.set(map, count);
  }

  /** Loads programs and maps onto a network card, the only way to run them there (mode `offload`). */
  setCard(ifindex: number): void {
    this.#card = ifindex;
  }

  /** Uses an existing map instead of a new one. */
  reuseMap(map: string, fd: number): void {
    this.#requireMap(map);
    this.#reused.set(map, fd);
  }

  /**
   * Loads all programs and makes all maps. On any failure nothing stays behind. Can be called again. Without `way` the
   * log of a rejection has the reason and the statistics only: writing down a million instructions takes seconds.
   */
  load({ way = true }: { readonly way?: boolean } = {}): LoadResult {
    const first = this.#attempt(levelStatistics, statisticsBuffer);
    if (first.kind === "loaded" || first.kind === "error") {
      if (first.kind === "error") throw first.error;
      return { kind: "loaded", object: first.object };
    }
    if (!way) return this.#rejected(first.program, first.errno, first.log, parseRejection(first.log));
    const second = this.#attempt(levelInstructions | levelStatistics, logBuffer, first.program);
    const log = second.kind === "rejected" && second.log.length > first.log.length ? second.log : first.log;
    const missed = missingFeature(log, first.program);
    if (missed) throw missed;
    const rejection = parseRejection(log);
    // A full buffer loses the end of the log: the short log still has the reason, without the way to it.
    const reason = parseStatistics(log) ? rejection : (parseRejection(first.log) ?? rejection);
    return this.#rejected(first.program, first.errno, log, reason);
  }

  #rejected(program: string, errno: number, log: string, rejection: VerifierRejection | undefined): Rejected {
    const at = rejection?.instruction;
    const line = at === undefined ? undefined : sourceOfInstruction(this.#bytes, program, at);
    const own = readMetadata(this.#bytes).ok;
    return {
      kind: "rejected",
      program,
      errno,
      log,
      rejection,
      text: rejectionText(rejection, errno, log, line),
      own,
    };
  }

  #requireMap(name: string): void {
    if (!this.maps.some((one) => one.name === name)) throw missing("map", name);
  }

  /** One load from a fresh handle; `only` names the program whose log is wanted, so that others take no memory. */
  #attempt(level: number, bufferSize: number, only?: string): Attempt {
    const bpf = libbpf();
    const handle = openHandle(this.#bytes, this.#options);
    let keep = false;
    try {
      this.#configure(handle);
      const logs = programHandles(handle).map((program) => ({
        name: bpf.program_name(program),
        program,
        buffer: Buffer.alloc(only === undefined || bpf.program_name(program) === only ? bufferSize : 4096),
      }));
      for (const { name, program, buffer } of logs) {
        bpf.program_set_log_buf(program, buffer, buffer.length);
        bpf.program_set_log_level(program, only === undefined || name === only ? level : levelStatistics);
      }
      const { result, messages } = captured(() => bpf.object_load(handle));
      const texts = logs.map(({ name, buffer }) => ({ name, log: text(buffer) }));
      if (result === 0) {
        keep = true;
        const statistics = new Map(texts.map(({ name, log }) => [name, parseStatistics(log)]));
        return { kind: "loaded", object: new LoadedObject(handle, statistics, messages) };
      }
      // Programs are loaded in order and the first failure ends it: the last log is the failed program's.
      const last = texts.findLast(({ log }) => log !== "");
      const failed = failedProgram(messages);
      if (last && (failed === undefined || failed === last.name) && failed !== undefined)
        return { kind: "rejected", program: last.name, errno: -result, log: last.log };
      return { kind: "error", error: loadError(-result, messages) };
    } finally {
      if (!keep) bpf.object_close(handle);
    }
  }

  #configure(handle: Pointer): void {
    const bpf = libbpf();
    for (const program of programHandles(handle)) {
      const load = this.#autoload.get(bpf.program_name(program));
      if (load !== undefined) bpf.program_set_autoload(program, load);
      if (this.#card !== undefined) bpf.program_set_ifindex(program, this.#card);
    }
    for (const map of mapHandles(handle)) {
      const name = bpf.map_name(map);
      const require = (status: number, what: string): void => {
        if (status < 0) throw systemError(-status, `${what} map \`${name}\``);
      };
      const data = this.#sections.get(name);
      if (data) require(bpf.map_set_initial_value(map, data, data.length), "setting the contents of");
      const count = this.#maxEntries.get(name) ?? fewerProcessors(this.maps, name);
      if (count !== undefined) require(bpf.map_set_max_entries(map, count), "resizing");
      const path = this.#pins.get(name);
      if (path !== undefined) require(bpf.map_set_pin_path(map, path), "setting the pin path of");
      const fd = this.#reused.get(name);
      if (fd !== undefined) require(bpf.map_reuse_fd(map, fd), "reusing");
      if (this.#card !== undefined) require(bpf.map_set_ifindex(map, this.#card), "placing on the card the");
    }
  }
}

type Attempt =
  | Loaded
  | { readonly kind: "rejected"; readonly program: string; readonly errno: number; readonly log: string }
  | { readonly kind: "error"; readonly error: LoaderError };

function missing(what: string, name: string): LoaderError {
  return new LoaderError("bad-argument", `the object has no ${what} \`${name}\``);
}

function text(buffer: Buffer): string {
  const end = buffer.indexOf(0);
  return buffer.toString("utf8", 0, end < 0 ? buffer.length : end);
}

/** Offsets in `struct bpf_object_open_opts`. */
const openOpts = { size: 56, name: 8, pinRoot: 24, btf: 48 } as const;

function openHandle(bytes: Uint8Array, options: OpenOptions): Pointer {
  const name = Buffer.from(`${options.name ?? "xdpl"}\0`);
  const pinRoot = options.pinRoot === undefined ? undefined : Buffer.from(`${options.pinRoot}\0`);
  const btf = options.btf === undefined ? undefined : Buffer.from(`${options.btf}\0`);
  const opts = Buffer.alloc(openOpts.size);
  opts.writeBigUInt64LE(BigInt(openOpts.size), 0);
  opts.writeBigUInt64LE(addressOf(name), openOpts.name);
  if (pinRoot) opts.writeBigUInt64LE(addressOf(pinRoot), openOpts.pinRoot);
  if (btf) opts.writeBigUInt64LE(addressOf(btf), openOpts.btf);
  const { result, messages } = captured(() => {
    const handle = libbpf().open_mem(bytes, bytes.length, opts);
    return { handle, number: lastErrno(), alive: [name, pinRoot, btf] };
  });
  if (result.handle !== null) return result.handle;
  throw new LoaderError(
    "bad-object",
    `libbpf can't read the object: ${messages[0] ?? errnoName(result.number)}`,
    { errno: result.number, messages },
  );
}

function handles(next: (previous: Pointer | null) => Pointer | null): readonly Pointer[] {
  const all: Pointer[] = [];
  for (let one = next(null); one !== null; one = next(one)) all.push(one);
  return all;
}

function programHandles(object: Pointer): readonly Pointer[] {
  return handles((previous) => libbpf().next_program(object, previous));
}

function mapHandles(object: Pointer): readonly Pointer[] {
  return handles((previous) => libbpf().next_map(object, previous));
}

function programSpec(program: Pointer): ProgramSpec {
  const bpf = libbpf();
  return {
    name: bpf.program_name(program),
    section: bpf.program_section(program),
    type: bpf.program_type(program),
    instructions: bpf.program_insn_cnt(program),
  };
}

function mapSpec(map: Pointer): MapSpec {
  const bpf = libbpf();
  return {
    name: bpf.map_name(map),
    type: bpf.map_type(map),
    keySize: bpf.map_key_size(map),
    valueSize: bpf.map_value_size(map),
    maxEntries: bpf.map_max_entries(map),
    flags: bpf.map_flags(map),
    internal: bpf.map_is_internal(map),
    pinPath: bpf.map_pin_path(map) ?? undefined,
  };
}

function initialValue(map: Pointer): Uint8Array | undefined {
  if (!libbpf().map_is_internal(map)) return undefined;
  const size: [number] = [0];
  const at = libbpf().map_initial_value(map, size);
  return at === null || size[0] === 0 ? undefined : viewOf(at, Number(size[0])).slice();
}

/** libbpf names a section's map after object and section: `xdpl.rodata`. */
function isSection(mapName: string, section: string): boolean {
  return mapName === section || mapName.endsWith(section);
}

/** Opens an object from its bytes. Throws a {@link LoaderError} when libbpf can't read it. */
export function openObject(bytes: Uint8Array, options: OpenOptions = {}): BpfObject {
  return new BpfObject(bytes, options);
}

/** Opens an object file. */
export function openObjectFile(path: string, options: OpenOptions = {}): BpfObject {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (failure) {
    throw new LoaderError(
      "not-found",
      `${path} can't be read: ${failure instanceof Error ? failure.message : ""}`,
    );
  }
  return openObject(bytes, options);
}
