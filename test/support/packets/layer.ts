/** What a packet is put together of. */
import { concat } from "./raw.js";

/** One header, or the bytes at the end. */
export interface Layer {
  readonly kind:
    | "ethernet"
    | "vlan"
    | "arp"
    | "mpls"
    | "ipv4"
    | "ipv6"
    | "extension"
    | "tcp"
    | "udp"
    | "sctp"
    | "icmp"
    | "icmpv6"
    | "gre"
    | "vxlan"
    | "geneve"
    | "gtpu"
    | "bytes";
  /** The header and all behind it. `next` is what stands behind, `around` what stands before, innermost last. */
  readonly encode: (payload: Uint8Array, next: Layer | undefined, around: readonly Layer[]) => Uint8Array;
  /** For the pseudo header of what it carries. */
  readonly addresses?: { readonly src: Uint8Array; readonly dst: Uint8Array };
  /** What an extension header's own number is. */
  readonly number?: number;
}

/** Puts layers together, the innermost first. */
export function packet(...layers: readonly Layer[]): Uint8Array {
  let payload: Uint8Array = new Uint8Array(0);
  for (let at = layers.length - 1; at >= 0; at--) {
    const layer = layers[at];
    if (layer) payload = layer.encode(payload, layers[at + 1], layers.slice(0, at));
  }
  return payload;
}

/** Bytes as they are, at the end. */
export function bytes(content: Uint8Array | readonly number[]): Layer {
  const all = Uint8Array.from(content);
  return { kind: "bytes", encode: (payload) => concat(all, payload) };
}

export const text = (content: string): Layer => bytes(new TextEncoder().encode(content));

export const zeros = (length: number): Layer => bytes(new Uint8Array(length));
