import { describe, expect, it } from "vitest";
import type { IrModule } from "../../src/ir/ir.js";
import { validateModule } from "../../src/ir/validate.js";
import { verify, type VerifyResult } from "../../src/verify/index.js";
import {
  build,
  i64,
  int,
  mapOf,
  moduleOf,
  pointer,
  scalar,
  u16,
  u32,
  u64,
  u8,
  type BuilderOptions,
  type FunctionBuilder,
} from "../support/ir.js";

function check(
  make: (f: FunctionBuilder) => void,
  options: BuilderOptions = {},
  details: Partial<IrModule> = {},
): VerifyResult {
  const f = build("main", options);
  make(f);
  const module = moduleOf([f.finish()], { maps: [mapOf(0, "HASH"), mapOf(1, "RINGBUF")], ...details });
  validateModule(module);
  return verify(module);
}

const codes = (result: VerifyResult): string[] => result.diagnostics.map((one) => one.code);

/** A function of scalars; `body` builds what needs proof. */
function scalars(body: (f: FunctionBuilder, x: number, y: number) => void, type = u64): VerifyResult {
  return check(
    (f) => {
      const [x, y] = f.parameters;
      body(f, x ?? 0, y ?? 1);
      f.ret(f.constant(0, u32));
    },
    { linkage: "subprogram", parameters: [type, type] },
  );
}

/** Goes on where `condition` holds; elsewhere returns. */
function guard(f: FunctionBuilder, condition: number): void {
  const [yes, no] = [f.block(), f.block()];
  f.branch(condition, yes, no);
  f.at(no);
  f.ret(f.constant(1, u32));
  f.at(yes);
}

describe("bounded values", () => {
  it("are proven by type, mask and remainder", () => {
    const result = scalars((f, x, y) => {
      f.bounded(f.convert(f.convert(x, u8), u64), 255);
      f.bounded(f.binary("and", x, f.constant(15)), 15);
      f.bounded(f.binary("urem", y, f.constant(7)), 6);
      f.bounded(f.binary("add", f.binary("lshr", x, f.constant(62)), f.constant(2)), 5);
    });
    expect(codes(result)).toEqual([]);
  });

  it("say what is known when they are not", () => {
    const result = check(
      (f) => {
        const wide = f.emit({ kind: "convert", value: f.parameters[0] ?? 0, type: u64 }, "i");
        f.bounded(wide, 15);
        f.ret(f.constant(0, u32));
      },
      { linkage: "subprogram", parameters: [u16] },
    );
    expect(result.diagnostics).toMatchObject([
      {
        code: "XD4101",
        message: "`i` is not proven to be an index of 16 elements",
        label: "0..65535 here, at most 15 is allowed",
      },
    ]);
    expect(result.diagnostics[0]?.fixes.at(-1)?.title).toBe("check it first: `if (i > 15) return …;`");
  });

  it("are proven by guards, also of copies and shifted tests", () => {
    const result = scalars((f, x, y) => {
      guard(f, f.compare("ult", x, f.constant(16)));
      f.bounded(x, 15);
      f.bounded(f.convert(x, u32), 15, u32);
      // The range test `y - 3 <= 4` of compilers.
      guard(f, f.compare("ule", f.binary("sub", y, f.constant(3)), f.constant(4)));
      f.bounded(y, 7);
    });
    expect(codes(result)).toEqual([]);
  });

  it("are proven by relations", () => {
    const result = scalars((f, i, j) => {
      guard(f, f.compare("ule", i, j));
      guard(f, f.compare("ult", j, f.constant(8)));
      f.bounded(i, 7);
      f.bounded(f.binary("sub", j, i), 7);
    });
    expect(codes(result)).toEqual([]);
    const sum = scalars((f, i, j) => {
      const [a, b] = [f.convert(f.convert(i, u8), u64), f.convert(f.convert(j, u8), u64)];
      guard(f, f.compare("ult", f.binary("add", a, b), f.constant(8)));
      f.bounded(a, 7);
      f.bounded(b, 7);
    });
    expect(codes(sum)).toEqual([]);
  });

  it("are proven by a sum: offset + k where k < length and offset + length <= size", () => {
    const result = check(
      (f) => {
        const [offset, length, k] = f.parameters.map((one) => f.convert(one, u64));
        const size = f.constant(64);
        guard(f, f.compare("ule", f.binary("add", offset ?? 0, length ?? 0), size));
        guard(f, f.compare("ult", k ?? 0, length ?? 0));
        f.bounded(f.binary("add", offset ?? 0, k ?? 0), 63);
        f.ret(f.constant(0, u32));
      },
      { linkage: "subprogram", parameters: [u16, u16, u16] },
    );
    expect(codes(result)).toEqual([]);
  });

  it("are proven where paths meet, when every path proves them", () => {
    const both = (second: number): VerifyResult =>
      scalars((f, x, y) => {
        const [left, right, join, out] = [f.block(), f.block(), f.block(), f.block()];
        f.branch(f.compare("eq", y, f.constant(0)), left, right);
        f.at(left);
        f.branch(f.compare("ult", x, f.constant(8)), join, out);
        f.at(right);
        f.branch(f.compare("ult", x, f.constant(second)), join, out);
        f.at(out);
        f.ret(f.constant(1, u32));
        f.at(join);
        f.bounded(x, 15);
      });
    expect(codes(both(16))).toEqual([]);
    expect(codes(both(17))).toEqual(["XD4101"]);
  });

  it("are proven by min and clamp, which are selects", () => {
    const result = scalars((f, x) => {
      const limit = f.constant(15);
      f.bounded(f.select(f.compare("ult", x, limit), x, limit), 15);
    });
    expect(codes(result)).toEqual([]);
  });

  it("tell what a kernel knows by itself", () => {
    const result = scalars((f, x, y) => {
      f.bounded(f.binary("and", x, f.constant(15)), 15); // v4
      guard(f, f.compare("ult", x, f.constant(8)));
      f.bounded(x, 7);
      guard(f, f.compare("ule", y, x));
      f.bounded(y, 7);
    });
    const proofs = result.proofs.functions.get(0)?.bounded ?? new Map();
    expect([...proofs.values()].map((one) => one.kernel)).toEqual(["definition", "guard", "none"]);
  });
});

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
    expect(codes(result(33, false))).toEqual(["XD4102"]);
    expect(codes(result(34, true))).toContain("XD4105");
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
    expect(codes(result(u8, false))).toEqual(["XD4102"]);
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
    expect(codes(result(true, 4))).toEqual(["XD4104"]);
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
    expect(codes(result(9))).toEqual(["XD4104"]);
  });
});

