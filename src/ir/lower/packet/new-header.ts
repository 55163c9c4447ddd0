/** A header written from nothing: given fields, declared defaults, what the next header implies, and its checksum. */
import { defined } from "../../../base/invariant.js";
import type { Header, HeaderFieldInfo } from "../../../check/types.js";
import type { Expression } from "../../../syntax/ast.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { lowerExpression } from "../expressions.js";
import {
  irInt,
  partsOf,
  scalarParts,
  storeVal,
  valueOf,
  type LayerVal,
  type Scope,
  type Val,
} from "../values.js";
import { linearLength } from "./bytes.js";
import { fold } from "./checksums.js";
import { nodeOf } from "./nodes.js";

interface Place {
  /** The header that follows. */
  readonly next: Header;
  /** Where the new header begins, u64. */
  readonly offset: ValueId;
}

/** The fields of `parent` that must have one value for `child` to follow it: `eth.type == 0x0800`. */
export function impliedFields(s: Scope, parent: Header, child: Header): ReadonlyMap<HeaderFieldInfo, bigint> {
  const found = new Map<HeaderFieldInfo, bigint>();
  const edge = s.packet.graph.children.get(parent)?.find((one) => one.to === child);
  const walk = (when: Expression): void => {
    if (when.kind !== "binary") return;
    if (when.operator === "&&") {
      walk(when.left);
      walk(when.right);
    } else if (when.operator === "==") {
      const meaning = s.low.checked.members.get(when.left.id);
      const value = s.low.checked.constants.get(when.right.id);
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
  const layer: LayerVal = {
    kind: "layer",
    node: nodeOf(s.packet, undefined, header),
    pointer,
    offset: place.offset,
  };
  const valueFor = (field: HeaderFieldInfo): Val =>
    given.get(field) ?? defaultOf(s, layer, field, implied.get(field), given);
  // Fields that share a byte are joined to one word.
  let run: HeaderFieldInfo[] = [];
  for (const field of header.fields) {
    run.push(field);
    if ((field.bitOffset + field.bits) % 8 !== 0) continue;
    writeRun(s, pointer, run, valueFor);
    run = [];
  }
  writeChecksum(s, pointer, header, given);
}

function defaultOf(
  s: Scope,
  layer: LayerVal,
  field: HeaderFieldInfo,
  implied: bigint | undefined,
  given: ReadonlyMap<HeaderFieldInfo, Val>,
): Val {
  const zero = (value: bigint): Val => {
    const parts = defined(scalarParts(field.type), "a scalar field");
    const values = parts.map((part) => ir.constant(s.b, part.type, parts.length > 1 ? 0n : value));
    return values.length === 1
      ? { kind: "scalar", value: defined(values[0], "a value") }
      : { kind: "parts", values };
  };
  if (implied !== undefined) return zero(implied);
  if (!field.value) return zero(0n);
  const value = evaluateDefault(s, layer, field.value, given);
  return { kind: "scalar", value: ir.convert(s.b, value, irInt(field.type)) };
}

/** Defaults speak of the header's own size and of the length of all that follows. */
function evaluateDefault(
  s: Scope,
  layer: LayerVal,
  expression: Expression,
  given: ReadonlyMap<HeaderFieldInfo, Val>,
): ValueId {
  const overrides = new Map<string, ValueId>();
  for (const [field, val] of given) if (val.kind === "scalar") overrides.set(field.name, val.value);
  const known = s.low.checked.constants.get(expression.id);
  if (known?.kind === "number") return ir.constant(s.b, ir.u64, known.value);
  if (expression.kind === "identifier") {
    const symbol = s.low.checked.symbols.get(expression.id);
    if (symbol?.kind === "header-property") {
      if (symbol.property === "size") return ir.constant(s.b, ir.u64, layer.node.header.fixedSize);
      return ir.binary(s.b, "sub", linearLength(s), layer.offset);
    }
  }
  if (expression.kind === "binary" && ["+", "-", "*", "/"].includes(expression.operator)) {
    const left = evaluateDefault(s, layer, expression.left, given);
    const right = evaluateDefault(s, layer, expression.right, given);
    const op = { "+": "add", "-": "sub", "*": "mul", "/": "udiv" } as const;
    const which = op[expression.operator as keyof typeof op];
    const [l, r] = [ir.constantOf(s.b, left), ir.constantOf(s.b, right)];
    if (which === "udiv" && l !== undefined && r !== undefined && r !== 0n)
      return ir.constant(s.b, ir.u64, l / r);
    return ir.binary(s.b, which, left, right);
  }
  const inside: Scope = { ...s, frame: { ...s.frame, bindings: new Map(), header: { ...layer, overrides } } };
  return ir.convert(s.b, valueOf(lowerExpression(inside, expression)), ir.u64);
}

function writeRun(
  s: Scope,
  pointer: ValueId,
  run: readonly HeaderFieldInfo[],
  valueFor: (field: HeaderFieldInfo) => Val,
): void {
  const first = defined(run[0], "a field");
  const byte = first.bitOffset >> 3;
  if (run.length === 1 && (first.bits & 7) === 0 && [8, 16, 32, 48, 64, 128].includes(first.bits)) {
    const val = valueFor(first);
    const parts = defined(scalarParts(first.type), "a scalar field");
    if (parts.length > 1) storeVal(s, first.type, val, pointer, byte);
    else
      storeWord(s, pointer, byte, ir.convert(s.b, defined(partsOf(val)[0], "a value"), ir.u64), first.bits);
    return;
  }
  const bits = run.reduce((sum, one) => sum + one.bits, 0);
  let word: ValueId | undefined;
  let left = bits;
  for (const field of run) {
    left -= field.bits;
    const raw = defined(partsOf(valueFor(field))[0], "a value");
    const cut = ir.convert(s.b, raw, { kind: "int", bits: field.bits, signed: false });
    const placed = ir.binaryWith(s.b, "shl", ir.convert(s.b, cut, ir.u64), left);
    word = word === undefined ? placed : ir.binary(s.b, "or", word, placed);
  }
  storeWord(s, pointer, byte, defined(word, "a word"), bits);
}

/** Stores the low `bits` of a u64, most significant byte first, in as few stores as the width allows. */
function storeWord(s: Scope, pointer: ValueId, byte: number, word: ValueId, bits: number): void {
  let left = bits;
  let at = byte;
  while (left > 0) {
    const size = [64, 32, 16, 8].find((one) => one <= left) ?? 8;
    left -= size;
    const type = { kind: "int", bits: size, signed: false } as const;
    const part = left > 0 ? ir.binaryWith(s.b, "lshr", word, left) : word;
    ir.store(s.b, pointer, at, ir.convert(s.b, part, type), size, "network");
    at += size / 8;
  }
}

/** The checksum of a header that covers nothing else, over the words just written. */
function writeChecksum(
  s: Scope,
  pointer: ValueId,
  header: Header,
  given: ReadonlyMap<HeaderFieldInfo, Val>,
): void {
  const field = header.fields.find(
    (one) => one.covers?.header && !one.covers.payload && one.covers.outer.length === 0,
  );
  if (!field || given.has(field) || header.fixedSize % 2 !== 0) return;
  let sum: ValueId | undefined;
  let bound = 0n;
  for (let at = 0; at < header.fixedSize;) {
    const bytes = at + 4 <= header.fixedSize ? 4 : 2;
    const word = ir.convert(s.b, ir.load(s.b, pointer, at, bytes * 8, "native"), ir.u64);
    sum = sum === undefined ? word : ir.binary(s.b, "add", sum, word);
    bound += (1n << BigInt(bytes * 8)) - 1n;
    at += bytes;
  }
  const folded = ir.convert(s.b, fold(s, defined(sum, "a sum"), bound), ir.u16);
  ir.store(s.b, pointer, field.bitOffset >> 3, ir.binaryWith(s.b, "xor", folded, 0xffff), 16, "native");
}
