/** What lives across runs of the interpreter: maps, globals, and where time and chance come from. */
import { layoutSize, type Layout } from "../../base/layout.js";
import { assertNever } from "../../base/invariant.js";
import type { BlockId, GlobalId, InitialValue, IrFunction, IrMap, IrModule, MapId, ValueId } from "../ir.js";
import { makeMap, type MapState } from "./maps.js";
import { makeMemory, writeInt, type Memory, type Value } from "./memory.js";

export interface MachineOptions {
  readonly bigEndian?: boolean;
  /** Nanoseconds; for all clocks. */
  readonly now?: () => bigint;
  readonly random?: () => number;
  readonly cpu?: number;
  readonly numaNode?: number;
  /** Instructions in one run before it is given up. */
  readonly steps?: number;
  /** Called at the end of every block with what all values are. */
  readonly trace?: Trace;
}

export type Trace = (fn: IrFunction, block: BlockId, values: ReadonlyMap<ValueId, Value>) => void;

export interface Machine {
  readonly module: IrModule;
  readonly maps: ReadonlyMap<MapId, MapState>;
  readonly globals: ReadonlyMap<GlobalId, Memory>;
  readonly options: Required<Omit<MachineOptions, "trace">>;
  readonly trace: Trace | undefined;
  readonly mapNamed: (name: string) => MapState | undefined;
}

export function makeMachine(module: IrModule, options: MachineOptions = {}): Machine {
  const bigEndian = options.bigEndian ?? false;
  const maps = new Map<MapId, MapState>(module.maps.map((map: IrMap) => [map.id, makeMap(map, bigEndian)]));
  const globals = new Map<GlobalId, Memory>();
  for (const global of module.globals) {
    const bytes = new Uint8Array(layoutSize(global.layout));
    initialise(bytes, 0, global.layout, global.initial, bigEndian);
    const rodata = global.section === "rodata";
    globals.set(global.id, makeMemory(rodata ? "rodata" : "global", bytes, !rodata));
  }
  let time = 1_000_000_000n;
  return {
    module,
    maps,
    globals,
    trace: options.trace,
    options: {
      bigEndian,
      now: options.now ?? ((): bigint => (time += 1000n)),
      random: options.random ?? ((): number => 4),
      cpu: options.cpu ?? 0,
      numaNode: options.numaNode ?? 0,
      steps: options.steps ?? 1_000_000,
    },
    mapNamed: (name) => [...maps.values()].find((state) => state.map.name === name),
  };
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
    case "number":
      writeInt(bytes, at, layoutSize(layout) * 8, value.value, layout.kind === "address" || bigEndian);
      return;
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
