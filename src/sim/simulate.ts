/** The simulator as an object to program against: `simulate` of the package's API. */
import type { IrModule } from "../ir/ir.js";
import type { MapContents } from "../run/contents.js";
import { parseValue } from "../run/parse-value.js";
import type { ProgramEvent } from "../run/print-text.js";
import { verdictName } from "../run/report.js";
import { layoutSize, type Layout } from "../base/layout.js";
import {
  makeMachine,
  Memory,
  Packet,
  resetMachine,
  runProgram,
  type PacketOrigin,
  type Redirect,
} from "./engine/index.js";
import { eventReader, findProgram, metadataOf, simulatedMaps } from "./test-run.js";

export interface SimulationOptions {
  /** For `random()`: the same seed gives the same numbers. */
  readonly seed?: number;
  readonly cpus?: number;
}

/** What a program did to a packet. */
export interface SimulatedRun {
  /** `PASS`, `DROP`, … */
  readonly verdict: string;
  /** The packet afterwards. */
  readonly packet: Uint8Array;
  /** What it printed, and put into ring buffers. */
  readonly events: readonly ProgramEvent[];
  /** Where `REDIRECT` sends it. */
  readonly redirect: Redirect | undefined;
}

/** Bytes as the program sees them, or text as `--set` takes it: `10.0.0.0/8`, `80`, `true`. */
export type SimulatedValue = string | Uint8Array;

export interface Simulation {
  readonly programs: readonly string[];
  /** Runs a program on a packet; maps keep what it did. The name may be left out when there is one program. */
  run(packet: Uint8Array, program?: string, origin?: PacketOrigin): SimulatedRun;
  /** What the maps hold. */
  maps(): readonly MapContents[];
  /** Sets an entry of a map. */
  set(map: string, key: SimulatedValue, value: SimulatedValue): void;
  /** Gives a `param` its value. */
  setParam(name: string, value: SimulatedValue): void;
  /** Lets so many nanoseconds pass. */
  advance(nanoseconds: bigint): void;
  /** The CPU that runs from now on. */
  onCpu(cpu: number): void;
  /** All as in the beginning. */
  reset(): void;
}

/** A name or a value that the script does not have. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
}

export function openSimulation(module: IrModule, options: SimulationOptions = {}): Simulation {
  const { seed = 1, cpus = 4 } = options;
  const machine = makeMachine(module, { seed, cpus, writableParams: true });
  const metadata = metadataOf(module);
  const readEvents = eventReader(machine, metadata);
  return {
    programs: module.programs.map(({ name }) => name),
    run: (data, name, origin = { ingress: 1 }) => {
      const program = findProgram(module, name);
      if (!program) throw new SimulationError(missing("program", name, module.programs));
      const packet = new Packet(data, origin);
      const verdict = verdictName(runProgram(machine, program.name, packet));
      const { redirect } = machine;
      return { verdict, packet: packet.data(), events: readEvents(), redirect };
    },
    maps: () => simulatedMaps(machine, metadata),
    set: (name, key, value) => {
      const state = machine.mapNamed(name);
      if (!state) throw new SimulationError(missing("map", name, module.maps));
      const keyBytes = bytesOf(state.map.key, key, `a key of ${name}`);
      const valueBytes = bytesOf(state.map.value, value, `a value of ${name}`);
      const error = state.table.update(memory(keyBytes), 0, memory(valueBytes), 0, 0);
      if (error !== 0) throw new SimulationError(`${name} can't be set: error ${-error}`);
    },
    setParam: (name, value) => {
      const param = module.globals.find((one) => one.name === name && one.section === "rodata");
      const place = param && machine.globalNamed(name);
      if (!param || !place)
        throw new SimulationError(
          missing(
            "param",
            name,
            module.globals.filter((one) => one.section === "rodata"),
          ),
        );
      place.bytes.set(bytesOf(param.layout, value, name));
    },
    advance: (nanoseconds) => {
      machine.clock.now += nanoseconds;
    },
    onCpu: (cpu) => {
      if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus)
        throw new SimulationError(`there are ${cpus} CPUs`);
      machine.cpus.current = cpu;
    },
    reset: () => resetMachine(machine, seed),
  };
}

function missing(
  what: string,
  name: string | undefined,
  known: readonly { readonly name: string }[],
): string {
  const names = known.map((one) => one.name).join(", ");
  const found = names === "" ? `the script has no ${what}` : `there is ${names}`;
  return name === undefined ? `which ${what}? ${found}` : `there is no ${what} ${name}; ${found}`;
}

function memory(bytes: Uint8Array): Memory {
  return new Memory("stack", bytes);
}

function bytesOf(layout: Layout | undefined, value: SimulatedValue, what: string): Uint8Array {
  const size = layout ? layoutSize(layout) : 4;
  if (typeof value !== "string") {
    if (value.length === size) return value;
    throw new SimulationError(`${what} has ${size} bytes, not ${value.length}`);
  }
  const parsed = parseValue(layout ?? { kind: "int", bits: 32, signed: false }, value);
  if (!parsed.ok) throw new SimulationError(`${what}: ${parsed.message}`);
  return parsed.bytes;
}
