/** Constants, params, structs, enums, headers and maps. */
import { describe, expect, it } from "vitest";
import { codes, inProgram, marks, run, typeAt } from "./support.js";

describe("structs", () => {
  it("are laid out as in C", () => {
    const { checked } = run(
      "enum E: u16 { A }\nstruct In { a: u8; b: u32; c: u8; }\nstruct S { a: u8; mac: MacAddr; b: u64; e: E; in: In; ip: Ipv4Addr; six: Ipv6Addr; f: bool; xs: u16[3]; name: string<5>; }",
    );
    const [inner, outer] = checked.structs.slice(-2);
    expect([inner?.size, inner?.align, inner?.fields.map((one) => one.offset)]).toEqual([12, 4, [0, 4, 8]]);
    expect(outer?.fields.map((one) => [one.name, one.offset])).toEqual([
      ["a", 0],
      ["mac", 1],
      ["b", 8],
      ["e", 16],
      ["in", 20],
      ["ip", 32],
      ["six", 36],
      ["f", 52],
      ["xs", 54],
      ["name", 60],
    ]);
    expect([outer?.size, outer?.align]).toEqual([72, 8]);
  });
  it("do not contain themselves, layers or nulls", () => {
    expect(marks("struct A { b: B; }\nstruct B { a: A; }")).toEqual(["XD3014 A"]);
    expect(marks("struct A { b: u32 | null; }")).toEqual(["XD3404 u32 | null"]);
    expect(marks("struct A { b: Ipv4; }")).toEqual(["XD3404 Ipv4"]);
    expect(marks("struct A { b: u13; }")).toEqual(["XD3404 u13"]);
  });
  it("are filled by object literals", () => {
    const s =
      "struct In { c: u16; }\nstruct S { a: u64; b: u32; in: In; xs: u8[2]; }\nconst m = new Hash<u32, S>(8);";
    const wrong = (literal: string): readonly string[] => marks(inProgram(`m.set(1, ${literal});`, s));
    expect(wrong("{ a: 1, b: 2, in: { c: 3 }, xs: [1, 2] }")).toEqual([]);
    expect(wrong("{ a: 1, b: 2, in: { c: 70000 }, xs: [1, 2] }")).toEqual(["XD3003 70000"]);
    expect(wrong("{ a: 1, b: 2, in: { c: 3 }, xs: [1, 2, 3] }")).toEqual(["XD3409 [1, 2, 3]"]);
    expect(wrong("{ a: 1, a: 2, b: 2, in: { c: 3 }, xs: [1, 2] }")).toEqual(["XD3403 a"]);
    expect(wrong("{ a: 1, b: true, in: { c: 3 }, xs: [1, 2] }")).toEqual(["XD3001 true"]);
    expect(
      marks(inProgram("const a = 4; const b = pkt.length; m.set(1, { a, b, in: { c: 3 }, xs: [1, 2] });", s)),
    ).toEqual([]);
    expect(marks(inProgram("const a = true; m.set(1, { a, b: 1, in: { c: 3 }, xs: [1, 2] });", s))).toEqual([
      "XD3001 a",
    ]);
  });
});

describe("constants", () => {
  it("are computed", () => {
    const outcome = run(
      "const a = 10;\nconst b = (a << 4) - 1;\nconst c: u8 = b as u8;\nenum E { X = 3, Y, Z = a }\nparam p: u32 = b;\nlet g = a * 2;\nxdp q(pkt) { return PASS; }",
    );
    expect(outcome.diagnostics).toEqual([]);
    expect(outcome.checked.params[0]?.initial).toEqual({ kind: "number", value: 159n });
    expect(outcome.checked.globals[0]?.initial).toEqual({ kind: "number", value: 20n });
    expect(typeAt(outcome, "b as u8")).toBe("u8");
  });
  it("must be constant", () => {
    expect(marks("const a = now();")).toEqual(["XD3012 now()"]);
    expect(marks("param p = 1;\nconst a = p;")).toEqual(["XD3012 p"]);
    expect(marks("let g = 1;\nlet h = g;")).toEqual(["XD3012 g"]);
    expect(marks("const a = a;")).toEqual(["XD3014 a"]);
    expect(marks("const a = 1 << 100000;")).toEqual(["XD3013 100000"]);
    expect(marks("const a = 1 / 0;")).toEqual(["XD3013 0"]);
  });
  it("may be lists, arrays and structs", () => {
    const text =
      'struct S { a: u8; }\nconst ports = [22, 80..90];\nconst nets = [10.0.0.0/8, 1.2.3.4];\nconst xs: u16[3] = [1, 2, 3];\nconst s: S = { a: 3 };\nconst name: string<8> = "abc";';
    expect(
      codes(
        `${text}\n${inProgram("const ip = pkt.ipv4 ?? return PASS; const tcp = pkt.tcp ?? return PASS; if (tcp.dst in ports && ip.src in nets && xs[pkt.length % 3] == s.a) return DROP;")}`,
      ),
    ).toEqual([]);
    expect(marks(`${text}\n${inProgram("if (xs[3] == 1) return DROP;")}`)).toEqual(["XD3509 3"]);
  });
});

