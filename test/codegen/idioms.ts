/**
 * What LLVM's optimiser is known to spoil for the kernel's verifier, and what loads have to look like: one small
 * program each. All load on every kernel from 5.10 on unless a name says otherwise.
 */
import type { IrModule, ValueId } from "../../src/ir/ir.js";
import type { FunctionBuilder } from "../support/ir.js";
import { build, i64, mapOf, moduleOf, pointer, scalar, u1, u16, u32, u64, u8 } from "../support/ir.js";

const table = { kind: "array", element: { kind: "int", bits: 64, signed: false }, length: 16 } as const;

/** A program over a map of one element that is a table of 16 u64. */
function withTable(body: (f: FunctionBuilder, table: ValueId, packet: ValueId) => void): IrModule {
  const f = build("main", { result: u32 });
  const [found, inside, out] = [f.block(), f.block(), f.block()];
  const data = f.data();
  f.branch(f.check(data, 32, f.data("end")), inside, out);
  f.at(inside);
  const value = f.lookup(0, scalar(f.constant(0, u32), 32), 128);
  f.branch(f.isNull(value), out, found);
  f.at(found);
  body(f, value, data);
  f.at(out);
  f.ret(f.constant(2, u32));
  return moduleOf([f.finish()], { maps: [mapOf(0, "ARRAY", { value: table, maxEntries: 1 })] });
}

const at = (f: FunctionBuilder, base: ValueId, index: ValueId): ValueId =>
  f.advance(base, f.binary("mul", index, f.constant(8)), "map-value", 8);

function finishWith(f: FunctionBuilder, value: ValueId): void {
  f.ret(f.convert(value, u32));
}

function leaveUnless(f: FunctionBuilder, condition: ValueId): void {
  const [yes, no] = [f.block(), f.block()];
  f.branch(condition, yes, no);
  f.at(no);
  f.ret(f.constant(1, u32));
  f.at(yes);
}

/** `t[x & 15]`: the mask itself is the bound. */
const masked = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.binary("and", f.convert(f.load(data, 0, u8), u64), f.constant(15));
    finishWith(f, f.load(at(f, base, f.bounded(index, 15)), 0, u64));
  });

/** `if (x < 16) t[x]`. */
const guarded = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.convert(f.load(data, 0, u32), u64);
    leaveUnless(f, f.compare("ult", index, f.constant(16)));
    finishWith(f, f.load(at(f, base, f.bounded(index, 15)), 0, u64));
  });

/** `if (x > 2 && x < 13) t[x - 3]`: LLVM tests a copy, `x - 3 < 10`. */
const shifted = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.convert(f.load(data, 0, u32), u64);
    leaveUnless(f, f.compare("ugt", index, f.constant(2)));
    leaveUnless(f, f.compare("ult", index, f.constant(13)));
    const low = f.load(at(f, base, f.bounded(f.binary("sub", index, f.constant(3)), 9)), 0, u64);
    const same = f.load(at(f, base, f.bounded(index, 12)), 0, u64);
    finishWith(f, f.binary("add", low, same));
  });

/** `t[x % 10]`: kernels before 7.0 know nothing of a remainder. */
const remainder = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.binary("urem", f.load(data, 0, u64), f.constant(10));
    finishWith(f, f.load(at(f, base, f.bounded(index, 9)), 0, u64));
  });

/** `if (i + j < 8) t[i]`: no kernel is relational. */
const relational = (): IrModule =>
  withTable((f, base, data) => {
    const i = f.convert(f.load(data, 0, u8), u64);
    const j = f.convert(f.load(data, 1, u8), u64);
    leaveUnless(f, f.compare("ult", f.binary("add", i, j), f.constant(8)));
    const a = f.load(at(f, base, f.bounded(i, 7)), 0, u64);
    const b = f.load(at(f, base, f.bounded(j, 7)), 0, u64);
    finishWith(f, f.binary("add", a, b));
  });

/** `if (i <= j && j < 8) t[j - i]`. */
const difference = (): IrModule =>
  withTable((f, base, data) => {
    const i = f.convert(f.load(data, 0, u16), u64);
    const j = f.convert(f.load(data, 2, u16), u64);
    leaveUnless(f, f.compare("ule", i, j));
    leaveUnless(f, f.compare("ult", j, f.constant(8)));
    const gap = f.bounded(f.binary("sub", j, i), 7);
    finishWith(f, f.load(at(f, base, gap), 0, u64));
  });

