/** Hand-built IR to objects, and to runs in the kernel beside the reference interpreter's. */
import { generate } from "../../src/codegen/index.js";
import type { IrModule } from "../../src/ir/ir.js";
import type { Care, Cpu, Endian } from "../../src/llvm/index.js";
import { compileModule } from "../../src/llvm/index.js";
import type { LoadedObject } from "../../src/loader/index.js";
import { openObject, TestRunner, xdpContext } from "../../src/loader/index.js";
import { makeMachine } from "../../src/sim/engine/index.js";
import { verify } from "../../src/verify/index.js";
import { simulate } from "../support/simulate.js";

export interface ObjectOptions {
  readonly cpu?: Cpu;
  readonly endian?: Endian;
  /** Whether the verifier's proofs save clamps. */
  readonly proofs?: boolean;
  /** As when an object came out in a shape that some kernel refuses. */
  readonly care?: Care;
}

/** Throws with LLVM's words when it refuses. */
export function objectOf(module: IrModule, options: ObjectOptions = {}): Uint8Array {
  const { cpu = "v3", endian = "little", proofs = false, care = "none" } = options;
  const known = proofs ? { proofs: verify(module).proofs } : {};
  const text = generate(module, { cpu, endian, care, ...known });
  const result = compileModule(text, { cpu, endian, emit: "object" });
  if (!result.ok) throw new Error(result.message);
  // Where debug info is not well-formed LLVM warns, and goes on without any.
  if (result.warnings.length > 0) throw new Error(result.warnings.join("\n"));
  return result.bytes;
}

/** Throws with the verifier's log when the kernel refuses. */
export function load(object: Uint8Array): LoadedObject {
  const result = openObject(object).load();
  if (result.kind !== "loaded") throw new Error(`${result.program} is rejected:\n${result.log.slice(-2000)}`);
  return result.object;
}

export interface Outcome {
  readonly verdict: number;
  readonly packet: string;
}

/** What the program `main` does to each packet: in the kernel, and by the interpreter. */
export function runBoth(
  module: IrModule,
  object: Uint8Array,
  packets: readonly Uint8Array[],
): { readonly kernel: readonly Outcome[]; readonly reference: readonly Outcome[] } {
  const machine = makeMachine(module);
  const loaded = load(object);
  try {
    const runner = new TestRunner(loaded.program("main").fd);
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const kernel = packets.map((packet) => {
      const ctx = xdpContext({ length: packet.length });
      const { retval, dataOut } = runner.run(packet, { ctx });
      return { verdict: retval, packet: hex(dataOut) };
    });
    const reference = packets.map((packet) => {
      const { verdict, packet: after } = simulate(machine, "main", packet, loopback);
      return { verdict, packet: hex(after) };
    });
    return { kernel, reference };
  } finally {
    loaded.close();
  }
}

/** BPF_PROG_TEST_RUN's context where nothing is asked: the loopback device, queue 0. */
const loopback = new Map([[12, 1n]]);

/** Repeatable packets with many small and many extreme bytes. */
export function somePackets(count: number, seed = 1): Uint8Array[] {
  const next = randomNumbers(seed);
  return Array.from({ length: count }, (_, at) => {
    const packet = Uint8Array.from({ length: 14 + (next() % 64) }, () =>
      next() % 5 < 2 ? next() % 16 : next() % 256,
    );
    if (at % 3 === 0) packet.fill(0, 1, 8);
    if (at % 5 === 0) packet.fill(255, 1, 8).fill(240 + (at % 16), 0, 1);
    return packet;
  });
}

/** xorshift32. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
