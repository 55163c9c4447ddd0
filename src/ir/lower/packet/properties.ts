/** Built-in properties of packets, layers, views and options. */
import { invariant } from "../../../base/invariant.js";
import type { PropertyName } from "../../../check/checked.js";
import type { Type } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { irInt, scalar, type LayerVal, type Scope, type Val } from "../values.js";
import { linearLength, viewLength } from "./bytes.js";
import { headerSize } from "./layers.js";
import type { PacketState } from "./nodes.js";

/** Offsets in `struct xdp_md`. */
const contextFields = { ingress: 12, queue: 16 } as const;

export function packetProperty(s: Scope, property: PropertyName, of?: PacketState): Val {
  switch (property) {
    case "length":
      return scalar(packetLength(s));
    case "ingress":
    case "queue": {
      invariant(s.context !== undefined, "a packet without a context");
      return scalar(
        ir.emit(s.b, {
          kind: "context-load",
          type: ir.u32,
          context: s.context,
          offset: contextFields[property],
        }),
      );
    }
    case "bytes":
    case "payload":
      return {
        kind: "bytes",
        start: ir.constant(s.b, ir.u64, 0),
        end: undefined,
        node: undefined,
        part: "payload",
        ...(of && { of }),
      };
    default:
      return invariantProperty(property, "a packet");
  }
}

/** The packet's bytes in all its buffers, u32. */
function packetLength(s: Scope): ValueId {
  if (s.frags && s.context !== undefined) {
    return ir.convert(s.b, ir.helper(s.b, "bpf_xdp_get_buff_len", [s.context]), ir.u32);
  }
  return ir.convert(s.b, linearLength(s), ir.u32);
}

export function layerProperty(s: Scope, layer: LayerVal, property: PropertyName): Val {
  const size = (): ValueId => headerSize(s, layer);
  switch (property) {
    case "offset":
      return scalar(ir.convert(s.b, layer.offset, ir.u16));
    case "size":
      return scalar(ir.convert(s.b, size(), ir.u16));
    case "payload":
      return {
        kind: "bytes",
        start: ir.binary(s.b, "add", layer.offset, size()),
        end: undefined,
        node: layer.node,
        part: "payload",
      };
    case "options": {
      const start = ir.binaryWith(s.b, "add", layer.offset, layer.node.header.fixedSize);
      const end = ir.binary(s.b, "add", layer.offset, size());
      return { kind: "bytes", start, end, node: layer.node, part: "options" };
    }
    default:
      return invariantProperty(property, "a layer");
  }
}

export function viewProperty(s: Scope, view: Val, property: PropertyName, type: Type): Val {
  if (view.kind === "bytes" && property === "length")
    return scalar(ir.convert(s.b, viewLength(s, view), irInt(type)));
  invariant(view.kind === "option", `.${property} of ${view.kind}`);
  if (property === "kind") return scalar(view.optionKind);
  if (property === "length") return scalar(ir.convert(s.b, view.length, irInt(type)));
  return invariantProperty(property, "an option");
}

function invariantProperty(property: PropertyName, of: string): never {
  invariant(false, `${of} has no property ${property}`);
}
