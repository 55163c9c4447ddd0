/** `c ? a : b`, `a ?? b`, `a ?? return …`. */
import type { BinaryExpression, CoalesceReturn, ConditionalExpression, Expression } from "../syntax/ast.js";
import { checkCondition, learnChain, learnPath } from "./conditions.js";
import {
  constantOf,
  error,
  numberOf,
  setConstant,
  setType,
  shortText,
  typeOf,
  type Context,
} from "./context.js";
import { coerce, settle, unify } from "./convert.js";
import { checkExpression } from "./expressions.js";
import { join, unreachable } from "./flow.js";
import { isPresumed } from "./history.js";
import { checkExit } from "./exits.js";
import { aTypeName, errorType, numberType, typeName, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";

export function checkConditional(cx: Context, node: ConditionalExpression, expected: Type | undefined): Type {
  const { whenTrue, whenFalse } = checkCondition(cx, node.condition);
  if (cx.body) cx.body.flow = whenTrue;
  const then = checkExpression(cx, node.then, expected);
  const afterThen = cx.body?.flow;
  if (cx.body) cx.body.flow = whenFalse;
  const otherwise = checkExpression(cx, node.otherwise, expected ?? hintOf(then));
  if (cx.body && afterThen) cx.body.flow = join(afterThen, cx.body.flow);
  const condition = numberOf(cx, node.condition);
  const chosen = condition === undefined ? undefined : condition !== 0n ? node.then : node.otherwise;
  const constant = chosen && constantOf(cx, chosen);
  if (constant) setConstant(cx, node, constant);
  return join2(cx, node.then, node.otherwise, node, then, otherwise);
}

function hintOf(type: Type): Type | undefined {
  return type.kind === "enum" || type.kind === "struct" ? type : undefined;
}

function join2(
  cx: Context,
  first: Expression,
  second: Expression,
  whole: Expression,
  then: Type,
  otherwise: Type,
): Type {
  if (then.kind === "number" && otherwise.kind === "number") return numberType;
  if (then.kind === "number" && withoutNull(otherwise).kind === "int") {
    return coerce(cx, first, withoutNull(otherwise), "the first value", true) ? otherwise : errorType;
  }
  if (otherwise.kind === "number" && withoutNull(then).kind === "int") {
    return coerce(cx, second, withoutNull(then), "the second value", true) ? then : errorType;
  }
  if (then.kind === "number") settle(cx, first);
  if (otherwise.kind === "number") settle(cx, second);
  const common = unify(typeOf(cx, first), typeOf(cx, second));
  if (common && common.kind !== "void") return common;
  error(
    cx,
    "XD3001",
    whole,
    `The two values have different types: ${aTypeName(then)} and ${aTypeName(otherwise)}.`,
    {
      label: `\`${typeName(then)}\` or \`${typeName(otherwise)}\`?`,
    },
  );
  return errorType;
}

/** `a ?? b`: `b` when `a` is null. */
export function checkCoalesce(cx: Context, node: BinaryExpression, expected: Type | undefined): Type {
  const left = checkExpression(cx, node.left, expected);
  settle(cx, node.left);
  const { body } = cx;
  const before = body?.flow;
  if (body && before) body.flow = learnPath(cx, before, node.left, "null");
  const inner = withoutNull(typeOf(cx, node.left));
  const right = checkExpression(cx, node.right, expected ?? (inner.kind === "null" ? undefined : inner));
  if (body && before) body.flow = join(learnChain(cx, before, node.left, "present"), body.flow);
  if (left.kind === "error" || right.kind === "error") {
    settle(cx, node.right);
    return errorType;
  }
  if (left.kind === "null") return settle(cx, node.right);
  if (left.kind !== "nullable") {
    coerce(cx, node.right, inner, "the value right of `??`", true);
    uselessDefault(cx, node.left, node);
    return left;
  }
  if (right.kind === "number") {
    return coerce(cx, node.right, inner, "the value right of `??`", true) ? inner : errorType;
  }
  const common = right.kind === "null" ? left : unify(inner, right);
  if (common && common.kind !== "void") return common;
  error(
    cx,
    "XD3001",
    node.right,
    `The value right of \`??\` must be ${aTypeName(inner)}, but this is ${aTypeName(right)}.`,
    {
      label: `\`${typeName(right)}\`, not \`${typeName(inner)}\``,
    },
  );
  return errorType;
}

function uselessDefault(cx: Context, value: Expression, whole: Expression): void {
  if (isPresumed(cx, value)) return;
  const { file, end } = value.span;
  error(
    cx,
    "XD3103",
    value,
    `\`${shortText(value)}\` is never null here, so what stands right of \`??\` is never used.`,
    {
      severity: "warning",
      label: "never null",
      fixes: [
        {
          title: "remove what is never used",
          edits: [{ span: { file, start: end, end: whole.span.end }, text: "" }],
        },
      ],
    },
  );
}

/** `a ?? return v`: leaves when `a` is null. */
export function checkCoalesceExit(cx: Context, node: CoalesceReturn, expected: Type | undefined): Type {
  const type = checkExpression(cx, node.value, expected);
  settle(cx, node.value);
  const { body } = cx;
  if (!body) return errorType;
  const before = body.flow;
  body.flow = type.kind === "nullable" ? learnPath(cx, before, node.value, "null") : before;
  checkExit(cx, node.exit);
  if (type.kind === "null") {
    body.flow = unreachable(before);
    error(cx, "XD3104", node.value, `\`${shortText(node.value)}\` is always null here.`, {
      label: "always leaves",
      notes: ["On every way to this line it has been found to be null."],
    });
    return errorType;
  }
  body.flow = learnChain(cx, before, node.value, "present");
  if (type.kind === "error") return errorType;
  if (type.kind === "nullable") return type.inner;
  uselessDefault(cx, node.value, node);
  return setType(cx, node, typeOf(cx, node.value));
}
