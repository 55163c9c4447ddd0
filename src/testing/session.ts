/** Runs the tests of a script in the simulator: what their calls do, and what is recorded of each run. */
import type { Span } from "../base/span.js";
import type { Checked } from "../check/checked.js";
import type { ExpectSite, IrTest, ShownSite, Site, TestModule } from "../ir/sites.js";
import { eventOf } from "../run/print-text.js";
import { metadataOf, virtualTime } from "../sim/index.js";
import {
  Fault,
  makeMachine,
  Memory,
  Packet,
  resetMachine,
  runProgram,
  type HostFunction,
  type HostValue,
  type Machine,
  type MapState,
} from "../sim/engine/index.js";
import { buildPacket, joinParts } from "../sim/packets.js";
import { dissect, showLayers, type Layer } from "./dissect.js";
import { bytesOf, hexRows, holds, partBits, showValue } from "./values.js";

/** A place that a run passed, in order; `value` where a variable got one. */
export interface Step {
  readonly span: Span;
  readonly value?: { readonly name: string; readonly text: string };
  readonly outcome?: string;
}

/** One run of a program. */
export interface ProgramRun {
  readonly program: string;
  readonly before: Uint8Array;
  after: Uint8Array;
  verdict: string | undefined;
  readonly steps: Step[];
}

/** Why a test failed. */
export interface TestFailure {
  readonly message: string;
  readonly span: Span;
  /** Both sides of an expectation. */
  readonly actual: string | undefined;
  readonly expected: string | undefined;
  /** The last packet that ran, as its layers. */
  readonly layers: readonly string[];
  readonly run: ProgramRun | undefined;
}

class Failed extends Error {
  override readonly name = "Failed";
  readonly failure: Omit<TestFailure, "layers" | "run">;
  constructor(failure: Omit<TestFailure, "layers" | "run">) {
    super(failure.message);
    this.failure = failure;
  }
}

/** How often each place was reached; a branch has a count for each outcome. */
export interface Hits {
  readonly lines: Float64Array;
  readonly branches: Map<number, number[]>;
}

export interface SessionOptions {
  /** The packets of a capture that a script names; a message when there are none. */
  readonly readCapture: (path: string) => readonly Uint8Array[] | string;
  readonly seed: number;
}

export interface TestSession {
  readonly machine: Machine;
  readonly hits: Hits;
  /** Runs a test from a fresh machine; undefined when it passes. */
  readonly run: (test: IrTest, packet?: Uint8Array) => TestFailure | undefined;
  /** Runs a program on packets, from a fresh machine; gives the last run. */
  readonly trace: (
    program: string,
    packets: readonly TracedPacket[],
    prepare?: (machine: Machine) => void,
  ) => ProgramRun | undefined;
  readonly dissect: (packet: Uint8Array) => readonly Layer[];
  /** The layers of a packet, as lines. */
  readonly layersOf: (packet: Uint8Array) => readonly string[];
}

export interface TracedPacket {
  readonly data: Uint8Array;
  /** 0 when it is not known. */
  readonly timeNs: bigint;
}

/** Steps that are kept of one run. */
const mostSteps = 10_000;

interface State {
  run: ProgramRun | undefined;
  readonly printed: string[];
  readonly taken: Map<MapState, Uint8Array[]>;
}

export function openSession(checked: Checked, tests: TestModule, options: SessionOptions): TestSession {
  const { sites, module } = tests;
  const hits: Hits = { lines: new Float64Array(sites.length), branches: new Map() };
  const state: State = { run: undefined, printed: [], taken: new Map() };
  const helpers = makeTestHelpers(checked, tests, options, hits, state, () => machine);
  const machine = makeMachine(module, { cpus: 4, writableParams: true, helpers });
  const fresh = (): void => {
    resetMachine(machine, options.seed);
    state.run = undefined;
    state.printed.length = 0;
    state.taken.clear();
  };
  const layersOf = (data: Uint8Array): readonly string[] => showLayers(dissect(machine, tests, data));
  return {
    machine,
    hits,
    layersOf,
    run: (test, packet) => {
      fresh();
      try {
        machine.functions.get(test.function)?.(...(packet ? [new Packet(packet, { ingress: 1 })] : []));
        return undefined;
      } catch (error) {
        const { run } = state;
        const known =
          error instanceof Failed
            ? error.failure
            : error instanceof Fault || error instanceof TypeError
              ? { message: error.message, span: test.span, actual: undefined, expected: undefined }
              : undefined;
        if (!known) throw error;
        return { ...known, run, layers: run ? layersOf(run.before) : [] };
      }
    },
    dissect: (data) => dissect(machine, tests, data),
    trace: (program, packets, prepare) => {
      fresh();
      prepare?.(machine);
      const timeOf = virtualTime();
      let last: ProgramRun | undefined;
      for (const { data, timeNs } of packets) {
        machine.clock.now = timeOf(timeNs);
        last = runOn(machine, state, program, new Packet(data, { ingress: 1 }));
      }
      return last;
    },
  };
}