/** `t[8 + i]` with i from -8 on: LLVM makes `(t + i) + 8` of it. */
const negative = (): IrModule =>
  withTable((f, base, data) => {
    const raw = f.load(data, 0, i64);
    leaveUnless(f, f.compare("sge", raw, f.constant(-8, i64)));
    leaveUnless(f, f.compare("slt", raw, f.constant(8, i64)));
    const index = f.convert(f.binary("add", raw, f.constant(8, i64), i64), u64);
    finishWith(f, f.load(at(f, base, f.bounded(index, 15)), 0, u64));
  });

/** A u16 that is checked narrow and used wide. */
const narrowed = (): IrModule =>
  withTable((f, base, data) => {
    const wide = f.load(data, 0, u64);
    const narrow = f.convert(wide, u16);
    leaveUnless(f, f.compare("ult", narrow, f.constant(12, u16)));
    const index = f.bounded(f.convert(narrow, u64), 11);
    const sum = f.binary(
      "add",
      f.load(at(f, base, index), 0, u64),
      f.binary("and", wide, f.constant(0xffff)),
    );
    finishWith(f, sum);
  });

/** `for (i = 0; i < 10; i++) sum += t[i]`, and stores through the index. */
const counted = (): IrModule =>
  withTable((f, base) => {
    const before = f.here();
    const zero = f.constant(0);
    const [head, inside, done] = [f.block(), f.block(), f.block()];
    f.jump(head);
    f.at(head);
    const i = f.phi(u64, [[before, zero]]);
    const sum = f.phi(u64, [[before, zero]]);
    f.branch(f.compare("ult", i, f.constant(10)), inside, done);
    f.at(inside);
    const element = at(f, base, f.bounded(i, 15));
    f.store(element, 0, f.binary("add", i, f.constant(3)), 64);
    f.input(sum, inside, f.binary("add", sum, f.load(element, 0, u64)));
    f.input(i, inside, f.binary("add", i, f.constant(1)));
    f.jump(head);
    f.at(done);
    finishWith(f, sum);
  });

/** `while (n--)` with n from the packet, at most 15. */
const countdown = (): IrModule =>
  withTable((f, base, data) => {
    const start = f.convert(f.binary("and", f.load(data, 0, u8), f.constant(15, u8), u8), u64);
    const before = f.here();
    const zero = f.constant(0);
    const [head, inside, done] = [f.block(), f.block(), f.block()];
    f.jump(head);
    f.at(head);
    const n = f.phi(u64, [[before, start]]);
    const sum = f.phi(u64, [[before, zero]]);
    f.branch(f.compare("ne", n, zero), inside, done);
    f.at(inside);
    const next = f.binary("sub", n, f.constant(1));
    const element = at(f, base, f.bounded(next, 14));
    f.input(sum, inside, f.binary("add", sum, f.load(element, 0, u64)));
    f.input(n, inside, next);
    f.jump(head);
    f.at(done);
    finishWith(f, sum);
  });

/** Fields of the context in two branches: LLVM loads once, through a chosen pointer. */
const contextBranches = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const [first, second, inside, join, out] = [f.block(), f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 14, end), inside, out);
  f.at(inside);
  f.branch(f.compare("ugt", f.load(data, 0, u8), f.constant(3, u8)), first, second);
  const ctx = f.parameters[0] ?? 0;
  f.at(first);
  const a = f.emit({ kind: "context-load", context: ctx, offset: 12, type: u32 });
  f.jump(join);
  f.at(second);
  const b = f.emit({ kind: "context-load", context: ctx, offset: 16, type: u32 });
  f.jump(join);
  f.at(join);
  f.ret(
    f.phi(u32, [
      [first, a],
      [second, b],
    ]),
  );
  f.at(out);
  f.ret(f.constant(0, u32));
  return moduleOf([f.finish()]);
};

