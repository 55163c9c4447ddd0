/** The examples' own tests: they pass, and they notice when the script is wrong. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { compileModule } from "../../src/llvm/index.js";
import { analyze, buildWith, testModule } from "../../src/pipeline.js";
import { runTests } from "../../src/testing/index.js";
import { root } from "../support/compile.js";

interface Mutation {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** A change of what stands in the script. */
function change(what: string, from: string, to: string): Mutation {
  return { what, from, to };
}

/** The program no longer looks behind a VLAN tag. */
function missesVlan(head: string): Mutation {
  return change("a missed VLAN", `${head}\n`, `${head}\n  if (pkt.vlan) return PASS;\n`);
}

const mutations: Readonly<Record<string, readonly Mutation[]>> = {
  "af-xdp": [
    missesVlan("xdp toSocket(pkt) {"),
    change("the wrong port", "udp.dst != port", "udp.src != port"),
    change("the wrong queue", "redirect(sockets, pkt.queue, PASS)", "redirect(sockets, 0, PASS)"),
  ],
  "dns-amplification": [
    missesVlan("xdp dnsGuard(pkt) {"),
    change("a wrong bound", "udp.length <= largest", "udp.length < largest"),
    change("an address not swapped", "    ip.src = dst;\n", "    ip.src = src;\n"),
    change("an IPv6 address not swapped", "    ip6.dst = src;\n", "    ip6.dst = dst;\n"),
    change("labels too long", "if (length > 63)", "if (length > 64)"),
  ],
  drop: [missesVlan("xdp drop(pkt) {")],
  firewall: [
    missesVlan("xdp firewall(pkt) {"),
    change("a wrong upper bound", "6000..6063", "6000..6062"),
    change("a wrong lower bound", "6000..6063", "6001..6063"),
    change("a home network too large", "172.16.0.0/12", "0.0.0.0/0"),
    change("the wrong address", "fromHome = ip.src in home;", "fromHome = ip.dst in home;"),
    change("no count", "    blocked6[ip6.src] += 1;\n", ""),
  ],
  "ipip-encap": [
    missesVlan("xdp encap(pkt) {"),
    change("a wrong bound", "inner.totalLength > mtu - 20", "inner.totalLength >= mtu - 20"),
    change("swapped addresses", "{ src: near, dst: far,", "{ src: far, dst: near,"),
    change("a wrong network", "198.51.100.0/24", "198.51.100.0/23"),
  ],
  "load-balancer": [
    missesVlan("xdp loadBalance(pkt) {"),
    change("a wrong bound", "ip.ttl <= 1) return DROP", "ip.ttl <= 2) return DROP"),
    change("swapped addresses", "pkt.eth.src = pkt.eth.dst;", "pkt.eth.dst = pkt.eth.src;"),
    change("any source port", "tcp.src == port && ", ""),
  ],
  "protocol-stats": [
    missesVlan("xdp count(pkt) {"),
    change("a wrong count", "traffic.bytes += pkt.length;", "traffic.bytes += pkt.length - 1;"),
    change("a kind left out", "  if (pkt.sctp) return SCTP;\n", ""),
  ],
  "rate-limit": [
    missesVlan("xdp limit(pkt) {"),
    change("a wrong bound", "if (earned > 0)", "if (earned > 1)"),
    change("no limit of the burst", "min(bucket.tokens + earned, burst)", "bucket.tokens + earned"),
    change("the wrong address", "buckets.get(ip.src)", "buckets.get(ip.dst)"),
  ],
  router: [
    missesVlan("xdp router(pkt) {"),
    change("a wrong bound", "if (ip.ttl <= 1)", "if (ip.ttl < 1)"),
    change("a wrong bound for IPv6", "if (ip6.hopLimit <= 1)", "if (ip6.hopLimit <= 2)"),
    change("swapped addresses", "pkt.eth.src = route.src;", "pkt.eth.src = route.dst;"),
  ],
  sampler: [
    missesVlan("xdp sample(pkt) {"),
    change("swapped addresses", "src: ip.src,", "src: ip.dst,"),
    change("never", "random() % rate != 0", "random() % rate != rate"),
  ],
  "syn-shield": [
    missesVlan("xdp shield(pkt) {"),
    change("swapped addresses", "  ip.dst = client;\n", "  ip.dst = server;\n"),
    change("a wrong acknowledgment", "sequence + 1;\n", "sequence;\n"),
    change("no check", " && checkSynCookie(ip, tcp)", ""),
  ],
  "tail-calls": [
    missesVlan("xdp tcpStage(pkt) {"),
    change("a wrong bound", "ip.ttl == 0", "ip.ttl <= 1"),
    change("the wrong stage", "stages.call(pkt, 1);", "stages.call(pkt, 2);"),
  ],
  "vxlan-decap": [
    missesVlan("xdp decap(pkt) {"),
    change("any network", " || vxlan.vni != network", ""),
    change("the wrong address", "bySender[ip.src]", "bySender[ip.dst]"),
    change("a wrong count", "pkt.length - inner.offset", "pkt.length"),
  ],
};

const names = readdirSync(join(root, "examples")).filter((one) => one.endsWith(".xdpl"));

function textOf(name: string): string {
  return readFileSync(join(root, "examples", name), "utf8");
}

function failures(name: string, text: string): readonly string[] {
  const analysis = analyze({ path: join(root, "examples", name), text }, fileHost());
  const module = testModule(analysis);
  const errors = analysis.diagnostics.filter((one) => one.severity === "error").map((one) => one.message);
  if (!module) return [`the script has errors: ${errors.join("; ")}`];
  const { results } = runTests(analysis.checked, module, {
    seed: 1,
    runs: 200,
    readCapture: (path) => `no capture ${path}`,
  });
  expect(results.length).toBeGreaterThan(0);
  return results.flatMap(({ test, failure }) => (failure ? [`${test.name}: ${failure.message}`] : []));
}

describe.each(names)("%s", (name) => {
  const text = textOf(name);
  it("passes its own tests", () => {
    expect(failures(name, text)).toEqual([]);
  });

  it("has tests that notice when it is wrong", () => {
    const changes = mutations[name.replace(/\.xdpl$/, "")] ?? [];
    expect(changes.length).toBeGreaterThan(0);
    for (const { what, from, to } of changes) {
      expect(text.split(from).length, `${what} changes one place`).toBe(2);
      const found = failures(name, text.replace(from, to));
      expect(found.length, what).toBeGreaterThan(0);
      expect(found[0], what).not.toContain("the script has errors");
    }
  });

  it("costs nothing for its tests", () => {
    const without = text.slice(0, text.indexOf('\ntest "'));
    const built = [text, without].map((one) => {
      const { output } = buildWith(compileModule, { path: "example.xdpl", text: one }, fileHost(), "obj");
      if (!(output instanceof Uint8Array)) throw new Error("no object");
      return Buffer.from(output).toString("base64");
    });
    expect(built[0]).toBe(built[1]);
  });
});
