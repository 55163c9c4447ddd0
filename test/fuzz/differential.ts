/**
 * What passes the check runs: in the kernel by BPF_PROG_TEST_RUN, and in the simulator, over the same
 * packets. Verdicts, packets, maps and globals must agree.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onOneCpu, openObject, openRingBuffer, readElf, type LoadedObject } from "../../src/loader/index.js";
import { readCapture } from "../../src/pcap/index.js";
import type { Analysis } from "../../src/pipeline.js";
import { makeMachine, Unsupported, type Machine } from "../../src/sim/engine/index.js";
import { simulate } from "../support/simulate.js";
import { inputAt, numbersOf, outcomeOf, signatureOf, type Failure, type Range } from "./checker.js";
import { rngOf, seedOf, type Rng } from "./generate.js";
import { objectOf } from "./kernel.js";
import { madePackets } from "./packets.js";
import { reduce } from "./reduce.js";

/** BPF_PROG_TEST_RUN takes no shorter ones, and no longer ones without fragments. */
const [shortest, longest] = [14, 3000];

/** Packets of the captures in a folder, and made ones. */
export function packetPool(captures?: string): readonly Uint8Array[] {
  const pool = [...madePackets()];
  if (captures === undefined) return pool;
  for (const name of readdirSync(captures).toSorted()) {
    if (!/\.pcap(?:ng)?$/.test(name)) continue;
    const read = readCapture(new Uint8Array(readFileSync(join(captures, name))));
    if (!read.ok) continue;
    const fitting = read.capture.packets
      .map((one) => one.data)
      .filter((one) => one.length >= shortest && one.length <= longest);
    pool.push(...fitting.slice(0, 40));
  }
  return pool;
}

/** What differs; undefined when nothing does. */
export interface Difference {
  readonly signature: string;
  readonly detail: string;
}

export type Comparison =
  | { readonly kind: "same"; readonly runs: number }
  | { readonly kind: "different"; readonly difference: Difference }
  /** Rejected by a kernel (another fuzzer's find), or not modelled by the interpreter. */
  | { readonly kind: "skipped"; readonly why: string };

const loopback = 1n;
/** Fields of `struct xdp_md` as a test run without a context has them. */
const context: ReadonlyMap<number, bigint> = new Map([
  [12, loopback],
  [16, 0n],
]);

export function compare(analysis: Analysis, packets: readonly Uint8Array[]): Comparison {
  const { ir } = analysis;
  if (!ir) return { kind: "skipped", why: "not checked" };
  const bytes = objectOf(analysis);
  const result = openObject(bytes).load();
  if (result.kind === "rejected") return { kind: "skipped", why: "rejected" };
  const { object } = result;
  try {
    return onOneCpu((cpu) => {
      const machine = makeMachine(ir, { cpu });
      const [first] = ir.programs;
      if (!first) return { kind: "skipped", why: "no program" };
      for (const [at, packet] of packets.entries()) {
        const kernel = object.testRun(object.program(first.name), packet);
        let own;
        try {
          own = simulate(machine, first.name, packet, context);
        } catch (error) {
          if (error instanceof Unsupported) return { kind: "skipped", why: error.message };
          return different("interpreter", `${signatureOf(error)}`, `packet ${at}: ${String(error)}`);
        }
        const { verdict } = own;
        if (verdict !== kernel.retval)
          return different(
            "verdict",
            "",
            `packet ${at} (${hex(packet)}): kernel ${kernel.retval}, interpreter ${verdict}`,
          );
        if (hex(own.packet) !== hex(withoutMetadata(kernel.dataOut, own.packet)))
          return different(
            "packet",
            "",
            `packet ${at} (${hex(packet)})\nkernel      ${hex(kernel.dataOut)}\ninterpreter ${hex(own.packet)}`,
          );
      }
      return compareState(object, machine, bytes, cpu) ?? { kind: "same", runs: packets.length };
    });
  } finally {
    object.close();
  }
}

function different(what: string, more: string, detail: string): Comparison {
  return {
    kind: "different",
    difference: { signature: `${what} differs${more === "" ? "" : `: ${more}`}`, detail },
  };
}

