/** `xdpl test` and `xdpl trace`, and the simulator in the package's API. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleOptions } from "../../build-options.mjs";
import { simulate, SimulationError } from "../../src/index.js";
import { writePcap } from "../../src/pcap/index.js";
import { root } from "../support/compile.js";
import { ethernet, ipv4, packet, tcp } from "../support/packets/index.js";

let home: string;
let bundle: string;
beforeAll(async () => {
  home = mkdtempSync(join(root, "node_modules", ".cache-test-"));
  bundle = join(home, "main.cjs");
  await build(bundleOptions(bundle));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function xdpl(
  folder: string,
  args: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const start = ["-e", `require(${JSON.stringify(bundle)}).run(process.argv.slice(1))`, "--"];
  return spawnSync(process.execPath, [...start, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "", NODE_OPTIONS: "" },
  });
}

const script = `const seen = new Hash<u16, u64>(16);
xdp filter(pkt) {
  const tcp = pkt.tcp ?? return PASS;
  seen[tcp.dst] += 1;
  if (tcp.dst == 22) return DROP;
  return PASS;
}

test "good" { expect(filter(packet(Ethernet({}), Ipv4({}), Tcp({ dst: 80 })))) == PASS; }
`;
const wrong = `${script}test "bad" { expect(filter(packet(Ethernet({}), Ipv4({}), Tcp({ dst: 22 })))) == PASS; }
test "never" (p) { expect(filter(p)) == PASS; }
`;

describe("xdpl test", () => {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "good.xdpl"), script);
  writeFileSync(join(folder, "wrong.xdpl"), wrong);

  it("says what passed, and writes coverage", () => {
    const { status, stdout } = xdpl(folder, ["test", "good.xdpl", "--coverage", "lcov"]);
    expect(stdout).toMatch(/good\.xdpl\n {2}✓ good\n\nTests {2}1 passed\n/);
    expect(status).toBe(0);
    expect(readFileSync(join(folder, "coverage/lcov.info"), "utf8")).toContain("SF:good.xdpl\n");
    expect(xdpl(folder, ["test", "good.xdpl", "--coverage", "html"]).status).toBe(0);
    expect(readFileSync(join(folder, "coverage/index.html"), "utf8")).toContain('<h2 id="f0">good.xdpl</h2>');
  });

  it("ends with 1 when a test fails, and keeps the packet of a property", () => {
    const { status, stdout } = xdpl(folder, ["test", "wrong.xdpl", "--seed", "1", "--runs", "800"]);
    expect(status).toBe(1);
    expect(stdout).toContain("actual    DROP");
    expect(stdout).toContain("expected  PASS");
    expect(stdout).toMatch(/tcp {3}dst 22/);
    expect(stdout).toContain("Tests  2 failed, 1 passed  (--seed 1 repeats them)");
    expect(existsSync(join(folder, "never.pcap"))).toBe(true);
  });

  it("reports to other programs", () => {
    const found: unknown = JSON.parse(xdpl(folder, ["test", "wrong.xdpl", "-t", "bad", "--json"]).stdout);
    expect(found).toMatchObject({
      ok: false,
      files: [
        { tests: [{ name: "bad", ok: false, failure: { line: 10, actual: "DROP", expected: "PASS" } }] },
      ],
    });
    const xml = xdpl(folder, ["test", "wrong.xdpl", "-t", "o", "--reporter", "junit"]).stdout;
    expect(xml).toContain('<testsuite name="wrong.xdpl" tests="1" failures="0">');
  });

  it("says what is wrong with the command", () => {
    expect(xdpl(folder, ["test", "none.xdpl"]).status).toBe(2);
    expect(xdpl(folder, ["test", "good.xdpl", "--seed", "x"]).status).toBe(2);
  });

  it("follows one packet", () => {
    const packets = [80, 22].map((dst) => ({ data: packet(ethernet(), ipv4(), tcp({ dst })) }));
    writeFileSync(join(folder, "two.pcap"), writePcap(packets));
    const { status, stdout } = xdpl(folder, ["trace", "good.xdpl", "--pcap", "two.pcap", "--packet", "2"]);
    expect(status).toBe(0);
    expect(stdout).toContain("if (tcp.dst == 22) return DROP;   // tcp.dst == 22: true");
    expect(stdout).toContain("→ DROP");
    const json: unknown = JSON.parse(
      xdpl(folder, ["trace", "good.xdpl", "--pcap", "two.pcap", "--json"]).stdout,
    );
    expect(json).toMatchObject({ verdict: "PASS", packet: { number: 1 }, after: null });
    expect(xdpl(folder, ["trace", "good.xdpl", "--pcap", "two.pcap", "--packet", "3"]).status).toBe(2);
  });
});

describe("simulate", () => {
  it("runs programs from TypeScript", () => {
    const made = simulate(`param port: u16 = 22; const blocked = new LpmTrie<Ipv4Addr, u64>(8);
      xdp f(pkt) {
        const ip = pkt.ipv4 ?? return PASS;
        if (ip.src in blocked) { blocked[ip.src] += 1; return DROP; }
        if (pkt.tcp?.dst == port) { print(\`at \${now()}\`); return DROP; }
        ip.ttl -= 1;
        return TX;
      }`);
    if (!made.ok) throw new Error("errors");
    const { simulation } = made;
    const one = packet(ethernet(), ipv4({ src: "192.0.2.7", ttl: 9 }), tcp({ dst: 80 }));
    const first = simulation.run(one);
    expect(first.verdict).toBe("TX");
    expect(first.packet[22]).toBe(8);
    simulation.set("blocked", "192.0.2.0/24", "0");
    expect(simulation.run(one).verdict).toBe("DROP");
    expect(simulation.maps()[0]?.entries).toMatchObject([{ key: "192.0.2.0/24", value: 1 }]);
    simulation.reset();
    simulation.setParam("port", "80");
    simulation.advance(5n);
    expect(simulation.run(one, "f").events).toEqual([{ kind: "print", text: "at 1000000005" }]);
    expect(() => simulation.set("other", "1", "2")).toThrow(SimulationError);
  });

  it("gives diagnostics for what is no script", () => {
    const made = simulate("xdp f(pkt) { return NOTHING; }");
    expect(made.ok).toBe(false);
    expect(made.diagnostics.length).toBe(1);
  });
});
