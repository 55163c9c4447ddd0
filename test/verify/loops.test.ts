import { describe, expect, it } from "vitest";
import type { VerifyResult } from "../../src/verify/index.js";
import { u32, u64, u8, type FunctionBuilder } from "../support/ir.js";
import { check, codes, scalars } from "./support.js";

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
