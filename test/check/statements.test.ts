/** Statements, functions, programs: assignment, exits, recursion, iteration. */
import { describe, expect, it } from "vitest";
import { codes, inProgram, marks, run, typeAt } from "./support.js";

const before =
  "struct S { a: u64; b: u32; }\nenum Color: u8 { Red, Green }\nconst m = new Hash<u32, S>(8);\nconst n = new Array<u64>(8);\nconst ring = new RingBuffer<S>(4096);\nlet g = 1;\nlet s: S;\nconst origin: S = { a: 1, b: 2 };\nparam p = 5;";
const ok = (body: string): void => expect(marks(inProgram(body, before)), body).toEqual([]);
const wrong = (body: string, ...what: string[]): void =>
  expect(marks(inProgram(body, before)), body).toEqual(what);

describe("assignment", () => {
  it("goes to variables, fields and entries", () => {
    ok("let x = 1; x = 2; x += 3; x++; g = 4; s.a = 3; m[1] = { a: 1, b: 2 }; n[1] = 2; n[7] += 1;");
    ok("const r = m.get(1) ?? return PASS; r.a = 1; r.b++;");
    ok("let xs: u8[4] = [1, 2, 3, 4]; xs[1] = 3; xs[3] += 1;");
  });
  it("does not go to constants", () => {
    wrong("const x = pkt.length; x = 1;", "XD3301 x");
    wrong("p = 4;", "XD3301 p");
    wrong("origin.a = 4;", "XD3301 origin.a");
    wrong("m = 4;", "XD3302 m");
    wrong("pkt.ipv4 = null;", "XD3302 ipv4");
    wrong("pkt = 4;", "XD3301 pkt");
    wrong("now() = 4;", "XD3302 now()");
    wrong("pkt.bytes[0] = 4;", "XD3302 pkt.bytes[0]");
    wrong("let x = true; x += 1;", "XD3005 x");
  });
  it("must come before reading", () => {
    wrong("let x: u32; if (x == 1) return DROP;", "XD3303 x");
    ok("let x: u32; x = 2; if (x == 1) return DROP;");
    ok("let x: u32; if (pkt.length > 3) x = 2; else return DROP; if (x == 1) return DROP;");
    wrong("let x: u32; for (let i = 0; i < 3; i++) x = 2; if (x == 1) return DROP;", "XD3303 x");
    wrong("let x: u32; x += 2;", "XD3303 x");
    ok(
      "let x: u32; switch (pkt.length) { case 1: x = 1; break; default: x = 2; break; } if (x == 1) return DROP;",
    );
    wrong("for (let i = 0; i < 3; i++) { let y: u32; if (y == 1) return DROP; y = 2; }", "XD3303 y");
  });
});

describe("exits", () => {
  it("must stand where there is something to leave", () => {
    wrong("break;", "XD3305 break;");
    wrong("switch (pkt.length) { case 1: continue; }", "XD3305 continue;");
    ok("for (let i = 0; i < 3; i++) { switch (pkt.length) { case 1: continue; default: break; } }");
  });
  it("give a result on every way", () => {
    expect(codes("xdp a(pkt) { if (pkt.length > 3) return DROP; }")).toEqual(["XD3206"]);
    expect(codes("xdp a(pkt) { if (pkt.length > 3) return DROP; else return PASS; }")).toEqual([]);
    expect(codes("xdp a(pkt) { while (true) { if (pkt.length > 3) return DROP; } }")).toEqual([]);
    expect(codes("xdp a(pkt) { while (true) { if (pkt.length > 3) break; } }")).toEqual(["XD3206"]);
    expect(
      codes("xdp a(pkt) { switch (pkt.length) { case 1: return DROP; default: return PASS; } }"),
    ).toEqual([]);
    expect(codes("xdp a(pkt) { switch (pkt.length) { case 1: return DROP; } }")).toEqual(["XD3206"]);
    expect(codes("function f(x: u64): bool { } xdp a(pkt) { return PASS; }")).toEqual(["XD3206"]);
  });
  it("warn of what is never reached", () => {
    expect(codes("xdp a(pkt) { return PASS; const x = 1; return DROP; }")).toEqual(["XD3304"]);
    expect(codes("xdp a(pkt) { for (let i = 0; i < 3; i++) { continue; } return DROP; }")).toEqual([]);
  });
});

describe("switch", () => {
  it("tests constants, ranges, lists and members", () => {
    ok("switch (pkt.length) { case 1: case 2..9: return DROP; case [11, 13]: return TX; default: break; }");
    ok(
      "const ip = pkt.ipv4 ?? return PASS; switch (ip.src) { case 10.0.0.0/8: return DROP; case 1.2.3.4: return TX; }",
    );
    ok("let c: Color = Red; switch (c) { case Red: return DROP; case Color.Green: return TX; }");
    wrong("switch (pkt.length) { case pkt.queue: return DROP; }", "XD3012 pkt.queue");
    wrong("switch (pkt.length) { case 1: g = 2; case 2: g = 3; }", "XD3306 case 1:");
    wrong("switch (pkt.tcp) { case 1: return DROP; }", "XD3005 pkt.tcp");
    wrong("switch (pkt.length) { default: break; default: break; }", "XD3307 default:");
  });
});

