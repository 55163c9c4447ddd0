/**
 * Checksums follow a write. A write notes by how much the one's complement sum of what a checksum covers fell; the
 * checksum, which is the complement of that sum, rises by as much, once, when control leaves the straight line. This
 * is RFC 1624's equation 3, HC' = ~(~HC + ~m + m'), with the outer complements taken inside: HC' = HC + m + ~m',
 * where a sum of 0xffff stands for 0. The sum does not depend on byte order (RFC 1071), so words are added as they lie
 * in memory.
 */
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { ifElse, type LayerPart, type Scope } from "../values.js";
import { followers } from "./graph.js";
import { branchLayer } from "./layers.js";
import {
  depthsOf,
  missing,
  nodeOf,
  present,
  type ChecksumTerm,
  type LayerNode,
  type PendingChecksum,
} from "./nodes.js";

/** `bits` bits at `byte` of a header, as host-order numbers before and after a write. */
export interface Word {
  readonly byte: number;
  readonly bits: number;
  readonly before: ValueId;
  readonly after: ValueId;
  /** `after` is `before` plus this, wrapped. */
  readonly step: bigint | undefined;
}

/** Notes that words of a layer's header changed by writing `field`. */
export function noteWrite(s: Scope, node: LayerNode, field: HeaderFieldInfo, words: readonly Word[]): void {
  const own = node.header.fields.find((one) => one.covers?.header && one !== field);
  const inner = field.covers ? [] : innerChecksums(s, node, field);
  const outer = outerChecksums(s, node);
  if (!own && inner.length === 0 && outer.length === 0) return;
  const terms = words.flatMap((word) => termsOf(s, word));
  if (own && !field.covers) add(s, node, own, terms);
  for (const one of outer) addWhereFound(s, one, terms);
  for (const one of inner) addWhereFound(s, one, terms);
}

