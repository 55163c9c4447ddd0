/** `a[i]` read and written: maps, arrays, strings, packet bytes. */
import { defined, invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { IndexExpression } from "../../syntax/ast.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerExpression, typeOf } from "./expressions.js";
import { arrayElement, boundedIndex, isArray, lookupOf, mapOf } from "./maps.js";
import { readView } from "./packet/bytes.js";
import { asNullable, presentOr } from "./presence.js";
import { abort } from "./exits.js";
import { inMemory, loadVal } from "./memory.js";
import { sizeOf, valueOf, type Scope, type Val } from "./values.js";

const u8Type: Type = { kind: "int", bits: 8, signed: false };

/** The value of `a[i]`. */
export function lowerIndex(s: Scope, expression: IndexExpression): Val {
  const map = mapOf(s, expression.object);
  if (map) {
    if (isArray(map)) {
      const element = arrayElement(s, map, expression.index);
      return loadVal(s, element.type, element.pointer, 0, element.shared);
    }
    if (typeOf(s, expression).kind === "nullable") return asNullable(s, expression);
    return narrowedEntry(s, expression);
  }
  const object = lowerExpression(s, expression.object);
  const held = object.kind === "nullable" ? object.inner : object;
  // Of what is known to be null.
  if (held.kind === "void") return held;
  if (held.kind === "bytes") return readView(s, held, valueOf(lowerExpression(s, expression.index)), 8);
  const place = elementPlace(s, expression);
  return loadVal(s, place.type, place.pointer, place.displacement, place.shared);
}

/** `m[k]` where `k in m` was tested: the same lookup again, which is made once when nothing came between. */
function narrowedEntry(s: Scope, expression: IndexExpression): Val {
  const gone = ir.newBlock(s.b);
  const there = presentOr(s, expression, gone);
  const here = s.b.current;
  ir.enterSealed(s.b, gone);
  abort(s);
  ir.enter(s.b, here);
  return there;
}

export interface Place {
  readonly pointer: ValueId;
  readonly displacement: number;
  readonly type: Type;
  readonly shared: boolean;
}

/** Where an element of an array or string lies. */
export function elementPlace(s: Scope, expression: IndexExpression): Place {
  const type = typeOf(s, expression.object);
  const array = type.kind === "nullable" ? type.inner : type;
  invariant(array.kind === "array" || array.kind === "string", `an element of ${array.kind}`);
  const element = array.kind === "array" ? array.element : u8Type;
  const val = lowerExpression(s, expression.object);
  const memory = inMemory(s, array, val.kind === "nullable" ? val.inner : val, "array");
  const index = valueOf(lowerExpression(s, expression.index));
  const size = sizeOf(element);
  const known = ir.constantOf(s.b, index);
  if (known !== undefined && known >= 0n && known < BigInt(array.length)) {
    return { ...memory, displacement: memory.displacement + Number(known) * size, type: element };
  }
  const { start, end, file } = expression.object.span;
  const bounded = boundedIndex(
    s,
    index,
    array.length,
    `an index of \`${file.text.slice(start, end)}\`, which has ${array.length} elements`,
    expression.index,
  );
  const offset = ir.binaryWith(s.b, "mul", bounded, size);
  const base = ir.pointerAdd(
    s.b,
    memory.pointer,
    ir.constant(s.b, ir.u64, memory.displacement),
    memory.displacement === 0 ? undefined : sizeOf(array),
  );
  return {
    pointer: ir.pointerAdd(s.b, base, offset, size),
    displacement: 0,
    type: element,
    shared: memory.shared,
  };
}

/** Where the value of an array map's element lies. */
export function mapElementPlace(s: Scope, expression: IndexExpression): Place {
  const map = defined(mapOf(s, expression.object), "a map");
  if (isArray(map)) return { ...arrayElement(s, map, expression.index), displacement: 0 };
  const found = defined(lookupOf(s, expression), "a lookup");
  const gone = ir.newBlock(s.b);
  const there = ir.newBlock(s.b);
  ir.branch(s.b, ir.isNull(s.b, found.pointer), gone, there);
  ir.enterSealed(s.b, gone);
  abort(s);
  ir.enterSealed(s.b, there);
  return { ...found, displacement: 0 };
}
