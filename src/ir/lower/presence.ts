/**
 * Values that may be missing, where control decides: the search for a layer or a map entry goes straight to the code
 * that has it or to the code that does not, and no "is it there" value is made in between.
 */
import type { Type } from "../../check/types.js";
import type { Expression } from "../../syntax/ast.js";
import type { BlockId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerExpression, meaningOf, memberOf, nodeFor, typeOf } from "./expressions.js";
import { lookupOf } from "./maps.js";
import { assume, branchLayer, layerVal, recheck } from "./packet/layers.js";
import { meeting } from "./meeting.js";
import { loadVal } from "./memory.js";
import { absent, at, placeholder, type Scope, type Val } from "./values.js";

/** Goes on where the expression's value is there, and gives it; jumps to `none` where it is null. */
export function presentOr(s: Scope, expression: Expression, none: BlockId): Val {
  return at(s, expression.span, () => {
    if (expression.kind === "null") {
      ir.jump(s.b, none);
      return placeholder(s, typeOf(s, expression));
    }
    if (expression.kind === "member-access") {
      const meaning = meaningOf(s, expression);
      if (meaning.kind === "enum-member") return lowerExpression(s, expression);
      const nullable = typeOf(s, expression.object).kind === "nullable";
      const found = nullable ? presentOr(s, expression.object, none) : lowerExpression(s, expression.object);
      const object = found.kind === "nullable" ? found.inner : found;
      if (object.kind === "void") return nothing(s, expression, none);
      if (meaning.kind === "layer") {
        const node = nodeFor(s, object, meaning.header);
        const yes = ir.newBlock(s.b);
        branchLayer(s, node, yes, none);
        ir.enterSealed(s.b, yes);
        return layerVal(s, node);
      }
      return presentVal(s, memberOf(s, object, meaning, expression), none);
    }
    const lookup = lookupOf(s, expression);
    if (lookup) {
      const found = ir.newBlock(s.b);
      ir.branch(s.b, ir.isNull(s.b, lookup.pointer), none, found);
      ir.enterSealed(s.b, found);
      return loadVal(s, lookup.type, lookup.pointer, 0, lookup.shared);
    }
    const found = presentVal(s, lowerExpression(s, expression), none);
    return found.kind === "void" ? nothing(s, expression, none) : found;
  });
}

/** What is known to be null: no path goes on, and what stands there is never read. */
function nothing(s: Scope, expression: Expression, none: BlockId): Val {
  ir.jump(s.b, none);
  const type = typeOf(s, expression);
  return placeholder(s, type.kind === "nullable" ? type.inner : type);
}

/** The same for a value that was made before. */
export function presentVal(s: Scope, val: Val, none: BlockId): Val {
  if (val.kind === "lookup") {
    const found = ir.newBlock(s.b);
    branchLayer(s, val.node, found, none);
    ir.enterSealed(s.b, found);
    return layerVal(s, val.node);
  }
  if (val.kind !== "nullable") return val;
  const yes = ir.newBlock(s.b);
  const no = ir.newBlock(s.b);
  ir.branch(s.b, val.present, yes, no);
  ir.enterSealed(s.b, no);
  if (val.inner.kind === "layer") assume(s, val.inner.node, false);
  ir.jump(s.b, none);
  ir.enterSealed(s.b, yes);
  if (val.inner.kind === "layer") {
    recheck(s, val.inner, none);
    assume(s, val.inner.node, true);
  }
  return val.inner;
}

/** The expression's value with a flag that says whether it is there. */
export function asNullable(s: Scope, expression: Expression): Val {
  return flagged(s, typeOf(s, expression), (none) => presentOr(s, expression, none));
}

/** A lookup made now. */
export function lookedUp(s: Scope, val: Val): Val {
  return val.kind === "lookup" ? flagged(s, undefined, (none) => presentVal(s, val, none)) : val;
}

function flagged(s: Scope, type: Type | undefined, find: (none: BlockId) => Val): Val {
  const none = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting("value", type);
  const there = find(none);
  result.give(s, { kind: "nullable", present: ir.constant(s.b, ir.u1, 1), inner: there });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, none);
  if (!ir.ended(s.b)) result.give(s, absent(s));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return result.take(s);
}