describe("maps", () => {
  it("have a size, a key and a value", () => {
    const { checked, diagnostics } = run(
      'const size = 64;\nconst a = new Hash<u32, u64>(size * 2, { pin: true, noPrealloc: true });\nconst b = new LpmTrie<Ipv6Addr, bool>(8, { pin: "x" });\nconst c = new RingBuffer<u64>(256KiB);\nconst d = new XskMap(64);\nconst e = new PerCpuArray<u64>(3);\nxdp one(pkt) { return PASS; }\nconst f = new ProgramArray({ 0: one, 3: one });',
    );
    expect(diagnostics).toEqual([]);
    expect(checked.maps.map((one) => [one.name, one.type.map, one.type.size, one.options.pin])).toEqual([
      ["a", "Hash", 128, "a"],
      ["b", "LpmTrie", 8, "x"],
      ["c", "RingBuffer", 262144, undefined],
      ["d", "XskMap", 64, undefined],
      ["e", "PerCpuArray", 3, undefined],
      ["f", "ProgramArray", 4, undefined],
    ]);
    expect(checked.maps[5]?.options.programs.map((one) => [one.index, one.program.name])).toEqual([
      [0, "one"],
      [3, "one"],
    ]);
  });
  it.each([
    ["new Hash<u32, u64>(0)", "XD3503 0"],
    ["new Hash<u32, u64>(-1)", "XD3503 -1"],
    ["new Hash<u32, u64>(134217729)", "XD3503 134217729"],
    ["new Array<u64>(0xffffffff)", "XD3503 0xffffffff"],
    ["new RingBuffer<u64>(1000)", "XD3503 1000"],
    ["new RingBuffer<u64>(12KiB)", "XD3503 12KiB"],
    ["new LpmTrie<i32, u64>(8)", "XD3504 i32"],
    ["new Hash<u8[600], u64>(8)", "XD3504 u8[600]"],
    ["new Hash<u32, u24>(8)", "XD3505 u24"],
    ["new PerCpuHash<u32, u8[40000]>(8)", "XD3505 u8[40000]"],
    ["new Hash<u32, u64>({ pin: true })", "XD3502 { pin: true }"],
    ["new Hash<u32, u64>(8, 9)", "XD3502 9"],
    ["new Hash<u32, u64>(8, { pin: 4 })", "XD3506 4"],
    ["new LruHash<u32, u64>(8, { noPrealloc: true })", "XD3506 noPrealloc"],
    ["new Hsh<u32, u64>(8)", "XD2007 Hsh"],
    ["new Array<u32, u64>(8)", "XD3406 Array<u32, u64>"],
    ["new ProgramArray({ a: one })", "XD3502 a"],
    ["new ProgramArray({ 0: two })", "XD3502 two"],
  ])("%s is wrong", (made, mark) => {
    expect(marks(`xdp one(pkt) { return PASS; }\nconst m = ${made};`)).toEqual([mark]);
  });
  it("say nothing more when they are wrong", () => {
    expect(
      marks(
        `const m = new Hash<u32, u64>(0);\n${inProgram("m[1] += 1; m.set(1, 2); if (1 in m) return DROP; for (const [k, v] of m) { m[k] = v; }")}`,
      ),
    ).toEqual(["XD3503 0"]);
  });
  it("have methods", () => {
    const maps =
      "const h = new Hash<u32, u64>(8);\nconst l = new LpmTrie<Ipv4Addr, u64>(8);\nconst a = new Array<u64>(8);\nconst x = new XskMap(8);\nconst d = new DevMap(8);\nconst r = new RingBuffer<u64>(4096);";
    const ok = (body: string): void => expect(marks(inProgram(body, maps)), body).toEqual([]);
    const wrong = (body: string, ...what: string[]): void =>
      expect(marks(inProgram(body, maps)), body).toEqual(what);
    ok(
      'h.set(1, 2, "create"); if (h.delete(1) && h.has(2)) return DROP; const t = h.take(3) ?? return PASS; if (t == 4) return DROP;',
    );
    ok(
      "l.set(10.0.0.0/8, 4); l.set(1.2.3.4, 5); l.delete(10.0.0.0/8); const ip = pkt.ipv4 ?? return PASS; l.set(prefix(ip.src, 24), 1); if (ip.src in l) l[ip.src] += 1;",
    );
    ok(
      "if (3 in x) return redirect(x, pkt.queue); if (pkt.length == 3) return redirect(d, 3, DROP); if (pkt.length == 4) return redirect(4);",
    );
    ok("for (let i = 0; i < 8; i++) a[i] += 1; r.emit(5);");
    wrong("h.put(1, 2);", "XD3507 put");
    wrong("h.get();", "XD3203 ()");
    wrong("h.set(1, 2, 3);", "XD3203 3");
    wrong('h.set("a", 2);', 'XD3001 "a"');
    wrong("l.set(2001:db8::/32, 2);", "XD3001 2001:db8::/32");
    wrong("a.delete(1);", "XD3507 delete");
    wrong("r.get(1);", "XD3507 get");
    wrong("d[1] = 2;", "XD3507 d[1]");
    wrong("if (3 in d) return DROP;", "XD3507 3 in d");
    wrong("return redirect(h, 1);", "XD3507 h", "XD3304 return PASS;");
    wrong("h.size = 3;", "XD3201 size");
  });
});

