import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { fuzzDifferential } from "./differential.js";
import { compareText } from "./one.js";

describeKernel("random scripts in the kernel and in the interpreter", () => {
  it("do the same with packets, maps and globals", () => {
    const report = fuzzDifferential({ count: 14, seed: 20_260_101 }, { packets: 8 });
    expect(report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`)).toEqual([]);
    expect(report.compared).toBeGreaterThan(2);
  });

  it("return the same out of a loop over a map, whatever the result is", () => {
    const script = `
      struct Pair { a: u32; b: Ipv6Addr; }
      const seen = new Hash<u32, u32>(1);
      function mac(x: u32): MacAddr {
        for (const [key, value] of seen) if (value > x) return 02:00:00:00:00:05;
        return 02:00:00:00:00:06;
      }
      function six(x: u32): Ipv6Addr | null {
        for (const [key, value] of seen) { if (value == x) return null; if (value > x) return 2001:db8::5; }
        return ::1;
      }
      function pair(x: u32): Pair | null {
        for (const [key, value] of seen) { if (value > x) return { a: value, b: 2001:db8::7 }; }
        return null;
      }
      xdp main(pkt) {
        seen[1] += 1;
        pkt.eth.dst = mac(3);
        const found = pair(5);
        print(\`\${six(4) ?? ::3} \${six(6) ?? ::4} \${found ? found.a : 0} \${found ? found.b : ::9}\`);
        return six(7) == null ? DROP : PASS;
      }`;
    expect(compareText(script, undefined)).toMatch(/^the same in \d+ runs$/);
  });

  it("return a struct that is a literal on one way and a parameter on another, with structs inside", () => {
    const script = `
      struct Inner { gamma: u64; port: i8; }
      struct Best { limit: Inner; name: string<4>; list: u16[2]; mac: MacAddr; }
      const cells = new Array<u32>(2);
      function choose(given: Best): Best {
        if (cells[0] % 3 == 1)
          return { mac: 00:00:00:00:00:01, list: [1, 2], name: "ab", limit: { port: 4, gamma: 77 } };
        if (cells[0] % 3 == 2)
          return { limit: { gamma: 5, port: 7 }, name: "cd", list: [3, 4], mac: 00:00:00:00:00:02 };
        return given;
      }
      xdp main(pkt) {
        cells[0] += 1;
        const best = choose({ limit: { gamma: pkt.length, port: 9 }, name: "xy", list: [8, 9], mac: pkt.eth.src });
        const other: Best =
          cells[0] % 2 == 1 ? best : { limit: best.limit, name: "zz", list: [6, 7], mac: pkt.eth.dst };
        print(\`\${best.limit.gamma} \${best.limit.port} \${best.list[1]} \${best.mac} \${other.list[0]} \${other.mac}\`);
        cells[1] = (other.limit.gamma as u32) + other.limit.port as u8;
        return other.name == "cd" ? DROP : PASS;
      }`;
    expect(compareText(script, undefined)).toMatch(/^the same in \d+ runs$/);
  });
});
