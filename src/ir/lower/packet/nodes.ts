/**
 * What is known of the packet at a point of the program. Each layer that a script can name is a node; whether it was
 * looked for, was found, and where, are SSA variables, so that control flow merges them as it merges everything.
 */
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import type { Variable } from "../builder.js";
import { depthsFrom, type Graph } from "./graph.js";

/** States of a node. */
export const unknown = 0n;
export const present = 1n;
export const missing = 2n;

/** The layer `header`, first of its name after `root` (undefined: in the packet). */
export interface LayerNode {
  readonly packet: PacketState;
  readonly header: Header;
  readonly root: LayerNode | undefined;
  readonly state: Variable;
  /** u64, from the packet's start. */
  readonly offset: Variable;
  readonly pointer: Variable;
  readonly stage: Stage;
}

/** Where a layer's payload begins, tags and extension headers passed. */
export interface Stage {
  /** {@link unknown}, {@link present}, or {@link missing} when a tag or extension header is cut short. */
  readonly state: Variable;
  readonly end: Variable;
  readonly pointer: Variable;
  /** Fields of the header that continuing headers replace. */
  readonly fields: Map<HeaderFieldInfo, Variable>;
}

export interface PacketState {
  readonly graph: Graph;
  readonly data: Variable;
  readonly end: Variable;
  readonly nodes: Map<string, LayerNode>;
  readonly ids: Map<LayerNode | undefined, number>;
  readonly depths: Map<LayerNode | undefined, ReadonlyMap<Header, number>>;
  readonly pending: PendingChecksum[];
  /**
   * A packet of a test: its context. Nothing is remembered of it, since programs run on it in between; each layer is
   * looked for anew, by a function that parses as programs do.
   */
  readonly live: ValueId | undefined;
}

/** A checksum field whose words changed, not written yet. */
export interface PendingChecksum {
  readonly node: LayerNode;
  readonly field: HeaderFieldInfo;
  /** What to add to the checksum. */
  readonly terms: ChecksumTerm[];
}

/** A host-order word of a header, at an even or odd byte (0, 1), added or subtracted; or a sum in raw byte order. */
export type ChecksumTerm =
  | {
      readonly kind: "word";
      readonly value: ValueId;
      readonly byte: number;
      readonly bits: number;
      readonly negative: boolean;
    }
  | { readonly kind: "sum"; readonly value: ValueId; readonly most: bigint };

export function newPacket(graph: Graph, live?: ValueId): PacketState {
  return {
    graph,
    live,
    data: ir.newVariable("data", { kind: "pointer", region: "packet", nullable: false, size: undefined }),
    end: ir.newVariable("data_end", {
      kind: "pointer",
      region: "packet-end",
      nullable: false,
      size: undefined,
    }),
    nodes: new Map(),
    ids: new Map([[undefined, 0]]),
    depths: new Map(),
    pending: [],
  };
}

/** The depths of headers as seen from a root. */
export function depthsOf(packet: PacketState, root: LayerNode | undefined): ReadonlyMap<Header, number> {
  const known = packet.depths.get(root);
  if (known) return known;
  const starts = root ? [root.header] : packet.graph.headers.filter((one) => one.parents.length === 0);
  const merged = new Map<Header, number>();
  for (const start of starts) {
    for (const [header, depth] of depthsFrom(packet.graph, start)) {
      merged.set(header, Math.min(depth, merged.get(header) ?? Infinity));
    }
  }
  packet.depths.set(root, merged);
  return merged;
}

/** Whether a layer, where it is there at all, is the packet's first. */
export function startsPacket(root: LayerNode | undefined, header: Header): boolean {
  return root === undefined && header.parents.length === 0;
}

/** The node of `header` as seen from `root`. */
export function nodeOf(packet: PacketState, root: LayerNode | undefined, header: Header): LayerNode {
  const key = `${packet.ids.get(root) ?? 0}:${packet.graph.headers.indexOf(header)}`;
  const known = packet.nodes.get(key);
  if (known) return known;
  const state = (what: string): Variable => ir.newVariable(`${header.layer} ${what}`, ir.u8, unknown);
  const made: LayerNode = {
    packet,
    header,
    root,
    state: state("state"),
    offset: ir.newVariable(`${header.layer} offset`, ir.u64, 0n),
    // What stands at the packet's start needs no pointer of its own, which would be null on some paths: the kernel
    // tries those too where it sees a check of the packet's length again.
    pointer: startsPacket(root, header) ? packet.data : ir.newVariable(header.layer, packet.data.type, 0n),
    stage: {
      state: state("payload state"),
      end: ir.newVariable(`${header.layer} payload`, ir.u64, 0n),
      pointer: ir.newVariable(`${header.layer} payload`, packet.data.type, 0n),
      fields: new Map(),
    },
  };
  packet.nodes.set(key, made);
  packet.ids.set(made, packet.ids.size);
  return made;
}

/**
 * The node that `layer.x` means: what lies deeper on the way on which the layer itself was found is the same layer as
 * the one found from there; what does not is looked for anew, inside the layer.
 */
export function nodeInside(packet: PacketState, layer: LayerNode, header: Header): LayerNode {
  if (layer.header === layer.root?.header) return nodeOf(packet, layer, header);
  const depths = depthsOf(packet, layer.root);
  const own = depths.get(layer.header) ?? 0;
  const other = depths.get(header);
  if (other !== undefined && other > own && reaches(packet, layer, header))
    return nodeOf(packet, layer.root, header);
  return nodeOf(packet, layer, header);
}

function reaches(packet: PacketState, layer: LayerNode, header: Header): boolean {
  const inside = depthsOf(packet, layer).get(header);
  return inside !== undefined && inside > 0;
}
