/** From a layer to its payload: VLAN tags, IPv6 extension headers and whatever else continues a header. */
import { defined, invariant } from "../../../base/invariant.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { BlockId, ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { conditionValue, lowerHeaderExpression } from "../header-expressions.js";
import { irInt, type LayerVal, type Scope } from "../values.js";
import { fieldValue, layerVal, packetCheck, pointerAt, spotBehind, type Spot } from "./layers.js";
import type { Edge } from "./graph.js";
import { missing, present, unknown, type LayerNode } from "./nodes.js";
import { readField } from "./fields.js";

/** The largest packet offset that every kernel accepts. */
const farthestOffset = 0x7fff;

/** More than this many headers in a row are walked by a loop. */
const unrolled = 2;

/** The header whose tags and extensions may follow a node, and those. */
function continuationsOf(s: Scope, node: LayerNode): { owner: Header; edges: readonly Edge[] } {
  const owner = node.header.continues?.header ?? node.header;
  return { owner, edges: s.packet.graph.continuations.get(owner) ?? [] };
}

/** The fields of `owner` that its continuing headers replace. */
function replacedFields(edges: readonly Edge[]): HeaderFieldInfo[] {
  const fields = new Set<HeaderFieldInfo>();
  for (const edge of edges) for (const one of edge.to.continues?.fields ?? []) fields.add(one.field);
  return [...fields];
}

/** The layer under its owner's field names, with the values that tags and extension headers left. */
export function stageLayer(s: Scope, node: LayerNode): LayerVal {
  const layer = layerVal(s, node);
  const overrides = new Map<HeaderFieldInfo, ValueId>();
  for (const [field, variable] of node.stage.fields) overrides.set(field, ir.read(s.b, variable));
  if (overrides.size === 0) return layer;
  return { ...layer, overrides: new Map([...overrides].map(([field, value]) => [field.name, value])) };
}

/** Makes the node's stage known: where its payload starts and what it says comes next. */
export function computeStage(s: Scope, node: LayerNode): void {
  const state = ir.read(s.b, node.stage.state);
  if (ir.constantOf(s.b, state) === present) return;
  if (ir.constantOf(s.b, state) === unknown) {
    passContinuations(s, node);
    return;
  }
  if (ir.possibleConstants(s.b, state)?.has(unknown) === false) return;
  const todo = ir.newBlock(s.b);
  const done = ir.newBlock(s.b);
  ir.branch(s.b, ir.compareWith(s.b, "eq", state, unknown), todo, done);
  ir.enterSealed(s.b, todo);
  passContinuations(s, node);
  ir.jump(s.b, done);
  ir.enterSealed(s.b, done);
}

function passContinuations(s: Scope, node: LayerNode): void {
  const cursor = startCursor(s, node);
  const finish = ir.newBlock(s.b);
  const broken = ir.newBlock(s.b);
  walk(s, node, cursor, { finish, broken });
  const after = ir.newBlock(s.b);
  ir.enterSealed(s.b, finish);
  ir.write(s.b, node.stage.end, ir.read(s.b, cursor.offset));
  ir.write(s.b, node.stage.pointer, ir.read(s.b, cursor.pointer));
  for (const [field, variable] of cursor.fields)
    ir.write(s.b, stageField(node, field), ir.read(s.b, variable));
  ir.write(s.b, node.stage.state, ir.constant(s.b, ir.u8, present));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, broken);
  if (!ir.ended(s.b)) ir.write(s.b, node.stage.state, ir.constant(s.b, ir.u8, missing));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

function stageField(node: LayerNode, field: HeaderFieldInfo): ir.Variable {
  const known = node.stage.fields.get(field);
  if (known) return known;
  const made = ir.newVariable(`${node.header.layer} ${field.name}`, irInt(field.type), 0n);
  node.stage.fields.set(field, made);
  return made;
}

/** Where a walk stands: the next byte, and what decides what is there. */
interface Cursor {
  readonly offset: ir.Variable;
  readonly pointer: ir.Variable;
  readonly fields: ReadonlyMap<HeaderFieldInfo, ir.Variable>;
}

