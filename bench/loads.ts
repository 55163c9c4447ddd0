/** What each example is measured with: the packet, and what its maps hold. */
import {
  address,
  bytes,
  concat,
  ethernet,
  ipv4,
  packet,
  tcp,
  text,
  udp,
  vxlan,
  zeros,
} from "../test/support/packets/index.js";
import type { LoadedObject } from "../src/loader/index.js";

export interface Load {
  readonly packet: Uint8Array;
  /** Names the path that is measured. */
  readonly path: string;
  /**
   * The program changes the packet so that a second run takes another way: every run gets a fresh one, and the time of an
   * empty program measured in the same way is taken off.
   */
  readonly once: boolean;
  readonly prepare?: (object: LoadedObject) => void;
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

const plainTcp = packet(
  ethernet(),
  ipv4({ src: "203.0.113.5" }),
  tcp({ src: 40_000, dst: 443 }),
  text("hello"),
);
const plainUdp = packet(
  ethernet(),
  ipv4({ src: "203.0.113.5" }),
  udp({ src: 4000, dst: 4242 }),
  text("hello"),
);

const dnsName = concat(bytesOf("\u0007example\u0003org\u0000"));
const dnsQuery = bytes(
  concat(Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0), dnsName, Uint8Array.of(0, 255, 0, 1)),
);

function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Each of the examples that has a twin. */
export const loads: Readonly<Record<string, Load>> = {
  "af-xdp": { path: "the port's datagram, no socket bound", packet: plainUdp, once: false },
  "dns-amplification": {
    path: "an ANY query turned back",
    packet: packet(ethernet(), ipv4({ dst: "192.0.2.53" }), udp({ src: 4000, dst: 53 }), dnsQuery),
    once: true,
  },
  firewall: { path: "TCP, allowed", packet: plainTcp, once: false },
  "ipip-encap": {
    path: "TCP into the tunnel",
    packet: packet(ethernet(), ipv4({ src: "10.0.0.1", dst: "198.51.100.9" }), tcp(), text("hello")),
    once: true,
  },
  "load-balancer": {
    path: "TCP to a server",
    packet: packet(
      ethernet(),
      ipv4({ src: "203.0.113.5", dst: "192.0.2.80" }),
      tcp({ src: 40_000, dst: 443 }),
    ),
    once: true,
    prepare: (object) => {
      for (let at = 0; at < 16; at++) {
        const backend = concat(address(`10.0.0.${at + 1}`), address("02:00:00:00:01:01"), new Uint8Array(2));
        object.map("backends").update(u32(at), backend);
      }
    },
  },
  "protocol-stats": { path: "TCP", packet: plainTcp, once: false },
  "rate-limit": { path: "UDP of one source", packet: plainUdp, once: false },
  router: { path: "no route: to the stack", packet: plainTcp, once: false },
  sampler: { path: "TCP, one in 100 told", packet: plainTcp, once: false },
  "vxlan-decap": {
    path: "an envelope taken off",
    packet: packet(
      ethernet(),
      ipv4({ src: "192.0.2.9" }),
      udp(),
      vxlan(42),
      ethernet(),
      ipv4(),
      tcp(),
      zeros(48),
    ),
    once: true,
  },
};

export const emptyLoad: Load = { path: "nothing", packet: plainTcp, once: true };
