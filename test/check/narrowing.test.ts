/** Nulls: what narrows, and what ends what is known. */
import { describe, expect, it } from "vitest";
import { bodyCodes, inProgram, marks } from "./support.js";

const map =
  "struct S { a: u64; b: u32; }\nconst m = new Hash<u32, S>(8);\nconst n = new Hash<u32, u64>(8);\nconst ips = new Hash<Ipv4Addr, S>(8);";
const ok = (body: string): void => expect(marks(inProgram(body, map)), body).toEqual([]);
const wrong = (body: string, ...what: string[]): void =>
  expect(marks(inProgram(body, map)), body).toEqual(what);

describe("layers", () => {
  it("are null until tested", () => {
    wrong("const tcp = pkt.tcp; if (tcp.dst == 1) return DROP;", "XD3101 tcp");
    wrong("if (pkt.ipv4.ttl == 1) return DROP;", "XD3101 pkt.ipv4");
    ok("if (pkt.eth.type == 1) return DROP;");
  });
  it("are present after leaving when they are not", () => {
    ok("const tcp = pkt.tcp ?? return PASS; if (tcp.dst == 1) return DROP;");
    ok("const tcp = pkt.tcp; if (!tcp) return PASS; if (tcp.dst == 1) return DROP;");
    ok("const tcp = pkt.tcp; if (tcp == null) return PASS; if (tcp.dst == 1) return DROP;");
    ok("if (!pkt.tcp) return PASS; if (pkt.tcp.dst == 1) return DROP;");
    ok("for (let i = 0; i < 3; i++) { const tcp = pkt.tcp ?? continue; if (tcp.dst == i) return DROP; }");
    ok("for (let i = 0; i < 3; i++) { const tcp = pkt.tcp ?? break; if (tcp.dst == i) return DROP; }");
  });
  it("are present inside of the test", () => {
    ok("if (pkt.tcp) { if (pkt.tcp.dst == 1) return DROP; }");
    ok("if (pkt.tcp != null && pkt.tcp.dst == 1) return DROP;");
    ok("if (!pkt.tcp || pkt.tcp.dst == 1) return DROP;");
    ok("if (!(pkt.tcp == null) && pkt.tcp.dst == 1) return DROP;");
    ok("const p = pkt.tcp ? pkt.tcp.dst : 0; if (p == 1) return DROP;");
    ok("if (pkt.tcp == null) return PASS; else if (pkt.tcp.dst == 1) return DROP;");
    ok("while (pkt.tcp) { if (pkt.tcp.dst == 1) return DROP; break; }");
    wrong("if (pkt.tcp || pkt.udp) { if (pkt.tcp.dst == 1) return DROP; }", "XD3101 pkt.tcp");
    wrong("if (!pkt.tcp && pkt.tcp.dst == 1) return DROP;", "XD3104 pkt.tcp");
  });
  it("are known under all their names", () => {
    ok("const tcp = pkt.tcp ?? return PASS; if (pkt.tcp.dst == tcp.src) return DROP;");
    ok("const tcp = pkt.tcp; if (tcp) { if (pkt.tcp.dst == 1) return DROP; }");
    ok("const tcp = pkt.tcp; if (pkt.tcp) { if (tcp.dst == 1) return DROP; }");
    ok("const ip = pkt.ipv4 ?? return PASS; if (!ip.tcp) return PASS; if (ip.tcp.dst == 1) return DROP;");
  });
  it("are known through optional chains", () => {
    ok("if (pkt.ipv4?.tcp) { if (pkt.ipv4.ttl == pkt.ipv4.tcp.dataOffset) return DROP; }");
    ok("if (pkt.tcp?.dst == 22) { pkt.tcp.dst = 23; }");
    ok("if (pkt.tcp?.dst != 22) return PASS; pkt.tcp.dst = 23;");
    ok("if (pkt.tcp?.dst == 22 || pkt.udp?.dst == 53) return DROP;");
    ok("if (pkt.tcp?.syn) { pkt.tcp.dst = 23; }");
    ok("const port = pkt.tcp?.dst ?? pkt.udp?.dst ?? return PASS; if (port == 1) return DROP;");
    wrong("if (pkt.tcp?.dst < 22) return DROP;", "XD3101 pkt.tcp?.dst");
    wrong("const p: u16 = pkt.tcp?.dst;", "XD3101 pkt.tcp?.dst");
    wrong("pkt.tcp?.dst = 2;", "XD3302 pkt.tcp?.dst");
  });
  it("join where ways meet", () => {
    wrong(
      "const tcp = pkt.tcp; if (pkt.length > 9) { if (!tcp) return PASS; } if (tcp.dst == 1) return DROP;",
      "XD3101 tcp",
    );
    ok(
      "const tcp = pkt.tcp; if (pkt.length > 9) { if (!tcp) return PASS; } else { if (tcp == null) return DROP; } if (tcp.dst == 1) return DROP;",
    );
    ok(
      "const tcp = pkt.tcp; switch (pkt.length) { case 1: if (!tcp) return PASS; break; default: if (!tcp) return PASS; break; } if (tcp.dst == 1) return DROP;",
    );
    wrong(
      "const tcp = pkt.tcp; switch (pkt.length) { case 1: if (!tcp) return PASS; break; } if (tcp.dst == 1) return DROP;",
      "XD3101 tcp",
    );
  });
});

