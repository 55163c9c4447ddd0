/** The numbers by which a header announces what follows it. */
import type { Layer } from "./layer.js";

const etherTypes: Partial<Record<Layer["kind"], number>> = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  arp: 0x0806,
  vlan: 0x8100,
  mpls: 0x8847,
  ethernet: 0x6558,
};

const ipProtocols: Partial<Record<Layer["kind"], number>> = {
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  icmpv6: 58,
  sctp: 132,
};

export const udpPorts: Partial<Record<Layer["kind"], number>> = { vxlan: 4789, geneve: 6081, gtpu: 2152 };

/** What the header before announces this with. */
export const etherType = (next: Layer | undefined): number => (next && etherTypes[next.kind]) ?? 0x88b5;
/** As `etherType`, in the IP header before. */
export const ipProtocol = (next: Layer | undefined): number =>
  next?.number ?? (next && ipProtocols[next.kind]) ?? 253;
