import { describe, expect, it } from "vitest";
import { defined } from "../../src/base/invariant.js";
import { fileHost } from "../../src/host.js";
import { printFunction, printModule } from "../../src/ir/print.js";
import { validateModule } from "../../src/ir/validate.js";
import { analyze } from "../../src/pipeline.js";
import { build, mapOf, moduleOf, scalar, u16, u32 } from "../support/ir.js";

describe("the printed IR", () => {
  it("reads as the function does", () => {
    const f = build("main");
    const data = f.data();
    const ok = f.check(data, 14, f.data("end"));
    const [yes, no] = [f.block(), f.block()];
    f.branch(ok, yes, no);
    f.at(yes);
    f.load(data, 12, u16, "network");
    const key = f.constant(7, u32);
    f.lookup(0, scalar(key, 32));
    f.ret(key);
    f.at(no);
    f.ret(f.constant(2, u32));
    const text = printModule(moduleOf([f.finish()], { maps: [mapOf(0, "HASH")] }));
    expect(text).toBe(`license "GPL"

map m0 "map0": HASH key 4 value 8 entries 16

program "main" hook xdp section xdp
function f0 "main" program xdp (v0 p0: *context) -> u32 {
b0:
  v1: *packet = packet-pointer data v0  ; 1:1
  v2: *packet-end = packet-pointer end v0  ; 1:1
  v3: u1 = packet-check v1 size 14 end v2  ; 1:1
  branch v3 ? b1 : b2  ; 1:1
b1:
  v4: u16 = load v1 + 12 network  ; 1:1
  v5: u32 = constant 7  ; 1:1
  v6: *map-value[8]? = map-lookup m0 "map0" key {size 4; 0: v5 u32}  ; 1:1
  return v5  ; 1:1
b2:
  v7: u32 = constant 2  ; 1:1
  return v7  ; 1:1
}
`);
  });
});

describe("the validator", () => {
  const message = (make: (f: ReturnType<typeof build>) => void): string => {
    const f = build("main");
    make(f);
    try {
      validateModule(moduleOf([f.finish()]));
    } catch (fault) {
      return fault instanceof Error ? fault.message : "";
    }
    return "";
  };

  it("passes a write whose value is never there", () => {
    const text = `xdp main(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      if (pkt.ingress == 3) {
        const v6 = pkt.ipv6;
        if (ip.ttl == 3) ip.ttl = v6?.hopLimit ?? return PASS;
      }
      return DROP;
    }`;
    const { ir } = analyze({ path: "script.xdpl", text }, fileHost());
    expect(() => {
      validateModule(defined(ir, "code"));
    }).not.toThrow();
  });

  it("passes a loop with phis", () => {
    expect(
      message((f) => {
        const zero = f.constant(0, u32);
        const one = f.constant(1, u32);
        const [head, body, out] = [f.block(), f.block(), f.block()];
        f.jump(head);
        f.at(head);
        const i = f.phi(u32, [[0, zero]], "i");
        f.branch(f.compare("ult", i, f.constant(8, u32)), body, out);
        f.at(body);
        f.input(i, body, f.binary("add", i, one, u32));
        f.jump(head);
        f.at(out);
        f.ret(i);
        expect(printFunction(f.finish())).toContain("phi [b0: v1, b2: v6]  ; i 1:1");
      }),
    ).toBe("");
  });

  it("names the fault", () => {
    expect(message((f) => f.ret(99))).toMatch("IR of main, b0: return v99 uses v99, which is undefined");
    expect(message((f) => f.ret(f.constant(1, u16)))).toMatch("the function gives u32");
    expect(message((f) => f.jump(7))).toMatch("goes to b7, which does not exist");
    expect(
      message((f) => {
        f.binary("add", f.constant(1, u32), f.constant(1, u16), u32);
        f.ret(f.constant(0, u32));
      }),
    ).toMatch("operands of two types");
    expect(
      message((f) => {
        const next = f.block();
        f.branch(f.compare("eq", f.constant(1), f.constant(2)), next, f.block());
        f.at(next);
        const inner = f.constant(3, u32);
        f.ret(inner);
        f.at(2);
        f.ret(inner);
      }),
    ).toMatch("whose definition does not dominate it");
    expect(
      message((f) => {
        const next = f.block();
        f.jump(next);
        f.at(next);
        f.ret(f.phi(u32, []));
      }),
    ).toMatch("phi v1 has inputs from [], predecessors are [0]");
    expect(
      message((f) => {
        f.load(f.data("end"), 0, u32);
        f.ret(f.constant(0, u32));
      }),
    ).toMatch("is *packet-end, not a pointer to");
  });
});
