/**
 * Packets made by hand: `packet(ethernet(), vlan(7), ipv4({ dst: "192.0.2.1" }), tcp({ dst: 80 }), text("hi"))`. Types,
 * protocols, lengths and checksums follow from what stands next to what, unless given. None of this uses xdpl.
 */
import { internetChecksum } from "./checksums.js";

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

// ---- numbers ---------------------------------------------------------------------------------------------

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

const udpPorts: Partial<Record<Layer["kind"], number>> = { vxlan: 4789, geneve: 6081, gtpu: 2152 };

const etherType = (next: Layer | undefined): number => (next && etherTypes[next.kind]) ?? 0x88b5;
const ipProtocol = (next: Layer | undefined): number =>
  next?.number ?? (next && ipProtocols[next.kind]) ?? 253;

/** `aa:bb:cc:dd:ee:ff`, `192.0.2.1`, `2001:db8::1` as bytes. */
export function address(text: string): Uint8Array {
  if (/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text))
    return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
  if (!text.includes(":")) return Uint8Array.from(text.split("."), Number);
  const [head = "", tail] = text.split("::");
  const words = (side: string): number[] =>
    side === "" ? [] : side.split(":").map((word) => Number.parseInt(word, 16));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

/** Bytes of the given widths, big-endian: `fields([16, port], [8, 1])`. */
function fields(...parts: readonly (readonly [bits: number, value: number])[]): Uint8Array {
  let value = 0n;
  let width = 0;
  for (const [bits, part] of parts) {
    value = (value << BigInt(bits)) | (BigInt(part) & ((1n << BigInt(bits)) - 1n));
    width += bits;
  }
  return Uint8Array.from({ length: width / 8 }, (_, at) =>
    Number((value >> BigInt(width - 8 - at * 8)) & 0xffn),
  );
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function store16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
  return bytes;
}

// ---- link layer ------------------------------------------------------------------------------------------

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

// ---- network layer ---------------------------------------------------------------------------------------

export interface Ipv4Fields {
  readonly src?: string;
  readonly dst?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  readonly protocol?: number;
  /** Padded to words of 4 bytes. */
  readonly options?: Uint8Array;
  readonly totalLength?: number;
  readonly ihl?: number;
}

export function ipv4(options: Ipv4Fields = {}): Layer {
  const src = address(options.src ?? "198.51.100.2");
  const dst = address(options.dst ?? "198.51.100.1");
  return {
    kind: "ipv4",
    addresses: { src, dst },
    encode: (payload, next) => {
      const extra = padTo4(options.options ?? new Uint8Array(0));
      const size = 20 + extra.length;
      const header = concat(
        fields([4, 4], [4, options.ihl ?? size / 4], [8, options.tos ?? 0]),
        fields([16, options.totalLength ?? size + payload.length], [16, options.id ?? 0]),
        fields(
          [1, 0],
          [1, Number(options.dontFragment ?? false)],
          [1, Number(options.moreFragments ?? false)],
          [13, options.fragmentOffset ?? 0],
        ),
        fields([8, options.ttl ?? 64], [8, options.protocol ?? ipProtocol(next)], [16, 0]),
        src,
        dst,
        extra,
      );
      return concat(store16(header, 10, internetChecksum(header)), payload);
    },
  };
}

export interface Ipv6Fields {
  readonly src?: string;
  readonly dst?: string;
  readonly hopLimit?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly nextHeader?: number;
  readonly payloadLength?: number;
}

export function ipv6(options: Ipv6Fields = {}): Layer {
  const src = address(options.src ?? "2001:db8::2");
  const dst = address(options.dst ?? "2001:db8::1");
  return {
    kind: "ipv6",
    addresses: { src, dst },
    encode: (payload, next) =>
      concat(
        fields([4, 6], [8, options.trafficClass ?? 0], [20, options.flowLabel ?? 0]),
        fields([16, options.payloadLength ?? payload.length], [8, options.nextHeader ?? ipProtocol(next)]),
        fields([8, options.hopLimit ?? 64]),
        src,
        dst,
        payload,
      ),
  };
}