/** Just behind the node's own header. */
function startCursor(s: Scope, node: LayerNode): Cursor {
  const layer = layerVal(s, node);
  const { edges } = continuationsOf(s, node);
  const offset = ir.newVariable("cursor", ir.u64, 0n);
  const pointer = ir.newVariable("cursor", s.packet.data.type, 0n);
  moveTo(s, { offset, pointer }, spotBehind(s, layer));
  const fields = new Map<HeaderFieldInfo, ir.Variable>();
  for (const field of replacedFields(edges)) {
    const variable = ir.newVariable(field.name, irInt(field.type), 0n);
    const own = node.header.continues?.fields.find((one) => one.field === field);
    const value = own ? continuedValue(s, layer, own.value, field) : fieldValue(s, layer, field);
    ir.write(s.b, variable, value);
    fields.set(field, variable);
  }
  return { offset, pointer, fields };
}

function moveTo(s: Scope, cursor: Omit<Cursor, "fields">, spot: Spot): void {
  ir.write(s.b, cursor.offset, spot.offset);
  ir.write(s.b, cursor.pointer, spot.pointer);
}

function continuedValue(
  s: Scope,
  layer: LayerVal,
  value: NonNullable<Header["continues"]>["fields"][number]["value"],
  field: HeaderFieldInfo,
): ValueId {
  if ("bitOffset" in value) {
    const read = readField(s, layer, value);
    invariant(read.kind === "scalar", `${value.name} is not one integer`);
    return ir.convert(s.b, read.value, irInt(field.type));
  }
  return ir.convert(s.b, lowerHeaderExpression(s, value, layer), irInt(field.type));
}

interface WalkExits {
  /** At the first header that continues nothing: the cursor stands before it. */
  readonly finish: BlockId;
  /** A continuing header is cut short, or too many follow one another. */
  readonly broken: BlockId;
}

/** Passes continuing headers; `stop` sees each before it is passed and may leave. */
function walk(
  s: Scope,
  node: LayerNode,
  cursor: Cursor,
  exits: WalkExits,
  stop?: (header: Header, next: BlockId) => void,
): void {
  const { owner, edges } = continuationsOf(s, node);
  if (edges.length === 0) {
    ir.jump(s.b, exits.finish);
    return;
  }
  const max = Math.max(...edges.map((edge) => defined(edge.to.continues, "continues").max));
  if (max <= unrolled) {
    for (let i = 0; i < max; i++) {
      const again = ir.newBlock(s.b);
      step(s, node, owner, edges, cursor, exits, again, stop);
      ir.enterSealed(s.b, again);
    }
    ir.jump(s.b, exits.finish);
    return;
  }
  const count = ir.newVariable("headers passed", ir.u64, 0n);
  ir.write(s.b, count, ir.constant(s.b, ir.u64, 0));
  const head = ir.newBlock(s.b);
  ir.jump(s.b, head);
  ir.enter(s.b, head);
  // One pointer for whatever header is here, made anew from the packet's start: the kernel would add up the rounds.
  const here = pointerAt(s, ir.read(s.b, cursor.offset));
  ir.write(s.b, cursor.pointer, here);
  const body = ir.newBlock(s.b);
  ir.branch(s.b, ir.compareWith(s.b, "ult", ir.read(s.b, count), max), body, exits.finish);
  ir.enterSealed(s.b, body);
  const again = ir.newBlock(s.b);
  step(s, node, owner, edges, cursor, exits, again, stop);
  ir.enterSealed(s.b, again);
  if (!ir.ended(s.b)) ir.write(s.b, cursor.offset, forgetful(s, ir.read(s.b, cursor.offset), here));
  ir.write(s.b, count, ir.binaryWith(s.b, "add", ir.read(s.b, count), 1));
  ir.jump(s.b, head);
  ir.seal(s.b, head);
}

/**
 * The offset again, which stays far below the mask. The kernel is to know no more of it than that: what it knows differs
 * from round to round, and it would walk through all that follows once for each. It forgets in a division by what it
 * does not know (two bytes of the header at `here`); by more than the offset can be, which changes nothing.
 */