/** A test run gives the metadata in front of the packet too, where a program has made room for some (at most 252 bytes). */
function withoutMetadata(data: Uint8Array, packet: Uint8Array): Uint8Array {
  const more = data.length - packet.length;
  return more > 0 && more <= 252 && more % 4 === 0 ? data.slice(more) : data;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function compareState(
  object: LoadedObject,
  machine: Machine,
  bytes: Uint8Array,
  cpu: number,
): Comparison | undefined {
  for (const state of machine.maps.values()) {
    const { name, type } = state.map;
    if (["PROG_ARRAY", "DEVMAP", "DEVMAP_HASH", "CPUMAP", "XSKMAP"].includes(type)) continue;
    if (type === "RINGBUF") {
      const reader = openRingBuffer(object.map(name));
      const found: string[] = [];
      try {
        reader.poll((record) => found.push(hex(record)));
      } finally {
        reader.close();
      }
      // A ring buffer that is full drops records; the interpreter's is never full.
      const own = (state.ring?.peek() ?? []).map(hex).slice(0, found.length);
      if (found.join() !== own.join())
        return different(
          "ring buffer",
          "",
          `${name}\nkernel      ${found.join(" ")}\ninterpreter ${own.join(" ")}`,
        );
      continue;
    }
    const kernel = object
      .map(name)
      .entries()
      .map(
        ({ key, values }) =>
          `${hex(key)}=${hex(values.length > 1 ? (values[cpu] ?? key) : (values[0] ?? key))}`,
      );
    const own = state.table
      .entries()
      .map(({ key, values }) => `${hex(key)}=${hex((values[cpu] ?? values[0])?.bytes ?? key)}`);
    if (kernel.toSorted().join() !== own.toSorted().join()) {
      const only = (a: readonly string[], b: readonly string[]): string =>
        a
          .filter((one) => !b.includes(one))
          .slice(0, 4)
          .join(" ");
      return different(
        "map",
        type,
        `${name}\nkernel only      ${only(kernel, own)}\ninterpreter only ${only(own, kernel)}`,
      );
    }
  }
  return compareGlobals(object, machine, bytes);
}

function compareGlobals(object: LoadedObject, machine: Machine, bytes: Uint8Array): Comparison | undefined {
  const read = readElf(bytes);
  if (!read.ok) return different("object", "", read.message);
  for (const global of machine.module.globals) {
    if (global.section === "rodata") continue;
    const symbol = read.elf.symbols.find((one) => one.name === global.name && one.kind === "object");
    const section = symbol?.section;
    if (!symbol || !section) continue;
    const memory = machine.globals.get(global.id);
    const data = object.map(section.name).lookup(new Uint8Array(4));
    if (!memory || !data) continue;
    const kernel = hex(data.subarray(symbol.value, symbol.value + memory.bytes.length));
    if (kernel !== hex(memory.bytes))
      return different("global", "", `${global.name}: kernel ${kernel}, interpreter ${hex(memory.bytes)}`);
  }
  return undefined;
}

export interface DifferentialReport {
  readonly inputs: number;
  readonly compared: number;
  readonly runs: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly failed: number;
}

function choose(pool: readonly Uint8Array[], rng: Rng, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, () => rng.pick(pool));
}

export interface DifferentialOptions {
  /** A folder with captures. */
  readonly captures?: string | undefined;
  /** Packets for each script. */
  readonly packets?: number;
}

export function fuzzDifferential(
  range: Range,
  options: DifferentialOptions = {},
  onFailure: (failure: Failure) => void = () => {},
): DifferentialReport {
  const pool = packetPool(options.captures);
  const failures = new Map<string, Failure>();
  const skipped: Record<string, number> = {};
  let [inputs, compared, runs, failed] = [0, 0, 0, 0];
  const outcome = (text: string, packets: readonly Uint8Array[]): Comparison => {
    const made = outcomeOf(text);
    if (made.kind !== "accepted") return { kind: "skipped", why: "not accepted" };
    try {
      return compare(made.analysis, packets);
    } catch (error) {
      return { kind: "skipped", why: signatureOf(error) };
    }
  };
  for (const at of numbersOf(range)) {
    const { text } = inputAt(range.seed, at, { deterministic: true });
    const packets = choose(pool, rngOf(seedOf(range.seed ^ 0x1234567, at)), options.packets ?? 16);
    inputs++;
    const found = outcome(text, packets);
    if (found.kind === "skipped") skipped[found.why] = (skipped[found.why] ?? 0) + 1;
    else compared++;
    if (found.kind === "same") runs += found.runs;
    if (found.kind !== "different") continue;
    failed++;
    const { signature, detail } = found.difference;
    if (failures.has(signature)) continue;
    const same = (smaller: string): boolean => {
      const again = outcome(smaller, packets);
      return again.kind === "different" && again.difference.signature === signature;
    };
    const reduced = reduce(text, same, 40);
    const last = outcome(reduced, packets);
    const shown = last.kind === "different" ? last.difference.detail : detail;
    const failure = { at, signature, detail: shown, text, reduced };
    failures.set(signature, failure);
    onFailure(failure);
  }
  return { inputs, compared, runs, skipped, failures: [...failures.values()], failed };
}