describe("variables", () => {
  it("narrow by assignment", () => {
    ok("let x: u64 | null = null; x = 3; const y: u64 = x; if (y == 1) return DROP;");
    wrong("let x: u64 | null = 4; x = null; const y: u64 = x; if (y == 1) return DROP;", "XD3104 x");
    ok("let x: u64 | null = n[1]; x ??= 5; const y = x + 1; if (y == 1) return DROP;");
  });
  it("lose what was known when assigned", () => {
    wrong(
      "let tcp = pkt.tcp; if (!tcp) return PASS; tcp = pkt.ipv4?.tcp; if (tcp.dst == 1) return DROP;",
      "XD3101 tcp",
    );
    wrong("let k = 1; const v = n[k as u32]; if (v) k = 2; if (v > 1) return DROP;", "XD3101 v");
  });
  it("lose in a loop what a later line of it takes away", () => {
    wrong(
      "let x = n[1]; if (x == null) return PASS; for (let i = 0; i < 4; i++) { if (x > 3) return DROP; x = n[2]; }",
      "XD3101 x",
    );
    ok(
      "let x = n[1]; if (x == null) return PASS; for (let i = 0; i < 4; i++) { if (x > 3) return DROP; x = 4; }",
    );
    wrong(
      "let x = n[1]; for (let i = 0; i < 4; i++) { if (x == null) break; } if (x > 1) return DROP;",
      "XD3101 x",
    );
    ok("let x = n[1]; while (x == null) { x = n[2]; } if (x > 1) return DROP;");
    ok("let x = n[1]; for (;;) { if (x != null) break; x = n[2]; } if (x > 1) return DROP;");
  });
});

describe("map entries", () => {
  it("narrow by `in` and `has`", () => {
    ok("if (pkt.ingress in m) { m[pkt.ingress].a += 1; }");
    ok("const k = pkt.ingress; if (m.has(k)) m[k].a += 1;");
    ok("const k = pkt.ingress; if (!(k in m)) return PASS; m[k].a += 1;");
    ok("if (!m[4]) return PASS; m[4].a += 1;");
    ok("const ip = pkt.ipv4 ?? return PASS; if (ip.src in ips) { ips[ip.src].a += 1; }");
    wrong("const k = pkt.ingress; if (k in m) { m[k + 1].a += 1; }", "XD3101 m[k + 1]");
    wrong(
      "const ip = pkt.ipv4 ?? return PASS; if (ip.src in ips) { ips[ip.dst].a += 1; }",
      "XD3101 ips[ip.dst]",
    );
    wrong("if (1 in m) { n[1] -= 1; const v: u64 = n[1]; }", "XD3101 n[1]");
  });
  it("end when the key changes or an entry may go", () => {
    wrong("let k = pkt.ingress; if (k in m) { k = 4; m[k].a += 1; }", "XD3101 m[k]");
    wrong("const k = pkt.ingress; if (k in m) { m.delete(3); m[k].a += 1; }", "XD3101 m[k]");
    wrong(
      "const ip = pkt.ipv4 ?? return PASS; if (ip.src in ips) { ip.src = 1.2.3.4; ips[ip.src].a += 1; }",
      "XD3101 ips[ip.src]",
    );
    ok("const k = pkt.ingress; if (k in m) { n.delete(3); m[k].a += 1; }");
  });
  it("take compound assignment without a test", () => {
    ok("n[pkt.ingress] += 1; n[3]++;");
    wrong("m[3].a += 1;", "XD3101 m[3]");
  });
  it("are references for structs", () => {
    ok("const s = m.get(3) ?? return PASS; s.a += 1; s.b = 4;");
    ok("const s = m.get(3); if (!s) { m.set(3, { a: 1, b: 2 }); return PASS; } s.a += 1;");
  });
});

describe("tests that say nothing", () => {
  it("are warnings", () => {
    expect(bodyCodes("const tcp = pkt.tcp ?? return PASS; if (tcp != null) return DROP;")).toEqual([
      "XD3103",
    ]);
    expect(bodyCodes("const l = pkt.length ?? 4; if (l == 4) return DROP;")).toEqual(["XD3103"]);
    expect(bodyCodes("const l = pkt?.length; if (l == 4) return DROP;")).toEqual(["XD3103"]);
  });
  it("count once", () => {
    wrong("const tcp = pkt.tcp; tcp.dst = 1; tcp.src = 2; if (tcp.ack) return DROP;", "XD3101 tcp");
  });
});