describe("headers", () => {
  it("have bits in network order", () => {
    const { checked, diagnostics } = run(
      "header Knock after Udp when (udp.dst == 7000) { version: u4; kind: u4; token: u24; who: Ipv4Addr; name: string<4>; flags: u8[3]; pad: u8; size = 16 + kind * 4; options { end: 0, pad: 1 }; }\nheader Inner after Knock when (knock.version == 1 && knock.kind in [1, 2]) { value: u32; next Ethernet; }",
    );
    expect(diagnostics).toEqual([]);
    const [knock, inner] = checked.headers.slice(-2);
    expect(knock?.fields.map((one) => [one.name, one.bitOffset, one.bits])).toEqual([
      ["version", 0, 4],
      ["kind", 4, 4],
      ["token", 8, 24],
      ["who", 32, 32],
      ["name", 64, 32],
      ["flags", 96, 24],
      ["pad", 120, 8],
    ]);
    expect([knock?.fixedSize, knock?.layer, knock?.options]).toEqual([16, "knock", { end: 0, pad: 1 }]);
    expect([inner?.parents[0]?.header, inner?.next?.layer]).toEqual([knock, "eth"]);
  });
  it("are reached along the protocol graph", () => {
    const own = "header Knock after Udp when (udp.dst == 7000) { value: u32; next Ethernet; }";
    expect(
      codes(
        inProgram(
          "if (pkt.knock?.value == 3 || pkt.udp?.knock || pkt.knock?.eth?.ipv4 || pkt.knock?.ipv4) return DROP;",
          own,
        ),
      ),
    ).toEqual([]);
    expect(marks(inProgram("if (pkt.tcp?.knock) return DROP;", own))).toEqual(["XD3209 knock"]);
    expect(marks(inProgram("if (pkt.knok) return DROP;", own))).toEqual(["XD3201 knok"]);
    expect(codes(inProgram("if (pkt.vlan?.vlan?.ipv4?.tcp?.dst == 4) return DROP;"))).toEqual([]);
    expect(marks("header Lone { a: u8; }\n" + inProgram("if (pkt.lone) return DROP;"))).toEqual([
      "XD3209 lone",
    ]);
  });
  it("have checked expressions", () => {
    expect(marks("header K after Udp when (udp.dts == 1) { a: u8; }")).toEqual(["XD3201 dts"]);
    expect(marks("header K after Udpp { a: u8; }")).toEqual(["XD2007 Udpp"]);
    expect(marks("header K after Udp { a: u8; size = b * 4; }")).toEqual(["XD2006 b"]);
    expect(marks("header K after Udp { a: u8; continues Ethernet { tpye: a } max 2; }")).toEqual([
      "XD3605 tpye",
    ]);
    expect(marks("header K after Udp { a: u16 covers (header, ipv5.src); }")).toEqual(["XD3604 ipv5"]);
    expect(marks("header K after Udp { a: u4; b: Ipv4Addr; c: u4; }")).toEqual(["XD3602 b: Ipv4Addr;"]);
    expect(marks("header K after Udp { a: u8 = 300; }")).toEqual(["XD3003 300"]);
  });
});
