/** Headers of tunnels. */
import { internetChecksum } from "../checksums.js";
import type { Layer } from "./layer.js";
import { etherType } from "./protocols.js";
import { fields, concat, store16 } from "./raw.js";

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
