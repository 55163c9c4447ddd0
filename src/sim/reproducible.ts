/**
 * A module that does the same in the kernel as in the simulator: what comes from outside, time, chance and the kernel's
 * secret for SYN cookies, comes from two globals and from a computation instead. Everything else is as it was.
 */
import type {
  BinaryOp,
  HelperCall,
  Instruction,
  IrFunction,
  IrGlobal,
  IrInt,
  IrModule,
  IrType,
  ValueId,
} from "../ir/ir.js";
import { valueLimit } from "../ir/cfg.js";
import { wrap } from "../ir/interpret/arithmetic.js";
import { randomAdded, randomFactor } from "./engine/helpers.js";
import { cookieFactors } from "./engine/cookies.js";

export interface Reproducible {
  readonly module: IrModule;
  /** The names of the globals for the time in ns, and for the state of chance, where they are used. */
  readonly clock: string | undefined;
  readonly chance: string | undefined;
}

const clockName = "xdpl_clock";
const chanceName = "xdpl_chance";

const u64: IrInt = { kind: "int", bits: 64, signed: false };
const u32: IrInt = { kind: "int", bits: 32, signed: false };

export function reproducible(module: IrModule): Reproducible {
  const globals: IrGlobal[] = [...module.globals];
  const place = (name: string): number => {
    const known = globals.find((one) => one.name === name);
    if (known) return known.id;
    const id = globals.length;
    const span = module.functions[0]?.span ?? { file: { path: "", text: "" }, start: 0, end: 0 };
    // Not zero: zeros lie in another section.
    const initial = { kind: "number", value: 1n } as const;
    globals.push({ id, name, section: "data", layout: u64, initial, span });
    return id;
  };
  const functions = module.functions.map((fn) => rewrite(fn, place));
  const used = (name: string): string | undefined =>
    globals.some((one) => one.name === name) ? name : undefined;
  return { module: { ...module, functions, globals }, clock: used(clockName), chance: used(chanceName) };
}

const clocks: ReadonlySet<string> = new Set([
  "bpf_ktime_get_ns",
  "bpf_ktime_get_boot_ns",
  "bpf_ktime_get_coarse_ns",
  "bpf_ktime_get_tai_ns",
  "bpf_jiffies64",
]);

function rewrite(fn: IrFunction, place: (name: string) => number): IrFunction {
  let next = valueLimit(fn);
  const blocks = fn.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.flatMap((one): readonly Instruction[] => {
      if (one.kind !== "helper") return [one];
      const made: Instruction[] = [];
      const w = writer(one, made, () => next++);
      if (clocks.has(one.helper)) time(w, one, place(clockName));
      else if (one.helper === "bpf_get_prandom_u32") chance(w, one, place(chanceName));
      else if (one.helper.startsWith("bpf_tcp_raw_gen_syncookie_ipv")) makeCookie(w, one);
      else if (one.helper.startsWith("bpf_tcp_raw_check_syncookie_ipv")) checkCookie(w, one);
      else return [one];
      return made;
    }),
  }));
  return { ...fn, blocks };
}

interface Writer {
  readonly emit: (one: New) => ValueId;
  readonly constant: (type: IrInt, value: bigint | number) => ValueId;
  readonly binary: (op: BinaryOp, type: IrInt, left: ValueId, right: ValueId) => ValueId;
  readonly load: (pointer: ValueId, displacement: number) => ValueId;
  readonly address: (global: number) => ValueId;
  /** The last instruction: it has the number of the call. */
  readonly result: (value: ValueId, from: IrInt) => void;
}

type New = Instruction extends infer T ? (T extends Instruction ? Omit<T, "id" | "span"> : never) : never;

