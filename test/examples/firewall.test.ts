import { expect, it } from "vitest";
import {
  arp,
  address,
  authentication,
  concat,
  destinationOptions,
  ethernet,
  fragment,
  hopByHop,
  ipv4,
  ipv6,
  packet,
  routing,
  tcp,
  udp,
  vlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";
import { describeExample, u16, u32, u64 } from "./subject.js";

const telnet = tcp({ dst: 23, flags: "S" });
const ssh = tcp({ dst: 22, flags: "S" });

describeExample("firewall", (subject) => {
  const verdict = (...layers: readonly Layer[]): string | undefined =>
    subject().run(packet(ethernet(), ...layers)).verdict;

  it("closes ports", () => {
    for (const dst of [23, 2323, 6000, 6031, 6063])
      expect(verdict(ipv4(), tcp({ dst })), `${dst}`).toBe("DROP");
    for (const dst of [80, 2322, 5999, 6064, 0, 65_535])
      expect(verdict(ipv4(), tcp({ dst })), `${dst}`).toBe("PASS");
    expect(verdict(ipv6(), telnet)).toBe("DROP");
    expect(verdict(ipv6(), tcp({ dst: 443 }))).toBe("PASS");
  });

  it("takes SSH from home only", () => {
    for (const src of ["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1"])
      expect(verdict(ipv4({ src }), ssh), src).toBe("PASS");
    for (const src of ["9.255.255.255", "11.0.0.0", "172.15.0.1", "172.32.0.0", "192.169.0.0"])
      expect(verdict(ipv4({ src }), ssh), src).toBe("DROP");
    for (const src of ["fc00::1", "fd12::1", "fdff:ffff::1", "fe80::1", "febf::1"])
      expect(verdict(ipv6({ src }), ssh), src).toBe("PASS");
    for (const src of ["fbff::1", "fe00::1", "fec0::1", "2001:db8::1"])
      expect(verdict(ipv6({ src }), ssh), src).toBe("DROP");
  });

  it("drops what comes from blocked prefixes and counts it there", () => {
    const blocked = subject().map("blocked");
    const net = concat(u32(24), address("203.0.113.0"));
    const host = concat(u32(32), address("203.0.113.9"));
    blocked.update(net, u64(0n));
    blocked.update(host, u64(5n));
    const net6 = concat(u32(48), address("2001:db8:bad::"));
    subject().map("blocked6").update(net6, u64(0n));

    for (const src of ["203.0.113.1", "203.0.113.255", "203.0.113.9"])
      expect(verdict(ipv4({ src }), tcp()), src).toBe("DROP");
    expect(verdict(ipv4({ src: "203.0.114.1" }), tcp())).toBe("PASS");
    expect(verdict(ipv4({ src: "203.0.113.7" }), udp()), "no matter what it carries").toBe("DROP");
    expect(verdict(ipv6({ src: "2001:db8:bad::1" }), tcp())).toBe("DROP");
    expect(verdict(ipv6({ src: "2001:db8:bae::1" }), tcp())).toBe("PASS");

    expect(subject().count("blocked", net)).toBe(3n);
    expect(subject().count("blocked", host)).toBe(6n);
    expect(subject().count("blocked6", net6)).toBe(1n);
  });

  it("counts by port", () => {
    for (let i = 0; i < 3; i++) verdict(ipv4(), tcp({ dst: 443 }));
    verdict(ipv6(), tcp({ dst: 443 }));
    verdict(ipv4(), telnet);
    verdict(ipv4(), udp({ dst: 443 }));
    expect(subject().count("byPort", u16(443))).toBe(4n);
    expect(subject().count("byPort", u16(23))).toBe(1n);
    expect(subject().count("byPort", u16(80))).toBeUndefined();
  });

  it("finds TCP behind tags, options and extension headers", () => {
    expect(verdict(vlan(7), ipv4(), telnet)).toBe("DROP");
    expect(verdict(vlan(7, { tpid: 0x88a8 }), vlan(8), ipv4(), telnet)).toBe("DROP");
    expect(verdict(vlan(7, { tpid: 0x9100 }), ipv6(), telnet)).toBe("DROP");
    expect(verdict(vlan(7), vlan(8), vlan(9), ipv4(), telnet), "two tags are the most").toBe("PASS");
    for (let words = 1; words <= 10; words++)
      expect(verdict(ipv4({ options: new Uint8Array(words * 4).fill(1) }), telnet), `${words}`).toBe("DROP");
    expect(verdict(ipv6(), hopByHop(), telnet)).toBe("DROP");
    expect(verdict(ipv6(), hopByHop(3), routing(2), destinationOptions(31), telnet)).toBe("DROP");
    expect(verdict(ipv6(), authentication(), destinationOptions(), telnet)).toBe("DROP");
    expect(verdict(vlan(1), vlan(2), ipv6(), hopByHop(), fragment(), destinationOptions(), telnet)).toBe(
      "DROP",
    );
  });

  it("walks eight extension headers and no more", () => {
    const headers = (count: number): Layer[] => Array.from({ length: count }, () => destinationOptions());
    expect(verdict(ipv6(), ...headers(8), telnet)).toBe("DROP");
    expect(verdict(ipv6(), ...headers(9), telnet)).toBe("PASS");
  });

  it("takes only the first fragment for TCP", () => {
    expect(verdict(ipv4({ moreFragments: true }), telnet)).toBe("DROP");
    expect(verdict(ipv4({ fragmentOffset: 1 }), telnet)).toBe("PASS");
    expect(verdict(ipv4({ fragmentOffset: 0x1fff, moreFragments: true }), telnet)).toBe("PASS");
    expect(verdict(ipv4({ dontFragment: true }), telnet)).toBe("DROP");
    expect(verdict(ipv6(), fragment({ more: true }), telnet)).toBe("DROP");
    expect(verdict(ipv6(), fragment({ offset: 1 }), telnet)).toBe("PASS");
  });

  it("lets pass what is not TCP, or not whole", () => {
    expect(verdict(arp())).toBe("PASS");
    expect(verdict(ipv4(), udp({ dst: 23 }))).toBe("PASS");
    expect(verdict(ipv4({ ihl: 4 }), telnet)).toBe("PASS");
    expect(verdict(ipv4(), tcp({ dst: 23, dataOffset: 4 }))).toBe("PASS");
    const shapes: readonly (readonly Layer[])[] = [
      [ipv4(), telnet],
      [vlan(1), vlan(2), ipv4({ options: new Uint8Array(40) }), telnet],
      [ipv6(), hopByHop(1), fragment(), authentication(), telnet],
    ];
    for (const shape of shapes) {
      const whole = packet(ethernet(), ...shape);
      expect(subject().run(whole).verdict).toBe("DROP");
      for (let length = 14; length < whole.length; length++)
        expect(subject().run(whole.subarray(0, length)).verdict, `${length} bytes`).toBe("PASS");
    }
    expect(verdict(ipv4({ options: new Uint8Array(40) }), zeros(0))).toBe("PASS");
  });
});

describeExample(
  "firewall",
  (subject) => {
    it("takes SSH from anywhere with allowSsh", () => {
      expect(subject().run(packet(ethernet(), ipv4({ src: "203.0.113.1" }), ssh)).verdict).toBe("PASS");
      expect(subject().run(packet(ethernet(), ipv4(), telnet)).verdict).toBe("DROP");
    });
  },
  { params: { allowSsh: Uint8Array.of(1) } },
);
