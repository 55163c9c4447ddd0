/** Headers of the network layer. */
import { internetChecksum } from "../checksums.js";
import type { Layer } from "./layer.js";
import { ipProtocol } from "./protocols.js";
import { address, fields, concat, store16, padTo4 } from "./raw.js";

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
