/** Packets to run programs over: every kind of layer, cut short and spoilt too. */
import * as make from "../support/packets/index.js";
import { rngOf } from "./generate.js";

const { packet, ethernet, vlan, ipv4, ipv6, tcp, udp, text } = make;

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

function whole(): readonly Uint8Array[] {
  const inside = (): readonly make.Layer[] => [ethernet(), ipv4(), tcp({ dst: 443 }), text("inside")];
  const options = bytes(2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0);
  return [
    packet(ethernet(), ipv4(), tcp({ flags: "S", options }), text("hello")),
    packet(ethernet(), ipv4({ ttl: 1, dst: "10.0.0.1" }), tcp({ dst: 22 })),
    packet(ethernet(), ipv4({ src: "192.0.2.1" }), udp({ dst: 53, src: 4242 }), text("\u0001\u0001query")),
    packet(ethernet(), ipv4(), udp({ dst: 7777, checksum: "none" }), make.zeros(1400)),
    packet(ethernet(), ipv4({ options: bytes(7, 4, 4, 0, 1, 1, 1, 0) }), tcp({ options: bytes(1, 1, 1, 0) })),
    packet(ethernet(), ipv4({ fragmentOffset: 8 }), udp(), text("later")),
    packet(ethernet(), ipv4({ moreFragments: true }), udp(), text("first")),
    packet(ethernet(), vlan(7), ipv4(), tcp()),
    packet(
      ethernet(),
      vlan(7, { tpid: 0x88a8 }),
      vlan(4094, { priority: 7 }),
      ipv6(),
      udp({ dst: 53 }),
      text("q"),
    ),
    packet(ethernet(), make.arp()),
    packet(ethernet(), ipv4(), make.icmp(), make.zeros(8)),
    packet(ethernet(), ipv4(), make.icmp({ type: 3, code: 4 }), make.zeros(4), text("not ip")),
    packet(ethernet(), ipv4(), make.sctp()),
    packet(ethernet(), ipv6(), tcp({ flags: "SA", options }), text("six")),
    packet(ethernet(), ipv6(), make.hopByHop(1), make.destinationOptions(), udp(), text("far")),
    packet(ethernet(), ipv6(), make.fragment({ more: true }), udp(), text("part")),
    packet(ethernet(), ipv6(), make.fragment({ offset: 3 }), udp(), text("part")),
    packet(ethernet(), ipv6(), make.routing(2), make.icmpv6({ type: 135 }), make.zeros(24)),
    packet(ethernet(), ipv6({ src: "::" }), make.icmpv6({ type: 136 }), make.zeros(20)),
    packet(ethernet(), ipv4(), udp(), make.vxlan(42), ...inside()),
    packet(ethernet(), ipv4(), udp(), make.geneve(7, bytes(0, 1, 0x80, 1, 0, 0, 0, 0)), ...inside()),
    packet(ethernet(), ipv4(), make.gre({ key: 1 }), ipv4({ src: "10.1.2.3" }), udp(), text("gre")),
    packet(ethernet(), ipv4(), make.gre({ checksum: true, sequence: 1 }), ...inside()),
    packet(ethernet(), ipv4(), udp(), make.gtpu(9, { sequence: 5 }), ipv4(), udp()),
    packet(ethernet(), ipv4(), udp(), make.gtpu(9), ipv6(), tcp()),
    packet(ethernet(), ipv4(), ipv4({ dst: "10.9.9.9" }), tcp()),
    packet(ethernet(), ipv4(), ipv6(), udp()),
    packet(ethernet(), ipv6(), ipv4(), tcp()),
    packet(ethernet(), make.mpls(16), make.mpls(17), ipv4(), udp()),
    packet(ethernet({ type: 0x88b5 }), make.zeros(46)),
    packet(ethernet({ type: 0x0800 })),
    packet(ethernet(), ipv4({ ihl: 15 }), tcp(), make.zeros(10)),
    packet(ethernet(), ipv4({ ihl: 4 }), tcp(), make.zeros(10)),
    packet(ethernet(), ipv4(), tcp({ dataOffset: 15 }), make.zeros(7)),
    packet(ethernet(), ipv4(), tcp({ dataOffset: 2 }), make.zeros(7)),
  ];
}

/** The same on every machine. */
export function madePackets(): readonly Uint8Array[] {
  const all = whole();
  const rng = rngOf(7);
  const cut = all.map((one) => one.slice(0, 14 + rng.below(one.length - 13)));
  const spoilt = all.map((one) => {
    const copy = one.slice();
    for (let left = 3; left > 0; left--)
      copy[12 + rng.below(Math.max(1, Math.min(60, copy.length - 12)))] = rng.pick([
        0, 1, 4, 6, 17, 0x45, 0x4f, 0xff, 0x7f,
      ]);
    return copy;
  });
  return [...all, ...cut, ...spoilt];
}
