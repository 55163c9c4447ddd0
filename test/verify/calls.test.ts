import { describe, expect, it } from "vitest";
import { verify, type VerifyResult } from "../../src/verify/index.js";
import { build, mapOf, moduleOf, pointer, u32, type FunctionBuilder } from "../support/ir.js";
import { codes } from "./support.js";

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