function forgetful(s: Scope, offset: ValueId, here: ValueId): ValueId {
  const type = { kind: "int", bits: 16, signed: false } as const;
  const bytes = ir.emit(s.b, { kind: "load", type, pointer: here, displacement: 0, order: "native" });
  const beyond = ir.binaryWith(s.b, "or", ir.convert(s.b, bytes, ir.u64), farthestOffset + 1);
  return ir.binaryWith(s.b, "and", ir.binary(s.b, "urem", offset, beyond), farthestOffset);
}

/** One header: none of the continuing ones → `finish`; else past it, and on to `again`. */
function step(
  s: Scope,
  node: LayerNode,
  owner: Header,
  edges: readonly Edge[],
  cursor: Cursor,
  exits: WalkExits,
  again: BlockId,
  stop: ((header: Header, next: BlockId) => void) | undefined,
): void {
  for (const edge of edges) {
    const here = ir.newBlock(s.b);
    const next = ir.newBlock(s.b);
    const overrides = new Map(
      [...cursor.fields].map(([field, variable]) => [field.name, ir.read(s.b, variable)]),
    );
    const parent: LayerVal = { ...layerVal(s, node), overrides };
    if (edge.when) conditionValue(s, edge.when, parent, owner, here, next);
    else ir.jump(s.b, here);
    ir.enterSealed(s.b, here);
    if (stop) {
      const passing = ir.newBlock(s.b);
      stop(edge.to, passing);
      ir.enterSealed(s.b, passing);
    }
    if (!ir.ended(s.b)) pass(s, edge.to, cursor, exits, again);
    ir.enterSealed(s.b, next);
  }
  ir.jump(s.b, exits.finish);
}

/** Reads a continuing header at the cursor and moves behind it. */
function pass(s: Scope, header: Header, cursor: Cursor, exits: WalkExits, again: BlockId): void {
  const continues = defined(header.continues, "continues");
  const offset = ir.read(s.b, cursor.offset);
  const pointer = ir.read(s.b, cursor.pointer);
  const inside = ir.newBlock(s.b);
  ir.branch(s.b, packetCheck(s, pointer, header.fixedSize), inside, exits.broken, "otherwise");
  ir.enterSealed(s.b, inside);
  const layer = looseLayer(s, header, pointer, offset);
  const behind = spotBehind(s, layer);
  const values = continues.fields.map((one) => ({
    field: one.field,
    value: continuedValue(s, layer, one.value, one.field),
  }));
  if (continues.when) {
    const goesOn = ir.newBlock(s.b);
    conditionValue(s, continues.when, layer, header, goesOn, exits.broken);
    ir.enterSealed(s.b, goesOn);
  }
  moveTo(s, cursor, behind);
  for (const { field, value } of values) {
    const variable = cursor.fields.get(field);
    if (variable) ir.write(s.b, variable, value);
  }
  ir.jump(s.b, again);
}

/** A header being walked over, which is no layer that the script can name. */
function looseLayer(s: Scope, header: Header, pointer: ValueId, offset: ValueId): LayerVal {
  const none = ir.newVariable(header.layer, ir.u8, unknown);
  const node: LayerNode = {
    packet: s.packet,
    header,
    root: undefined,
    state: none,
    offset: none,
    pointer: none,
    stage: { state: none, end: none, pointer: none, fields: new Map() },
  };
  return { kind: "layer", node, pointer, offset };
}

/** Walks from `owner` to the first continuing header of kind `header`. */
export function walkTo(
  s: Scope,
  owner: LayerNode,
  header: Header,
  foundAt: (spot: Spot) => void,
  lost: BlockId,
): void {
  const cursor = startCursor(s, owner);
  walk(s, owner, cursor, { finish: lost, broken: lost }, (met, passing) => {
    if (met === header) {
      foundAt({ offset: ir.read(s.b, cursor.offset), pointer: ir.read(s.b, cursor.pointer) });
    } else ir.jump(s.b, passing);
  });
}
