/**
 * A reference interpreter of the IR: what a program does, without LLVM and without a kernel. Slow and plain; it is
 * compared with the kernel (`BPF_PROG_TEST_RUN`) on the same packets and maps.
 */
import { defined } from "../../base/invariant.js";
import type { IrProgram } from "../ir.js";
import type { Machine } from "./machine.js";
import { makePacket, packetData } from "./packet.js";
import { runFunction, TailCall, type Run } from "./run.js";

export { makeMachine, type Machine, type MachineOptions } from "./machine.js";
export { Fault, Unsupported } from "./memory.js";

export interface RunResult {
  readonly verdict: bigint | undefined;
  /** The packet after the run. */
  readonly packet: Uint8Array;
  readonly steps: number;
}

/** MAX_TAIL_CALL_CNT (linux/bpf.h). */
const tailCalls = 33;

/** Runs a program on a packet. `context`: fields by offset, such as the ingress device of `struct xdp_md` at 12. */
export function interpret(
  machine: Machine,
  program: string,
  packet: Uint8Array,
  context: ReadonlyMap<number, bigint> = new Map(),
): RunResult {
  const run: Run = { machine, packet: makePacket(packet), context, steps: 0, depth: 0 };
  let name = program;
  for (let calls = 0; ; calls++) {
    const found: IrProgram = defined(
      machine.module.programs.find((one) => one.name === name),
      `program ${name}`,
    );
    const fn = defined(
      machine.module.functions.find((one) => one.id === found.function),
      `function of ${name}`,
    );
    try {
      const verdict = runFunction(run, fn, [{ kind: "handle", of: "context", id: 0 }]);
      return { verdict, packet: packetData(run.packet), steps: run.steps };
    } catch (left) {
      if (!(left instanceof TailCall) || calls >= tailCalls) throw left;
      name = left.program;
      run.depth = 0;
    }
  }
}