/** Notes that bytes at `byte` (u64, from the layer's start) of its options or payload changed. */
export function noteBytes(
  s: Scope,
  node: LayerNode,
  part: LayerPart,
  byte: ValueId,
  { bits, before, after }: Pick<Word, "bits" | "before" | "after">,
): void {
  const own = node.header.fields.find((one) =>
    part === "options" ? one.covers?.header : one.covers?.payload,
  );
  const outer = outerChecksums(s, node);
  if (!own && outer.length === 0) return;
  const old = termSum(s, { kind: "word", byte: 0, bits, value: before, negative: false });
  const now = termSum(s, { kind: "word", byte: 0, bits, value: after, negative: true });
  // One byte further on, a byte counts 256 times as much (RFC 1071, 2B). A shift, for a kernel follows both ways of a choice.
  const turn = ir.binaryWith(s.b, "shl", ir.binaryWith(s.b, "and", byte, 1), 3);
  const fell = ir.binary(s.b, "shl", ir.binary(s.b, "add", old.value, now.value), turn);
  const terms: ChecksumTerm[] = [{ kind: "sum", value: fell, most: (old.most + now.most) << 8n }];
  if (own) add(s, node, own, terms);
  for (const one of outer) addWhereFound(s, one, terms);
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

/** Checksums of layers around a layer, over their payload: UDP around DNS, and around all that is in VXLAN. */
function outerChecksums(s: Scope, node: LayerNode): ChecksumOf[] {
  const found: ChecksumOf[] = [];
  for (let inner: LayerNode | undefined = node; inner; inner = inner.root) {
    for (const header of [...(inner.root ? [inner.root.header] : []), ...between(s, inner)]) {
      const field = header.fields.find((one) => one.covers?.payload);
      if (!field) continue;
      const at = header === inner.root?.header ? inner.root : nodeOf(s.packet, inner.root, header);
      found.push({ node: at, field });
    }
  }
  return found;
}

/** The headers through which a search from the node's root can have come to it. */
export function between(s: Scope, node: LayerNode): Header[] {
  const depths = depthsOf(s.packet, node.root);
  const found = new Set<Header>([node.header]);
  for (const header of found) {
    const own = depths.get(header) ?? 0;
    for (const from of s.packet.graph.headers) {
      const depth = depths.get(from);
      if (depth === undefined || depth >= own || from === node.root?.header) continue;
      if (followers(s.packet.graph, from).some((edge) => edge.to === header)) found.add(from);
    }
  }
  found.delete(node.header);
  return [...found];
}

/** By how much the sum over a word fell: the word before, less the word after. */
function termsOf(s: Scope, word: Word): ChecksumTerm[] {
  if (word.step !== undefined && word.byte % 2 === 0 && word.bits <= 32) {
    return [{ kind: "sum", value: stepDifference(s, word, word.step), most: 0xfffen }];
  }
  const place = { kind: "word", byte: word.byte % 2, bits: word.bits } as const;
  return [
    { ...place, value: word.before, negative: false },
    { ...place, value: word.after, negative: true },
  ];
}

/** What a term adds to the sum, and an upper bound of it; a subtracted word adds its complement. */
function termSum(s: Scope, term: ChecksumTerm): { value: ValueId; most: bigint } {
  if (term.kind === "sum") return { value: term.value, most: term.most };
  const { value, most } = rawSum(s, term.value, term.byte, term.bits);
  if (!term.negative) return { value, most };
  return { value: ir.binaryWith(s.b, "xor", value, mask(term.bits)), most: mask(term.bits) };
}

/** All ones, a multiple of 65535, and no less than what a word of these bits adds. */
function mask(bits: number): bigint {
  return bits <= 16 ? 0xffffn : bits === 32 ? 0xffff_ffffn : 0xffff_ffff_ffffn;
}

/**
 * A word that moved by a constant: so did the sum, but for the wrap at the word's width. A byte at an even offset
 * counts 256-fold; 2^16 and 2^32 are 1 modulo 65535.
 */
function stepDifference(s: Scope, word: Word, step: bigint): ValueId {
  const weight = word.bits === 8 ? 256n : 1n;
  const inMemory = (sum: bigint): bigint => {
    const value = ((sum % 65535n) + 65535n) % 65535n;
    return s.low.bigEndian ? value : ((value & 0xffn) << 8n) | (value >> 8n);
  };
  const fell = inMemory(-step * weight);
  const range = 1n << BigInt(word.bits);
  const wrapped =
    step < 0n
      ? ir.compareWith(s.b, "ult", word.before, -step)
      : ir.compareWith(s.b, "ugt", word.before, range - 1n - step);
  const carry = (step < 0n ? -1n : 1n) * range * weight;
  return ir.emit(s.b, {
    kind: "select",
    type: ir.u64,
    condition: wrapped,
    then: ir.constant(s.b, ir.u64, inMemory(carry - step * weight)),
    otherwise: ir.constant(s.b, ir.u64, fell),
  });
}

/** What a word of up to 64 bits adds to a sum, and an upper bound of it. */
export function rawSum(
  s: Scope,
  value: ValueId,
  byte: number,
  bits: number,
): { value: ValueId; most: bigint } {
  if (bits <= 32) return { value: raw(s, value, byte, bits), most: (1n << BigInt(Math.max(bits, 16))) - 1n };
  const half = (shift: number): ValueId =>
    raw(s, ir.convert(s.b, ir.binaryWith(s.b, "lshr", value, shift), ir.u32), byte, 32);
  return { value: ir.binary(s.b, "add", half(32), half(0)), most: 0x1_ffff_fffen };
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

function add(s: Scope, node: LayerNode, field: HeaderFieldInfo, terms: readonly ChecksumTerm[]): void {
  // What is never written changes nothing where code goes on.
  if (ir.ended(s.b)) return;
  let known = s.packet.pending.find((one) => one.node === node && one.field === field);
  if (!known) {
    known = { node, field, terms: [] };
    s.packet.pending.push(known);
  }
  for (const term of terms) {
    // What one write takes away and another puts back leaves the sum as it was: addresses that change places.
    const opposite = known.terms.findIndex((one) => cancels(s, one, term));
    if (opposite >= 0) known.terms.splice(opposite, 1);
    else known.terms.push(term);
  }
}

function cancels(s: Scope, a: ChecksumTerm, b: ChecksumTerm): boolean {
  if (a.kind !== "word" || b.kind !== "word") return false;
  if (a.bits !== b.bits || a.byte !== b.byte || a.negative === b.negative) return false;
  return ir.resolve(s.b, a.value) === ir.resolve(s.b, b.value);
}

/** For a layer that may be there: where it is known, the update waits; else it is looked for and written at once. */
function addWhereFound(s: Scope, one: ChecksumOf, terms: readonly ChecksumTerm[]): void {
  const state = ir.constantOf(s.b, ir.read(s.b, one.node.state));
  if (state === missing) return;
  if (state === present) {
    add(s, one.node, one.field, terms);
    return;
  }
  // Looking for the layer ends the block, and with it what waits is written.
  const there = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  branchLayer(s, one.node, there, after);
  ir.enterSealed(s.b, there);
  writeUpdate(s, { node: one.node, field: one.field, terms: [...terms] });
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
  if (update.terms.length === 0) return;
  const pointer = ir.read(s.b, update.node.pointer);
  const byte = update.field.bitOffset >> 3;
  const old = ir.load(s.b, pointer, byte, 16, "native");
  const change = (): void => {
    let sum = ir.convert(s.b, old, ir.u64);
    let bound = 0xffffn;
    for (const term of update.terms) {
      const { value, most } = termSum(s, term);
      sum = ir.binary(s.b, "add", sum, value);
      bound += most;
    }
    const small = foldTo(s, sum, bound, 0x1fffdn);
    // The last carry comes out of the store's 16 bits. A sum of 0xffff is written as 0, but where 0 says "none".
    const counted = update.field.covers?.zeroNone ? small : ir.binaryWith(s.b, "add", small, 1);
    const after = ir.convert(
      s.b,
      ir.binary(s.b, "add", small, ir.binaryWith(s.b, "lshr", counted, 16)),
      ir.u16,
    );
    ir.store(s.b, pointer, byte, after, 16, "native");
    // A checksum is itself payload of the layers around.
    for (const outer of outerChecksums(s, update.node)) {
      const complement = ir.binaryWith(s.b, "xor", ir.convert(s.b, after, ir.u64), 0xffff);
      const fell = ir.binary(s.b, "add", ir.convert(s.b, old, ir.u64), complement);
      addWhereFound(s, outer, [{ kind: "sum", value: fell, most: 0x1fffen }]);
    }
  };
  if (update.field.covers?.zeroNone) ifElse(s, ir.compareWith(s.b, "ne", old, 0), change, () => undefined);
  else change();
}

/** Folds a sum of at most `bound` to 16 bits with end-around carry. */
export function fold(s: Scope, sum: ValueId, bound: bigint): ValueId {
  return foldTo(s, sum, bound, 0xffffn);
}

/** Folds a sum of at most `bound` until it is at most `limit`. */
function foldTo(s: Scope, sum: ValueId, bound: bigint, limit: bigint): ValueId {
  let value = sum;
  let most = bound;
  const step = (mask: bigint, shift: number): void => {
    const low = ir.binaryWith(s.b, "and", value, mask);
    value = ir.binary(s.b, "add", low, ir.binaryWith(s.b, "lshr", value, shift));
    // Where a carry of 1 came out, the low part is no more than what is left of the bound.
    most = most < 2n * mask + 2n ? (mask > most - mask ? mask : most - mask) : mask + (most >> BigInt(shift));
  };
  if (most > 0x1_ffff_ffffn) step(0xffff_ffffn, 32);
  while (most > limit) step(0xffffn, 16);
  return value;
}