function runOn(machine: Machine, state: State, program: string, packet: Packet): ProgramRun {
  const run: ProgramRun = {
    program,
    before: packet.data(),
    after: packet.data(),
    verdict: undefined,
    steps: [],
  };
  state.run = run;
  const verdict = runProgram(machine, program, packet);
  run.after = packet.data();
  run.verdict = verdictNames[verdict] ?? `${verdict}`;
  return run;
}

const verdictNames = ["ABORTED", "DROP", "PASS", "TX", "REDIRECT"];

function makeTestHelpers(
  checked: Checked,
  tests: TestModule,
  options: SessionOptions,
  hits: Hits,
  state: State,
  machineOf: () => Machine,
): Record<string, HostFunction> {
  const { sites } = tests;
  const metadata = metadataOf(tests.module);
  const prints = new Map(metadata.prints.map((print) => [print.id, print]));
  const captures = new Map<string, readonly Uint8Array[]>();
  const siteAt = <K extends Site["kind"]>(given: HostValue, kind: K): Site & { readonly kind: K } => {
    const site = sites[int(given)];
    if (!site || site.kind !== kind) throw new Fault("no such place");
    return site as Site & { readonly kind: K };
  };
  const step = (one: Step): void => {
    const { run } = state;
    if (run && run.verdict === undefined && run.steps.length < mostSteps) run.steps.push(one);
  };
  const packetsOf = (site: Site & { readonly kind: "text" }): readonly Uint8Array[] => {
    const known = captures.get(site.text) ?? options.readCapture(site.text);
    if (typeof known === "string") throw failed(known, site.span);
    captures.set(site.text, known);
    return known;
  };
  const drain = (): void => {
    for (const map of machineOf().maps.values()) {
      for (const record of map.ring?.drain() ?? []) {
        const event = eventOf(map.map.name, map.map.value, prints, record);
        if (event.kind === "print") state.printed.push(event.text);
        else if (event.kind === "record") state.taken.set(map, [...(state.taken.get(map) ?? []), record]);
      }
    }
  };
  return {
    xdpl_line: (site) => {
      const at = int(site);
      hits.lines[at] = (hits.lines[at] ?? 0) + 1;
      const { span } = siteAt(site, "line");
      step({ span });
      return 0;
    },
    xdpl_branch: (site, outcome) => {
      const { outcomes, span } = siteAt(site, "branch");
      const counts = hits.branches.get(int(site)) ?? outcomes.map(() => 0);
      hits.branches.set(int(site), counts);
      counts[int(outcome)] = (counts[int(outcome)] ?? 0) + 1;
      step({ span, outcome: outcomes[int(outcome)] ?? "" });
      return 0;
    },
    xdpl_value: (site, present, ...parts) => {
      const { span, name, type } = siteAt(site, "value");
      const text = int(present) === 0 ? "null" : showValue(type, joinParts(parts.map(wide), partBits(type)));
      step({ span, value: { name, text } });
      return 0;
    },
    xdpl_expect: (site, ...values) => {
      expectation(siteAt(site, "expect"), values, (data) => showLayers(dissect(machineOf(), tests, data)));
      return 0;
    },
    xdpl_packet: (site, ...parts) => {
      const { layers } = siteAt(site, "packet");
      let at = 0;
      const built = layers.map((one) => ({
        site: one,
        values:
          one.kind === "bytes"
            ? []
            : one.fields.map(({ type }) => {
                const bits = partBits(type);
                const value = joinParts(parts.slice(at, at + bits.length).map(wide), bits);
                at += bits.length;
                return value;
              }),
      }));
      return new Packet(buildPacket(checked, built), { ingress: 1 });
    },
    xdpl_run: (site, packet) => {
      const { program } = siteAt(site, "run");
      if (!(packet instanceof Packet)) throw new Fault("no packet");
      const run = runOn(machineOf(), state, program, packet);
      drain();
      return Math.max(0, verdictNames.indexOf(run.verdict ?? ""));
    },
    xdpl_capture: (site, index) => {
      const place = siteAt(site, "text");
      const packets = packetsOf(place);
      const found = packets[int(index)];
      if (!found)
        throw failed(`\`${place.text}\` has ${packets.length} packets, no packet ${int(index)}`, place.span);
      return new Packet(found, { ingress: 1 });
    },
    xdpl_captured: (site) => packetsOf(siteAt(site, "text")).length,
    xdpl_received: (packet, ingress, queue) => {
      if (packet instanceof Packet) {
        packet.ingress = int(ingress);
        packet.queue = int(queue);
      }
      return 0;
    },
    xdpl_advance: (by) => {
      machineOf().clock.now += BigInt(int(by));
      return 0;
    },
    xdpl_cpu: (cpu) => {
      const { cpus } = machineOf();
      cpus.current = Math.min(int(cpu), cpus.count - 1);
      return 0;
    },
    xdpl_route: (site, ifindex, ...macs) => {
      const { network, bits, length } = siteAt(site, "route");
      const mac = (at: number): Uint8Array =>
        bytesOf(joinParts(macs.slice(at, at + 2).map(wide), [32, 16]), 6);
      machineOf().routes.add({
        network: bytesOf(network, bits / 8),
        length,
        ifindex: int(ifindex),
        src: mac(0),
        dst: mac(2),
        mtu: 1500,
      });
      return 0;
    },
    xdpl_redirected: () => {
      const { redirect } = machineOf();
      return redirect?.kind === "device" ? redirect.ifindex : (redirect?.key ?? 0);
    },
    xdpl_printed: (site) => (state.printed.includes(siteAt(site, "text").text) ? 1 : 0),
    xdpl_take: (map) => {
      drain();
      if (typeof map !== "object" || map === null || !("ring" in map)) return null;
      const record = state.taken.get(map)?.shift();
      return record ? new Memory("record", record) : null;
    },
  };
}

