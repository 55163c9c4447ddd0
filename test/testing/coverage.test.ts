/** Coverage against a count by hand, of three scripts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { analyze, testModule } from "../../src/pipeline.js";
import { coveragePage, runTests, totalsOf, type FileCoverage } from "../../src/testing/index.js";
import { root } from "../support/compile.js";

function coverage(path: string, text: string): FileCoverage {
  const analysis = analyze({ path, text }, fileHost());
  const module = testModule(analysis);
  if (!module) throw new Error(analysis.diagnostics.map((one) => one.message).join("\n"));
  const options = { seed: 1, runs: 100, readCapture: () => "no captures" };
  const [file] = runTests(analysis.checked, module, options).coverage;
  if (!file) throw new Error("no coverage");
  return file;
}

const counts = ({ branches }: FileCoverage): number[][] =>
  branches.map(({ outcomes }) => outcomes.map(({ count }) => count));

describe("coverage agrees with a count by hand", () => {
  it("of loops, choices and switches", () => {
    const text = `let total: u64;
xdp c(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  for (let i = 0; i < 3; i++) {
    if (i == 1 || ip.ttl > 200) total += 1;
  }
  switch (ip.protocol) {
    case 6:
      return DROP;
    default:
      break;
  }
  return ip.ttl > 5 && ip.ttl < 10 ? TX : PASS;
}
test "one" { expect(c(packet(Ethernet({}), Ipv4({ ttl: 7 }), Udp({ dst: 9 })))) == TX; }
`;
    const file = coverage("c.xdpl", text);
    // Of several statements on one line the one that ran most counts: \`i++\` ran three times.
    expect([...file.lines]).toEqual([
      [3, 1],
      [4, 3],
      [5, 3],
      [7, 1],
      [9, 0],
      [11, 1],
      [13, 1],
    ]);
    expect(counts(file)).toEqual([
      [1, 0], // pkt.ipv4: there, null
      [3, 1], // i < 3
      [1, 2], // i == 1
      [0, 2], // ip.ttl > 200
      [0, 1], // case 6, default
      [1, 0], // ip.ttl > 5
      [1, 0], // ip.ttl < 10
    ]);
    expect(totalsOf(file)).toEqual({ lines: 7, linesHit: 6, branches: 14, branchesHit: 9 });
  });

  it("of functions that are called, and ones that are called twice", () => {
    const text = `function odd(x: u16): bool {
  if (x % 2 == 1) return true;
  return false;
}
function unused(x: u16): bool {
  return x == 1;
}
xdp f(pkt) {
  const udp = pkt.udp ?? return PASS;
  return odd(udp.src) && odd(udp.dst) ? DROP : PASS;
}
test "both" { expect(f(packet(Ethernet({}), Ipv4({}), Udp({ src: 1, dst: 3 })))) == DROP; }
test "none" { expect(f(packet(Ethernet({}), Ipv4({}), Udp({ src: 2, dst: 3 })))) == PASS; }
`;
    const file = coverage("f.xdpl", text);
    // What no program calls is in no object, and is not counted.
    expect([...file.lines]).toEqual([
      [2, 3],
      [3, 1],
      [9, 2],
      [10, 2],
    ]);
    expect(counts(file)).toEqual([
      [2, 1], // x % 2 == 1, over both calls
      [2, 0], // pkt.udp
      [1, 1], // odd(udp.src)
      [1, 0], // odd(udp.dst)
    ]);
    expect(totalsOf(file)).toEqual({ lines: 4, linesHit: 4, branches: 8, branchesHit: 6 });
  });

  it("of an example with its own tests", () => {
    const path = join(root, "examples/af-xdp.xdpl");
    const file = coverage(path, readFileSync(path, "utf8"));
    // Four statements on four lines; pkt.udp, and the comparison of ports.
    expect(totalsOf(file)).toEqual({ lines: 4, linesHit: 4, branches: 4, branchesHit: 4 });
    expect(coveragePage([file])).toMatch(/<td>4 \/ 4<\/td><td>100\.0 %<\/td><td>4 \/ 4<\/td>/);
  });
});
