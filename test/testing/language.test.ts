/** Tests in scripts: what they can say, and what a failure tells. */
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { analyze, testModule } from "../../src/pipeline.js";
import { coverageOf, lcov, runTests, totalsOf, type TestReport } from "../../src/testing/index.js";
import { ethernet, ipv4, packet, tcp } from "../support/packets/index.js";

const filter = `
param port: u16 = 22;
const seen = new Hash<u16, u64>(16);
xdp filter(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const tcp = pkt.tcp ?? return PASS;
  seen[tcp.dst] += 1;
  print(\`to \${tcp.dst}\`);
  if (tcp.dst == port || ip.ttl == 0) return DROP;
  return PASS;
}
`;

function run(text: string, seed = 1): TestReport {
  const analysis = analyze({ path: "test.xdpl", text }, fileHost());
  const module = testModule(analysis);
  if (!module) throw new Error(analysis.diagnostics.map((one) => one.message).join("\n"));
  const capture = [packet(ethernet(), ipv4({ ttl: 9 }), tcp({ dst: 80 }))];
  const readCapture = (path: string): readonly Uint8Array[] | string =>
    path === "one.pcap" ? capture : `there is no ${path}`;
  return runTests(analysis.checked, module, { seed, runs: 600, readCapture });
}

function failureOf(body: string, head = 'test "t"'): NonNullable<TestReport["results"][number]["failure"]> {
  const [result] = run(`${filter}${head} {\n${body}\n}\n`).results;
  if (!result?.failure) throw new Error("the test passed");
  return result.failure;
}

function passes(body: string): void {
  const { results } = run(`${filter}test "t" {\n${body}\n}\n`);
  expect(results.map(({ failure }) => failure?.message)).toEqual([undefined]);
}

