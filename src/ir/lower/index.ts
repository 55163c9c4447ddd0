/** From the checked tree to the control-flow graph. Runs only on scripts without errors. */
import { defined, invariant } from "../../base/invariant.js";
import type {
  Checked,
  ConstantValue,
  GlobalSymbol,
  MapSymbol,
  ParamSymbol,
  ProgramSymbol,
} from "../../check/checked.js";
import type { MapType, Type } from "../../check/types.js";
import { programKind } from "../../kernel/programs.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { Span } from "../../base/span.js";
import type {
  InitialValue,
  IrFunction,
  IrGlobal,
  IrMap,
  IrModule,
  IrPrint,
  IrProgram,
  MapId,
} from "../ir.js";
import * as ir from "./builder.js";
import { probeParameter } from "./kernel.js";
import { layoutOf } from "./layouts.js";
import { madeGlobals } from "./made-globals.js";
import { flushChecksums } from "./packet/checksums.js";
import { protocolGraph, type Graph } from "./packet/graph.js";
import { newPacket } from "./packet/nodes.js";
import { readPointers } from "./packet/state.js";
import { writesDispatch } from "./packet/dispatch.js";
import { makeStacksMap } from "./stacks.js";
import { lowerBlock } from "./statements.js";
import { staticParameters } from "./static-probes.js";
import type { Probes } from "./tests/probes.js";
import { partsOf, type CalledLoops, type Frame, type Lowering, type Scope, type Val } from "./values.js";

export type { CalledLoops } from "./values.js";

/** The ring buffer of `print`. */
const eventsName = "xdpl_events";
const eventsSize = 256 * 1024;

/** Lowers every program. Diagnostics name what this compiler cannot make code for. */
export interface LowerOptions {
  /** The target's byte order; `little` unless told. */
  readonly endian?: "little" | "big";
  /** See {@link Lowering.recheck}. */
  readonly recheck?: boolean;
  /** See {@link Lowering.called}. */
  readonly called?: CalledLoops;
}

export interface Lowered {
  readonly module: IrModule;
  readonly diagnostics: readonly Diagnostic[];
  /** Those of the loops to be called that are. */
  readonly called: ReadonlySet<number>;
  /** By the others, the local that can't reach the body: only integers do. */
  readonly uncalled: ReadonlyMap<number, string>;
}

export function lower(checked: Checked, options: LowerOptions = {}): Lowered {
  return lowerWith(checked, options, undefined, () => {});
}

/** With probes, and with more than the programs: `also` lowers it. */
export function lowerWith(
  checked: Checked,
  { endian = "little", recheck = false, called = new Map() }: LowerOptions,
  probes: Probes | undefined,
  also: (low: Lowering, graph: Graph) => void,
): Lowered {
  const diagnostics: Diagnostic[] = [];
  const maps = new Map<MapSymbol, MapId>(checked.maps.map((one, id) => [one, id]));
  const globals = new Map<ParamSymbol | GlobalSymbol, number>();
  for (const one of [...checked.params, ...checked.globals]) globals.set(one, globals.size);
  const functions: (IrFunction | undefined)[] = [];
  const prints: IrPrint[] = [];
  const madeMaps = checked.maps.map((one, id) => mapOf(one, id));
  const made = madeGlobals(globals.size, defined(checked.modules[0], "a module").span);
  /** A map that no line of the script declares: made when it is first asked for. */
  const madeMap = (make: (id: MapId, span: Span) => IrMap): (() => MapId) => {
    let id: MapId | undefined;
    return () => {
      if (id === undefined) {
        id = madeMaps.length;
        madeMaps.push(make(id, defined(checked.programs[0], "a program").declaration.span));
      }
      return id;
    };
  };
  const low: Lowering = {
    checked,
    maps,
    globals,
    functions,
    subprograms: new Map(),
    prints,
    eventsMap: madeMap(eventsMap),
    stacksMap: madeMap(makeStacksMap),
    zeros: (size) => made.zeros(size),
    lost: (map) => made.lost(map, defined(madeMaps[map], "a map")),
    report: (found) => diagnostics.push(found),
    layersAreStable: !writesDispatch(checked),
    probes,
    recheck,
    called,
    calledNow: new Set(),
    uncalled: new Map(),
    bigEndian: endian === "big",
  };
  const graph = protocolGraph(checked.headers);
  const programs = checked.programs.map((one): IrProgram => {
    const id = functions.length;
    functions.push(undefined);
    functions[id] = lowerProgram(low, graph, one, id);
    const { name, hook, target, section, argumentForms } = one;
    return { name, hook, target, section, argumentForms, function: id };
  });
  also(low, graph);
  const module: IrModule = {
    functions: functions.map((one) => defined(one, "a function")),
    programs,
    maps: madeMaps.map((one) => made.withLost(one)),
    globals: [...[...globals.keys()].map((one, id) => globalOf(one, id)), ...made.all()],
    prints,
    license: checked.license,
    tests: checked.modules.flatMap((one) =>
      one.declarations.flatMap(({ kind, span }) => (kind === "test" ? [span] : [])),
    ),
  };
  return { module, diagnostics, called: low.calledNow, uncalled: low.uncalled };
}

