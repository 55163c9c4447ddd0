import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { faults } from "../../src/verify/fault.js";
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
    expect(codes(chain(9, 8))).toEqual([faults.depth]);
    expect(codes(chain(2, 256))).toEqual([]);
    expect(codes(chain(2, 264))).toEqual(["XD4301"]);
  });

  it("leave room below tail calls, and do not recurse", () => {
    const tail = (f: FunctionBuilder): void => {
      f.helper("bpf_tail_call", []);
    };
    expect(codes(chain(2, 224, tail))).toEqual([]);
    expect(codes(chain(2, 256, tail))).toEqual([faults.tailCall]);
    expect(codes(chain(3, 8, (f) => void f.call(1, [], u32)))).toEqual([faults.recursion]);
  });

  it("are never too deep for what a script has: what is above the eighth frame is laid out in place", () => {
    const work = Array.from(
      { length: 16 },
      (_, k) => `  y = (y * ${2 * k + 3} + ${k}) ^ (y >> ${(k % 7) + 1});`,
    );
    const steps = Array.from({ length: 9 }, (_, at) => at);
    const functions = steps.map((at) =>
      [
        `function step${at}(x: u64): u64 {`,
        "  let y = x;",
        ...work,
        `  return ${at < 8 ? `step${at + 1}(y)` : "y"};`,
        "}",
      ].join("\n"),
    );
    const text = `${functions.join("\n")}
xdp main(pkt) {
  let t: u64 = pkt.length;
${steps.map((at) => `  if (t == ${1000 + at}) t += step${at}(t);`).join("\n")}
  return step0(t) == 3 ? DROP : PASS;
}`;
    const { diagnostics, ir } = analyze({ path: "script.xdpl", text }, fileHost());
    expect(diagnostics).toEqual([]);
    expect(ir?.functions.filter((one) => one.linkage === "subprogram")).toHaveLength(7);
  });
});
