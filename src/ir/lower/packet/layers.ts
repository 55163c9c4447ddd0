/**
 * Finding a layer: emits the parse that is still missing on the way to it, and leaves the node's state, offset and
 * pointer in its variables. What was parsed before on the path is not parsed again.
 */
import { invariant } from "../../../base/invariant.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { BlockId, ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { conditionValue, largest, lowerHeaderExpression } from "../header-expressions.js";
import type { LayerVal, Scope } from "../values.js";
import { readField } from "./fields.js";
import { depthsOf, missing, nodeOf, present, startsPacket, unknown, type LayerNode } from "./nodes.js";
import { branchLive } from "../tests/finders.js";
import { computeStage, stageLayer, walkTo } from "./stages.js";

/** Offsets past this are not followed: the kernel accepts packet offsets below 0x7fff, and headers follow. */
export const farthest = 0x6fff;

/** The packet's first byte. */
export function packetData(s: Scope): ValueId {
  return ir.read(s.b, s.packet.data);
}

export function packetEnd(s: Scope): ValueId {
  return ir.read(s.b, s.packet.end);
}

/** u1: `size` bytes from `pointer` lie in the packet. */
export function packetCheck(s: Scope, pointer: ValueId, size: number): ValueId {
  return ir.emit(s.b, { kind: "packet-check", type: ir.u1, pointer, size, end: packetEnd(s) });
}

/** A place in the packet: its offset from the start (u64), and the pointer there. */
export interface Spot {
  readonly offset: ValueId;
  readonly pointer: ValueId;
}

/** How long a header may be for its end to be reached from its own pointer: the kernel adds up what each adds. */
const shortHeader = 1024n;

/**
 * The place behind a header. Its pointer is the header's own plus the length, which costs nothing more than the
 * length; for a header that may be very long it is made anew from the packet's start.
 */
export function spotBehind(s: Scope, layer: LayerVal): Spot {
  const size = headerSize(s, layer);
  const offset = ir.binary(s.b, "add", layer.offset, size);
  const { header } = layer.node;
  const longest = header.size ? largest(header.size, s.low.checked) : BigInt(header.fixedSize);
  if (longest > shortHeader) return { offset, pointer: pointerAt(s, offset) };
  return { offset, pointer: ir.pointerAdd(s.b, layer.pointer, size) };
}

/** The pointer to a byte offset (u64). */
export function pointerAt(s: Scope, offset: ValueId): ValueId {
  return ir.pointerAdd(s.b, packetData(s), offset);
}

export function layerVal(s: Scope, node: LayerNode): LayerVal {
  return { kind: "layer", node, pointer: ir.read(s.b, node.pointer), offset: ir.read(s.b, node.offset) };
}

/** On a path where the layer is known to be there, or not. */
export function assume(s: Scope, node: LayerNode, isPresent: boolean): void {
  if (node.packet.live !== undefined) return;
  ir.write(s.b, node.state, ir.constant(s.b, ir.u8, isPresent ? present : missing));
  if (isPresent) siblingsAreMissing(s, node);
}

/** Exactly one layer follows a layer: the first whose condition holds. */
function siblingsAreMissing(s: Scope, node: LayerNode): void {
  for (const parent of parentHeaders(s, node)) {
    for (const edge of s.packet.graph.children.get(parent) ?? []) {
      if (edge.to === node.header || isContinuation(node.header)) continue;
      if (!isForward(s, node.root, parent, edge.to)) continue;
      ir.write(s.b, nodeOf(s.packet, node.root, edge.to).state, ir.constant(s.b, ir.u8, missing));
    }
  }
}

function isContinuation(header: Header): boolean {
  return header.continues !== undefined;
}

/** Whether an edge is followed in a search from `root`. */
function isForward(s: Scope, root: LayerNode | undefined, from: Header, to: Header): boolean {
  if (root?.header === from) return true;
  const depths = depthsOf(s.packet, root);
  const a = depths.get(from);
  const b = depths.get(to);
  return a !== undefined && b !== undefined && b > a;
}

/** The headers after which `node` may stand, in its search. */
function parentHeaders(s: Scope, node: LayerNode): Header[] {
  const found: Header[] = [];
  const add = (from: Header): void => {
    if (found.includes(from)) return;
    if (isForward(s, node.root, from, node.header)) found.push(from);
  };
  for (const parent of node.header.parents) {
    // What follows a tag is what follows the header that it continues.
    if (node.root?.header.continues?.header === parent.header) add(node.root.header);
    else add(parent.header);
  }
  for (const header of s.packet.graph.headers) if (header.next === node.header) add(header);
  return found;
}