describe("loops", () => {
  interface LoopShape {
    readonly type?: typeof u64;
    readonly step?: number;
    readonly op?: "add" | "sub" | "lshr";
  }

  function loop(limit: (f: FunctionBuilder, x: number) => number, shape: LoopShape = {}): VerifyResult {
    const type = shape.type ?? u64;
    return scalars((f, x) => {
      const bound = limit(f, x);
      const entry = f.here();
      const zero = f.constant(0, type);
      const step = f.constant(shape.step ?? 1, type);
      const [head, body, out] = [f.block(), f.block(), f.block()];
      f.jump(head);
      f.at(head);
      const i = f.phi(type, [[entry, shape.op === undefined ? zero : bound]], "i");
      f.branch(shape.op === undefined ? f.compare("ult", i, bound) : f.compare("ne", i, zero), body, out);
      f.at(body);
      f.input(i, body, f.binary(shape.op ?? "add", i, step, type));
      f.jump(head);
      f.at(out);
    }, type);
  }

  const trips = (result: VerifyResult): bigint[] =>
    [...(result.proofs.functions.get(0)?.loops.values() ?? [])].map((one) => one.trips);

  it("with constant and with proven bounds", () => {
    expect(trips(loop((f) => f.constant(8)))).toEqual([8n]);
    expect(trips(loop((f, x) => f.binary("and", x, f.constant(15))))).toEqual([15n]);
    expect(trips(loop((f) => f.constant(100), { step: 7 }))).toEqual([15n]);
  });

  it("counting down, and halving", () => {
    expect(trips(loop((f, x) => f.binary("and", x, f.constant(15)), { op: "sub" }))).toEqual([15n]);
    expect(trips(loop((_, x) => x, { op: "lshr" }))).toEqual([64n]);
  });

  it("without a bound are refused, and say what is known", () => {
    const result = loop((_, x) => x);
    expect(codes(result)).toEqual(["XD4202"]);
    const stuck = loop((f) => f.constant(8), { step: 0 });
    expect(codes(stuck)).toEqual(["XD4201"]);
    expect(stuck.diagnostics[0]?.message).toBe("this loop never ends");
    const wrapping = loop((f) => f.constant(255, u8), { type: u8, step: 2 });
    expect(codes(wrapping)).toEqual(["XD4201"]);
  });

  it("advance by a length of at least one", () => {
    const result = check((f) => {
      // An options walk: `offset += max(length, 1)` while offset < 40.
      const data = f.data();
      const end = f.data("end");
      const zero = f.constant(0);
      const one = f.constant(1);
      const [head, body, next, out] = [f.block(), f.block(), f.block(), f.block()];
      f.jump(head);
      f.at(head);
      const offset = f.phi(u64, [[0, zero]], "offset");
      f.branch(f.compare("ult", offset, f.constant(40)), body, out);
      f.at(body);
      const cursor = f.advance(data, offset);
      f.branch(f.check(cursor, 2, end), next, out);
      f.at(next);
      const length = f.convert(f.load(cursor, 1, u8), u64);
      const step = f.select(f.compare("eq", length, zero), one, length);
      f.input(offset, next, f.binary("add", offset, step));
      f.jump(head);
      f.at(out);
      f.ret(f.constant(2, u32));
    });
    expect(codes(result)).toEqual([]);
    expect(trips(result)).toEqual([40n]);
  });

  it("nested, each with its bound", () => {
    const result = check((f) => {
      const zero = f.constant(0);
      const one = f.constant(1);
      const [outer, inner, innerBody, latch, out] = [f.block(), f.block(), f.block(), f.block(), f.block()];
      f.jump(outer);
      f.at(outer);
      const i = f.phi(u64, [[0, zero]], "i");
      const start = f.block();
      f.branch(f.compare("ult", i, f.constant(10)), start, out);
      f.at(start);
      f.jump(inner);
      f.at(inner);
      const j = f.phi(u64, [[start, zero]], "j");
      f.branch(f.compare("ult", j, i), innerBody, latch);
      f.at(innerBody);
      f.bounded(j, 8);
      f.input(j, innerBody, f.binary("add", j, one));
      f.jump(inner);
      f.at(latch);
      f.input(i, latch, f.binary("add", i, one));
      f.jump(outer);
      f.at(out);
      f.ret(f.constant(2, u32));
    });
    expect(codes(result)).toEqual([]);
    expect(trips(result).sort()).toEqual([10n, 9n]);
  });
});