describe("test blocks", () => {
  it("run programs on packets, and see maps, prints and params", () => {
    passes(`
      const p = packet(Ethernet({}), Ipv4({}), Tcp({ dst: 80 }));
      expect(filter(p)) == PASS;
      expect(seen[80]) == 1;
      expect(81 in seen) == false;
      expect(printed("to 80"));
      port = 80;
      expect(filter(p)) == DROP;`);
  });

  it("start each from the beginning", () => {
    const one = `{ expect(filter(packet(Ethernet({}), Ipv4({}), Tcp({ dst: 80 })))) == PASS; expect(seen[80]) == 1; port = 80; }`;
    const { results } = run(`${filter}test "a" ${one}\ntest "b" ${one}\n`);
    expect(results.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  });

  it("derive what a packet needs, and take wrong values", () => {
    passes(`
      const p = packet(Ethernet({}), Vlan({}), Ipv6({}), Ipv6Extension({}), Udp({ dst: 9 }), "abc");
      expect(p.eth.type) == 0x8100;
      expect(p.vlan?.type) == 0x86dd;
      expect(p.ipv6?.payloadLength) == 19;
      expect(p.ipv6?.nextHeader) == 0;
      expect(p.udp?.length) == 11;
      expect(p.length) == 14 + 4 + 40 + 8 + 11;
      const wrong = packet(Ethernet({}), Ipv4({ totalLength: 9, checksum: 7 }), Tcp({}, [1, 1, 1]));
      expect(wrong.ipv4?.totalLength) == 9;
      expect(wrong.ipv4?.checksum) == 7;
      expect(wrong.tcp?.dataOffset) == 6;`);
  });

  it("make the packets that another builder makes", () => {
    const made = packet(
      ethernet(),
      ipv4({ src: "203.0.113.9", dst: "10.0.0.1", ttl: 9 }),
      tcp({ src: 5, dst: 80 }),
    );
    const list = [...made.subarray(14)].join(", ");
    passes(`
      const p = packet(
        Ethernet({ src: ${mac(made, 6)}, dst: ${mac(made, 0)}, type: 0x0800 }), [${list}]);
      const tcp = p.tcp;
      expect(tcp) != null;
      const sum = tcp.checksum;
      const ip = p.ipv4;
      expect(ip) != null;
      const q = packet(Ethernet({ src: ${mac(made, 6)}, dst: ${mac(made, 0)} }),
        Ipv4({ src: 203.0.113.9, dst: 10.0.0.1, ttl: 9, id: ip.id, dontFragment: ip.dontFragment, dscp: ip.dscp }),
        Tcp({ src: 5, dst: 80, sequence: tcp.sequence, acknowledgment: tcp.acknowledgment, window: tcp.window,
          syn: tcp.syn, ack: tcp.ack, psh: tcp.psh, fin: tcp.fin }));
      expect(q.tcp?.checksum) == sum;
      expect(q) == p;`);
  });

  it("read captures", () => {
    passes(`
      expect(captured("one.pcap")) == 1;
      expect(filter(capture("one.pcap", 0))) == PASS;
      expect(seen[80]) == 1;`);
    expect(failureOf(`expect(filter(capture("none.pcap", 0))) == PASS;`).message).toBe(
      "there is no none.pcap",
    );
    expect(failureOf(`expect(filter(capture("one.pcap", 3))) == PASS;`).message).toContain("has 1 packets");
  });

  it("say what both sides were, which packet, and the way it took", () => {
    const {
      message,
      actual,
      expected,
      layers,
      run: ran,
    } = failureOf(`
      const p = packet(Ethernet({}), Ipv4({ src: 192.0.2.7 }), Tcp({ dst: 22 }));
      expect(filter(p)) == PASS;`);
    expect(message).toBe("`expect(filter(p)) == PASS` does not hold");
    expect([actual, expected]).toEqual(["DROP", "PASS"]);
    expect(layers[1]).toContain("src 192.0.2.7");
    expect(ran?.verdict).toBe("DROP");
    const way = ran?.steps.map((one) => one.outcome).filter((one) => one !== undefined);
    expect(way).toEqual(["present", "present", "true"]);
  });

  it("compare numbers, addresses and null as the language does", () => {
    expect(failureOf("expect(1 + 1) == 3;")).toMatchObject({ actual: "2", expected: "3" });
    expect(failureOf("const p = packet(Ethernet({})); expect(p.ipv4?.ttl) == 3;")).toMatchObject({
      actual: "null",
      expected: "3",
    });
    expect(
      failureOf(
        "const p = packet(Ethernet({ src: 02:00:00:00:00:01 })); expect(p.eth.src) == 02:00:00:00:00:02;",
      ),
    ).toMatchObject({ actual: "02:00:00:00:00:01", expected: "02:00:00:00:00:02" });
    expect(
      failureOf(
        "const p = packet(Ethernet({}), Ipv6({ src: 2001:db8::1 })); expect(p.ipv6?.src) == 2001:db8::2;",
      ),
    ).toMatchObject({ actual: "2001:db8::1", expected: "2001:db8::2" });
    expect(failureOf("expect(seen[80]) != null;")).toMatchObject({ actual: "null" });
    expect(failureOf("let x: u8 = 200; expect(x) in 1..5;")).toMatchObject({ actual: "200" });
    expect(failureOf("let x: i32 = -5; expect(x) > -4;")).toMatchObject({ actual: "-5", expected: "> -4" });
  });

  it("know after an expectation what it expected", () => {
    passes(`
      const p = packet(Ethernet({}), Ipv4({ ttl: 5 }));
      const ip = p.ipv4;
      expect(ip) != null;
      expect(ip.ttl) == 5;`);
  });
});

describe("properties", () => {
  it("hold, or give the smallest packet that was found", () => {
    const text = `${filter}test "no packet to port 22 passes" (p: packet) {
      const verdict = filter(p);
      if (p.ipv4 && p.tcp?.dst == 22) expect(verdict) == DROP;
    }
    test "nothing is dropped" (p) { expect(filter(p)) != DROP; }`;
    const [good, bad] = run(text).results;
    expect(good).toMatchObject({ failure: undefined, runs: 600 });
    expect(bad?.failure?.actual).toBe("DROP");
    // Ethernet, IPv4 and TCP, and not a byte more.
    expect(bad?.packet?.length).toBe(54);
    const again = run(text).results[1];
    expect(Buffer.from(again?.packet ?? []).toString("hex")).toBe(
      Buffer.from(bad?.packet ?? []).toString("hex"),
    );
  });
});

describe("coverage", () => {
  const text = `${filter}test "one way" {
  expect(filter(packet(Ethernet({}), Ipv4({ ttl: 3 }), Tcp({ dst: 80 })))) == PASS;
}
`;

  it("counts lines where statements begin, and outcomes of conditions", () => {
    const [file, ...more] = run(text).coverage;
    if (!file) throw new Error("no coverage");
    expect(more).toEqual([]);
    // By hand: const ip, const tcp, seen, print, if, return PASS; \`return DROP\` begins on the line of its \`if\`.
    expect([...file.lines]).toEqual([
      [5, 1],
      [6, 1],
      [7, 1],
      [8, 1],
      [9, 1],
      [10, 1],
    ]);
    // pkt.ipv4 and pkt.tcp: present, null; tcp.dst == port and ip.ttl == 0: true, false.
    expect(file.branches.map(({ outcomes }) => outcomes.map(({ count }) => count))).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(totalsOf(file)).toEqual({ lines: 6, linesHit: 6, branches: 8, branchesHit: 4 });
  });

  it("is written for lcov", () => {
    expect(lcov(run(text).coverage)).toMatch(
      /^TN:\nSF:test\.xdpl\nBRDA:5,0,0,1\nBRDA:5,0,1,0\n[^]*LF:6\nLH:6\nend_of_record\n$/,
    );
    expect(coverageOf).toBeTypeOf("function");
  });
});

function mac(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (one) => one.toString(16).padStart(2, "0")).join(":");
}