function lowerProgram(low: Lowering, graph: Graph, program: ProgramSymbol, id: number): IrFunction {
  const { body, span } = program.declaration;
  const b = ir.makeBuilder(span);
  const context = ir.addParameter(b, "ctx", ir.contextPointer);
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: program.result,
    depth: 0,
    exit: (inside, val) => {
      const verdict = val ? partsOf(val)[0] : undefined;
      ir.leave(inside.b, ir.convert(inside.b, verdict ?? ir.constant(inside.b, ir.u32, 0), ir.u32));
    },
  };
  const s: Scope = {
    low,
    b,
    hook: program.hook,
    frags: program.frags,
    context: context.id,
    packet: newPacket(graph),
    frame,
    loops: [],
  };
  b.beforeEnd = () => flushChecksums(s);
  const kind = programKind(program.hook);
  if (kind?.family === "packet") readPointers(s);
  const packet: Val = { kind: "packet" };
  const marked = program.argumentForms && staticParameters(s, program);
  for (const [i, parameter] of program.parameters.entries()) {
    const source = program.sources[i];
    const value = marked?.[i] ?? (source ? probeParameter(s, source, parameter.type, kind) : packet);
    frame.bindings.set(parameter, { kind: "fixed", value });
  }
  lowerBlock(s, body);
  // The checker proved that every path returns; what is left is not reached.
  if (!ir.ended(b)) ir.leave(b, ir.constant(b, ir.u32, 0));
  return ir.build(b, {
    id,
    name: program.name,
    linkage: "program",
    hook: program.hook,
    parameters: [context],
    result: ir.u32,
    span,
  });
}

// ---- maps and globals ------------------------------------------------------------------------------------

/** `BPF_MAP_TYPE_…` of each kind of map. */
export const kernelMaps = {
  Hash: "HASH",
  LruHash: "LRU_HASH",
  PerCpuHash: "PERCPU_HASH",
  LruPerCpuHash: "LRU_PERCPU_HASH",
  Array: "ARRAY",
  PerCpuArray: "PERCPU_ARRAY",
  LpmTrie: "LPM_TRIE",
  RingBuffer: "RINGBUF",
  ProgramArray: "PROG_ARRAY",
  DevMap: "DEVMAP",
  DevMapHash: "DEVMAP_HASH",
  CpuMap: "CPUMAP",
  XskMap: "XSKMAP",
} as const;

/** Aggregations are per CPU: with keys a hash, without an array of one. */
function kernelType({ map, key, aggregation }: MapType): string {
  if (aggregation) return key ? kernelMaps.PerCpuHash : kernelMaps.PerCpuArray;
  return defined(new Map<string, string>(Object.entries(kernelMaps)).get(map), `the kernel's ${map}`);
}

/** BPF_F_NO_PREALLOC, BPF_F_NUMA_NODE, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG. */
const flags = { noPrealloc: 1, numa: 4, readOnly: 128, writeOnly: 256 } as const;

function mapOf(symbol: MapSymbol, id: MapId): IrMap {
  const { type, options } = symbol;
  const u32: Type = { kind: "int", bits: 32, signed: false };
  const keyed = type.map !== "RingBuffer";
  const key = keyed ? layoutOf(type.key ?? u32) : undefined;
  const access =
    options.access === "read" ? flags.readOnly : options.access === "write" ? flags.writeOnly : 0;
  return {
    id,
    name: options.pin ?? symbol.name,
    type: kernelType(type),
    key: key && type.map === "LpmTrie" ? { kind: "lpm", address: key } : key,
    value: type.value ? layoutOf(type.value) : layoutOf(u32),
    maxEntries: type.size,
    flags:
      (options.noPrealloc || type.map === "LpmTrie" ? flags.noPrealloc : 0) |
      (options.numa === undefined ? 0 : flags.numa) |
      access,
    pinned: options.pin !== undefined,
    numa: options.numa,
    programs: options.programs.map((one) => ({ index: one.index, program: one.program.name })),
    ...(type.aggregation === undefined ? {} : { aggregation: type.aggregation }),
    span: symbol.declaration.span,
  };
}

function eventsMap(id: MapId, span: Span): IrMap {
  return {
    id,
    name: eventsName,
    type: "RINGBUF",
    key: undefined,
    value: undefined,
    maxEntries: eventsSize,
    flags: 0,
    pinned: false,
    numa: undefined,
    programs: [],
    span,
  };
}

function globalOf(symbol: ParamSymbol | GlobalSymbol, id: number): IrGlobal {
  const initial = initialOf(symbol.type, symbol.initial);
  const section = symbol.kind === "param" ? "rodata" : initial.kind === "zero" ? "bss" : "data";
  return {
    id,
    name: symbol.name,
    section,
    layout: layoutOf(symbol.type),
    initial,
    span: symbol.declaration.span,
  };
}

function initialOf(type: Type, value: ConstantValue): InitialValue {
  switch (value.kind) {
    case "number":
      return value.value === 0n ? { kind: "zero" } : { kind: "number", value: value.value };
    case "string":
      return { kind: "bytes", bytes: [...new TextEncoder().encode(value.value)] };
    case "list": {
      invariant(type.kind === "array", "a list that is no array");
      return { kind: "aggregate", elements: value.elements.map((one) => initialOf(type.element, one)) };
    }
    case "struct": {
      invariant(type.kind === "struct", "an object that is no struct");
      const elements = type.fields.map((field): InitialValue => {
        const given = value.fields[field.name];
        return given ? initialOf(field.type, given) : { kind: "zero" };
      });
      return { kind: "aggregate", elements };
    }
    case "null":
    case "prefix":
    case "range":
      invariant(false, `a global of ${value.kind}`);
    // eslint-disable-next-line no-fallthrough
    default:
      return { kind: "zero" };
  }
}
