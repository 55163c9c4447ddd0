/** What instructions do beside giving a value: which memory they change, and whether they move the packet. */
import { helperNamed } from "../../kernel/helpers.js";
import type { Instruction, IrFunction, IrModule, MemoryOperand, Phi, Region, ValueId } from "../ir.js";

/** A helper's effects, where they are less than "may change anything but the packet's place". */
interface HelperEffects {
  /** Changes no memory but what it is given to write. */
  readonly quiet?: true;
  /** The same result again in one run, as long as the packet does not move. */
  readonly repeatable?: true;
  /** Without need to run when the result is not used. */
  readonly droppable?: true;
}

const helpers: Readonly<Record<string, HelperEffects>> = {
  bpf_ktime_get_ns: { quiet: true, droppable: true },
  bpf_ktime_get_boot_ns: { quiet: true, droppable: true },
  bpf_ktime_get_coarse_ns: { quiet: true, droppable: true },
  bpf_ktime_get_tai_ns: { quiet: true, droppable: true },
  bpf_jiffies64: { quiet: true, droppable: true },
  bpf_get_prandom_u32: { quiet: true, droppable: true },
  bpf_get_smp_processor_id: { quiet: true, droppable: true, repeatable: true },
  bpf_get_numa_node_id: { quiet: true, droppable: true, repeatable: true },
  bpf_xdp_get_buff_len: { quiet: true, droppable: true, repeatable: true },
  bpf_csum_diff: { quiet: true, droppable: true },
  bpf_redirect: { quiet: true },
  bpf_redirect_map: { quiet: true },
  bpf_redirect_peer: { quiet: true },
  bpf_redirect_neigh: { quiet: true },
  bpf_fib_lookup: { quiet: true },
  bpf_check_mtu: { quiet: true },
  bpf_trace_printk: { quiet: true },
  bpf_perf_event_output: { quiet: true },
  bpf_ringbuf_output: { quiet: true },
  bpf_ringbuf_reserve: { quiet: true },
  bpf_xdp_load_bytes: { quiet: true },
  bpf_get_current_pid_tgid: { quiet: true, droppable: true, repeatable: true },
  bpf_get_current_uid_gid: { quiet: true, droppable: true, repeatable: true },
  bpf_get_current_task: { quiet: true, droppable: true, repeatable: true },
  bpf_get_current_cgroup_id: { quiet: true, droppable: true, repeatable: true },
  bpf_get_current_comm: { quiet: true },
  bpf_get_stackid: { quiet: true, droppable: true },
  bpf_probe_read_kernel: { quiet: true },
  bpf_probe_read_kernel_str: { quiet: true },
  bpf_probe_read_user: { quiet: true },
  bpf_probe_read_user_str: { quiet: true },
  bpf_tcp_raw_gen_syncookie_ipv4: { quiet: true },
  bpf_tcp_raw_gen_syncookie_ipv6: { quiet: true },
  bpf_tcp_raw_check_syncookie_ipv4: { quiet: true },
  bpf_tcp_raw_check_syncookie_ipv6: { quiet: true },
};

export function helperEffects(name: string): HelperEffects {
  return helpers[name] ?? {};
}

export function hasSideEffects(one: Instruction): boolean {
  switch (one.kind) {
    case "store":
    case "zero":
    case "copy":
    case "atomic":
    case "map-update":
    case "map-delete":
    case "call":
      return true;
    case "helper":
      return helperEffects(one.helper).droppable !== true;
    default:
      return false;
  }
}

/** Whether two runs of the instruction with equal operands always agree, so that one may stand for the other. */
export function isPure(one: Instruction): boolean {
  switch (one.kind) {
    case "constant":
    case "binary":
    case "compare":
    case "convert":
    case "select":
    case "swap-bytes":
    case "bounded":
    case "forget":
    case "null":
    case "is-null":
    case "global-address":
    case "map-address":
    case "function-address":
    case "packet-check":
    case "pointer-add":
    case "pointer-difference":
    case "field-info":
    case "address-of":
      return true;
    default:
      return false;
  }
}

