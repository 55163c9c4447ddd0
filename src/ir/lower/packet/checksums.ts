/**
 * Checksums follow a write. A write notes by how much the one's complement sum of what a checksum covers changed; the
 * checksum itself is updated once, when control leaves the straight line (RFC 1624, equation 3). The sum does not
 * depend on byte order (RFC 1071), so words are added as they lie in memory.
 */
import { defined } from "../../../base/invariant.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { ifElse, type Scope } from "../values.js";
import { branchLayer } from "./layers.js";
import { depthsOf, missing, nodeOf, present, type LayerNode, type PendingChecksum } from "./nodes.js";

/** `bits` bits at `byte` of a header, as host-order numbers before and after a write. */
export interface Word {
  readonly byte: number;
  readonly bits: number;
  readonly before: ValueId;
  readonly after: ValueId;
}

/** Notes that words of a layer's header changed by writing `field`. */
export function noteWrite(s: Scope, node: LayerNode, field: HeaderFieldInfo, words: readonly Word[]): void {
  const own = node.header.fields.find((one) => one.covers?.header && one !== field);
  const inner = field.covers ? [] : innerChecksums(s, node, field);
  const outer = outerChecksums(s, node);
  if (!own && inner.length === 0 && outer.length === 0) return;
  const { delta, bound } = difference(s, words);
  if (own && !field.covers) add(s, node, own, delta, bound);
  for (const one of outer) add(s, one.node, one.field, delta, bound);
  for (const one of inner) addWhereFound(s, one, delta, bound);
}

interface ChecksumOf {
  readonly node: LayerNode;
  readonly field: HeaderFieldInfo;
}

/** Checksums of layers that follow and take this field into their pseudo header. */
function innerChecksums(s: Scope, node: LayerNode, field: HeaderFieldInfo): ChecksumOf[] {
  const found: ChecksumOf[] = [];
  for (const header of s.packet.graph.headers) {
    const checksum = header.fields.find((one) =>
      one.covers?.outer.some((part) => part.header === node.header && part.field === field),
    );
    if (!checksum) continue;
    const child = childNode(s, node, header);
    if (child) found.push({ node: child, field: checksum });
  }
  return found;
}

function childNode(s: Scope, node: LayerNode, header: Header): LayerNode | undefined {
  const root = node.header === node.root?.header ? node : node.root;
  const depth = depthsOf(s.packet, root).get(header);
  return depth !== undefined && depth > 0 ? nodeOf(s.packet, root, header) : undefined;
}

/** Checksums of layers around a layer, over their payload: UDP around VXLAN. Only layers that were met count. */
function outerChecksums(s: Scope, node: LayerNode): ChecksumOf[] {
  const found: ChecksumOf[] = [];
  for (let root = node.root; root; root = root.root) {
    for (const at of [root, ...around(s, root)]) {
      const field = at.header.fields.find((one) => one.covers?.payload);
      if (field) found.push({ node: at, field });
    }
  }
  return found;
}

function around(s: Scope, node: LayerNode): LayerNode[] {
  const depths = depthsOf(s.packet, node.root);
  const own = depths.get(node.header) ?? 0;
  return [...s.packet.nodes.values()].filter((one) => {
    if (one.root !== node.root || one === node || (depths.get(one.header) ?? 0) >= own) return false;
    return ir.constantOf(s.b, ir.read(s.b, one.state)) === present;
  });
}

/** The sum to add for these words: each word's complement before, and the word after. */
function difference(s: Scope, words: readonly Word[]): { delta: ValueId; bound: bigint } {
  let delta: ValueId | undefined;
  let bound = 0n;
  for (const word of words) {
    const pieces = word.bits === 64 ? halves(s, word) : [word];
    for (const piece of pieces) {
      const width = piece.bits === 8 ? 16 : piece.bits;
      const mask = (1n << BigInt(width)) - 1n;
      const complement = ir.binaryWith(s.b, "xor", raw(s, piece.before, piece.byte, piece.bits), mask);
      const change = ir.binary(s.b, "add", complement, raw(s, piece.after, piece.byte, piece.bits));
      delta = delta === undefined ? change : ir.binary(s.b, "add", delta, change);
      bound += 2n * mask;
    }
  }
  return { delta: defined(delta, "a changed word"), bound };
}

function halves(s: Scope, word: Word): Word[] {
  const half = (value: ValueId, shift: number): ValueId =>
    ir.convert(s.b, ir.binaryWith(s.b, "lshr", value, shift), ir.u32);
  return [
    { byte: word.byte, bits: 32, before: half(word.before, 32), after: half(word.after, 32) },
    { byte: word.byte + 4, bits: 32, before: half(word.before, 0), after: half(word.after, 0) },
  ];
}

