import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layout } from "../../src/base/layout.js";
import { formatAddress, formatIpv6, formatValue, decodeValue, parseValue } from "../../src/run/index.js";

const u16: Layout = { kind: "int", bits: 16, signed: false };
const ipv4: Layout = { kind: "address", family: "ipv4" };
const ipv6: Layout = { kind: "address", family: "ipv6" };
const mac: Layout = { kind: "address", family: "mac" };
const color: Layout = {
  kind: "enum",
  name: "Color",
  bits: 8,
  members: [
    ["RED", 1],
    ["BLUE", 2],
  ],
};
const flow: Layout = {
  kind: "struct",
  name: "Flow",
  size: 12,
  fields: [
    { name: "source", offset: 0, type: ipv4 },
    { name: "port", offset: 4, type: u16 },
    { name: "color", offset: 6, type: color },
    { name: "seen", offset: 7, type: { kind: "bool" } },
    { name: "name", offset: 8, type: { kind: "string", length: 4 } },
  ],
};

function bytesOf(layout: Layout, text: string): Uint8Array {
  const parsed = parseValue(layout, text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.bytes;
}

function complaint(layout: Layout, text: string): string {
  const parsed = parseValue(layout, text);
  return parsed.ok ? "accepted" : parsed.message;
}

describe("IPv6 as RFC 5952 writes it", () => {
  it.each([
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::00aA", "2001:db8::aa"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s is %s", (text, canonical) => expect(formatIpv6(bytesOf(ipv6, text))).toBe(canonical));

  it("is read back as the same address, and a valid one", () => {
    const sparse = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })), {
      minLength: 16,
      maxLength: 16,
    });
    fc.assert(
      fc.property(sparse, (list) => {
        const text = formatAddress("ipv6", Uint8Array.from(list));
        expect(isIPv6(text)).toBe(true);
        expect([...bytesOf(ipv6, text)]).toEqual(list);
      }),
    );
  });

  it("accepts what Node accepts, and nothing else", () => {
    const piece = fc.constantFrom(":", "::", "0", "1", "ffff", "12345", "g", "1.2.3.4", "256.1.1.1", ".");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 17 }), (pieces) => {
        const text = pieces.join("");
        expect(parseValue(ipv6, text).ok).toBe(isIPv6(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("values", () => {
  it("are read from bytes by their layout", () => {
    const bytes = Uint8Array.of(192, 0, 2, 1, 0x50, 0, 2, 1, 101, 116, 104, 0);
    expect(formatValue(flow, bytes)).toBe(
      "{ source: 192.0.2.1, port: 80, color: BLUE, seen: true, name: eth }",
    );
    expect(decodeValue(flow, bytes)).toEqual({
      source: "192.0.2.1",
      port: 80,
      color: "BLUE",
      seen: true,
      name: "eth",
    });
    expect(formatValue(color, Uint8Array.of(9))).toBe("9");
    expect(formatValue(mac, Uint8Array.of(2, 0, 0, 0xab, 0, 1))).toBe("02:00:00:ab:00:01");
    expect(formatValue({ kind: "lpm", address: ipv4 }, Uint8Array.of(24, 0, 0, 0, 10, 1, 2, 0))).toBe(
      "10.1.2.0/24",
    );
    expect(formatValue({ kind: "array", element: u16, length: 2 }, Uint8Array.of(1, 0, 0, 1))).toBe(
      "[1, 256]",
    );
  });

  it("are exact at 64 bits, and in either byte order", () => {
    const ones = new Uint8Array(8).fill(255);
    expect(decodeValue({ kind: "int", bits: 64, signed: false }, ones)).toBe(18446744073709551615n);
    expect(decodeValue({ kind: "int", bits: 64, signed: true }, ones)).toBe(-1);
    expect(decodeValue({ kind: "int", bits: 64, signed: false }, Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0))).toBe(
      5,
    );
    expect(decodeValue(u16, Uint8Array.of(1, 2), false)).toBe(0x102);
    expect(decodeValue({ kind: "int", bits: 8, signed: true }, Uint8Array.of(128))).toBe(-128);
  });

  it("that are too short show their bytes", () => {
    expect(decodeValue(u16, Uint8Array.of(10))).toBe("0a");
  });

  it("are read from the command line", () => {
    expect([...bytesOf(u16, "0x1_00")]).toEqual([0, 1]);
    expect([...bytesOf({ kind: "int", bits: 16, signed: true }, "-2")]).toEqual([254, 255]);
    expect([...bytesOf({ kind: "array", element: u16, length: 3 }, "80, 443")]).toEqual([
      80, 0, 187, 1, 0, 0,
    ]);
    expect([...bytesOf(color, "RED")]).toEqual([1]);
    expect([...bytesOf({ kind: "lpm", address: ipv4 }, "10.0.0.0/8")]).toEqual([8, 0, 0, 0, 10, 0, 0, 0]);
    expect([...bytesOf(mac, "02:00:00:ab:00:01")]).toEqual([2, 0, 0, 0xab, 0, 1]);
    expect([...bytesOf({ kind: "bool" }, "true")]).toEqual([1]);
    expect([...bytesOf({ kind: "string", length: 5 }, "eth0")]).toEqual([101, 116, 104, 48, 0]);
  });

  it("that do not fit are refused with the reason", () => {
    expect(complaint(u16, "65536")).toBe("65536 does not fit in u16 (0 to 65535)");
    expect(complaint({ kind: "int", bits: 8, signed: true }, "-129")).toBe(
      "-129 does not fit in i8 (-128 to 127)",
    );
    expect(complaint(u16, "eighty")).toBe("`eighty` is not a whole number");
    expect(complaint(color, "GREEN")).toBe("`GREEN` is not a member of Color: RED, BLUE");
    expect(complaint(ipv4, "10.0.0.256")).toBe("`10.0.0.256` is not an IPv4 address");
    expect(complaint({ kind: "array", element: u16, length: 1 }, "1,2")).toBe(
      "2 values, but there is room for 1",
    );
    expect(complaint({ kind: "lpm", address: ipv4 }, "10.0.0.0/33")).toBe("a prefix length is 0 to 32");
    expect(complaint({ kind: "string", length: 2 }, "eth")).toBe("`eth` is longer than 2 bytes");
  });
});