function writer(call: HelperCall, made: Instruction[], fresh: () => ValueId): Writer {
  const { span } = call;
  const emit = (one: New): ValueId => {
    const id = fresh();
    made.push({ ...one, id, span });
    return id;
  };
  return {
    emit,
    constant: (type, value) => emit({ kind: "constant", type, value: wrap(type, BigInt(value)) }),
    binary: (op, type, left, right) => emit({ kind: "binary", op, type, left, right }),
    load: (pointer, displacement) =>
      emit({ kind: "load", type: u32, pointer, displacement, order: "network" }),
    address: (global) => emit({ kind: "global-address", type: globalPointer, global }),
    result: (value) => {
      const type: IrInt = call.type.kind === "int" ? call.type : u64;
      made.push({ kind: "convert", type, value, id: call.id, span });
    },
  };
}

const globalPointer: IrType & { readonly kind: "pointer" } = {
  kind: "pointer",
  region: "global",
  nullable: false,
  size: 8,
};

function time(w: Writer, call: HelperCall, global: number): void {
  const now = w.emit({
    kind: "load",
    type: u64,
    pointer: w.address(global),
    displacement: 0,
    order: "native",
  });
  if (call.helper === "bpf_jiffies64") w.result(w.binary("udiv", u64, now, w.constant(u64, 4_000_000)), u64);
  else w.result(now, u64);
}

function chance(w: Writer, _call: HelperCall, global: number): void {
  const pointer = w.address(global);
  const before = w.emit({ kind: "load", type: u64, pointer, displacement: 0, order: "native" });
  const scaled = w.binary("mul", u64, before, w.constant(u64, randomFactor));
  const after = w.binary("add", u64, scaled, w.constant(u64, randomAdded));
  w.emit({ kind: "store", pointer, displacement: 0, value: after, bits: 64, order: "native" });
  w.result(w.binary("lshr", u64, after, w.constant(u64, 32)), u64);
}

/** `connectionHash` of `engine/cookies.ts`. */
function connection(w: Writer, call: HelperCall): { readonly hash: ValueId; readonly tcp: ValueId } {
  const [ip, tcp] = call.arguments.flatMap((one) => (one.kind === "value" ? [one.value] : []));
  if (ip === undefined || tcp === undefined) return { hash: w.constant(u32, 0), tcp: w.constant(u32, 0) };
  const v4 = call.helper.endsWith("ipv4");
  let hash = w.load(tcp, 0);
  for (let i = 0; i < (v4 ? 2 : 8); i++) {
    const mixed = w.binary("xor", u32, hash, w.load(ip, (v4 ? 12 : 8) + 4 * i));
    hash = w.binary("mul", u32, mixed, w.constant(u32, cookieFactors[0]));
  }
  for (const [shift, factor] of [
    [15, cookieFactors[1]],
    [13, cookieFactors[2]],
  ] as const) {
    const folded = w.binary("lshr", u32, hash, w.constant(u32, shift));
    hash = w.binary("mul", u32, w.binary("xor", u32, hash, folded), w.constant(u32, factor));
  }
  return { hash, tcp };
}

function makeCookie(w: Writer, call: HelperCall): void {
  const { hash, tcp } = connection(w, call);
  const cookie = w.binary("add", u32, hash, w.load(tcp, 4));
  const wide = w.emit({ kind: "convert", type: u64, value: cookie });
  const mss = call.helper.endsWith("ipv4") ? 1460n : 1440n;
  w.result(w.binary("or", u64, wide, w.constant(u64, mss << 32n)), u64);
}

function checkCookie(w: Writer, call: HelperCall): void {
  const { hash, tcp } = connection(w, call);
  const one = w.constant(u32, 1);
  const sequence = w.binary("sub", u32, w.load(tcp, 4), one);
  const brought = w.binary("sub", u32, w.load(tcp, 8), one);
  const expected = w.binary("add", u32, hash, sequence);
  const differs = w.emit({
    kind: "compare",
    op: "ne",
    type: { kind: "int", bits: 1, signed: false },
    left: brought,
    right: expected,
  });
  w.result(differs, u32);
}
