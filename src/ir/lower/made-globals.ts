/** Global variables that the script does not declare: made when lowering first needs them. */
import type { Span } from "../../base/span.js";
import type { GlobalId, IrGlobal, IrMap, MapId } from "../ir.js";
import { zerosGlobal } from "../zeros.js";

export interface MadeGlobals {
  zeros(size: number): GlobalId;
  lost(id: MapId, map: IrMap): GlobalId;
  /** The map, with the number that counts what it lost, if there is one. */
  withLost(map: IrMap): IrMap;
  /** In the order of their ids, which follow those of the script's own. */
  all(): readonly IrGlobal[];
}

/** `first` is the first id that is free. */
export function madeGlobals(first: GlobalId, span: Span): MadeGlobals {
  const made: IrGlobal[] = [];
  const lost = new Map<MapId, GlobalId>();
  let zeros: { readonly id: GlobalId; size: number } | undefined;
  const add = (name: string, layout: IrGlobal["layout"], at: Span): GlobalId => {
    const id = first + made.length;
    made.push({ id, name, section: "bss", layout, initial: { kind: "zero" }, span: at });
    return id;
  };
  return {
    zeros(size) {
      if (!zeros) {
        zeros = { id: first + made.length, size };
        made.push(zerosGlobal(zeros.id, size, span));
      }
      zeros.size = Math.max(zeros.size, size);
      return zeros.id;
    },
    lost(id, map) {
      const known = lost.get(id);
      if (known !== undefined) return known;
      const global = add(`xdpl_lost_${map.name.replace(/^xdpl_/, "")}`, word, map.span);
      lost.set(id, global);
      return global;
    },
    withLost(map) {
      const global = lost.get(map.id);
      return global === undefined ? map : { ...map, lost: global };
    },
    all: () => made.map((one) => (one.id === zeros?.id ? zerosGlobal(one.id, zeros.size, one.span) : one)),
  };
}

const word = { kind: "int", bits: 64, signed: false } as const;
