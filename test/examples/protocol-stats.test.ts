import { expect, it } from "vitest";
import {
  arp,
  ethernet,
  fragment,
  gre,
  hopByHop,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  packet,
  sctp,
  tcp,
  udp,
  vlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";
import { describeExample, u32 } from "./subject.js";

const kinds = ["TCP", "UDP", "SCTP", "ICMP", "ICMPV6", "OTHER_IPV4", "OTHER_IPV6", "ARP", "OTHER"] as const;

const packets: readonly (readonly [(typeof kinds)[number], readonly Layer[]])[] = [
  ["TCP", [ipv4(), tcp(), zeros(100)]],
  ["TCP", [vlan(1), vlan(2), ipv6(), hopByHop(), tcp()]],
  ["UDP", [ipv4({ options: new Uint8Array(40) }), udp()]],
  ["UDP", [ipv6(), fragment({ more: true }), udp()]],
  ["SCTP", [ipv4(), sctp()]],
  ["SCTP", [ipv6(), sctp()]],
  ["ICMP", [ipv4(), icmp()]],
  ["ICMPV6", [ipv6(), icmpv6()]],
  ["OTHER_IPV4", [ipv4({ fragmentOffset: 5 }), tcp()]],
  ["OTHER_IPV4", [ipv4(), gre(), ipv4(), tcp()]],
  ["OTHER_IPV4", [ipv4({ protocol: 6 }), zeros(19)]],
  ["OTHER_IPV4", [ipv4({ protocol: 58 }), zeros(64)]],
  ["OTHER_IPV6", [ipv6(), fragment({ offset: 5 }), tcp()]],
  ["OTHER_IPV6", [ipv6({ nextHeader: 1 }), zeros(64)]],
  ["OTHER_IPV6", [ipv6({ nextHeader: 59 })]],
  ["ARP", [arp()]],
  ["ARP", [vlan(1), arp()]],
  ["OTHER", [zeros(46)]],
  ["OTHER", []],
];

describeExample("protocol-stats", (subject) => {
  it("counts packets and bytes by kind", () => {
    const expected = kinds.map(() => [0n, 0n] as [bigint, bigint]);
    for (const [kind, layers] of packets) {
      const data = packet(ethernet(), ...layers);
      expect(subject().run(data).verdict).toBe("PASS");
      const sums = expected[kinds.indexOf(kind)];
      if (sums) {
        sums[0] += 1n;
        sums[1] += BigInt(data.length);
      }
    }
    const found = kinds.map((_, at) => {
      const values = subject().map("stats").lookupAll(u32(at)) ?? [];
      const sum = (offset: number): bigint =>
        values.reduce((total, value) => total + Buffer.from(value).readBigUInt64LE(offset), 0n);
      return [sum(0), sum(8)];
    });
    expect(found).toEqual(expected);
  });
});
