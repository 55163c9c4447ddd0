/** Integers: widths, signs, constants. */
import { describe, expect, it } from "vitest";
import { inProgram, marks, run, typeAt } from "./support.js";

const before =
  "let a8: u8 = 1; let a16: u16 = 1; let a32: u32 = 1; let a64: u64 = 1; let s8: i8 = 1; let s16: i16 = 1; let s32: i32 = -1; let s64: i64 = -1; let flag = true;\nenum Color: u8 { Red, Green = 4 }\nlet color: Color = Color.Red;";
const type = (expression: string): string =>
  typeAt(
    run(
      inProgram(
        `const ip = pkt.ipv4 ?? return PASS; let value = ${expression}; if (hash(value) == 1) return DROP;`,
        before,
      ),
    ),
    expression,
  );
const ok = (body: string): void => expect(marks(inProgram(body, before)), body).toEqual([]);
const wrong = (body: string, ...what: string[]): void =>
  expect(marks(inProgram(body, before)), body).toEqual(what);

describe("arithmetic", () => {
  it.each([
    ["a8 + a16", "u16"],
    ["a8 + a8", "u8"],
    ["ip.ihl * 4", "u8"],
    ["ip.ihl + ip.version", "u8"],
    ["ip.fragmentOffset << 3", "u16"],
    ["a64 + a8", "u64"],
    ["a16 + 1", "u16"],
    ["1 + a16", "u16"],
    ["s8 + s32", "i32"],
    ["a8 + s16", "i16"],
    ["a32 + s32", "i64"],
    ["a8 << a64", "u8"],
    ["~a8", "u8"],
    ["-s16", "i16"],
    ["a16 & ~0xff", "u16"],
    ["min(a8, a32, 7)", "u32"],
    ["max(ip.ihl, 5)", "u8"],
    ["clamp(a16, 1, 100)", "u16"],
    ["hash(ip.src, a8)", "u32"],
    ["flag ? a8 : a16", "u16"],
    ["flag ? 1 : a16", "u16"],
    ["flag ? 1 : 2", "u64"],
    ["1 << 40", "u64"],
    ["-1", "i64"],
    ["a64 as u13", "u13"],
    ["color as u8", "u8"],
    ["ip.src as u32", "u32"],
    ["a32 as Ipv4Addr", "Ipv4Addr"],
    ["flag as u8", "u8"],
    ["a8 as bool", "bool"],
    ["ip.src == 1.2.3.4", "bool"],
    ["a8 in 1..3", "bool"],
  ])("%s is %s", (expression, expected) => {
    expect(type(expression)).toBe(expected);
  });
  it("does not mix signs that no type holds", () => {
    wrong("if (a64 + s8 == 1) return DROP;", "XD3004 a64 + s8");
    wrong("if (a64 < s64) return DROP;", "XD3004 a64 < s64");
    ok("if (a32 < s32) return DROP;");
    wrong("if (min(a64, s8) == 1) return DROP;", "XD3004 s8");
  });
  it("does not work on other types", () => {
    wrong("if (flag + 1 == 1) return DROP;", "XD3005 flag");
    wrong("if (flag & flag) return DROP;", "XD3005 flag");
    wrong("if (color + 1 == 1) return DROP;", "XD3005 color");
    wrong(
      "const ip = pkt.ipv4 ?? return PASS; if (ip.src < 1.2.3.4) return DROP;",
      "XD3005 ip.src < 1.2.3.4",
    );
    wrong("if (-a32 == 1) return DROP;", "XD3009 -a32");
  });
});

describe("conversion", () => {
  it("widens without a word", () => {
    ok("a64 = a8; a32 = a16; s64 = a32; s16 = a8; s32 = s8;");
  });
  it("loses nothing without a word", () => {
    wrong("a8 = a16;", "XD3002 a16");
    wrong("a32 = s32;", "XD3002 s32");
    wrong("s32 = a32;", "XD3002 a32");
    wrong("a64 = s8;", "XD3002 s8");
    wrong("a8 += a16;", "XD3002 a16");
    wrong("a64 = flag;", "XD3001 flag");
    wrong("flag = a8;", "XD3001 a8");
    wrong("color = a8;", "XD3001 a8");
    wrong("color = 4;", "XD3001 4");
    ok("color = Green; color = Color.Green; color = 4 as Color; a8 = color as u8;");
    wrong("const tcp = pkt.tcp ?? return PASS; tcp.dataOffset = a8;", "XD3002 a8");
    ok(
      "const tcp = pkt.tcp ?? return PASS; tcp.dataOffset = a8 as u4; tcp.dataOffset += 1; tcp.window = a8;",
    );
  });
  it("checks constants", () => {
    wrong("a8 = 256;", "XD3003 256");
    wrong("a8 = -1;", "XD3003 -1");
    wrong("s8 = 128;", "XD3003 128");
    wrong("a8 = 200 + 100;", "XD3003 200 + 100");
    wrong("a16 += 70000;", "XD3003 70000");
    wrong("const x = 0x1_0000_0000_0000_0000; a64 = x;", "XD3003 x");
    wrong("let x = 0x1_0000_0000_0000_0000;", "XD3003 0x1_0000_0000_0000_0000");
    ok("const x = 5; a8 = x; a64 = x; s8 = x; a8 = ~0xf0; s8 = -128; a64 = 64KiB; a64 = 10ms;");
    ok("const big = 1 << 100; a8 = big >> 98;");
  });
});

describe("comparison", () => {
  it("knows what its types decide", () => {
    wrong("if (a8 == 256) return DROP;", "XD3006 a8 == 256");
    wrong("if (a8 > 255) return DROP;", "XD3006 a8 > 255");
    wrong("if (256 > a8) return DROP;", "XD3006 256 > a8");
    wrong("if (a8 >= 0) return DROP;", "XD3006 a8 >= 0");
    wrong("if (a8 == -1) return DROP;", "XD3006 a8 == -1");
    ok("if (a8 == 255 || a8 < 255 || a8 > 0 || s8 >= 0 || s8 == -128) return DROP;");
  });
  it("compares one kind only", () => {
    wrong("if (flag == 1) return DROP;", "XD3001 1");
    wrong("if (color == flag) return DROP;", "XD3010 color == flag");
    wrong("if (color == a8) return DROP;", "XD3010 color == a8");
    ok("if (color == Green || color == Color.Red || color == 4 || flag == true) return DROP;");
    wrong(
      "const ip = pkt.ipv4 ?? return PASS; if (ip.src == 2001:db8::1) return DROP;",
      "XD3010 ip.src == 2001:db8::1",
    );
  });
});

describe("sets", () => {
  it("hold values of the needle's type", () => {
    ok("if (a16 in [1, 2..3, 65535]) return DROP;");
    wrong("if (a8 in [1, 300]) return DROP;", "XD3003 300");
    wrong("if (a8 in 1..300) return DROP;", "XD3003 300");
    ok(
      "const ip = pkt.ipv4 ?? return PASS; if (ip.src in [10.0.0.0/8, 1.2.3.4, 10.0.0.1..10.0.0.9] || ip.src in 10.0.0.1..10.0.0.9) return DROP;",
    );
    wrong("const ip = pkt.ipv4 ?? return PASS; if (ip.src in [10.0.0.0/8, 1]) return DROP;", "XD3001 1");
    ok("if (color in [Red, Green]) return DROP;");
    ok("const l = [1, 2]; if (a8 in l || a64 in l) return DROP;");
    wrong("const l = [1, 300]; if (a8 in l) return DROP;", "XD3003 l");
  });
});
