/** A header written from nothing: given fields, declared defaults, what the next header implies, and its checksum. */
import { defined } from "../../../base/invariant.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { Expression } from "../../../syntax/ast.js";
import type { BinaryOp, ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { lowerExpression } from "../expressions.js";
import {
  fromParts,
  irInt,
  partsOf,
  scalarParts,
  valueOf,
  type LayerVal,
  type Scope,
  type Val,
} from "../values.js";
import { fold, rawSum } from "./checksums.js";
import { nodeOf } from "./nodes.js";

interface Place {
  /** The header that follows. */
  readonly next: Header;
  /** Its bytes and those of all that it carries, u64. */
  readonly length: ValueId;
}

/** Whether a field holds the length of its header and all that follows (`length`), or of what follows (`length - size`). */
export function lengthKind(s: Scope, field: HeaderFieldInfo): "whole" | "payload" | undefined {
  const property = (one: Expression): string | undefined => {
    const symbol = s.low.checked.symbols.get(one.id);
    return symbol?.kind === "header-property" ? symbol.property : undefined;
  };
  const { value } = field;
  if (!value) return undefined;
  if (property(value) === "length") return "whole";
  if (value.kind !== "binary" || value.operator !== "-") return undefined;
  return property(value.left) === "length" && property(value.right) === "size" ? "payload" : undefined;
}

/**
 * The fields of `parent` that must have one value for `child` to follow it (`eth.type == 0x0800`), or one of a list, of
 * which the first is the usual one. A tag has the fields of what it continues: a VLAN tag's `type` is Ethernet's.
 */
export function impliedFields(s: Scope, parent: Header, child: Header): ReadonlyMap<HeaderFieldInfo, bigint> {
  const found = new Map<HeaderFieldInfo, bigint>();
  if (parent.continues) {
    const implied = impliedFields(s, parent.continues.header, child);
    for (const { field, value } of parent.continues.fields) {
      const one = implied.get(field);
      if (one !== undefined && "bitOffset" in value) found.set(value, one);
    }
    return found;
  }
  const { children, continuations } = s.packet.graph;
  const edge = [...(children.get(parent) ?? []), ...(continuations.get(parent) ?? [])].find(
    (one) => one.to === child,
  );
  const walk = (when: Expression): void => {
    if (when.kind !== "binary") return;
    if (when.operator === "&&") {
      walk(when.left);
      walk(when.right);
    } else if (when.operator === "==" || when.operator === "in") {
      const meaning = s.low.checked.members.get(when.left.id);
      const given = s.low.checked.constants.get(when.right.id);
      const value = given?.kind === "list" ? given.elements[0] : given;
      if (meaning?.kind === "header-field" && value?.kind === "number") found.set(meaning.field, value.value);
    }
  };
  if (edge?.when) walk(edge.when);
  return found;
}

/** Writes all fields of a header at a checked pointer. */
export function writeHeader(
  s: Scope,
  pointer: ValueId,
  header: Header,
  given: ReadonlyMap<HeaderFieldInfo, Val>,
  place: Place,
): void {
  const implied = impliedFields(s, header, place.next);
  const node = nodeOf(s.packet, undefined, header);
  const layer: LayerVal = { kind: "layer", node, pointer, offset: ir.constant(s.b, ir.u64, 0) };
  const checksum = header.fields.find(
    (one) => one.covers?.header && !one.covers.payload && one.covers.outer.length === 0 && !given.has(one),
  );
  const defaults: Defaults = { s, layer, given, place };
  const words: StoredWord[] = [];
  // Fields that share a byte are joined to one word.
  let run: HeaderFieldInfo[] = [];
  for (const field of header.fields) {
    run.push(field);
    if ((field.bitOffset + field.bits) % 8 !== 0) continue;
    if (run.length !== 1 || field !== checksum) {
      words.push(...wordsOf(s, run, (one) => given.get(one) ?? defaultOf(defaults, one, implied.get(one))));
    }
    run = [];
  }
  for (const word of words) ir.store(s.b, pointer, word.byte, word.value, word.bits, "network");
  if (checksum) {
    const sum = ir.convert(s.b, sumOf(s, words), ir.u16);
    ir.store(s.b, pointer, checksum.bitOffset >> 3, ir.binaryWith(s.b, "xor", sum, 0xffff), 16, "native");
  }
}

interface Defaults {
  readonly s: Scope;
  readonly layer: LayerVal;
  readonly given: ReadonlyMap<HeaderFieldInfo, Val>;
  readonly place: Place;
}

function defaultOf(defaults: Defaults, field: HeaderFieldInfo, implied: bigint | undefined): Val {
  const { s } = defaults;
  const parts = defined(scalarParts(field.type), "a scalar field");
  if (implied !== undefined || !field.value) {
    return fromParts(
      parts.map((part) => ir.constant(s.b, part.type, parts.length > 1 ? 0n : (implied ?? 0n))),
    );
  }
  return {
    kind: "scalar",
    value: ir.convert(s.b, evaluateDefault(defaults, field.value), irInt(field.type)),
  };
}

/** Defaults speak of the header's own size and of the length of all that follows. */
function evaluateDefault(defaults: Defaults, expression: Expression): ValueId {
  const { s, layer, given, place } = defaults;
  const known = s.low.checked.constants.get(expression.id);
  if (known?.kind === "number") return ir.constant(s.b, ir.u64, known.value);
  if (expression.kind === "identifier") {
    const symbol = s.low.checked.symbols.get(expression.id);
    if (symbol?.kind === "header-property") {
      return symbol.property === "size"
        ? ir.constant(s.b, ir.u64, layer.node.header.fixedSize)
        : place.length;
    }
  }
  const op = expression.kind === "binary" ? wideOperators.get(expression.operator) : undefined;
  if (op && expression.kind === "binary") {
    const left = evaluateDefault(defaults, expression.left);
    const right = evaluateDefault(defaults, expression.right);
    const [l, r] = [ir.constantOf(s.b, left), ir.constantOf(s.b, right)];
    if (op === "udiv" && l !== undefined && r !== undefined && r !== 0n)
      return ir.constant(s.b, ir.u64, l / r);
    return ir.binary(s.b, op, left, right);
  }
  const overrides = new Map<string, ValueId>();
  for (const [field, val] of given) if (val.kind === "scalar") overrides.set(field.name, val.value);
  const inside: Scope = { ...s, frame: { ...s.frame, bindings: new Map(), header: { ...layer, overrides } } };
  return ir.convert(s.b, valueOf(lowerExpression(inside, expression)), ir.u64);
}

/** Sizes and lengths are reckoned in 64 bits. */
const wideOperators: ReadonlyMap<string, BinaryOp> = new Map([
  ["+", "add"],
  ["-", "sub"],
  ["*", "mul"],
  ["/", "udiv"],
]);

/** A store of `bits` bits at `byte`, in network order. */
interface StoredWord {
  readonly byte: number;
  readonly bits: number;
  readonly value: ValueId;
}

/** The stores that write a run of fields which ends on a byte. */
function wordsOf(
  s: Scope,
  run: readonly HeaderFieldInfo[],
  valueFor: (field: HeaderFieldInfo) => Val,
): StoredWord[] {
  const first = defined(run[0], "a field");
  const byte = first.bitOffset >> 3;
  const parts = defined(scalarParts(first.type), "a scalar field");
  if (parts.length > 1) {
    const values = partsOf(valueFor(first));
    return parts.map((part, i) => ({
      byte: byte + part.offset,
      bits: part.bits,
      value: defined(values[i], "a part"),
    }));
  }
  const bits = run.reduce((sum, one) => sum + one.bits, 0);
  let word: ValueId | undefined;
  let left = bits;
  for (const field of run) {
    left -= field.bits;
    const given = defined(partsOf(valueFor(field))[0], "a value");
    const cut = ir.convert(s.b, given, { kind: "int", bits: field.bits, signed: false });
    const placed = ir.binaryWith(s.b, "shl", ir.convert(s.b, cut, ir.u64), left);
    word = word === undefined ? placed : ir.binary(s.b, "or", word, placed);
  }
  return split(s, byte, defined(word, "a word"), bits);
}

/** The low `bits` of a u64, most significant byte first, in as few stores as the width allows. */
function split(s: Scope, byte: number, word: ValueId, bits: number): StoredWord[] {
  const words: StoredWord[] = [];
  let left = bits;
  let at = byte;
  while (left > 0) {
    const size = [64, 32, 16, 8].find((one) => one <= left) ?? 8;
    left -= size;
    const part = left > 0 ? ir.binaryWith(s.b, "lshr", word, left) : word;
    words.push({
      byte: at,
      bits: size,
      value: ir.convert(s.b, part, { kind: "int", bits: size, signed: false }),
    });
    at += size / 8;
  }
  return words;
}

/** The one's complement sum of words, those that are known added up here. */
function sumOf(s: Scope, words: readonly StoredWord[]): ValueId {
  let known = 0n;
  let sum: ValueId | undefined;
  let bound = 0n;
  for (const word of words) {
    const constant = ir.constantOf(s.b, word.value);
    if (constant !== undefined && word.bits <= 32) {
      known += knownWord(constant, word, s.low.bigEndian);
      continue;
    }
    const { value, most } = rawSum(s, word.value, word.byte, word.bits);
    sum = sum === undefined ? value : ir.binary(s.b, "add", sum, value);
    bound += most;
  }
  let folded = known;
  while (folded > 0xffffn) folded = (folded & 0xffffn) + (folded >> 16n);
  const start = ir.constant(s.b, ir.u64, folded);
  return sum === undefined ? start : fold(s, ir.binary(s.b, "add", sum, start), bound + folded);
}

/** A constant word's part of the sum, in the target's order. */
function knownWord(value: bigint, word: StoredWord, bigEndian: boolean): bigint {
  const shifted = word.bits === 8 && word.byte % 2 === 0 ? value << 8n : value;
  const halves = (shifted & 0xffffn) + (shifted >> 16n);
  const half = (halves & 0xffffn) + (halves >> 16n);
  return bigEndian ? half : ((half & 0xffn) << 8n) | (half >> 8n);
}
