/** A module of the IR, ready to run: its code, its maps and globals, and where time and chance come from. */
import { assertNever, defined } from "../../base/invariant.js";
import { layoutSize, type Layout } from "../../base/layout.js";
import type {
  FunctionId,
  GlobalId,
  InitialValue,
  IrFunction,
  IrModule,
  MapId,
  ValueId,
} from "../../ir/ir.js";
import { atomic, add64, set64, swap32, swap64 } from "./runtime.js";
import { emitModule } from "./emit.js";
import { makeHelpers, TailCall } from "./helpers.js";
import { makeMap, type Cpus, type MapState } from "./maps.js";
import { badAccess, Fault, Memory } from "./memory.js";
import type { Packet } from "./packet.js";
import { Routes } from "./routes.js";

export interface MachineOptions {
  readonly bigEndian?: boolean;
  /** CPUs, of which `cpu` runs. */
  readonly cpus?: number;
  readonly cpu?: number;
  readonly numaNode?: number;
  /** For `random()`: the same seed gives the same numbers. */
  readonly seed?: number;
  /** Blocks in one call of a function before it is given up. */
  readonly limit?: number;
  /** What `fibLookup` asks. */
  readonly routes?: Routes;
  /** Called at the end of every block with what all integers are. */
  readonly trace?: Trace;
  /** A test sets params while it runs. */
  readonly writableParams?: boolean;
  /** Functions beside the kernel's helpers, by name. */
  readonly helpers?: Readonly<Record<string, HostFunction>>;
}

export type Trace = (fn: IrFunction, block: number, values: ReadonlyMap<ValueId, bigint>) => void;
export type HostValue = number | bigint | Packet | Memory | MapState | null | undefined;
export type HostFunction = (...args: HostValue[]) => HostValue;
export type Compiled = (...args: unknown[]) => number | bigint | undefined;

export interface Machine {
  readonly module: IrModule;
  readonly maps: ReadonlyMap<MapId, MapState>;
  readonly globals: ReadonlyMap<GlobalId, Memory>;
  readonly functions: ReadonlyMap<FunctionId, Compiled>;
  readonly cpus: Cpus;
  readonly bigEndian: boolean;
  readonly numaNode: number;
  readonly clock: Clock;
  readonly routes: Routes;
  /** Where `REDIRECT` goes, of the last run. */
  redirect: Redirect | undefined;
  /** Of the run that goes on. */
  tailCalls: number;
  readonly mapNamed: (name: string) => MapState | undefined;
  readonly globalNamed: (name: string) => Memory | undefined;
}

/** Time in ns, and the state of chance. */
export interface Clock {
  now: bigint;
  /** Added by every question for the time. */
  tick: bigint;
  random: bigint;
}

export type Redirect =
  | { readonly kind: "device"; readonly ifindex: number }
  | { readonly kind: "map"; readonly map: string; readonly key: number };

/** Where virtual time begins: 1 s after boot. */
export const boot = 1_000_000_000n;

