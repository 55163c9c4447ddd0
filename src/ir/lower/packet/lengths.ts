/** Where a layer's bytes end by what the headers say, which is before the frame's padding. */
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { type Scope } from "../values.js";
import { between } from "./checksums.js";
import { branchLayer, fieldValue, headerSize, layerVal } from "./layers.js";
import { lengthKind } from "./new-header.js";
import { depthsOf, nodeOf, type LayerNode } from "./nodes.js";

/**
 * The end (u64, from the packet's start) of what a layer's length field, or that of the nearest layer around it, counts;
 * undefined where none counts.
 */
export function countedEnd(s: Scope, node: LayerNode): ValueId | undefined {
  const depths = depthsOf(s.packet, node.root);
  const depth = (one: LayerNode): number => depths.get(one.header) ?? 0;
  const around = between(s, node).map((header) => nodeOf(s.packet, node.root, header));
  const counting = [...around, node]
    .filter((one) => one.header.fields.some((field) => lengthKind(s, field)))
    .toSorted((a, b) => depth(a) - depth(b));
  // Nearer ones count last: theirs is what holds.
  const own = counting.at(-1) === node ? [node] : counting;
  if (own.length === 0) return undefined;
  const end = ir.newVariable("counted end", ir.u64, 0n);
  ir.write(s.b, end, ir.constant(s.b, ir.u64, 0xffff_ffff));
  for (const one of own) {
    if (one === node) {
      ir.write(s.b, end, endBy(s, one));
      continue;
    }
    const there = ir.newBlock(s.b);
    const after = ir.newBlock(s.b);
    branchLayer(s, one, there, after);
    ir.enterSealed(s.b, there);
    ir.write(s.b, end, endBy(s, one));
    ir.jump(s.b, after);
    ir.enterSealed(s.b, after);
  }
  return ir.read(s.b, end);
}

function endBy(s: Scope, node: LayerNode): ValueId {
  const layer = layerVal(s, node);
  let end = layer.offset;
  for (const field of node.header.fields) {
    const kind = lengthKind(s, field);
    if (!kind) continue;
    end = ir.binary(s.b, "add", end, ir.convert(s.b, fieldValue(s, layer, field), ir.u64));
    if (kind === "payload") end = ir.binary(s.b, "add", end, headerSize(s, layer));
    break;
  }
  return end;
}