/**
 * Ends the block: to `yes` where the layer is there, its variables written, to `no` where it is not. What is known on
 * this path is not looked for again.
 */
export function branchLayer(s: Scope, node: LayerNode, yes: BlockId, no: BlockId): void {
  if (node.packet.live !== undefined) {
    branchLive(s, node, node.packet.live, yes, no);
    return;
  }
  const settled = s.settled?.get(node);
  if (settled !== undefined) {
    branchSettled(s, node, settled, yes, no);
    return;
  }
  const state = ir.read(s.b, node.state);
  const known = ir.constantOf(s.b, state);
  if (known === present) ir.jump(s.b, yes);
  else if (known === missing) ir.jump(s.b, no);
  else if (known === unknown) parse(s, node, yes, no);
  else branchOnState(s, node, state, yes, no);
}

/** The state differs by the path that led here. */
function branchOnState(s: Scope, node: LayerNode, state: ValueId, yes: BlockId, no: BlockId): void {
  const possible = ir.possibleConstants(s.b, state);
  const may = (one: bigint): boolean => possible?.has(one) ?? true;
  if (may(present)) {
    const there = ir.newBlock(s.b);
    const rest = ir.newBlock(s.b);
    ir.branch(s.b, ir.compareWith(s.b, "eq", state, present), there, rest);
    ir.enterSealed(s.b, there);
    recheck(s, layerVal(s, node), no);
    assume(s, node, true);
    ir.jump(s.b, yes);
    ir.enterSealed(s.b, rest);
  }
  const gone = ir.newBlock(s.b);
  const fresh = ir.newBlock(s.b);
  if (!may(unknown)) ir.jump(s.b, gone);
  else if (!may(missing)) ir.jump(s.b, fresh);
  else ir.branch(s.b, ir.compareWith(s.b, "eq", state, missing), gone, fresh);
  ir.enterSealed(s.b, gone);
  assume(s, node, false);
  ir.jump(s.b, no);
  ir.enterSealed(s.b, fresh);
  if (!ir.ended(s.b)) parse(s, node, yes, no);
}

/** In a loop before which the layer was looked for: what is known of it stays as it was. */
function branchSettled(s: Scope, node: LayerNode, state: ValueId, yes: BlockId, no: BlockId): void {
  const there = ir.newBlock(s.b);
  const known = ir.constantOf(s.b, state);
  if (known === undefined) ir.branch(s.b, ir.compareWith(s.b, "eq", state, present), there, no);
  else ir.jump(s.b, known === present ? there : no);
  ir.enterSealed(s.b, there);
  if (!ir.ended(s.b)) recheck(s, layerVal(s, node), no);
  ir.jump(s.b, yes);
}

/** Goes on where a layer's bytes are in the packet, which they are. */
export function recheck(s: Scope, layer: LayerVal, never: BlockId): void {
  if (!s.low.recheck) return;
  const sure = ir.newBlock(s.b);
  const inside = packetCheck(s, layer.pointer, layer.node.header.fixedSize);
  ir.branch(s.b, inside, sure, never, "otherwise");
  ir.enterSealed(s.b, sure);
}

function parse(s: Scope, node: LayerNode, yes: BlockId, no: BlockId): void {
  const found = ir.newBlock(s.b);
  const lost = ir.newBlock(s.b);
  const broken = ir.newBlock(s.b);
  const start = ir.newVariable(`${node.header.layer} start`, ir.u64, 0n);
  const startPointer = ir.newVariable(`${node.header.layer} start`, s.packet.data.type, 0n);
  const foundAt = ({ offset, pointer }: Spot): void => {
    ir.write(s.b, start, offset);
    ir.write(s.b, startPointer, pointer);
    ir.jump(s.b, found);
  };
  if (startsPacket(node.root, node.header)) {
    foundAt({ offset: ir.constant(s.b, ir.u64, 0), pointer: packetData(s) });
  } else followParents(s, node, foundAt, lost);

  ir.enterSealed(s.b, found);
  if (!ir.ended(s.b)) {
    placeLayer(s, node, { offset: ir.read(s.b, start), pointer: ir.read(s.b, startPointer) }, broken);
  }
  ir.jump(s.b, yes);
  // It should be here, and is cut short: then nothing else follows here either.
  ir.enterSealed(s.b, broken);
  if (!ir.ended(s.b)) siblingsAreMissing(s, node);
  ir.jump(s.b, lost);
  ir.enterSealed(s.b, lost);
  ir.write(s.b, node.state, ir.constant(s.b, ir.u8, missing));
  ir.write(s.b, node.stage.state, ir.constant(s.b, ir.u8, missing));
  ir.jump(s.b, no);
}

