/** Packets: offsets, checks, the context, and control flow around them. */
import type { IrModule } from "../../src/ir/ir.js";
import { build, i64, moduleOf, u16, u32, u64, u8 } from "../support/ir.js";

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

/** A walk over options: a cursor that the packet's own lengths move, eight turns at most. */
const options = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const before = f.here();
  const zero = f.constant(0);
  const start = f.constant(14);
  const [head, turn, read, next, found, out] = [
    f.block(),
    f.block(),
    f.block(),
    f.block(),
    f.block(),
    f.block(),
  ];
  f.jump(head);
  f.at(head);
  const count = f.phi(u64, [[before, zero]]);
  const cursor = f.phi(u64, [[before, start]]);
  f.branch(f.compare("ult", count, f.constant(8)), turn, out);
  f.at(turn);
  const p = f.advance(data, cursor);
  f.branch(f.check(p, 2, end), read, out);
  f.at(read);
  const kind = f.load(p, 0, u8);
  const length = f.load(p, 1, u8);
  f.branch(f.compare("eq", kind, f.constant(4, u8)), found, next);
  f.at(next);
  const step = f.convert(
    f.binary("add", f.binary("and", length, f.constant(15, u8), u8), f.constant(2, u8), u8),
    u64,
  );
  f.input(cursor, next, f.binary("add", cursor, step));
  f.input(count, next, f.binary("add", count, f.constant(1)));
  f.jump(head);
  f.at(found);
  f.ret(f.binary("add", f.convert(length, u32), f.constant(1000, u32), u32));
  f.at(out);
  f.ret(f.constant(7, u32));
  return moduleOf([f.finish()]);
};

/** Two packet checks joined by `and`, as one condition. */
const joinedChecks = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const end = f.data("end");
  const [a, b, c, out] = [f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 16, end), a, out);
  f.at(a);
  const far = f.advance(data, f.convert(f.load(data, 0, u8), u64));
  f.branch(f.compare("eq", f.load(data, 1, u8), f.constant(0, u8)), b, out);
  f.at(b);
  f.branch(f.check(far, 4, end), c, out);
  f.at(c);
  f.ret(f.load(far, 0, u32, "network"));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
};

/** A switch wide enough for a jump table, with constants for results. */
const wideSwitch = (): IrModule => {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, out, join] = [f.block(), f.block(), f.block()];
  f.branch(f.check(data, 14, f.data("end")), inside, out);
  f.at(inside);
  const key = f.load(data, 0, u8);
  const values = Array.from({ length: 24 }, (_, n) => f.constant((n * 7919) % 101, u32));
  const targets = values.map(() => f.block());
  f.switchOn(
    key,
    targets.map((target, n) => [BigInt(n), target] as const),
    out,
  );
  for (const target of targets) {
    f.at(target);
    f.jump(join);
  }
  f.at(join);
  f.ret(
    f.phi(
      u32,
      targets.map((target, n) => [target, values[n] ?? 0] as const),
    ),
  );
  f.at(out);
  f.ret(f.constant(200, u32));
  return moduleOf([f.finish()]);
};

export const packets: Readonly<Record<string, () => IrModule>> = {
  contextBranches,
  offsets,
  provenOffset,
  tagged,
  adjusted,
  options,
  joinedChecks,
  wideSwitch,
};