function failed(message: string, span: Span): Failed {
  return new Failed({ message, span, actual: undefined, expected: undefined });
}

interface Side {
  /** Undefined for null. */
  readonly value: bigint | undefined;
  readonly text: string;
  readonly data: Uint8Array | undefined;
}

function expectation(
  site: ExpectSite,
  values: readonly HostValue[],
  layersOf: (data: Uint8Array) => readonly string[],
): void {
  const left = sideOf(site.left, values, layersOf);
  const right = site.right ? sideOf(site.right, values.slice(widthOf(site.left)), layersOf) : undefined;
  const { operator, span } = site;
  if (operator === undefined) {
    if (left.value === 1n) return;
    const actual = right?.text;
    throw new Failed({ message: `\`${textOf(span)}\` does not hold`, span, actual, expected: undefined });
  }
  const good =
    left.data && right?.data
      ? (Buffer.compare(left.data, right.data) === 0) === (operator === "==")
      : holds(operator, left.value, right?.value);
  if (good) return;
  const expected = `${operator === "==" ? "" : `${operator} `}${right?.text ?? ""}`;
  throw new Failed({ message: `\`${textOf(span)}\` does not hold`, span, actual: left.text, expected });
}

function widthOf({ kind, type }: ShownSite): number {
  if (kind === "value" && type) return 1 + partBits(type).length;
  return 1;
}

function sideOf(
  site: ShownSite,
  values: readonly HostValue[],
  layersOf: (data: Uint8Array) => readonly string[],
): Side {
  const [first] = values;
  if (first instanceof Packet) {
    const data = first.data();
    return { value: undefined, data, text: ["", ...layersOf(data), ...hexRows(data)].join("\n    ") };
  }
  const present = int(first) !== 0;
  if (site.kind !== "value" || !site.type)
    return {
      value: present ? 1n : site.kind === "hidden" ? 0n : undefined,
      text: present ? "there" : "null",
      data: undefined,
    };
  if (!present) return { value: undefined, text: "null", data: undefined };
  const bits = partBits(site.type);
  const value = joinParts(values.slice(1, 1 + bits.length).map(wide), bits);
  return { value, text: showValue(site.type, value), data: undefined };
}

export function textOf({ file, start, end }: Span): string {
  return file.text.slice(start, end).replaceAll(/\s+/g, " ");
}

function int(value: HostValue): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

function wide(value: HostValue): bigint {
  return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : 0n;
}
