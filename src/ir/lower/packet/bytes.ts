/** Views of packet bytes and TLV options: reads at any offset, null past the end. */
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { meeting } from "../meeting.js";
import { scalar, type BytesVal, type OptionVal, type Scope, type Val } from "../values.js";
import { flushChecksums, noteBytes } from "./checksums.js";
import { countedEnd } from "./lengths.js";
import { farthest, layerVal, packetCheck, packetEnd, packetData, pointerAt } from "./layers.js";

/** `view[i]`, `view.u16(i)`: big-endian, null where it does not lie in the view and the packet. */
export function readView(s: Scope, view: BytesVal | OptionVal, index: ValueId, bits: number): Val {
  flushChecksums(s);
  const bytes = bits / 8;
  const no = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting("byte");
  const place = placeIn(s, view, index, bytes, no);
  const value = ir.load(s.b, place, 0, bits, "network");
  result.give(s, { kind: "nullable", present: ir.constant(s.b, ir.u1, 1), inner: scalar(value) });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, no);
  const type = ir.intTypeOf(s.b, value);
  result.give(s, {
    kind: "nullable",
    present: ir.constant(s.b, ir.u1, 0),
    inner: scalar(ir.constant(s.b, type, 0)),
  });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return result.take(s);
}

/** The checked pointer to `bytes` bytes at `index` of a view; jumps to `no` where they are not there. */
export function placeIn(
  s: Scope,
  view: BytesVal | OptionVal,
  index: ValueId,
  bytes: number,
  no: number,
): ValueId {
  const wide = ir.convert(s.b, index, ir.u64);
  const known = ir.constantOf(s.b, wide);
  const start = startOf(view);
  if (known === undefined || known > BigInt(farthest))
    guard(s, ir.compareWith(s.b, "ule", wide, farthest), no);
  const past = (from: ValueId): ValueId => ir.binaryWith(s.b, "add", from, bytes);
  if (view.kind === "option") guard(s, ir.compare(s.b, "ule", past(wide), view.length), no);
  const offset = ir.binary(s.b, "add", start, wide);
  if (view.kind === "bytes" && view.end !== undefined)
    guard(s, ir.compare(s.b, "ule", past(offset), view.end), no);
  guard(s, ir.compareWith(s.b, "ule", offset, 0x7fff - bytes), no);
  const pointer = pointerAt(s, offset);
  guard(s, packetCheck(s, pointer, bytes), no);
  return pointer;
}

function guard(s: Scope, condition: ValueId, no: number): void {
  const yes = ir.newBlock(s.b);
  ir.branch(s.b, condition, yes, no, "otherwise");
  ir.enterSealed(s.b, yes);
}

/**
 * `view.set(i, v)`, `view.setU16(i, v)`: writes big-endian where there are as many bytes; a boolean. The checksums that
 * cover the bytes follow, as far as the view knows whose they are.
 */
export function writeView(
  s: Scope,
  view: BytesVal | OptionVal,
  index: ValueId,
  value: ValueId,
  bits: number,
): Val {
  flushChecksums(s);
  const no = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const done = ir.newVariable("written", ir.u1, 0n);
  const place = placeIn(s, counted(s, view), index, bits / 8, no);
  const written = ir.convert(s.b, value, { kind: "int", bits, signed: false });
  // A test writes what it says and nothing else: checksums may be made wrong.
  if (view.node && view.part && view.node.packet.live === undefined) {
    const before = ir.load(s.b, place, 0, bits, "network");
    ir.store(s.b, place, 0, written, bits, "network");
    const offset = ir.binary(s.b, "sub", startOf(view), layerVal(s, view.node).offset);
    const byte = ir.binary(s.b, "add", offset, ir.convert(s.b, index, ir.u64));
    noteBytes(s, view.node, view.part, byte, { bits, before, after: written });
    flushChecksums(s);
  } else ir.store(s.b, place, 0, written, bits, "network");
  ir.write(s.b, done, ir.constant(s.b, ir.u1, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, no);
  ir.write(s.b, done, ir.constant(s.b, ir.u1, 0));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return scalar(ir.read(s.b, done));
}

/** What may be written: not the padding behind a datagram, which no checksum covers. */
function counted(s: Scope, view: BytesVal | OptionVal): BytesVal | OptionVal {
  if (view.kind === "option" || !view.node || view.part !== "payload" || view.node.packet.live !== undefined)
    return view;
  return { ...view, end: countedEnd(s, view.node) ?? view.end };
}

function startOf(view: BytesVal | OptionVal): ValueId {
  return view.kind === "bytes" ? view.start : view.offset;
}

/** Bytes from the packet's start to its end, u64; without the fragments of a multi-buffer packet. */
export function linearLength(s: Scope): ValueId {
  return ir.emit(s.b, {
    kind: "pointer-difference",
    type: ir.u64,
    left: packetEnd(s),
    right: packetData(s),
  });
}

/** How many bytes a view has, u64. */
export function viewLength(s: Scope, view: BytesVal): ValueId {
  const end = view.end ?? linearLength(s);
  const start = view.start;
  const some = ir.compare(s.b, "ugt", end, start);
  return ir.emit(s.b, {
    kind: "select",
    type: ir.u64,
    condition: some,
    then: ir.binary(s.b, "sub", end, start),
    otherwise: ir.constant(s.b, ir.u64, 0),
  });
}
