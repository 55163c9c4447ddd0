/** One run of a program in the simulator's engine. */
import { Packet, runProgram, type Machine } from "../../src/sim/engine/index.js";

export function simulate(
  machine: Machine,
  program: string,
  data: Uint8Array,
  context: ReadonlyMap<number, bigint> = new Map(),
): { readonly verdict: number; readonly packet: Uint8Array } {
  const fields = new Map([...context].map(([offset, value]) => [offset, Number(value)]));
  const packet = new Packet(data, { ingress: fields.get(12) ?? 0, queue: fields.get(16) ?? 0, fields });
  const verdict = runProgram(machine, program, packet);
  return { verdict, packet: packet.data() };
}