/** A host-order number as it lies in memory, u64; a byte as the half word around it. */
function raw(s: Scope, value: ValueId, byte: number, bits: number): ValueId {
  let word = value;
  let width = bits;
  if (bits === 8) {
    word = ir.convert(s.b, value, ir.u16);
    if (byte % 2 === 0) word = ir.binaryWith(s.b, "shl", word, 8);
    width = 16;
  }
  const swapped = ir.emit(s.b, {
    kind: "swap-bytes",
    type: { kind: "int", bits: width, signed: false },
    value: word,
  });
  // A word at an odd offset lies across two half words: turned by a byte, its sum is the same.
  if (bits > 8 && byte % 2 === 1) {
    const wide = ir.convert(s.b, swapped, ir.u64);
    return ir.binary(
      s.b,
      "or",
      ir.binaryWith(s.b, "and", ir.binaryWith(s.b, "shl", wide, 8), (1n << BigInt(width)) - 1n),
      ir.binaryWith(s.b, "lshr", wide, width - 8),
    );
  }
  return ir.convert(s.b, swapped, ir.u64);
}

// ---- pending updates -------------------------------------------------------------------------------------

function add(s: Scope, node: LayerNode, field: HeaderFieldInfo, delta: ValueId, bound: bigint): void {
  const known = s.packet.pending.find((one) => one.node === node && one.field === field);
  if (known) {
    known.delta = ir.binary(s.b, "add", known.delta, delta);
    known.bound += bound;
  } else {
    s.packet.pending.push({ node, field, delta, bound });
  }
}

/** For a layer that may be there: where it is known, the update waits; else it is looked for and written at once. */
function addWhereFound(s: Scope, one: ChecksumOf, delta: ValueId, bound: bigint): void {
  const state = ir.constantOf(s.b, ir.read(s.b, one.node.state));
  if (state === missing) return;
  if (state === present) {
    add(s, one.node, one.field, delta, bound);
    return;
  }
  // Looking for the layer ends the block, and with it what waits is written.
  const there = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  branchLayer(s, one.node, there, after);
  ir.enterSealed(s.b, there);
  writeUpdate(s, { node: one.node, field: one.field, delta, bound });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

/** Writes every update that waits. */
export function flushChecksums(s: Scope): void {
  // Inner checksums first: an outer one may cover them.
  while (s.packet.pending.length > 0) {
    const at = s.packet.pending.shift();
    if (at) writeUpdate(s, at);
  }
}

/** Writes what waits, if it concerns a layer whose checksum is about to be read or written. */
export function flushFor(s: Scope, node: LayerNode): void {
  if (s.packet.pending.some((one) => one.node === node)) flushChecksums(s);
}

function writeUpdate(s: Scope, update: PendingChecksum): void {
  const pointer = ir.read(s.b, update.node.pointer);
  const byte = update.field.bitOffset >> 3;
  const old = ir.load(s.b, pointer, byte, 16, "native");
  const change = (): void => {
    const complement = ir.binaryWith(s.b, "xor", ir.convert(s.b, old, ir.u64), 0xffff);
    const sum = fold(s, ir.binary(s.b, "add", complement, update.delta), update.bound + 0xffffn);
    const folded = ir.binaryWith(s.b, "xor", ir.convert(s.b, sum, ir.u16), 0xffff);
    // RFC 768: a computed zero is sent as all ones, since zero says "none".
    const isZero = (): ValueId => ir.compareWith(s.b, "eq", folded, 0);
    const after = update.field.covers?.zeroNone
      ? ir.emit(s.b, {
          kind: "select",
          type: ir.u16,
          condition: isZero(),
          then: ir.constant(s.b, ir.u16, 0xffff),
          otherwise: folded,
        })
      : folded;
    ir.store(s.b, pointer, byte, after, 16, "native");
    // A checksum is itself payload of the layers around.
    for (const outer of outerChecksums(s, update.node)) {
      const before = ir.binaryWith(s.b, "xor", ir.convert(s.b, old, ir.u64), 0xffff);
      add(
        s,
        outer.node,
        outer.field,
        ir.binary(s.b, "add", before, ir.convert(s.b, after, ir.u64)),
        0x1fffen,
      );
    }
  };
  if (update.field.covers?.zeroNone) ifElse(s, ir.compareWith(s.b, "ne", old, 0), change, () => undefined);
  else change();
}

/** Folds a sum of at most `bound` to 16 bits with end-around carry. */
export function fold(s: Scope, sum: ValueId, bound: bigint): ValueId {
  let value = sum;
  let most = bound;
  if (most > 0xffff_ffffn) {
    value = ir.binary(
      s.b,
      "add",
      ir.binaryWith(s.b, "and", value, 0xffff_ffffn),
      ir.binaryWith(s.b, "lshr", value, 32),
    );
    most = 0xffff_ffffn + (most >> 32n);
  }
  while (most > 0xffffn) {
    value = ir.binary(
      s.b,
      "add",
      ir.binaryWith(s.b, "and", value, 0xffff),
      ir.binaryWith(s.b, "lshr", value, 16),
    );
    // The last carry leaves at most 0xffff: a sum that reached 0x10000 has a low half of 0.
    most = most <= 0x1fffen ? 0xffffn : 0xffffn + (most >> 16n);
  }
  return value;
}
