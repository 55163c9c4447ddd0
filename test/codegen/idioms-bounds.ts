/** Bounds of indices: what LLVM spoils for the kernel, and what a clamp or a pin keeps. */
import type { IrModule } from "../../src/ir/ir.js";
import { i64, u16, u32, u64, u8 } from "../support/ir.js";
import { element, finishWith, leaveUnless, withTable } from "./table.js";

/** `t[x & 15]`: the mask itself is the bound. */
const masked = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.binary("and", f.convert(f.load(data, 0, u8), u64), f.constant(15));
    finishWith(f, f.load(element(f, base, f.bounded(index, 15)), 0, u64));
  });

/** `if (x < 16) t[x]`. */
const guarded = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.convert(f.load(data, 0, u32), u64);
    leaveUnless(f, f.compare("ult", index, f.constant(16)));
    finishWith(f, f.load(element(f, base, f.bounded(index, 15)), 0, u64));
  });

/** `if (x > 2 && x < 13) t[x - 3]`: LLVM tests a copy, `x - 3 < 10`. */
const shifted = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.convert(f.load(data, 0, u32), u64);
    leaveUnless(f, f.compare("ugt", index, f.constant(2)));
    leaveUnless(f, f.compare("ult", index, f.constant(13)));
    const low = f.load(element(f, base, f.bounded(f.binary("sub", index, f.constant(3)), 9)), 0, u64);
    const same = f.load(element(f, base, f.bounded(index, 12)), 0, u64);
    finishWith(f, f.binary("add", low, same));
  });

/** `t[x % 10]`: kernels before 7.0 know nothing of a remainder. */
const remainder = (): IrModule =>
  withTable((f, base, data) => {
    const index = f.binary("urem", f.load(data, 0, u64), f.constant(10));
    finishWith(f, f.load(element(f, base, f.bounded(index, 9)), 0, u64));
  });

/** `if (i + j < 8) t[i]`: no kernel is relational. */
const relational = (): IrModule =>
  withTable((f, base, data) => {
    const i = f.convert(f.load(data, 0, u8), u64);
    const j = f.convert(f.load(data, 1, u8), u64);
    leaveUnless(f, f.compare("ult", f.binary("add", i, j), f.constant(8)));
    const a = f.load(element(f, base, f.bounded(i, 7)), 0, u64);
    const b = f.load(element(f, base, f.bounded(j, 7)), 0, u64);
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
    finishWith(f, f.load(element(f, base, gap), 0, u64));
  });

/** `t[8 + i]` with i from -8 on: LLVM makes `(t + i) + 8` of it. */
const negative = (): IrModule =>
  withTable((f, base, data) => {
    const raw = f.load(data, 0, i64);
    leaveUnless(f, f.compare("sge", raw, f.constant(-8, i64)));
    leaveUnless(f, f.compare("slt", raw, f.constant(8, i64)));
    const index = f.convert(f.binary("add", raw, f.constant(8, i64), i64), u64);
    finishWith(f, f.load(element(f, base, f.bounded(index, 15)), 0, u64));
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
      f.load(element(f, base, index), 0, u64),
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
    const item = element(f, base, f.bounded(i, 15));
    f.store(item, 0, f.binary("add", i, f.constant(3)), 64);
    f.input(sum, inside, f.binary("add", sum, f.load(item, 0, u64)));
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
    const item = element(f, base, f.bounded(next, 14));
    f.input(sum, inside, f.binary("add", sum, f.load(item, 0, u64)));
    f.input(n, inside, next);
    f.jump(head);
    f.at(done);
    finishWith(f, sum);
  });

/** `for (i = 0; i < n; i++)` with n <= 12 from the packet: LLVM likes to compare with `!=`. */
const variableLoop = (): IrModule =>
  withTable((f, base, data) => {
    const limit = f.convert(f.load(data, 0, u8), u64);
    leaveUnless(f, f.compare("ule", limit, f.constant(12)));
    const before = f.here();
    const zero = f.constant(0);
    const [head, inside, done] = [f.block(), f.block(), f.block()];
    f.jump(head);
    f.at(head);
    const i = f.phi(u64, [[before, zero]]);
    const sum = f.phi(u64, [[before, zero]]);
    f.branch(f.compare("ult", i, limit), inside, done);
    f.at(inside);
    const item = f.load(element(f, base, f.bounded(i, 15)), 0, u64);
    f.input(sum, inside, f.binary("add", f.binary("mul", sum, f.constant(3)), item));
    f.input(i, inside, f.binary("add", i, f.constant(1)));
    f.jump(head);
    f.at(done);
    finishWith(f, sum);
  });

/** The same without an index: only the bound keeps it from running on. */
const variableTrips = (): IrModule =>
  withTable((f, _, data) => {
    const limit = f.convert(f.binary("and", f.load(data, 0, u8), f.constant(31, u8), u8), u64);
    const before = f.here();
    const start = f.load(data, 8, u64);
    const zero = f.constant(0);
    const [head, inside, done] = [f.block(), f.block(), f.block()];
    f.jump(head);
    f.at(head);
    const i = f.phi(u64, [[before, zero]]);
    const sum = f.phi(u64, [[before, start]]);
    f.branch(f.compare("ult", i, limit), inside, done);
    f.at(inside);
    f.input(sum, inside, f.binary("xor", f.binary("mul", sum, f.constant(31)), i));
    f.input(i, inside, f.binary("add", i, f.constant(1)));
    f.jump(head);
    f.at(done);
    finishWith(f, sum);
  });

export const bounds: Readonly<Record<string, () => IrModule>> = {
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
  variableLoop,
  variableTrips,
};
