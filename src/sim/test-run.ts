/** What a script does to packets, found out in the simulator: no privilege, no LLVM, no kernel. */
import { invariant } from "../base/invariant.js";
import { layoutSize, type ObjectMetadata } from "../base/layout.js";
import { moduleNames } from "../codegen/module-names.js";
import { objectMetadata } from "../codegen/object-metadata.js";
import type { IrModule, IrProgram } from "../ir/ir.js";
import type { CapturedPacket } from "../pcap/index.js";
import { decodeMap, type MapContents } from "../run/contents.js";
import type { ParamValue } from "../run/params.js";
import { eventOf, type ProgramEvent } from "../run/print-text.js";
import { openTally, refusal, verdictName, type PacketOutcome, type PacketTestReport } from "../run/report.js";
import { boot, makeMachine, Packet, runProgram, type Machine, type MachineOptions } from "./engine/index.js";

export interface SimulateOptions extends MachineOptions {
  readonly program?: string;
  readonly params?: readonly ParamValue[];
  /** How often each packet runs; maps count every one. */
  readonly repeat?: number;
  /** The device and the queue that packets come from; 1, loopback, and 0 unless told. */
  readonly ingress?: number;
  readonly queue?: number;
  /** Told of each packet when it has run. Outcomes are then not kept: memory stays flat. */
  readonly onPacket?: (outcome: PacketOutcome, packet: CapturedPacket) => void;
  /** Called before the first packet. */
  readonly prepare?: (machine: Machine) => void;
  /** Called before each packet, at its time. */
  readonly before?: (machine: Machine) => void;
}

/** Programs that can run over packets; `undefined` when the name is none's. */
export function findProgram(module: IrModule, name: string | undefined): IrProgram | undefined {
  if (name !== undefined) return module.programs.find((one) => one.name === name);
  const [first, ...others] = module.programs.filter((one) => one.hook === "xdp");
  return others.length === 0 ? first : undefined;
}

/** Runs one of a script's programs over packets. `findProgram` has found the program. */
export function simulatePackets(
  module: IrModule,
  packets: Iterable<CapturedPacket>,
  options: SimulateOptions = {},
): PacketTestReport {
  const program = findProgram(module, options.program);
  invariant(program, "the program to run is known");
  const metadata = metadataOf(module);
  const machine = makeMachine(module, options);
  for (const { name, bytes } of options.params ?? []) machine.globalNamed(name)?.bytes.set(bytes);
  options.prepare?.(machine);
  const { ingress = 1, queue = 0, repeat = 1, onPacket } = options;
  const origin = { ingress, queue };
  const outcomes: PacketOutcome[] = [];
  const tally = openTally();
  const readEvents = eventReader(machine, metadata);
  const timeOf = virtualTime();
  const frags = program.section.startsWith("xdp.frags");
  const buffer = new Packet(new Uint8Array(0));
  let index = 0;
  for (const packet of packets) {
    const { data } = packet;
    const at = index++;
    // Also for a packet that is skipped: time passes all the same.
    machine.clock.now = timeOf(packet.timeNs);
    const reason = refusal(data.length, frags);
    let outcome: PacketOutcome;
    if (reason !== undefined) outcome = { kind: "skipped", index: at, reason };
    else {
      options.before?.(machine);
      let verdict = 0;
      const begun = repeat > 1 ? process.hrtime.bigint() : 0n;
      for (let i = 0; i < repeat; i++) {
        buffer.reset(data, origin);
        verdict = runProgram(machine, program.name, buffer);
      }
      const durationNs = repeat > 1 ? Number(process.hrtime.bigint() - begun) / repeat : 0;
      outcome = {
        kind: "ran",
        index: at,
        verdict,
        verdictName: verdictName(verdict),
        durationNs: Math.round(durationNs),
        changed: buffer.is(data) ? undefined : buffer.data(),
        events: readEvents(),
      };
    }
    tally.add(outcome);
    if (onPacket) onPacket(outcome, packet);
    else outcomes.push(outcome);
  }
  const maps = simulatedMaps(machine, metadata);
  return { kind: "ran", program: program.name, packets: outcomes, ...tally.totals(), maps };
}

export function metadataOf(module: IrModule): ObjectMetadata {
  return objectMetadata(module, moduleNames(module));
}

/** Time passes as in the capture: as far from the first packet as then, and never back. The first is at `begin`. */
export function virtualTime(begin: bigint = boot): (timeNs: bigint) => bigint {
  let now = begin;
  let first: bigint | undefined;
  return (timeNs) => {
    if (timeNs !== 0n) {
      first ??= timeNs;
      const then = begin + timeNs - first;
      if (then > now) now = then;
    }
    return now;
  };
}

const nothing: readonly ProgramEvent[] = [];

/** Takes what was told since the last time. */
export function eventReader(machine: Machine, metadata: ObjectMetadata): () => readonly ProgramEvent[] {
  const prints = new Map(metadata.prints.map((print) => [print.id, print]));
  const rings = [...machine.maps.values()].flatMap(({ map, ring }) => (ring ? [{ map, ring }] : []));
  return () => {
    let found: ProgramEvent[] | undefined;
    for (const { map, ring } of rings) {
      for (const record of ring.drain()) {
        found ??= [];
        found.push(eventOf(map.name, map.value, prints, record));
      }
    }
    return found ?? nothing;
  };
}

/** What the maps hold now, as the kernel's are shown. */
export function simulatedMaps(machine: Machine, metadata: ObjectMetadata): readonly MapContents[] {
  return [...machine.maps.values()].flatMap(({ map, ring, table, valueSize }) => {
    if (ring) return [];
    const described = metadata.maps.find((one) => one.name === map.name);
    const raw = {
      name: map.name,
      kind: map.type,
      keySize: map.key ? layoutSize(map.key) : 4,
      valueSize,
      array: map.type === "ARRAY" || map.type === "PERCPU_ARRAY",
      perCpu: map.type.includes("PERCPU"),
      entries: table.entries().map(({ key, values }) => ({ key, values: values.map((one) => one.bytes) })),
    };
    return [decodeMap(raw, described)];
  });
}