/** Two variable offsets in a row, as IP options and then TCP options: 14 + ihl * 4 + doff * 4. */
const offsets = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const [a, b, c, out] = [f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 34, end), a, out);
  f.at(a);
  const ihl = f.binary("and", f.load(data, 14, u8), f.constant(15, u8), u8);
  const l4 = f.binary("add", f.convert(f.binary("mul", ihl, f.constant(4, u8), u8), u64), f.constant(14));
  const tcp = f.advance(data, l4);
  f.branch(f.check(tcp, 20, end), b, out);
  f.at(b);
  const doff = f.binary("lshr", f.load(tcp, 12, u8), f.constant(4, u8), u8);
  const l7 = f.binary("add", l4, f.convert(f.binary("mul", doff, f.constant(4, u8), u8), u64));
  const payload = f.advance(data, l7);
  f.branch(f.check(payload, 4, end), c, out);
  f.at(c);
  const mix = f.binary("xor", f.load(payload, 0, u32, "network"), f.load(tcp, 4, u32), u32);
  f.store(payload, 2, f.convert(mix, u16), 16, "network");
  f.ret(mix);
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
};

/** An offset that only the language knows to be small: `if (a + b < 64) packet[a + b]`. */
const provenOffset = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const [a, b, c, out] = [f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 16, end), a, out);
  f.at(a);
  const sum = f.binary("sub", f.load(data, 0, u64), f.load(data, 8, u64));
  f.branch(f.compare("ult", sum, f.constant(64)), b, out);
  f.at(b);
  const p = f.advance(data, sum);
  f.branch(f.check(p, 2, end), c, out);
  f.at(c);
  f.ret(f.convert(f.load(p, 0, u16, "network"), u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
};

/** A tag or none before the network header: the offset is a phi of constants. */
const tagged = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const [a, tag, join, b, out] = [f.block(), f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 22, end), a, out);
  f.at(a);
  const plain = f.constant(14);
  const type = f.load(data, 12, u16, "network");
  f.branch(f.compare("eq", type, f.constant(0x8100, u16)), tag, join);
  f.at(tag);
  const inner = f.load(data, 16, u16, "network");
  const longer = f.constant(18);
  f.jump(join);
  f.at(join);
  const ethertype = f.phi(u16, [
    [a, type],
    [tag, inner],
  ]);
  const offset = f.phi(u64, [
    [a, plain],
    [tag, longer],
  ]);
  const ip = f.advance(data, offset);
  f.branch(f.check(ip, 20, end), b, out);
  f.at(b);
  f.ret(f.binary("add", f.load(ip, 12, u32, "network"), f.convert(ethertype, u32), u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
};

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

/** Room in front of the packet; every pointer is taken anew afterwards. */
const adjusted = (): IrModule => {
  const f = build("main", { result: u32 });
  const ctx = f.parameters[0] ?? 0;
  const before = f.binary("sub", f.constant(0), f.constant(8));
  const length = f.emit({ kind: "pointer-difference", left: f.data("end"), right: f.data(), type: u64 });
  const failed = f.helper("bpf_xdp_adjust_head", [
    { kind: "value", value: ctx },
    { kind: "value", value: before },
  ]);
  const [moved, inside, out] = [f.block(), f.block(), f.block()];
  f.branch(f.compare("eq", failed, f.constant(0, i64)), moved, out);
  f.at(moved);
  const data = f.data();
  const end = f.data("end");
  f.branch(f.check(data, 22, end), inside, out);
  f.at(inside);
  f.emit({ kind: "copy", to: data, toDisplacement: 0, from: data, fromDisplacement: 8, size: 6 });
  f.emit({ kind: "zero", pointer: data, displacement: 6, size: 10 });
  const longer = f.emit({ kind: "pointer-difference", left: end, right: data, type: u64 });
  f.store(data, 16, longer, 16, "network");
  f.store(data, 18, length, 32);
  f.ret(f.convert(f.binary("sub", longer, length), u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
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

export const idioms: Readonly<Record<string, () => IrModule>> = {
  masked,
  guarded,
  shifted,
  remainder,
  relational,
  difference,
  negative,
  narrowed,
  counted,
  countdown,
  contextBranches,
  offsets,
  provenOffset,
  tagged,
  twoMaps,
  adjusted,
  stack,
  subprogram,
};
