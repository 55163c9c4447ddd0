/** Headers of the link layer. */
import type { Layer } from "./layer.js";
import { etherType } from "./protocols.js";
import { address, fields, concat } from "./raw.js";

export interface EthernetFields {
  readonly dst?: string;
  readonly src?: string;
  readonly type?: number;
}

export const macs = { here: "02:00:00:00:00:01", there: "02:00:00:00:00:02" } as const;

export function ethernet({ dst = macs.here, src = macs.there, type }: EthernetFields = {}): Layer {
  return {
    kind: "ethernet",
    encode: (payload, next) => {
      // A service tag in front of another tag, as 802.1ad wants it.
      const qinq = next?.kind === "vlan" && next.number !== undefined ? next.number : undefined;
      return concat(address(dst), address(src), fields([16, type ?? qinq ?? etherType(next)]), payload);
    },
  };
}

export interface VlanFields {
  readonly priority?: number;
  readonly type?: number;
  /** The EtherType that announces this tag. */
  readonly tpid?: number;
}

export function vlan(id: number, { priority = 0, type, tpid = 0x8100 }: VlanFields = {}): Layer {
  return {
    kind: "vlan",
    number: tpid,
    encode: (payload, next) => {
      const inner = next?.kind === "vlan" ? next.number : undefined;
      return concat(fields([3, priority], [1, 0], [12, id], [16, type ?? inner ?? etherType(next)]), payload);
    },
  };
}

export interface ArpFields {
  readonly operation?: number;
  readonly senderMac?: string;
  readonly senderIp?: string;
  readonly targetMac?: string;
  readonly targetIp?: string;
}

export function arp({
  operation = 1,
  senderMac = macs.there,
  senderIp = "192.0.2.2",
  targetMac = "00:00:00:00:00:00",
  targetIp = "192.0.2.1",
}: ArpFields = {}): Layer {
  return {
    kind: "arp",
    encode: (payload) =>
      concat(
        fields([16, 1], [16, 0x0800], [8, 6], [8, 4], [16, operation]),
        address(senderMac),
        address(senderIp),
        address(targetMac),
        address(targetIp),
        payload,
      ),
  };
}

export function mpls(label: number, ttl = 64): Layer {
  return {
    kind: "mpls",
    encode: (payload, next) =>
      concat(fields([20, label], [3, 0], [1, next?.kind === "mpls" ? 0 : 1], [8, ttl]), payload),
  };
}
