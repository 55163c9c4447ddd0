import { describe, expect, it } from "vitest";
import { faults } from "../../src/verify/fault.js";
import type { VerifyResult } from "../../src/verify/index.js";
import { i64, int, pointer, scalar, u16, u32, u64, u8, type FunctionBuilder } from "../support/ir.js";
import { check, codes, guard, scalars } from "./support.js";

describe("packets", () => {
  it("need a check of enough bytes on the same packet", () => {
    const result = (size: number, move: boolean): VerifyResult =>
      check((f) => {
        const data = f.data();
        guard(f, f.check(data, size, f.data("end")));
        if (move) f.helper("bpf_xdp_adjust_head", [{ kind: "value", value: f.parameters[0] ?? 0 }]);
        f.load(f.advance(data, f.constant(14)), 18, u16);
        f.ret(f.constant(2, u32));
      });
    expect(codes(result(34, false))).toEqual([]);
    expect(codes(result(33, false))).toEqual([faults.bytes]);
    expect(codes(result(34, true))).toEqual([faults.moved]);
  });

  it("join over phis of pointers, each checked", () => {
    const result = (second: number): VerifyResult =>
      check((f) => {
        const data = f.data();
        const end = f.data("end");
        guard(f, f.check(data, 34, end));
        const tag = f.load(data, 12, u16, "network");
        const [vlan, plain, join, out] = [f.block(), f.block(), f.block(), f.block()];
        f.branch(f.compare("eq", tag, f.constant(0x8100, u16)), vlan, plain);
        f.at(vlan);
        const inner = f.advance(data, f.constant(4));
        f.branch(f.check(inner, 34, end), join, out);
        f.at(plain);
        f.branch(f.check(data, second, end), join, out);
        f.at(out);
        f.ret(f.constant(1, u32));
        f.at(join);
        const base = f.phi(pointer("packet"), [
          [vlan, inner],
          [plain, data],
        ]);
        f.load(base, 32, u16);
        f.ret(f.constant(2, u32));
      });
    expect(codes(result(34))).toEqual([]);
    expect(codes(result(40))).toEqual([]);
  });

  it("take variable offsets up to 0x7fff and check behind them", () => {
    const result = (type: typeof u16, check2 = true): VerifyResult =>
      check((f) => {
        const data = f.data();
        guard(f, f.check(data, 34, f.data("end")));
        const offset = f.convert(f.load(data, 16, type, "network"), u64);
        const cursor = f.advance(data, offset);
        if (check2) guard(f, f.check(cursor, 4, f.data("end")));
        f.load(cursor, 0, u32);
        f.ret(f.constant(2, u32));
      });
    expect(codes(result(u8))).toEqual([]);
    expect(codes(result(u16))).toEqual(["XD4103"]);
    expect(codes(result(u8, false))).toEqual([faults.bytes]);
  });
});

describe("memory", () => {
  it("of map values needs a null test and stays inside", () => {
    const result = (test: boolean, at: number): VerifyResult =>
      check((f) => {
        const value = f.lookup(0, scalar(f.constant(1, u32), 32));
        if (test) guard(f, f.binary("xor", f.isNull(value), f.constant(1, int(1)), int(1)));
        f.load(value, at, u64);
        f.ret(f.constant(2, u32));
      });
    expect(codes(result(true, 0))).toEqual([]);
    expect(codes(result(true, 4))).toEqual([faults.memory]);
    expect(codes(result(false, 0))).toEqual(["XD4106"]);
  });

  it("of the stack stays inside, with proven indices", () => {
    const result = (limit: number): VerifyResult =>
      scalars((f, x) => {
        const slot = f.slot(64);
        guard(f, f.compare("ult", x, f.constant(limit)));
        f.store(f.advance(slot, f.binary("mul", x, f.constant(8)), "stack"), 0, x, 64);
      });
    expect(codes(result(8))).toEqual([]);
    expect(codes(result(9))).toEqual([faults.memory]);
  });
});

describe("ring-buffer records", () => {
  const records = (after: (f: FunctionBuilder, record: number) => void): VerifyResult =>
    check((f) => {
      const map = f.emit({ kind: "map-address", map: 1, type: pointer("map") });
      const size = f.constant(8);
      const record = f.helper(
        "bpf_ringbuf_reserve",
        [
          { kind: "value", value: map },
          { kind: "value", value: size },
        ],
        pointer("record", true, 8),
      );
      guard(f, f.binary("xor", f.isNull(record), f.constant(1, int(1)), int(1)));
      f.store(record, 0, size, 64);
      after(f, record);
      f.ret(f.constant(2, u32));
    });
  const submit = (f: FunctionBuilder, record: number): void => {
    f.helper(
      "bpf_ringbuf_submit",
      [
        { kind: "value", value: record },
        { kind: "value", value: f.constant(0) },
      ],
      i64,
    );
  };

  it("are handed over once on every path", () => {
    expect(codes(records(submit))).toEqual([]);
    expect(codes(records(() => undefined))).toEqual([faults.lost]);
    expect(
      codes(
        records((f, record) => {
          guard(f, f.compare("eq", f.load(record, 0, u64), f.constant(1)));
          submit(f, record);
        }),
      ),
    ).toEqual([faults.lost]);
    expect(
      codes(
        records((f, record) => {
          submit(f, record);
          submit(f, record);
        }),
      ),
    ).toEqual([faults.released]);
  });
});
