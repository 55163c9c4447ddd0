/** Layers of a test's packets: each is found by a function of its own, which parses as a program does. */
import { defined } from "../../../base/invariant.js";
import type { Header } from "../../../check/types.js";
import type { BlockId, FunctionId, ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { branchLayer, layerVal, packetData } from "../packet/layers.js";
import { newPacket, nodeInside, nodeOf, type LayerNode, type PacketState } from "../packet/nodes.js";
import { readPointers } from "../packet/state.js";
import type { Frame, Lowering, Scope, Val } from "../values.js";
import type { Graph } from "../packet/graph.js";

/** Where a value of a test lies: for the packet's own properties, its pointers are read anew. */
export function scopeOf(s: Scope, val: Val): Scope {
  const packet = packetOf(val);
  return packet?.live === undefined ? s : liveScope(s, packet, packet.live);
}

function packetOf(val: Val): PacketState | undefined {
  switch (val.kind) {
    case "packet":
      return val.of;
    case "layer":
    case "lookup":
      return val.node.packet;
    case "bytes":
      return val.of ?? val.node?.packet;
    default:
      return undefined;
  }
}

function liveScope(s: Scope, packet: PacketState, live: ValueId): Scope {
  const inside: Scope = { ...s, packet, context: live };
  readPointers(inside);
  return inside;
}

/** The headers that lead to a node: those that are named on the way, outermost first. */
function pathOf(node: LayerNode): readonly Header[] {
  return node.root ? [...pathOf(node.root), node.header] : [node.header];
}

/** As `branchLayer`, by a call. */
export function branchLive(s: Scope, node: LayerNode, live: ValueId, yes: BlockId, no: BlockId): void {
  const found = ir.newBlock(s.b);
  const offset = ir.emit(s.b, {
    kind: "call",
    type: ir.i64,
    function: finderOf(s.low, s.packet.graph, pathOf(node)),
    arguments: [live],
  });
  ir.branch(s.b, ir.compareWith(s.b, "sge", offset, 0), found, no);
  ir.enterSealed(s.b, found);
  const from = ir.convert(s.b, offset, ir.u64);
  const inside = liveScope(s, node.packet, live);
  ir.write(s.b, node.offset, from);
  ir.write(s.b, node.pointer, ir.pointerAdd(s.b, packetData(inside), from));
  ir.jump(s.b, yes);
}

/** The function that finds a layer: its offset (i64), -1 when it is not there. */
export function finderOf(low: Lowering, graph: Graph, path: readonly Header[]): FunctionId {
  const { finders } = defined(low.probes, "a test's code");
  const name = path.map((one) => one.name).join("/");
  const known = finders.get(name);
  if (known !== undefined) return known;
  const id = low.functions.length;
  low.functions.push(undefined);
  finders.set(name, id);
  const span = defined(path.at(-1), "a header").declaration.span;
  const b = ir.makeBuilder(span, { type: ir.i64, value: -1n });
  const context = ir.addParameter(b, "ctx", ir.contextPointer);
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: { kind: "void" },
    depth: 0,
    exit: (inside) => ir.leave(inside.b, ir.constant(inside.b, ir.i64, -1)),
  };
  const quiet: Lowering = { ...low, probes: undefined };
  const packet = newPacket(graph);
  const s: Scope = {
    low: quiet,
    b,
    hook: "xdp",
    frags: false,
    context: context.id,
    packet,
    frame,
    loops: [],
  };
  readPointers(s);
  const none = ir.newBlock(b);
  let node: LayerNode | undefined;
  for (const header of path) {
    const next: LayerNode = node ? nodeInside(packet, node, header) : nodeOf(packet, undefined, header);
    const found = ir.newBlock(b);
    branchLayer(s, next, found, none);
    ir.enterSealed(b, found);
    node = next;
  }
  if (node && !ir.ended(b)) ir.leave(b, ir.convert(b, layerVal(s, node).offset, ir.i64));
  ir.enterSealed(b, none);
  if (!ir.ended(b)) ir.leave(b, ir.constant(b, ir.i64, -1));
  low.functions[id] = ir.build(b, {
    id,
    name: `find ${name}`,
    linkage: "subprogram",
    hook: "xdp",
    parameters: [context],
    result: ir.i64,
    span,
  });
  return id;
}
