import { describe, expect, it } from "vitest";
import type { VerifyResult } from "../../src/verify/index.js";
import { u16, u32, u64, u8 } from "../support/ir.js";
import { check, codes, guard, scalars } from "./support.js";

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
