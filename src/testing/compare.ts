/** The same packets through the kernel and through the simulator: what differs is a bug of xdpl. */
import { isDeepStrictEqual } from "node:util";
import { invariant } from "../base/invariant.js";
import { generate } from "../codegen/index.js";
import { globalOffsets } from "../codegen/globals.js";
import type { IrModule } from "../ir/ir.js";
import { compileModule, compileText, type Care, type LlvmMissing } from "../llvm/index.js";
import type { LoadedObject, Rejected } from "../loader/index.js";
import type { CapturedPacket } from "../pcap/index.js";
import {
  formatDecoded,
  testRunPackets,
  type MapContents,
  type PacketOutcome,
  type PacketTestReport,
  type ParamValue,
} from "../run/index.js";
import { reproducible, simulatePackets, virtualTime, type Reproducible } from "../sim/index.js";

export interface CompareOptions {
  readonly program?: string;
  readonly params?: readonly ParamValue[];
}

export type CompareResult =
  | {
      readonly kind: "compared";
      /** What the kernel did. */
      readonly report: PacketTestReport;
      /** One sentence each; none when all is the same. */
      readonly differences: readonly string[];
    }
  | Rejected
  | { readonly kind: "missing"; readonly missing: LlvmMissing };

/** Compares verdicts, packets, what was told, and the contents of maps. Time and chance are the same for both. */
export function compareEngines(
  module: IrModule,
  packets: readonly CapturedPacket[],
  options: CompareOptions = {},
): CompareResult {
  const same = reproducible(module);
  const target = { cpu: "v3", endian: "little" } as const;
  const text = (care: Care): string => generate(same.module, { ...target, care });
  const compiled = compileText(compileModule, text, { ...target, emit: "object" });
  if (!compiled.ok && compiled.missing) return { kind: "missing", missing: compiled.missing };
  invariant(compiled.ok, `LLVM refused the generated code: ${compiled.ok ? "" : compiled.message}`);
  let cpu = 0;
  const kernelTime = virtualTime();
  const kernel = testRunPackets(compiled.bytes, packets, {
    ...options,
    before: (object, index, runsOn) => {
      cpu = runsOn;
      setClock(object, same, kernelTime(packets[index]?.timeNs ?? 0n));
    },
  });
  if (kernel.kind === "rejected") return kernel;
  const simulated = simulatePackets(same.module, packets, {
    ...options,
    cpu,
    before: (machine) => {
      if (same.clock !== undefined)
        machine.globalNamed(same.clock)?.view.setBigUint64(0, machine.clock.now, true);
    },
  });
  return { kind: "compared", report: kernel, differences: [...differences(kernel, simulated)] };
}

function setClock(object: LoadedObject, { module, clock }: Reproducible, now: bigint): void {
  const global = module.globals.find((one) => one.name === clock);
  const at = global && globalOffsets(module.globals, "data").get(global.id);
  if (at === undefined) return;
  const data = object.map(".data");
  const key = new Uint8Array(4);
  const bytes = data.lookup(key)?.slice();
  if (!bytes) return;
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, now, true);
  data.update(key, bytes);
}

function* differences(kernel: PacketTestReport, simulated: PacketTestReport): Generator<string> {
  for (const [at, one] of kernel.packets.entries()) {
    const other = simulated.packets[at];
    const found = other ? outcomeDifference(one, other) : "the simulator did not run it";
    if (found !== undefined) yield `packet ${at + 1}: ${found}`;
  }
  for (const map of kernel.maps) {
    const other = simulated.maps.find((one) => one.name === map.name);
    if (unreadable.has(map.kind) || !other) continue;
    yield* mapDifferences(map, other);
  }
}

function outcomeDifference(kernel: PacketOutcome, simulated: PacketOutcome): string | undefined {
  if (kernel.kind === "skipped" || simulated.kind === "skipped") {
    if (kernel.kind === simulated.kind) return undefined;
    return `${kernel.kind} in the kernel, ${simulated.kind} in the simulator`;
  }
  if (kernel.verdict !== simulated.verdict)
    return `${kernel.verdictName} in the kernel, ${simulated.verdictName} in the simulator`;
  if (!sameBytes(kernel.changed, simulated.changed))
    return `the kernel leaves ${hexOf(kernel.changed)}, the simulator ${hexOf(simulated.changed)}`;
  if (!isDeepStrictEqual(kernel.events, simulated.events))
    return `the kernel tells ${shown(kernel.events)}, the simulator ${shown(simulated.events)}`;
  return undefined;
}

/** A test run gives the metadata in front of the packet too, where a program has made room for some (at most 252 bytes). */
function sameBytes(kernel: Uint8Array | undefined, simulated: Uint8Array | undefined): boolean {
  if (!kernel) return simulated === undefined;
  if (simulated) {
    const more = kernel.length - simulated.length;
    const own = more > 0 && more <= 252 && more % 4 === 0 ? kernel.subarray(more) : kernel;
    return Buffer.compare(own, simulated) === 0;
  }
  return false;
}

function hexOf(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes).toString("hex") : "the packet as it was";
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}` : one));
}

/** Kinds whose entries user space can't compare: programs, devices, CPUs, sockets. */
const unreadable: ReadonlySet<string> = new Set(["ProgramArray", "DevMap", "DevMapHash", "CpuMap", "XskMap"]);

function* mapDifferences(kernel: MapContents, simulated: MapContents): Generator<string> {
  const tableOf = (map: MapContents): Map<string, string> =>
    new Map(map.entries.map(({ key, value }) => [formatDecoded(key), formatDecoded(value)]));
  const [one, other] = [tableOf(kernel), tableOf(simulated)];
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(key), other.get(key)];
    if (left === right) continue;
    const place = `\`${kernel.name}[${key}]\``;
    yield `${place} is ${left ?? "not there"} in the kernel, ${right ?? "not there"} in the simulator`;
  }
}
