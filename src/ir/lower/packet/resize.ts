/** What moves the packet: `prepend`, `decapsulate`, and plain head, tail and meta adjustment. */
import { defined, invariant } from "../../../base/invariant.js";
import { diagnostic } from "../../../diagnostics/diagnostic.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { CallExpression, Expression } from "../../../syntax/ast.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { abort } from "../exits.js";
import { lowerAs, lowerExpression } from "../expressions.js";
import { scalar, valueOf, type LayerVal, type Scope, type Val } from "../values.js";
import { flushChecksums } from "./checksums.js";
import { linearLength } from "./bytes.js";
import { impliedFields, lengthKind, writeHeader } from "./new-header.js";
import { assume, branchLayer, fieldValue, headerSize, packetCheck, packetData, pointerAt } from "./layers.js";
import { depthsOf, nodeOf, startsPacket, type LayerNode } from "./nodes.js";
import { computeStage } from "./stages.js";
import { forgetPacket } from "./state.js";

/** `pkt.adjustHead(delta)` and its like: a boolean. */
export function lowerAdjust(
  s: Scope,
  method: "adjustHead" | "adjustTail" | "adjustMeta",
  delta: Expression,
  ignored: boolean,
): Val {
  const by = ir.convert(s.b, valueOf(lowerExpression(s, delta)), ir.i64);
  const helper = {
    adjustHead: "bpf_xdp_adjust_head",
    adjustTail: "bpf_xdp_adjust_tail",
    adjustMeta: "bpf_xdp_adjust_meta",
  };
  const status = move(s, helper[method], by);
  return ignored ? { kind: "void" } : scalar(ir.compareWith(s.b, "eq", status, 0));
}

/** Calls a helper that moves the packet; what is known of layers is forgotten. */
function move(s: Scope, helper: string, by: ValueId): ValueId {
  flushChecksums(s);
  const context = defined(s.context, "a context");
  const status = ir.convert(s.b, ir.helper(s.b, helper, [context, by], ir.i64), ir.i64);
  forgetPacket(s);
  return status;
}

/** The headers before the first layer: their fixed length, and the tags that may follow. */
interface Link {
  readonly root: Header;
  readonly tags: readonly { readonly header: Header; readonly from: number; readonly to: number }[];
}

function linkOf(s: Scope): Link {
  const root = defined(
    s.packet.graph.headers.find((one) => one.parents.length === 0),
    "a root header",
  );
  const tags: Link["tags"][number][] = [];
  let from = root.fixedSize;
  for (const edge of s.packet.graph.continuations.get(root) ?? []) {
    const header = edge.to;
    for (let i = 0; i < (header.continues?.max ?? 0); i++) {
      tags.push({ header, from, to: from + header.fixedSize });
      from += header.fixedSize;
    }
    break;
  }
  return { root, tags };
}

/** Goes on only where a kernel helper succeeded; ends the program or reports failure where not. */
interface Attempt {
  readonly failed: number;
  require(condition: ValueId): void;
}

function attempt(s: Scope): Attempt {
  const failed = ir.newBlock(s.b);
  return {
    failed,
    require(condition) {
      const yes = ir.newBlock(s.b);
      ir.branch(s.b, condition, yes, failed, "otherwise");
      ir.enterSealed(s.b, yes);
    },
  };
}

/** Copies `count` bytes between places of the packet that are checked; loads come before stores. */
function copyBytes(s: Scope, from: ValueId, fromAt: number, to: ValueId, toAt: number, count: number): void {
  const pieces: { offset: number; bits: number; value: ValueId }[] = [];
  for (let offset = 0; offset < count;) {
    const bytes = [8, 4, 2, 1].find((one) => offset + one <= count) ?? 1;
    pieces.push({ offset, bits: bytes * 8, value: ir.load(s.b, from, fromAt + offset, bytes * 8, "native") });
    offset += bytes;
  }
  for (const piece of pieces) ir.store(s.b, to, toAt + piece.offset, piece.value, piece.bits, "native");
}