describe("for of", () => {
  it("goes over maps, arrays and options", () => {
    ok("for (const [k, v] of m) { v.a += k; } for (const [i, v] of n) { if (v == i) return DROP; }");
    ok("let xs: u8[4] = [1, 2, 3, 4]; for (const x of xs) { if (x == 1) return DROP; }");
    ok(
      "const tcp = pkt.tcp ?? return PASS; for (const o of tcp.options) { if (o.kind == 2 && o.u16(2) == 1460) return DROP; }",
    );
    wrong("for (const k of m) { g += 1; }", "XD3308 k");
    wrong("for (const x of ring) { g += 1; }", "XD3308 ring");
    wrong("const ip = pkt.udp ?? return PASS; for (const o of ip.options) { g += 1; }", "XD3201 options");
    wrong("for (const x of g) { g += 1; }", "XD3308 g");
  });
});

describe("functions", () => {
  it("take what they say", () => {
    const f = "function f(ip: Ipv4, s: S, x: u16 | null): u64 { return x == null ? s.a : ip.ttl; }\n";
    expect(
      codes(
        `${f}${inProgram("const ip = pkt.ipv4 ?? return PASS; s.a = f(ip, s, null); s.a = f(ip, s, 4); s.a = f(ip, m.get(1) ?? return PASS, pkt.tcp?.dst);", before)}`,
      ),
    ).toEqual([]);
    expect(codes(`${f}${inProgram("s.a = f(pkt.ipv4, s, 1);", before)}`)).toEqual(["XD3101"]);
    expect(codes(`${f}${inProgram("const ip = pkt.ipv4 ?? return PASS; s.a = f(ip, s);", before)}`)).toEqual([
      "XD3203",
    ]);
    expect(
      codes(`${f}${inProgram("const ip = pkt.ipv6 ?? return PASS; s.a = f(ip, s, 2);", before)}`),
    ).toEqual(["XD3001"]);
  });
  it("give what their returns give", () => {
    const text =
      "function f(x: u32) { if (x > 3) return null; return x; }\nfunction g() { return DROP; }\nfunction h() { }\nxdp a(pkt) { const y = f(3) ?? return g(); h(); return y == 2 ? DROP : g(); }";
    const outcome = run(text);
    expect(outcome.diagnostics).toEqual([]);
    expect(typeAt(outcome, "f(3)")).toBe("u32 | null");
    expect(typeAt(outcome, "g()")).toBe("XdpAction");
    expect(typeAt(outcome, "h()")).toBe("void");
    expect(codes("function f(x: u32) { if (x > 3) return true; return x; }")).toEqual(["XD3207"]);
  });
  it("do not call themselves", () => {
    expect(
      marks(
        "function f(): u64 { return g(); }\nfunction g(): u64 { return h(); }\nfunction h(): u64 { return f(); }",
      ),
    ).toEqual(["XD3204 f"]);
    expect(marks("function f() { return g(); }\nfunction g() { return f(); }")).toEqual(["XD3204 f"]);
    expect(marks("function f(x: u64): u64 { return f(x); }")).toEqual(["XD3204 f"]);
  });
  it("are used before they are declared", () => {
    expect(
      codes(
        "xdp a(pkt) { return f(); }\nfunction f() { return limit > 3 ? DROP : PASS; }\nlet limit = start;\nconst start = 4;",
      ),
    ).toEqual([]);
  });
});

describe("programs", () => {
  it("may be unnamed", () => {
    const { checked, diagnostics } = run(
      "xdp(pkt) { return PASS; }\nxdp({ frags: true }) jumbo(pkt) { return DROP; }",
    );
    expect(diagnostics).toEqual([]);
    expect(checked.programs.map((one) => [one.name, one.frags])).toEqual([
      ["xdp_1", false],
      ["jumbo", true],
    ]);
  });
  it("return verdicts", () => {
    wrong("return 2;", "XD3001 2", "XD3304 return PASS;");
    wrong("return pkt.length;", "XD3001 pkt.length", "XD3304 return PASS;");
    expect(codes("xdp a(pkt) { return XdpAction.DROP; }")).toEqual([]);
    expect(codes("xdp a(pkt) { const v = pkt.length > 3 ? DROP : PASS; return v; }")).toEqual([]);
    expect(codes("xdp a(pkt) { let v = DROP; if (pkt.length > 4) v = PASS; return v; }")).toEqual([]);
    expect(marks("xdp a(pkt) { return DORP; }")).toEqual(["XD2006 DORP"]);
  });
});
