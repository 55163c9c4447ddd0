/** What is lost for want of room is counted, in a number of its own beside each map, so that readers can say so. */
import type { MapId } from "../ir.js";
import * as ir from "./builder.js";
import type { Scope } from "./values.js";

/** One more that found no room in the map. Atomic: it is the same number for all CPUs, and seldom changed. */
export function countLost(s: Scope, map: MapId): void {
  const pointer = ir.emit(s.b, {
    kind: "global-address",
    type: { kind: "pointer", region: "global", nullable: false, size: 8 },
    global: s.low.lost(map),
  });
  const value = ir.constant(s.b, ir.u64, 1);
  ir.emit(s.b, { kind: "atomic", op: "add", pointer, displacement: 0, value, bits: 64 });
}
