/**
 * What an example's tests are about: the program in the kernel. Each test runs twice where there is a hand-written twin
 * (bench/twins), over the same packets: both must do the same, or their times could not be compared.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import {
  openObject,
  openRingBuffer,
  readElf,
  readMetadata,
  xdpContext,
  type BpfMap,
  type LoadedObject,
} from "../../src/loader/index.js";
import { compileExample, root } from "../support/compile.js";
import { compileC, describeKernel } from "../support/kernel.js";

export type Verdict = "ABORTED" | "DROP" | "PASS" | "TX" | "REDIRECT";

const verdicts: readonly Verdict[] = ["ABORTED", "DROP", "PASS", "TX", "REDIRECT"];

export interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly data: Uint8Array;
}

export interface Subject {
  readonly run: (
    packet: Uint8Array,
    context?: { readonly queue?: number; readonly ingress?: number },
  ) => Outcome;
  readonly map: (name: string) => BpfMap;
  /** A counter in a map of u64, those of all CPUs added up; undefined without an entry. */
  readonly count: (map: string, key: Uint8Array) => bigint | undefined;
  /** The records in a ring buffer. */
  readonly records: (map: string) => readonly Uint8Array[];
}

export interface SubjectOptions {
  /** The program to run, where the object has several. */
  readonly program?: string;
  /** Values of params, little-endian as they lie in memory. */
  readonly params?: Readonly<Record<string, Uint8Array>>;
}

/** Runs `body` for the example and, where there is one, for its twin; each test starts with maps as loaded. */
export function describeExample(
  name: string,
  body: (subject: () => Subject) => void,
  options: SubjectOptions = {},
): void {
  const twin = join(root, "bench/twins", `${name}.c`);
  const builds: {
    readonly title: string;
    readonly build: () => Uint8Array | Promise<Uint8Array>;
    readonly clang: boolean;
  }[] = [{ title: `examples/${name}.xdpl`, build: () => compileExample(name), clang: false }];
  if (existsSync(twin)) {
    const build = (): Uint8Array => compileC(readFileSync(twin, "utf8"), ["-I", join(root, "bench/twins")]);
    builds.push({ title: `bench/twins/${name}.c`, build, clang: true });
  }
  for (const { title, build, clang } of builds) {
    const tests = (): void => {
      let bytes: Uint8Array;
      let object: LoadedObject | undefined;
      beforeAll(async () => {
        bytes = await build();
      });
      beforeEach(() => {
        object?.close();
        object = load(bytes, options);
      });
      afterAll(() => object?.close());
      body(() => {
        if (!object) throw new Error("not loaded");
        return subjectOf(object, options);
      });
    };
    if (clang) describeKernel(title, tests, { clang });
    else describeKernel(title, tests);
  }
}

export { describe };

function load(bytes: Uint8Array, { params = {} }: SubjectOptions): LoadedObject {
  const opened = openObject(bytes);
  for (const [name, value] of Object.entries(params)) {
    const { section, offset } = paramPlace(bytes, name);
    opened.setData(section, offset, value);
  }
  const result = opened.load();
  if (result.kind === "rejected") throw new Error(`${result.program} rejected:\n${result.log.slice(-4000)}`);
  return result.object;
}

/** Where a param lies: as the metadata says, or for a twin the symbol. */
function paramPlace(bytes: Uint8Array, name: string): { section: string; offset: number } {
  const read = readMetadata(bytes);
  const param = read.ok ? read.metadata.params.find((one) => one.name === name) : undefined;
  if (param) return param;
  const elf = readElf(bytes);
  if (!elf.ok) throw new Error(elf.message);
  const symbol = elf.elf.symbols.find((one) => one.name === name);
  if (!symbol) throw new Error(`no param ${name}`);
  return { section: ".rodata", offset: Number(symbol.value) };
}

function subjectOf(object: LoadedObject, { program }: SubjectOptions): Subject {
  const chosen = program === undefined ? object.programs[0] : object.program(program);
  if (!chosen) throw new Error("no program");
  return {
    run: (packet, context) => {
      const ctx = context ? { ctx: xdpContext({ length: packet.length, ...context }) } : {};
      const { retval, dataOut } = object.testRun(chosen, packet, ctx);
      return { verdict: verdicts[retval], data: dataOut };
    },
    map: (name) => object.map(name),
    count: (name, key) =>
      object
        .map(name)
        .lookupAll(key)
        ?.reduce((sum, value) => sum + Buffer.from(value).readBigUInt64LE(), 0n),
    records: (name) => {
      const reader = openRingBuffer(object.map(name));
      const found: Uint8Array[] = [];
      try {
        reader.poll((record) => found.push(record.slice()));
      } finally {
        reader.close();
      }
      return found;
    },
  };
}

// ---- values as they lie in maps --------------------------------------------------------------------------

export const u8 = (value: number): Uint8Array => Uint8Array.of(value);

export function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function u64(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

/** Big-endian reads of packets. */
export const be16 = (bytes: Uint8Array, at: number): number => Buffer.from(bytes).readUInt16BE(at);
export const be32 = (bytes: Uint8Array, at: number): number => Buffer.from(bytes).readUInt32BE(at);