/** `layer.prepend<H>({ … })` */
export function lowerPrepend(
  s: Scope,
  layer: LayerVal,
  header: Header,
  call: CallExpression,
  ignored: boolean,
): Val {
  const given = givenFields(s, header, call);
  const link = linkOf(s);
  const atStart = startsPacket(layer.node.root, layer.node.header);
  const depth = depthsOf(s.packet, undefined).get(layer.node.header);
  if (!atStart && (layer.node.root !== undefined || depth !== 1)) {
    s.low.report(
      diagnostic(
        "XD5101",
        call.span,
        `\`prepend\` in front of ${layer.node.header.name} is not supported here`,
        {
          label: "not directly behind the link layer",
          notes: [
            "A header can be put in front of the first layer of a packet, or of the one directly behind Ethernet and its tags.",
          ],
        },
      ),
    );
  }
  const offset = layer.offset;
  const size = header.fixedSize;
  const length = ir.binaryWith(s.b, "add", payloadLength(s, layer), size);
  const trial = attempt(s);
  trial.require(
    ir.compareWith(s.b, "eq", move(s, "bpf_xdp_adjust_head", ir.constant(s.b, ir.i64, -size)), 0),
  );
  const typed = !atStart && header !== layer.node.header;
  const place = placeForHeader(s, link, layer, size, typed, atStart, trial);
  writeHeader(s, place.pointer, header, given, { next: layer.node.header, length });
  if (place.type !== undefined) writeLinkType(s, link, header, place.type);
  const { pointer } = place;
  const node = nodeOf(s.packet, undefined, header);
  // A first header that stands behind another is no layer of `pkt`.
  if (atStart || !startsPacket(undefined, header)) {
    assume(s, node, true);
    ir.write(s.b, node.offset, offset);
    ir.write(s.b, node.pointer, pointer);
  }
  const made: LayerVal = { kind: "layer", node, pointer, offset };
  return settle(s, trial, ignored, made);
}

/** The failed path ends the program, or gives null. */
function settle(s: Scope, trial: Attempt, ignored: boolean, made: LayerVal | undefined): Val {
  const done = ir.newBlock(s.b);
  const success = ir.newVariable("moved", ir.u1, 0n);
  ir.write(s.b, success, ir.constant(s.b, ir.u1, 1));
  const pointer = ir.newVariable("made", s.packet.data.type, 0n);
  const offset = ir.newVariable("made", ir.u64, 0n);
  if (made) {
    ir.write(s.b, pointer, made.pointer);
    ir.write(s.b, offset, made.offset);
  }
  const before = s.b.current;
  ir.jump(s.b, done);
  invariant(before !== trial.failed, "a failed path that succeeded");
  ir.enterSealed(s.b, trial.failed);
  if (ignored) abort(s);
  else {
    forgetPacket(s);
    ir.write(s.b, success, ir.constant(s.b, ir.u1, 0));
    ir.jump(s.b, done);
  }
  ir.enterSealed(s.b, done);
  if (ignored) return { kind: "void" };
  const moved = ir.read(s.b, success);
  if (!made) return scalar(moved);
  const inner: LayerVal = { ...made, pointer: ir.read(s.b, pointer), offset: ir.read(s.b, offset) };
  return { kind: "nullable", present: moved, inner };
}

function givenFields(s: Scope, header: Header, call: CallExpression): Map<HeaderFieldInfo, Val> {
  const given = new Map<HeaderFieldInfo, Val>();
  const object = call.arguments[0];
  if (!object) return given;
  invariant(object.kind === "object", "prepend takes an object literal");
  for (const one of object.fields) {
    const field = defined(
      header.fields.find((each) => each.name === one.name.name),
      one.name.name,
    );
    const value: Expression = one.value ?? one.name;
    given.set(field, lowerAs(s, value, field.type));
  }
  return given;
}

/** Where a header goes: a pointer checked for it, and for the type field of the link layer before it. */
interface NewPlace {
  readonly pointer: ValueId;
  /** Two bytes before `pointer`, where the link layer says what follows; checked too. */
  readonly type: ValueId | undefined;
}

/** After the head moved back by `size`: the link layer's bytes go to the new start, and there is room behind them. */
function placeForHeader(
  s: Scope,
  link: Link,
  layer: LayerVal,
  size: number,
  typed: boolean,
  atStart: boolean,
  trial: Attempt,
): NewPlace {
  const data = packetData(s);
  if (atStart) {
    trial.require(packetCheck(s, data, size));
    return { pointer: data, type: undefined };
  }
  const whole = link.tags.at(-1)?.to ?? link.root.fixedSize;
  // The layer itself was there: mostly one check covers the longest link layer, whatever this one has.
  const once = layer.node.header.fixedSize >= whole - link.root.fixedSize;
  trial.require(packetCheck(s, data, size + (once ? whole : link.root.fixedSize)));
  copyBytes(s, data, size, data, 0, link.root.fixedSize);
  overTags(s, link, layer.offset, (tag) => {
    if (!once) trial.require(packetCheck(s, data, size + tag.to));
    copyBytes(s, data, size + tag.from, data, tag.from, tag.to - tag.from);
  });
  if (!typed) {
    const pointer = pointerAt(s, layer.offset);
    trial.require(packetCheck(s, pointer, size));
    return { pointer, type: undefined };
  }
  // The type field ends where the next layer begins, in Ethernet and in a tag alike.
  const type = pointerAt(s, ir.binaryWith(s.b, "sub", layer.offset, typeBytes));
  trial.require(packetCheck(s, type, size + typeBytes));
  return { pointer: ir.pointerAdd(s.b, type, ir.constant(s.b, ir.u64, typeBytes)), type };
}

