import { LoaderError, systemError } from "./errors.js";
import { libbpf, type Pointer } from "./library.js";
import { BpfMap } from "./maps.js";
import { TestRunner, type TestRunOptions, type TestRunResult } from "./test-run.js";
import type { VerifierStatistics } from "./verifier-log.js";

/** What the kernel tells of a loaded program. */
export interface ProgramInfo {
  readonly id: number;
  readonly type: number;
  /** Bytes of native code; 0 without the JIT. */
  readonly jitedBytes: number;
  /** Bytes of BPF after the kernel's rewriting; divide by 8 for instructions. */
  readonly xlatedBytes: number;
  /** Instructions that the verifier went through, or 0 on kernels before 5.16. */
  readonly verifiedInstructions: number;
  /** Runs and their time: counted only while `kernel.bpf_stats_enabled` is on. */
  readonly runCount: bigint;
  readonly runTimeNs: bigint;
}

/** A program in the kernel. Its descriptor is valid until the object is closed. */
export interface LoadedProgram {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly fd: number;
  /** What the verifier said on acceptance. */
  readonly statistics: VerifierStatistics | undefined;
}

/** Programs and maps in the kernel. They leave it with {@link LoadedObject.close}, unless pinned or attached. */
export class LoadedObject {
  readonly programs: readonly LoadedProgram[];
  readonly maps: readonly BpfMap[];
  /** What libbpf printed while loading. */
  readonly messages: readonly string[];
  readonly #runners = new Map<number, TestRunner>();
  #handle: Pointer | undefined;

  constructor(
    handle: Pointer,
    statistics: ReadonlyMap<string, VerifierStatistics | undefined>,
    messages: readonly string[],
  ) {
    const bpf = libbpf();
    this.#handle = handle;
    this.messages = messages;
    const programs: LoadedProgram[] = [];
    for (let one = bpf.next_program(handle, null); one !== null; one = bpf.next_program(handle, one)) {
      const name = bpf.program_name(one);
      const fd = bpf.program_fd(one);
      if (fd < 0) continue;
      programs.push({
        name,
        section: bpf.program_section(one),
        type: bpf.program_type(one),
        fd,
        statistics: statistics.get(name),
      });
    }
    this.programs = programs;
    const maps: BpfMap[] = [];
    for (let one = bpf.next_map(handle, null); one !== null; one = bpf.next_map(handle, one)) {
      const fd = bpf.map_fd(one);
      if (fd < 0) continue;
      maps.push(
        new BpfMap(fd, {
          name: bpf.map_name(one),
          type: bpf.map_type(one),
          keySize: bpf.map_key_size(one),
          valueSize: bpf.map_value_size(one),
          maxEntries: bpf.map_max_entries(one),
        }),
      );
    }
    this.maps = maps;
  }

  /** The program of a name; throws when there is none. */
  program(name: string): LoadedProgram {
    const found = this.programs.find((one) => one.name === name);
    if (!found)
      throw new LoaderError("bad-argument", `the object has no program \`${name}\``, {
        remedy: `it has ${this.programs.map((one) => `\`${one.name}\``).join(", ")}`,
      });
    return found;
  }

  /** The map of a name (or a data section's, such as `.bss`); throws when there is none. */
  map(name: string): BpfMap {
    const found =
      this.maps.find((one) => one.name === name) ??
      (name.startsWith(".") ? this.maps.find((one) => one.name.endsWith(name)) : undefined);
    if (!found)
      throw new LoaderError("bad-argument", `the object has no map \`${name}\``, {
        remedy: `it has ${this.maps.map((one) => `\`${one.name}\``).join(", ")}`,
      });
    return found;
  }

  /** Runs a program over one packet; see {@link TestRunner}. */
  testRun(program: LoadedProgram, packet: Uint8Array, options: TestRunOptions = {}): TestRunResult {
    let runner = this.#runners.get(program.fd);
    if (!runner) {
      runner = new TestRunner(program.fd);
      this.#runners.set(program.fd, runner);
    }
    return runner.run(packet, options);
  }

  /** Keeps a program in the kernel under a path of a BPF file system. */
  pinProgram(program: LoadedProgram, path: string): void {
    const status = libbpf().obj_pin(program.fd, path);
    if (status < 0)
      throw systemError(-status, `pinning program \`${program.name}\` at ${path}`, {
        remedy: "the path must be new and on a BPF file system (`mount -t bpf bpf /sys/fs/bpf`)",
      });
  }

  /** Lets go of everything. Safe to call twice. */
  close(): void {
    if (this.#handle === undefined) return;
    libbpf().object_close(this.#handle);
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Offsets in `struct bpf_prog_info`. */
const info = {
  size: 232,
  type: 0,
  id: 4,
  jited: 16,
  xlated: 20,
  runTime: 192,
  runCount: 200,
  verified: 216,
} as const;

/** Asks the kernel about a program. Fields that an older kernel lacks are 0. */
export function programInfo(fd: number): ProgramInfo {
  const bytes = Buffer.alloc(info.size);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.size);
  const status = libbpf().object_info(fd, bytes, length);
  if (status < 0) throw systemError(-status, "reading about the program");
  return {
    id: bytes.readUInt32LE(info.id),
    type: bytes.readUInt32LE(info.type),
    jitedBytes: bytes.readUInt32LE(info.jited),
    xlatedBytes: bytes.readUInt32LE(info.xlated),
    verifiedInstructions: bytes.readUInt32LE(info.verified),
    runTimeNs: bytes.readBigUInt64LE(info.runTime),
    runCount: bytes.readBigUInt64LE(info.runCount),
  };
}
