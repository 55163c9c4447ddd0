import { expect, it } from "vitest";
import { checksumProblems } from "../support/checksums.js";
import {
  address,
  bytes,
  concat,
  ethernet,
  ipv4,
  ipv6,
  macs,
  packet,
  tcp,
  udp,
  vlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";
import { be16, describeExample, u32 } from "./subject.js";

const any = 255;

function name(text: string): Uint8Array {
  const labels = text
    .split(".")
    .map((label) => concat(Uint8Array.of(label.length), new TextEncoder().encode(label)));
  return concat(...labels, Uint8Array.of(0));
}

function message(flags: number, encodedName: Uint8Array, type: number): Layer {
  const header = Uint8Array.of(0x12, 0x34, flags >> 8, flags & 0xff, 0, 1, 0, 0, 0, 0, 0, 0);
  return bytes(concat(header, encodedName, Uint8Array.of(type >> 8, type & 0xff, 0, 1)));
}

const query = (type: number, text = "example.org"): Layer => message(0x0100, name(text), type);

describeExample("dns-amplification", (subject) => {
  const verdict = (...layers: readonly Layer[]): string | undefined =>
    subject().run(packet(ethernet(), ...layers)).verdict;

  it("turns ANY back as truncated, no longer than it was", () => {
    const before = packet(
      ethernet(),
      ipv4({ src: "203.0.113.1", dst: "192.0.2.53" }),
      udp({ src: 4000, dst: 53 }),
      query(any),
    );
    const { verdict: found, data } = subject().run(before);
    expect(found).toBe("TX");
    const answer = packet(
      ethernet({ dst: macs.there, src: macs.here }),
      ipv4({ src: "192.0.2.53", dst: "203.0.113.1" }),
      udp({ src: 53, dst: 4000 }),
      message(0x8300, name("example.org"), any),
    );
    expect(data).toEqual(answer);
    expect(subject().count("totals", u32(0))).toBe(1n);
  });

  it("does so over IPv6, behind tags, and without a UDP checksum", () => {
    const six = subject().run(
      packet(
        ethernet(),
        vlan(2),
        ipv6({ src: "2001:db8::a", dst: "2001:db8::53" }),
        udp({ dst: 53 }),
        query(any),
      ),
    );
    expect(six.verdict).toBe("TX");
    expect(checksumProblems(six.data)).toEqual([]);
    expect(six.data.subarray(26, 58)).toEqual(concat(address("2001:db8::53"), address("2001:db8::a")));

    const bare = subject().run(packet(ethernet(), ipv4(), udp({ dst: 53, checksum: "none" }), query(any)));
    expect(bare.verdict).toBe("TX");
    expect(be16(bare.data, 40), "no checksum stays none").toBe(0);
  });

  it("lets other questions through", () => {
    for (const type of [1, 28, 15, 16, 254])
      expect(verdict(ipv4(), udp({ dst: 53 }), query(type))).toBe("PASS");
    expect(verdict(ipv4(), udp({ dst: 5353 }), query(any))).toBe("PASS");
    expect(verdict(ipv4(), tcp({ dst: 53 }), query(any))).toBe("PASS");
  });

  it("reads names of any shape", () => {
    const letters = "a".repeat(63);
    expect(verdict(ipv4(), udp({ dst: 53 }), query(any, letters))).toBe("TX");
    expect(verdict(ipv4(), udp({ dst: 53 }), query(any, `${letters}.${letters}.${letters}`))).toBe("TX");
    expect(verdict(ipv4(), udp({ dst: 53 }), query(any, Array(100).fill("x").join(".")))).toBe("TX");
    const root = message(0x0100, Uint8Array.of(0), any);
    expect(verdict(ipv4(), udp({ dst: 53 }), root)).toBe("TX");
    const pointer = message(0x0100, Uint8Array.of(0xc0, 12), any);
    expect(verdict(ipv4(), udp({ dst: 53 }), pointer)).toBe("PASS");
    const endless = message(0x0100, new Uint8Array(600).fill(1), any);
    expect(verdict(ipv4(), udp({ dst: 53 }), endless)).toBe("PASS");
    const whole = packet(ethernet(), ipv4(), udp({ dst: 53 }), query(any));
    for (let length = 42; length < whole.length - 2; length++)
      expect(subject().run(whole.subarray(0, length)).verdict, `${length} bytes`).toBe("PASS");
  });

  it("drops large answers that our resolvers did not send", () => {
    const answer = (src: string, size: number): Layer[] => [
      ipv4({ src }),
      udp({ src: 53, dst: 4000 }),
      message(0x8180, name("example.org"), any),
      zeros(size),
    ];
    expect(verdict(...answer("203.0.113.53", 100))).toBe("PASS");
    expect(verdict(...answer("203.0.113.53", 1195))).toBe("PASS");
    expect(verdict(...answer("203.0.113.53", 1196))).toBe("DROP");
    expect(verdict(...answer("192.0.2.53", 1300))).toBe("PASS");
    expect(verdict(...answer("198.51.100.53", 1300))).toBe("PASS");
    expect(subject().count("totals", u32(1))).toBe(1n);
  });
});
