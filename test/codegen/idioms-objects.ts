/** Maps, memory, functions and globals: what an object is made of. */
import type { IrModule, ValueId } from "../../src/ir/ir.js";
import { build, i64, mapOf, moduleOf, pointer, scalar, span, u1, u16, u32, u64, u8 } from "../support/ir.js";
import { withTable } from "./table.js";

/** Two maps, one lookup after a branch: LLVM would choose the map and call once. */
const twoMaps = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, first, second, join, found, out] = [
    f.block(),
    f.block(),
    f.block(),
    f.block(),
    f.block(),
    f.block(),
  ];
  f.branch(f.check(data, 14, f.data("end")), inside, out);
  f.at(inside);
  const key = f.binary("and", f.load(data, 0, u32), f.constant(7, u32), u32);
  f.branch(f.compare("eq", f.load(data, 4, u8), f.constant(0, u8)), first, second);
  f.at(first);
  const a = f.lookup(0, scalar(key, 32));
  f.jump(join);
  f.at(second);
  const b = f.lookup(1, scalar(key, 32));
  f.jump(join);
  f.at(join);
  const value = f.phi(pointer("map-value", true, 8), [
    [first, a],
    [second, b],
  ]);
  f.branch(f.isNull(value), out, found);
  f.at(found);
  f.emit({ kind: "atomic", op: "add", pointer: value, displacement: 0, value: f.constant(5), bits: 64 });
  f.ret(f.convert(f.load(value, 0, u64), u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()], { maps: [mapOf(0, "ARRAY"), mapOf(1, "ARRAY")] });
};

/** A structure on the stack: fields, a copy, and what is between the fields zeroed. */
const stack = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, found, out] = [f.block(), f.block(), f.block()];
  f.branch(f.check(data, 24, f.data("end")), inside, out);
  f.at(inside);
  const slot = f.slot(24);
  f.emit({ kind: "zero", pointer: slot, displacement: 0, size: 24 });
  f.emit({ kind: "copy", to: slot, toDisplacement: 2, from: data, fromDisplacement: 6, size: 6 });
  f.store(slot, 12, f.load(data, 0, u32), 32, "network");
  const key = { kind: "pointer", pointer: slot, displacement: 0, size: 16 } as const;
  f.emit({
    kind: "map-update",
    map: 0,
    key,
    value: {
      kind: "parts",
      size: 16,
      parts: [
        { offset: 0, value: f.load(data, 0, u16), bits: 16, order: "native" },
        { offset: 8, value: f.load(data, 3, u8), bits: 8, order: "native" },
      ],
    },
    flags: 0,
    type: i64,
  });
  const value = f.lookup(0, key, 16);
  f.branch(f.isNull(value), out, found);
  f.at(found);
  f.ret(f.convert(f.binary("add", f.load(value, 8, u64), f.load(value, 0, u64)), u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  const bytes = { kind: "array", element: { kind: "int", bits: 8, signed: false }, length: 16 } as const;
  return moduleOf([f.finish()], { maps: [mapOf(0, "HASH", { key: bytes, value: bytes, maxEntries: 64 })] });
};

/** A function that is called twice, with a pointer into a map. */
const subprogram = (): IrModule => {
  const sub = build("sub", {
    id: 1,
    linkage: "subprogram",
    parameters: [pointer("map-value", false, 8), u32, u1],
    result: u16,
  });
  const [p = 0, n = 0, flag = 0] = sub.parameters;
  const [yes, no] = [sub.block(), sub.block()];
  sub.branch(flag, yes, no);
  sub.at(yes);
  sub.emit({ kind: "atomic", op: "add", pointer: p, displacement: 0, value: sub.convert(n, u64), bits: 64 });
  sub.ret(sub.convert(n, u16));
  sub.at(no);
  sub.ret(sub.convert(sub.load(p, 0, u64), u16));
  const main = withTable((f, base, data) => {
    const n32 = f.load(data, 4, u32);
    const set = f.compare("ugt", f.load(data, 0, u8), f.constant(7, u8));
    const a = f.call(1, [base, n32, set], u16);
    const b = f.call(
      1,
      [f.advance(base, f.constant(16), "map-value", 8), f.load(data, 8, u32), f.constant(1, u1)],
      u16,
    );
    f.ret(f.convert(f.binary("add", a, b, u16), u32));
  });
  return { ...main, functions: [...main.functions, sub.finish()] };
};

/** An event with padding, output to a ring buffer; a reservation of one field. */
const ring = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, got, out] = [f.block(), f.block(), f.block()];
  f.branch(f.check(data, 14, f.data("end")), inside, out);
  f.at(inside);
  const map = f.emit({ kind: "map-address", map: 0, type: pointer("map") });
  const size = f.constant(16);
  const none = f.constant(0);
  f.helper("bpf_ringbuf_output", [
    { kind: "value", value: map },
    {
      kind: "memory",
      memory: {
        kind: "parts",
        size: 16,
        parts: [
          { offset: 0, value: f.load(data, 0, u32), bits: 32, order: "network" },
          { offset: 4, value: f.load(data, 4, u8), bits: 8, order: "native" },
          { offset: 8, value: f.load(data, 6, u64), bits: 64, order: "native" },
        ],
      },
    },
    { kind: "value", value: size },
    { kind: "value", value: none },
  ]);
  const record = f.helper(
    "bpf_ringbuf_reserve",
    [
      { kind: "value", value: map },
      { kind: "value", value: size },
      { kind: "value", value: none },
    ],
    pointer("record", true, 16),
  );
  f.branch(f.isNull(record), out, got);
  f.at(got);
  f.emit({ kind: "zero", pointer: record, displacement: 0, size: 16 });
  f.store(record, 4, f.load(data, 2, u32), 32);
  f.helper("bpf_ringbuf_submit", [
    { kind: "value", value: record },
    { kind: "value", value: none },
  ]);
  f.ret(f.constant(3, u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()], { maps: [mapOf(0, "RINGBUF", { maxEntries: 4096 })] });
};