/** An extension header of the common form, `units` times 8 bytes longer than 8, filled with one padding option. */
function extension(number: number, units: number, fill: readonly number[] = [1, 4]): Layer {
  return {
    kind: "extension",
    number,
    encode: (payload, next) => {
      const header = new Uint8Array(8 + units * 8);
      header.set([ipProtocol(next), units, ...fill]);
      if (units > 0 && fill[0] === 1) header[3] = 4 + units * 8;
      return concat(header, payload);
    },
  };
}

export const hopByHop = (units = 0): Layer => extension(0, units);
export const destinationOptions = (units = 0): Layer => extension(60, units);
/** Type 4 (segment routing), nothing left to visit, no segments. */
export const routing = (units = 0): Layer => extension(43, units, [4, 0]);

export interface FragmentFields {
  /** In units of 8 bytes. */
  readonly offset?: number;
  readonly more?: boolean;
  readonly id?: number;
  readonly nextHeader?: number;
}

export function fragment({ offset = 0, more = false, id = 1, nextHeader }: FragmentFields = {}): Layer {
  return {
    kind: "extension",
    number: 44,
    encode: (payload, next) =>
      concat(
        fields(
          [8, nextHeader ?? ipProtocol(next)],
          [8, 0],
          [13, offset],
          [2, 0],
          [1, Number(more)],
          [32, id],
        ),
        payload,
      ),
  };
}

/** An authentication header with 12 bytes of integrity check value. */
export function authentication(): Layer {
  return {
    kind: "extension",
    number: 51,
    encode: (payload, next) =>
      concat(
        fields([8, ipProtocol(next)], [8, 4], [16, 0], [32, 0x1234], [32, 1]),
        new Uint8Array(12),
        payload,
      ),
  };
}

// ---- transport layer -------------------------------------------------------------------------------------

/** The sum over the pseudo header of the IP layer around, and the transport's bytes. */
function transportChecksum(around: readonly Layer[], protocol: number, bytes: Uint8Array): number {
  const ip = around.findLast((layer) => layer.addresses)?.addresses;
  if (!ip) return internetChecksum(bytes);
  const pseudo =
    ip.src.length === 4
      ? concat(ip.src, ip.dst, fields([8, 0], [8, protocol], [16, bytes.length]))
      : concat(ip.src, ip.dst, fields([32, bytes.length], [24, 0], [8, protocol]));
  return internetChecksum(concat(pseudo, bytes));
}

export interface TcpFields {
  readonly src?: number;
  readonly dst?: number;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** Letters of `CEUAPRSF`, such as `SA`. */
  readonly flags?: string;
  readonly window?: number;
  readonly urgent?: number;
  /** Padded to words of 4 bytes. */
  readonly options?: Uint8Array;
  readonly dataOffset?: number;
}

export function tcp(options: TcpFields = {}): Layer {
  return {
    kind: "tcp",
    encode: (payload, _next, around) => {
      const extra = padTo4(options.options ?? new Uint8Array(0));
      const flags = [..."CEUAPRSF"].map(
        (letter) => [1, Number((options.flags ?? "A").includes(letter))] as const,
      );
      const bytes = concat(
        fields([16, options.src ?? 40_000], [16, options.dst ?? 80]),
        fields([32, options.sequence ?? 1], [32, options.acknowledgment ?? 0]),
        fields([4, options.dataOffset ?? 5 + extra.length / 4], [4, 0], ...flags, [
          16,
          options.window ?? 64_240,
        ]),
        fields([16, 0], [16, options.urgent ?? 0]),
        extra,
        payload,
      );
      return store16(bytes, 16, transportChecksum(around, 6, bytes));
    },
  };
}

export interface UdpFields {
  readonly src?: number;
  readonly dst?: number;
  readonly length?: number;
  /** `none` leaves it 0, which says that there is none. */
  readonly checksum?: "none";
}

