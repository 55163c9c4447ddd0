/** Loops. Every loop is a natural loop of the graph; that it ends is the verifier's to prove. */
import { defined, invariant } from "../../base/invariant.js";
import type { MapSymbol } from "../../check/checked.js";
import type { Type } from "../../check/types.js";
import type {
  Expression,
  ForOfStatement,
  ForStatement,
  Identifier,
  WhileStatement,
} from "../../syntax/ast.js";
import type { BlockId, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { callCounted, callWhile } from "./called-loops.js";
import { lowerCondition } from "./conditions.js";
import { coerce, lowerAs, lowerExpression, typeOf } from "./expressions.js";
import { isArray, lookup, mapOf } from "./maps.js";
import { iterateMap } from "./map-iteration.js";
import { settleLayers } from "./hoist.js";
import { lowerOptions } from "./packet/options.js";
import { bind, lowerStatement } from "./statements.js";
import { inMemory, loadVal } from "./memory.js";
import { constantVal, irInt, scalar, sizeOf, valueOf, type Scope, type Val } from "./values.js";

function inLoop(s: Scope, continueTo: BlockId, breakTo: BlockId): Scope {
  return { ...s, loops: [...s.loops, { continueTo, breakTo }] };
}

export function lowerFor(s: Scope, statement: ForStatement): void {
  if (statement.start) lowerStatement(s, statement.start);
  if (callWhile(s, statement)) return;
  const within = settleLayers(s, [statement.condition, statement.body, statement.step]);
  const head = ir.newBlock(s.b);
  const body = ir.newBlock(s.b);
  const step = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  ir.jump(s.b, head);
  ir.enter(s.b, head);
  if (statement.condition) lowerCondition(within, statement.condition, body, after);
  else ir.jump(s.b, body);
  ir.enterSealed(s.b, body);
  if (!ir.ended(s.b)) lowerStatement(inLoop(within, step, after), statement.body);
  ir.jump(s.b, step);
  ir.enterSealed(s.b, step);
  if (statement.step && !ir.ended(s.b)) lowerStatement(within, statement.step);
  ir.jump(s.b, head);
  ir.seal(s.b, head);
  ir.enterSealed(s.b, after);
}

export function lowerWhile(s: Scope, statement: WhileStatement): void {
  if (callWhile(s, statement)) return;
  const within = settleLayers(s, [statement.condition, statement.body]);
  const head = ir.newBlock(s.b);
  const body = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  ir.jump(s.b, head);
  ir.enter(s.b, head);
  lowerCondition(within, statement.condition, body, after);
  ir.enterSealed(s.b, body);
  if (!ir.ended(s.b)) lowerStatement(inLoop(within, head, after), statement.body);
  ir.jump(s.b, head);
  ir.seal(s.b, head);
  ir.enterSealed(s.b, after);
}

export function lowerForOf(s: Scope, statement: ForOfStatement): void {
  const map = mapOf(s, statement.over);
  if (map) {
    if (isArray(map)) overArray(s, statement, map);
    else iterateMap(s, statement, map);
    return;
  }
  if (statement.over.kind === "range") {
    overRange(s, statement, statement.over.from, statement.over.to);
    return;
  }
  const known = s.low.checked.constants.get(statement.over.id);
  const type = typeOf(s, statement.over);
  if (known?.kind === "range") {
    const element = type.kind === "range" ? type.element : type;
    const at = (value: bigint): Val => constantVal(s, element, { kind: "number", value });
    countUp(s, statement, valueOf(at(known.from)), valueOf(at(known.to)));
    return;
  }
  if (known?.kind === "list" && type.kind !== "array") {
    const element = type.kind === "list" ? type.element : type;
    unroll(
      s,
      statement,
      known.elements.map((one) => () => constantVal(s, element, one)),
    );
    return;
  }
  if (statement.over.kind === "list") {
    const element = type.kind === "list" || type.kind === "array" ? type.element : type;
    unroll(
      s,
      statement,
      statement.over.elements.map((one) => () => lowerAs(s, one, element)),
    );
    return;
  }
  const val = lowerExpression(s, statement.over);
  const held = val.kind === "nullable" ? val.inner : val;
  if (held.kind === "bytes") {
    const name = defined(statement.names[0], "a loop name");
    lowerOptions(settleLayers(s, [statement.body]), held, (inside, option) => {
      bind(inside, name, option, statement.mutable);
      lowerStatement(inside, statement.body);
    });
    return;
  }
  overMemory(s, statement, held, type);
}

/** Runs the body with each value bound; a few values, each written out. */
function unroll(s: Scope, statement: ForOfStatement, values: readonly (() => Val)[]): void {
  const after = ir.newBlock(s.b);
  const name = defined(statement.names[0], "a loop name");
  for (const value of values) {
    const next = ir.newBlock(s.b);
    bind(s, name, value(), statement.mutable);
    lowerStatement(inLoop(s, next, after), statement.body);
    ir.jump(s.b, next);
    ir.enterSealed(s.b, next);
    if (ir.ended(s.b)) break;
  }
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

function overRange(s: Scope, statement: ForOfStatement, from: Expression, to: Expression): void {
  const name = defined(statement.names[0], "a loop name");
  const local = defined(s.low.checked.locals.get(name.id), name.name);
  const type = irInt(local.type);
  const first = ir.convert(s.b, valueOf(lowerExpression(s, from)), type);
  const last = ir.convert(s.b, valueOf(lowerExpression(s, to)), type);
  countUp(s, statement, first, last);
}

/** `for (const i of a..b)`: both ends included; the count is kept wider than `i`, so that it may pass the last. */
function countUp(s: Scope, statement: ForOfStatement, first: ValueId, last: ValueId): void {
  const type = ir.intTypeOf(s.b, first);
  const wide = type.signed ? ir.i64 : ir.u64;
  const order = type.signed ? "sle" : "ule";
  const name = defined(statement.names[0], "a loop name");
  const ends = [ir.convert(s.b, first, wide), ir.convert(s.b, last, wide)] as const;
  const body = (inside: Scope, i: ValueId): void => {
    bind(inside, name, scalar(ir.convert(inside.b, i, type)), statement.mutable);
    lowerStatement(inside, statement.body);
  };
  if (!callCounted(s, statement, ends, order, body))
    counted(settleLayers(s, [statement.body]), ...ends, order, body);
}

function counted(
  s: Scope,
  first: ValueId,
  bound: ValueId,
  order: "ult" | "ule" | "sle",
  body: (inside: Scope, i: ValueId) => void,
): void {
  const i = ir.newVariable("i", ir.intTypeOf(s.b, first), 0n);
  ir.write(s.b, i, first);
  const head = ir.newBlock(s.b);
  const inside = ir.newBlock(s.b);
  const step = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  ir.jump(s.b, head);
  ir.enter(s.b, head);
  ir.branch(s.b, ir.compare(s.b, order, ir.read(s.b, i), bound), inside, after);
  ir.enterSealed(s.b, inside);
  body(inLoop(s, step, after), ir.read(s.b, i));
  ir.jump(s.b, step);
  ir.enterSealed(s.b, step);
  if (!ir.ended(s.b)) ir.write(s.b, i, ir.binaryWith(s.b, "add", ir.read(s.b, i), 1));
  ir.jump(s.b, head);
  ir.seal(s.b, head);
  ir.enterSealed(s.b, after);
}

function overMemory(s: Scope, statement: ForOfStatement, val: Val, type: Type): void {
  invariant(type.kind === "array" || type.kind === "string", `a loop over ${type.kind}`);
  const element: Type = type.kind === "array" ? type.element : { kind: "int", bits: 8, signed: false };
  const memory = inMemory(s, type, val, "array");
  const size = sizeOf(element);
  const zero = ir.constant(s.b, ir.u64, 0);
  const name = defined(statement.names.at(-1), "a loop name");
  counted(
    settleLayers(s, [statement.body]),
    zero,
    ir.constant(s.b, ir.u64, type.length),
    "ult",
    (inside, i) => {
      const what = "an index of the loop";
      const bounded = ir.emit(s.b, {
        kind: "bounded",
        type: ir.u64,
        value: i,
        max: BigInt(type.length - 1),
        what,
      });
      const base = ir.pointerAdd(s.b, memory.pointer, ir.constant(s.b, ir.u64, memory.displacement));
      const pointer = ir.pointerAdd(s.b, base, ir.binaryWith(s.b, "mul", bounded, size), size);
      if (statement.names.length > 1) bindKey(inside, statement.names[0], i);
      bind(inside, name, loadVal(s, element, pointer, 0, memory.shared), statement.mutable);
      lowerStatement(inside, statement.body);
    },
  );
}

/** Every element of an array map, in order. */
function overArray(s: Scope, statement: ForOfStatement, map: MapSymbol): void {
  const type = defined(map.type.value, "a value type");
  const ends = [ir.constant(s.b, ir.u64, 0), ir.constant(s.b, ir.u64, map.type.size)] as const;
  const body = (inside: Scope, i: ValueId): void => {
    const { b } = inside;
    const step = defined(inside.loops.at(-1)?.continueTo, "a loop step");
    const key = ir.convert(b, i, ir.u32);
    const parts = [{ offset: 0, value: key, bits: 32, order: "native" as const }];
    const pointer = lookup(inside, map, { kind: "parts", size: 4, parts });
    const found = ir.newBlock(b);
    ir.branch(b, ir.isNull(b, pointer), step, found, "then");
    ir.enterSealed(b, found);
    if (statement.names.length > 1) bindKey(inside, statement.names[0], i);
    const name = defined(statement.names.at(-1), "a loop name");
    bind(inside, name, loadVal(inside, type, pointer, 0, true), statement.mutable);
    lowerStatement(inside, statement.body);
  };
  if (!callCounted(s, statement, ends, "ult", body))
    counted(settleLayers(s, [statement.body]), ...ends, "ult", body);
}

function bindKey(s: Scope, name: Identifier | undefined, i: ValueId): void {
  if (!name) return;
  const local = defined(s.low.checked.locals.get(name.id), name.name);
  bind(s, name, coerce(s, scalar(i), { kind: "int", bits: 64, signed: false }, local.type), false);
}