describe("stack and calls", () => {
  const chain = (
    count: number,
    bytes: number,
    last: (f: FunctionBuilder) => void = () => undefined,
  ): VerifyResult => {
    const functions = Array.from({ length: count }, (_, id) => {
      const f = build(`f${id}`, {
        id,
        linkage: id === 0 ? "program" : "subprogram",
        parameters: id === 0 ? [pointer("context")] : [],
      });
      const slot = f.slot(bytes);
      f.emit({ kind: "zero", pointer: slot, displacement: 0, size: bytes });
      f.helper("bpf_trace_printk", [{ kind: "value", value: slot }]);
      if (id + 1 < count) f.call(id + 1, [], u32);
      else last(f);
      f.ret(f.constant(0, u32));
      return f.finish();
    });
    return verify(moduleOf(functions, { maps: [mapOf(0, "HASH")] }));
  };

  it("fit in 512 bytes and 8 frames", () => {
    expect(codes(chain(8, 64))).toEqual([]);
    expect(codes(chain(9, 8))).toEqual(["XD4303"]);
    expect(codes(chain(2, 256))).toEqual([]);
    expect(codes(chain(2, 264))).toEqual(["XD4301"]);
  });

  it("leave room below tail calls, and do not recurse", () => {
    const tail = (f: FunctionBuilder): void => {
      f.helper("bpf_tail_call", []);
    };
    expect(codes(chain(2, 224, tail))).toEqual([]);
    expect(codes(chain(2, 256, tail))).toEqual(["XD4302"]);
    expect(codes(chain(3, 8, (f) => void f.call(1, [], u32)))).toEqual(["XD4304"]);
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
    expect(codes(records(() => undefined))).toEqual(["XD4401"]);
    expect(
      codes(
        records((f, record) => {
          guard(f, f.compare("eq", f.load(record, 0, u64), f.constant(1)));
          submit(f, record);
        }),
      ),
    ).toEqual(["XD4401"]);
    expect(
      codes(
        records((f, record) => {
          submit(f, record);
          submit(f, record);
        }),
      ),
    ).toEqual(["XD4402"]);
  });
});