/** Bytes of the field that says what follows the link layer. */
const typeBytes = 2;

/** Bytes of a layer and all that it carries, as it says itself; where it does not, up to the packet's end. */
function payloadLength(s: Scope, layer: LayerVal): ValueId {
  for (const field of layer.node.header.fields) {
    const kind = lengthKind(s, field);
    if (kind === undefined) continue;
    const value = ir.convert(s.b, fieldValue(s, layer, field), ir.u64);
    return kind === "whole" ? value : ir.binary(s.b, "add", value, headerSize(s, layer));
  }
  return ir.binary(s.b, "sub", linearLength(s), layer.offset);
}

/** Runs `each` for the tags that lie before `offset`, first to last. */
function overTags(s: Scope, link: Link, offset: ValueId, each: (tag: Link["tags"][number]) => void): void {
  const after = ir.newBlock(s.b);
  for (const tag of link.tags) {
    const more = ir.newBlock(s.b);
    ir.branch(s.b, ir.compareWith(s.b, "ugt", offset, tag.from), more, after);
    ir.enterSealed(s.b, more);
    each(tag);
  }
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

/** What the link layer, or its last tag, says comes next. */
function writeLinkType(s: Scope, link: Link, header: Header, type: ValueId): void {
  for (const value of impliedFields(s, link.root, header).values()) {
    ir.store(s.b, type, 0, ir.constant(s.b, ir.u16, value), 16, "network");
  }
}

/**
 * `vlan.remove()`: what stands before the tag's own type moves up to it. The type of what follows is then where the tag's
 * own was.
 */
export function lowerRemove(s: Scope, layer: LayerVal, ignored: boolean): Val {
  flushChecksums(s);
  const trial = attempt(s);
  const link = linkOf(s);
  const { root, header } = layer.node;
  const tag = link.tags.find((one) => one.header === header);
  invariant(tag, `${header.name} is no tag of ${link.root.name}`);
  const size = header.fixedSize;
  const before = (root?.header === header ? tag.to : tag.from) - typeBytes;
  const data = packetData(s);
  trial.require(packetCheck(s, data, before + size));
  copyBytes(s, data, 0, data, size, before);
  const status = move(s, "bpf_xdp_adjust_head", ir.constant(s.b, ir.i64, size));
  trial.require(ir.compareWith(s.b, "eq", status, 0));
  return settle(s, trial, ignored, undefined);
}

/** `layer.decapsulate()` */
export function lowerDecapsulate(s: Scope, layer: LayerVal, ignored: boolean): Val {
  flushChecksums(s);
  const trial = attempt(s);
  if (layer.node.header.parents.length === 0) {
    const status = move(s, "bpf_xdp_adjust_head", ir.convert(s.b, layer.offset, ir.i64));
    trial.require(ir.compareWith(s.b, "eq", status, 0));
    return settle(s, trial, ignored, undefined);
  }
  const link = linkOf(s);
  const root: LayerNode = nodeOf(s.packet, undefined, link.root);
  const there = ir.newBlock(s.b);
  branchLayer(s, root, there, trial.failed);
  ir.enterSealed(s.b, there);
  computeStage(s, root);
  const length = ir.read(s.b, root.stage.end);
  const delta = ir.binary(s.b, "sub", layer.offset, length);
  trial.require(ir.compareWith(s.b, "ule", delta, 0x6fff));
  moveLinkBack(s, link, length, delta, trial);
  const status = move(s, "bpf_xdp_adjust_head", ir.convert(s.b, delta, ir.i64));
  trial.require(ir.compareWith(s.b, "eq", status, 0));
  const type = pointerAt(s, ir.binaryWith(s.b, "sub", length, typeBytes));
  trial.require(packetCheck(s, type, typeBytes));
  writeLinkType(s, link, layer.node.header, type);
  return settle(s, trial, ignored, undefined);
}

/** Before the head moves on by `delta`: the link layer's bytes go where the new start will be, last tag first. */
function moveLinkBack(s: Scope, link: Link, length: ValueId, delta: ValueId, trial: Attempt): void {
  const data = packetData(s);
  const target = pointerAt(s, delta);
  for (const tag of [...link.tags].reverse()) {
    const more = ir.newBlock(s.b);
    const next = ir.newBlock(s.b);
    ir.branch(s.b, ir.compareWith(s.b, "ugt", length, tag.from), more, next);
    ir.enterSealed(s.b, more);
    trial.require(packetCheck(s, data, tag.to));
    trial.require(packetCheck(s, target, tag.to));
    copyBytes(s, data, tag.from, target, tag.from, tag.to - tag.from);
    ir.jump(s.b, next);
    ir.enterSealed(s.b, next);
  }
  trial.require(packetCheck(s, data, link.root.fixedSize));
  trial.require(packetCheck(s, target, link.root.fixedSize));
  copyBytes(s, data, 0, target, 0, link.root.fixedSize);
}