/** A program that hands over to another. */
const tailCall = (): IrModule => {
  const f = build("main", { result: u32 });
  const [ctx = 0] = f.parameters;
  const map = f.emit({ kind: "map-address", map: 0, type: pointer("map") });
  f.helper("bpf_tail_call", [
    { kind: "value", value: ctx },
    { kind: "value", value: map },
    { kind: "value", value: f.constant(2) },
  ]);
  f.ret(f.constant(1, u32));
  const other = build("other", { id: 1, result: u32 });
  other.ret(other.constant(77, u32));
  return moduleOf([f.finish(), other.finish()], {
    maps: [
      mapOf(0, "PROG_ARRAY", {
        maxEntries: 4,
        value: { kind: "int", bits: 32, signed: false },
        programs: [{ index: 2, program: "other" }],
      }),
    ],
  });
};

/** Globals of each section, and a parameter that must not be folded. */
const globals = (): IrModule => {
  const f = build("main", { result: u32 });
  const at = (global: number, region: "rodata" | "global"): ValueId =>
    f.emit({ kind: "global-address", global, type: pointer(region, false, 8) });
  const limit = f.load(at(0, "rodata"), 0, u32);
  const seen = at(1, "global");
  f.emit({ kind: "atomic", op: "add", pointer: seen, displacement: 0, value: f.constant(1), bits: 64 });
  const start = f.load(at(2, "global"), 4, u16);
  const list = f.load(at(3, "rodata"), 2, u8);
  const sum = f.binary("add", limit, f.convert(start, u32), u32);
  f.ret(f.binary("add", sum, f.convert(list, u32), u32));
  const number = (bits: number) => ({ kind: "int", bits, signed: false }) as const;
  const pair = {
    kind: "struct",
    name: "Pair",
    size: 8,
    fields: [
      { name: "a", offset: 0, type: number(32) },
      { name: "b", offset: 4, type: number(16) },
    ],
  } as const;
  const of = (value: bigint) => ({ kind: "number", value }) as const;
  return moduleOf([f.finish()], {
    globals: [
      { id: 0, name: "limit", section: "rodata", layout: number(32), initial: of(40n), span },
      { id: 1, name: "seen", section: "bss", layout: number(64), initial: { kind: "zero" }, span },
      {
        id: 2,
        name: "pair",
        section: "data",
        layout: pair,
        initial: { kind: "aggregate", elements: [of(1n), of(0x1234n)] },
        span,
      },
      {
        id: 3,
        name: "list",
        section: "rodata",
        layout: { kind: "array", element: number(8), length: 3 },
        initial: { kind: "bytes", bytes: [5, 6, 7] },
        span,
      },
    ],
  });
};

/** A callback of `bpf_loop` (5.17) and one of `bpf_for_each_map_elem` (5.13), with state on the caller's stack. */
const callbacks = (): IrModule => {
  const turn = build("turn", {
    id: 1,
    linkage: "callback",
    parameters: [u64, pointer("stack", false, 16)],
    result: i64,
  });
  const [index = 0, state = 0] = turn.parameters;
  turn.store(state, 0, turn.binary("add", turn.load(state, 0, u64), turn.binary("mul", index, index)), 64);
  turn.ret(turn.constant(0, i64));
  const entry = build("entry", {
    id: 2,
    linkage: "callback",
    parameters: [
      pointer("map"),
      pointer("stack", false, 4),
      pointer("map-value", false, 8),
      pointer("stack", false, 16),
    ],
    result: i64,
  });
  const [, , value = 0, sum = 0] = entry.parameters;
  entry.store(sum, 8, entry.binary("add", entry.load(sum, 8, u64), entry.load(value, 0, u64)), 64);
  entry.ret(entry.constant(0, i64));
  const f = build("main", { result: u32 });
  const slot = f.slot(16);
  const zero = f.constant(0);
  f.emit({ kind: "zero", pointer: slot, displacement: 0, size: 16 });
  f.emit({
    kind: "map-update",
    map: 0,
    key: scalar(f.constant(3, u32), 32),
    value: scalar(f.constant(40), 64),
    flags: 0,
    type: i64,
  });
  const address = (id: number): ValueId =>
    f.emit({ kind: "function-address", function: id, type: pointer("function") });
  const of = (value: ValueId) => ({ kind: "value", value }) as const;
  f.helper("bpf_loop", [of(f.constant(10)), of(address(1)), of(slot), of(zero)]);
  const map = f.emit({ kind: "map-address", map: 0, type: pointer("map") });
  f.helper("bpf_for_each_map_elem", [of(map), of(address(2)), of(slot), of(zero)]);
  f.ret(f.convert(f.binary("add", f.load(slot, 0, u64), f.load(slot, 8, u64)), u32));
  return moduleOf([f.finish(), turn.finish(), entry.finish()], { maps: [mapOf(0, "ARRAY")] });
};

export const objects: Readonly<Record<string, () => IrModule>> = {
  twoMaps,
  stack,
  subprogram,
  ring,
  tailCall,
  globals,
  callbacks,
};