export function udp(options: UdpFields = {}): Layer {
  return {
    kind: "udp",
    encode: (payload, next, around) => {
      const dst = options.dst ?? (next && udpPorts[next.kind]) ?? 9;
      const bytes = concat(
        fields([16, options.src ?? 40_000], [16, dst], [16, options.length ?? 8 + payload.length], [16, 0]),
        payload,
      );
      if (options.checksum === "none") return bytes;
      return store16(bytes, 6, transportChecksum(around, 17, bytes) || 0xffff);
    },
  };
}

export function sctp({
  src = 40_000,
  dst = 38_412,
}: { readonly src?: number; readonly dst?: number } = {}): Layer {
  return {
    kind: "sctp",
    encode: (payload) => concat(fields([16, src], [16, dst], [32, 7], [32, 0]), payload),
  };
}

export interface IcmpFields {
  readonly type?: number;
  readonly code?: number;
}

/** Its body (identifier and sequence of an echo) is the payload. */
export function icmp({ type = 8, code = 0 }: IcmpFields = {}): Layer {
  return {
    kind: "icmp",
    encode: (payload) => {
      const bytes = concat(fields([8, type], [8, code], [16, 0]), payload);
      return store16(bytes, 2, internetChecksum(bytes));
    },
  };
}

export function icmpv6({ type = 128, code = 0 }: IcmpFields = {}): Layer {
  return {
    kind: "icmpv6",
    encode: (payload, _next, around) => {
      const bytes = concat(fields([8, type], [8, code], [16, 0]), payload);
      return store16(bytes, 2, transportChecksum(around, 58, bytes));
    },
  };
}

// ---- tunnels ---------------------------------------------------------------------------------------------

export interface GreFields {
  readonly checksum?: boolean;
  readonly key?: number;
  readonly sequence?: number;
  readonly protocol?: number;
}

export function gre(options: GreFields = {}): Layer {
  const { checksum = false, key, sequence } = options;
  return {
    kind: "gre",
    encode: (payload, next) => {
      const bytes = concat(
        fields(
          [1, Number(checksum)],
          [1, 0],
          [1, Number(key !== undefined)],
          [1, Number(sequence !== undefined)],
          [12, 0],
          [16, options.protocol ?? etherType(next)],
        ),
        checksum ? new Uint8Array(4) : new Uint8Array(0),
        key === undefined ? new Uint8Array(0) : fields([32, key]),
        sequence === undefined ? new Uint8Array(0) : fields([32, sequence]),
        payload,
      );
      return checksum ? store16(bytes, 4, internetChecksum(bytes)) : bytes;
    },
  };
}

export function vxlan(vni: number, flags = 0x08): Layer {
  return {
    kind: "vxlan",
    encode: (payload) => concat(fields([8, flags], [24, 0], [24, vni], [8, 0]), payload),
  };
}

export function geneve(vni: number, options: Uint8Array = new Uint8Array(0)): Layer {
  return {
    kind: "geneve",
    encode: (payload, next) =>
      concat(
        fields([2, 0], [6, options.length / 4], [8, 0], [16, etherType(next)], [24, vni], [8, 0]),
        options,
        payload,
      ),
  };
}

export function gtpu(teid: number, { sequence }: { readonly sequence?: number } = {}): Layer {
  return {
    kind: "gtpu",
    encode: (payload) => {
      const optional = sequence === undefined ? new Uint8Array(0) : fields([16, sequence], [16, 0]);
      return concat(
        fields([3, 1], [1, 1], [2, 0], [1, Number(sequence !== undefined)], [1, 0]),
        fields([8, 255], [16, optional.length + payload.length], [32, teid]),
        optional,
        payload,
      );
    },
  };
}

// ---- bytes -----------------------------------------------------------------------------------------------

export function bytes(content: Uint8Array | readonly number[]): Layer {
  const all = Uint8Array.from(content);
  return { kind: "bytes", encode: (payload) => concat(all, payload) };
}

export const text = (content: string): Layer => bytes(new TextEncoder().encode(content));

export const zeros = (length: number): Layer => bytes(new Uint8Array(length));

function padTo4(options: Uint8Array): Uint8Array {
  return concat(options, new Uint8Array((4 - (options.length % 4)) % 4));
}