/** Checks that the header lies in the packet and is no shorter than its fixed part, and writes the node's variables. */
function placeLayer(s: Scope, node: LayerNode, { offset, pointer }: Spot, lost: BlockId): void {
  const inside = ir.newBlock(s.b);
  ir.branch(s.b, packetCheck(s, pointer, node.header.fixedSize), inside, lost, "otherwise");
  ir.enterSealed(s.b, inside);
  ir.write(s.b, node.offset, offset);
  ir.write(s.b, node.pointer, pointer);
  if (node.header.size) {
    const layer: LayerVal = { kind: "layer", node, pointer, offset };
    const long = ir.newBlock(s.b);
    const size = headerSize(s, layer);
    ir.branch(s.b, ir.compareWith(s.b, "uge", size, node.header.fixedSize), long, lost, "otherwise");
    ir.enterSealed(s.b, long);
  }
  assume(s, node, true);
}

/** Tries each header after which the node may stand; the first that is there decides. */
function followParents(s: Scope, node: LayerNode, foundAt: (spot: Spot) => void, lost: BlockId): void {
  for (const parent of parentHeaders(s, node)) {
    if (parent === node.root?.header) {
      enterChild(s, node.root, node, foundAt, lost);
      return;
    }
    const owner = nodeOf(s.packet, node.root, parent);
    const here = ir.newBlock(s.b);
    const next = ir.newBlock(s.b);
    branchLayer(s, owner, here, next);
    ir.enterSealed(s.b, here);
    enterChild(s, owner, node, foundAt, lost);
    ir.enterSealed(s.b, next);
  }
  ir.jump(s.b, lost);
}

/** From a parent that is there: to the child, where its condition holds. */
function enterChild(
  s: Scope,
  owner: LayerNode,
  node: LayerNode,
  foundAt: (spot: Spot) => void,
  lost: BlockId,
): void {
  if (
    node.header.continues &&
    node.header.continues.header === (owner.header.continues?.header ?? owner.header)
  ) {
    walkTo(s, owner, node.header, foundAt, lost);
    return;
  }
  computeStage(s, owner);
  const valid = ir.read(s.b, owner.stage.state);
  const whole = ir.newBlock(s.b);
  ir.branch(s.b, ir.compareWith(s.b, "eq", valid, present), whole, lost, "otherwise");
  ir.enterSealed(s.b, whole);
  const layer = stageLayer(s, owner);
  for (const [i, edge] of edgesTo(s, owner, node.header).entries()) {
    const spot: Spot = {
      offset: ir.read(s.b, owner.stage.end),
      pointer: ir.read(s.b, owner.stage.pointer),
    };
    if (!edge.when) {
      foundAt(spot);
      return;
    }
    const matches = ir.newBlock(s.b);
    const next = ir.newBlock(s.b);
    const names = edge.from === owner.header ? layer : { ...layer, node: { ...owner, header: edge.from } };
    conditionValue(s, edge.when, names, edge.from, matches, next);
    ir.enterSealed(s.b, matches);
    foundAt(spot);
    ir.enterSealed(s.b, next);
    invariant(i < 64, "too many ways into one header");
  }
  ir.jump(s.b, lost);
}

function edgesTo(
  s: Scope,
  owner: LayerNode,
  to: Header,
): { readonly from: Header; readonly when: Header["parents"][number]["when"] }[] {
  const edges = [...(s.packet.graph.children.get(owner.header) ?? [])];
  const continued = owner.header.continues?.header;
  if (continued) edges.push(...(s.packet.graph.children.get(continued) ?? []));
  return edges.filter((edge) => edge.to === to);
}

// ---- sizes -----------------------------------------------------------------------------------------------

/** A header's whole length in bytes, u64: fixed, or as its `size` says. */
export function headerSize(s: Scope, layer: LayerVal): ValueId {
  const { header } = layer.node;
  if (!header.size) return ir.constant(s.b, ir.u64, header.fixedSize);
  return ir.convert(s.b, lowerHeaderExpression(s, header.size, layer), ir.u64);
}

/** A field of a layer, as one integer. */
export function fieldValue(s: Scope, layer: LayerVal, field: HeaderFieldInfo): ValueId {
  const value = readField(s, layer, field);
  invariant(value.kind === "scalar", `${field.name} is not one integer`);
  return value.value;
}
