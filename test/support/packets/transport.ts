/** Headers of the transport layer. */
import { internetChecksum } from "../checksums.js";
import type { Layer } from "./layer.js";
import { udpPorts } from "./protocols.js";
import { fields, concat, store16, padTo4 } from "./raw.js";

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
