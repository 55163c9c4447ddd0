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
});