export function makeMachine(module: IrModule, options: MachineOptions = {}): Machine {
  const bigEndian = options.bigEndian ?? false;
  const cpus: Cpus = {
    count: Math.max(options.cpus ?? 1, (options.cpu ?? 0) + 1),
    current: options.cpu ?? 0,
  };
  const maps = new Map(module.maps.map((map) => [map.id, makeMap(map, bigEndian, cpus)]));
  const globals = new Map<GlobalId, Memory>();
  for (const global of module.globals) {
    const bytes = new Uint8Array(layoutSize(global.layout));
    initialise(bytes, 0, global.layout, global.initial, bigEndian);
    const rodata = global.section === "rodata";
    const writable = !rodata || options.writableParams === true;
    globals.set(global.id, new Memory(rodata ? "rodata" : "global", bytes, writable));
  }
  const functions = new Map<FunctionId, Compiled>();
  const machine: Machine = {
    module,
    maps,
    globals,
    functions,
    cpus,
    bigEndian,
    numaNode: options.numaNode ?? 0,
    clock: { now: boot, tick: 0n, random: BigInt(options.seed ?? 1) },
    routes: options.routes ?? new Routes(),
    redirect: undefined,
    tailCalls: 0,
    mapNamed: (name) => [...maps.values()].find((state) => state.map.name === name),
    globalNamed: (name) => {
      const found = module.globals.find((one) => one.name === name);
      return found && globals.get(found.id);
    },
  };
  const { trace } = options;
  const byId = new Map(module.functions.map((fn) => [fn.id, fn]));
  const environment = {
    Memory,
    limit: options.limit ?? 1_000_000,
    globals: list(module.globals, (id) => globals.get(id)),
    maps: list(module.maps, (id) => maps.get(id)),
    tables: list(module.maps, (id) => maps.get(id)?.table),
    helper: { ...makeHelpers(machine), ...options.helpers },
    bad: badAccess,
    fault,
    lost: () => fault("no such block"),
    tooLong: () => fault("too many instructions"),
    outside: (value: number | bigint, max: bigint, what: string) =>
      fault(`${value} is more than ${max}: ${what}`),
    swap32,
    swap64,
    set64,
    add64,
    atomic,
    trace: (
      fn: number,
      block: number,
      values: readonly (readonly [number, number | bigint | undefined])[],
    ) => {
      const known = values.flatMap(([id, value]) =>
        value === undefined ? [] : [[id, BigInt(value)] as const],
      );
      trace?.(defined(byId.get(fn), "a function"), block, new Map(known));
    },
  };
  const make: unknown = new Function("E", emitModule(module, { bigEndian, trace: trace !== undefined }));
  if (typeof make === "function") {
    const made: unknown = make(environment);
    if (made instanceof Map) for (const [id, fn] of made) functions.set(id, fn);
  }
  return machine;
}

function fault(message: string): never {
  throw new Fault(message);
}

function list<T>(all: readonly { readonly id: number }[], of: (id: number) => T): (T | undefined)[] {
  const found: (T | undefined)[] = [];
  for (const { id } of all) found[id] = of(id);
  return found;
}

/** All as it was in the beginning: maps empty, globals as the script says, time at boot. */
export function resetMachine(machine: Machine, seed = 1): void {
  for (const { table, ring } of machine.maps.values()) {
    table.clear();
    ring?.drain();
  }
  for (const global of machine.module.globals) {
    const memory = machine.globals.get(global.id);
    if (!memory) continue;
    memory.bytes.fill(0);
    initialise(memory.bytes, 0, global.layout, global.initial, machine.bigEndian);
  }
  machine.clock.now = boot;
  machine.clock.random = BigInt(seed);
  machine.cpus.current = 0;
  machine.redirect = undefined;
  machine.routes.clear();
}

/** Runs a program on a packet, which it may change; gives the verdict. */
export function runProgram(machine: Machine, program: string, packet: Packet): number {
  let name = program;
  machine.redirect = undefined;
  machine.tailCalls = 0;
  for (;;) {
    const found = defined(
      machine.module.programs.find((one) => one.name === name),
      `program ${name}`,
    );
    const fn = defined(machine.functions.get(found.function), `the code of ${name}`);
    try {
      const verdict = fn(packet) ?? 0;
      return typeof verdict === "bigint" ? Number(BigInt.asUintN(32, verdict)) : verdict >>> 0;
    } catch (left) {
      if (left instanceof TailCall) {
        name = left.program;
        continue;
      }
      if (left instanceof TypeError) throw new Fault(`access through null (${left.message})`);
      throw left;
    }
  }
}

/** Writes a constant into memory as its layout says; addresses are in network order. */
export function initialise(
  bytes: Uint8Array,
  at: number,
  layout: Layout,
  value: InitialValue,
  bigEndian: boolean,
): void {
  switch (value.kind) {
    case "zero":
      return;
    case "number": {
      const size = layoutSize(layout);
      const big = layout.kind === "address" || bigEndian;
      let rest = BigInt.asUintN(size * 8, value.value);
      for (let i = 0; i < size; i++) {
        bytes[big ? at + size - 1 - i : at + i] = Number(rest & 0xffn);
        rest >>= 8n;
      }
      return;
    }
    case "bytes":
      bytes.set(value.bytes, at);
      return;
    case "aggregate":
      value.elements.forEach((element, index) => {
        if (layout.kind === "array") {
          initialise(bytes, at + index * layoutSize(layout.element), layout.element, element, bigEndian);
        } else if (layout.kind === "struct") {
          const field = layout.fields[index];
          if (field) initialise(bytes, at + field.offset, field.type, element, bigEndian);
        }
      });
      return;
    default:
      assertNever(value, "initial value");
  }
}