/** Functions that may move the packet, by themselves or through what they call. */
export function packetMovers(module: IrModule): ReadonlySet<number> {
  const callers = new Map<number, number[]>();
  const work: number[] = [];
  for (const fn of module.functions) {
    for (const block of fn.blocks) {
      for (const one of block.instructions) {
        if (one.kind === "helper" && helperNamed(one.helper)?.movesPacket) work.push(fn.id);
        if (one.kind === "call") callers.set(one.function, [...(callers.get(one.function) ?? []), fn.id]);
      }
    }
  }
  const found = new Set<number>();
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    work.push(...(callers.get(id) ?? []));
  }
  return found;
}

export function movesPacket(one: Instruction, movers: ReadonlySet<number>): boolean {
  if (one.kind === "helper") return helperNamed(one.helper)?.movesPacket === true;
  return one.kind === "call" && movers.has(one.function);
}

/** Memory is told apart by class: what changes one class leaves the values read from the others as they were. */
export type MemoryClass = number;
export const packetPlace: MemoryClass = 0;
export const packetBytes: MemoryClass = 1;
/** Map values, ring-buffer records and globals: a map's value can be reached in several ways. */
export const heap: MemoryClass = 2;
export const stack: MemoryClass = 3;
/** The set of entries of the map at `mapEntries + id`. */
export const mapEntries: MemoryClass = 4;

export function classOf(region: Region): MemoryClass | undefined {
  switch (region) {
    case "packet":
    case "packet-end":
      return packetBytes;
    case "stack":
      return stack;
    case "map-value":
    case "global":
    case "record":
      return heap;
    default:
      return undefined;
  }
}

export interface EffectContext {
  readonly movers: ReadonlySet<number>;
  /** One more than the greatest class. */
  readonly classes: number;
  readonly regionOf: (value: ValueId) => Region | undefined;
}

export function effectContext(module: IrModule, fn: IrFunction, movers: ReadonlySet<number>): EffectContext {
  const regions: (Region | undefined)[] = [];
  for (const one of fn.parameters) if (one.type.kind === "pointer") regions[one.id] = one.type.region;
  for (const block of fn.blocks) {
    for (const phi of block.phis) if (phi.type.kind === "pointer") regions[phi.id] = phi.type.region;
    for (const one of block.instructions) {
      if ("type" in one && one.type?.kind === "pointer") regions[one.id] = one.type.region;
    }
  }
  const classes = mapEntries + module.maps.reduce((most, map) => Math.max(most, map.id + 1), 0);
  const mixed = fn.blocks.some((block) => block.phis.some((phi) => isMixed(phi, regions)));
  const regionOf = (value: ValueId): Region | undefined => {
    const region = regions[value];
    return mixed && (region === "stack" || region === "rodata") ? "map-value" : region;
  };
  return { movers, classes, regionOf };
}

/** Whether a pointer may lie in memory of several classes: in a function with one of those, they are one class. */
function isMixed({ type, inputs }: Phi, regions: readonly (Region | undefined)[]): boolean {
  return type.kind === "pointer" && inputs.some((one) => regions[one.value] !== type.region);
}

/** Calls `visit` with each class of memory that `one` may change. */
export function forEachClobber(
  one: Instruction,
  context: EffectContext,
  visit: (memory: MemoryClass) => void,
): void {
  const region = (value: ValueId): void => {
    const of = context.regionOf(value);
    const found = of === undefined ? undefined : classOf(of);
    if (found !== undefined) visit(found);
  };
  switch (one.kind) {
    case "store":
    case "zero":
    case "atomic":
      return region(one.pointer);
    case "copy":
      return region(one.to);
    case "map-update":
    case "map-delete":
      visit(mapEntries + one.map);
      visit(heap);
      return;
    case "helper": {
      const effects = helperEffects(one.helper);
      if (helperNamed(one.helper)?.movesPacket) {
        visit(packetPlace);
        visit(packetBytes);
      }
      if (!effects.quiet) {
        visit(heap);
        visit(stack);
        for (let id = mapEntries; id < context.classes; id++) visit(id);
      }
      for (const argument of one.arguments) {
        if (argument.kind === "value") region(argument.value);
        else memory(argument.memory, region);
      }
      return;
    }
    case "call":
      if (context.movers.has(one.function)) visit(packetPlace);
      for (let id = packetBytes; id < context.classes; id++) visit(id);
      return;
    default:
      return;
  }
}

function memory(operand: MemoryOperand, region: (value: ValueId) => void): void {
  if (operand.kind === "pointer") region(operand.pointer);
}
