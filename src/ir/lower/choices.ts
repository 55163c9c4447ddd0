/** Expressions that have one of two values: `a ? b : c`, `a ?? b`, `a ?? return b`. */
import type { Type } from "../../check/types.js";
import type { CoalesceReturn, ConditionalExpression, Expression } from "../../syntax/ast.js";
import * as ir from "./builder.js";
import { lowerCondition } from "./conditions.js";
import { lowerBreak, lowerContinue, lowerReturn } from "./exits.js";
import { coerce, lowerAs, lowerExpression, typeOf } from "./expressions.js";
import { meeting } from "./meeting.js";
import { inMemory } from "./memory.js";
import { lookedUp, presentOr } from "./presence.js";
import { probeCoalesce } from "./tests/probes.js";
import type { Scope, Val } from "./values.js";

export function lowerConditional(s: Scope, expression: ConditionalExpression): Val {
  const type = typeOf(s, expression);
  const yes = ir.newBlock(s.b);
  const no = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting("choice", type);
  lowerCondition(s, expression.condition, yes, no);
  for (const [block, value] of [
    [yes, expression.then],
    [no, expression.otherwise],
  ] as const) {
    ir.enterSealed(s.b, block);
    const val = lowerAs(s, value, type);
    if (!ir.ended(s.b)) result.give(s, meetable(s, type, val));
    ir.jump(s.b, after);
  }
  ir.enterSealed(s.b, after);
  return result.take(s);
}

/** A value that can meet others of its type: lookups are made, lists and texts go to memory. */
export function meetable(s: Scope, type: Type, val: Val): Val {
  if (val.kind === "nullable" && type.kind === "nullable")
    return { ...val, inner: meetable(s, type.inner, val.inner) };
  return val.kind === "record" && isFlat(val) ? val : settled(s, type, val);
}

/** A struct literal of scalars and of such literals. */
function isFlat(val: Val): boolean {
  if (val.kind !== "record") return val.kind === "scalar" || val.kind === "parts";
  return [...val.fields.values()].every(isFlat);
}

/** A literal put in memory and a lookup made: a value that has a place of its own. */
export function settled(s: Scope, type: Type, val: Val): Val {
  if (val.kind === "lookup") return lookedUp(s, val);
  if (val.kind === "record" || val.kind === "elements" || val.kind === "text")
    return inMemory(s, type, val, type.kind);
  return val;
}

export function lowerCoalesce(s: Scope, left: Expression, right: Expression, type: Type): Val {
  const from = typeOf(s, left);
  if (from.kind === "null") return lowerAs(s, right, type);
  if (from.kind !== "nullable") return coerce(s, lowerExpression(s, left), from, type);
  const none = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting("value", type);
  const outcome = probeCoalesce(s, left);
  const there = presentOr(s, left, none);
  outcome(0);
  result.give(s, meetable(s, type, coerce(s, there, from.inner, type)));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, none);
  outcome(1);
  const other = lowerAs(s, right, type);
  if (!ir.ended(s.b)) result.give(s, meetable(s, type, other));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return result.take(s);
}

export function lowerCoalesceExit(s: Scope, expression: CoalesceReturn): Val {
  const from = typeOf(s, expression.value);
  if (from.kind !== "nullable") return lowerExpression(s, expression.value);
  const none = ir.newBlock(s.b);
  const outcome = probeCoalesce(s, expression.value);
  const there = presentOr(s, expression.value, none);
  outcome(0);
  const here = s.b.current;
  ir.enterSealed(s.b, none);
  outcome(1);
  const { exit } = expression;
  if (exit.kind === "return") lowerReturn(s, exit);
  else if (exit.kind === "break") lowerBreak(s);
  else lowerContinue(s);
  ir.enter(s.b, here);
  return there;
}
