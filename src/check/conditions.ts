/**
 * Conditions, and what is known on each side of them. `a && b`, `a || b`, `!a`, comparisons with null, `k in m` and
 * plain values each give two flows; loops, `if`, `?:` and the logical operators put them together.
 */
import type { BinaryExpression, Expression, UnaryExpression } from "../syntax/ast.js";
import { error, numberOf, setConstant, setType, typeOf, type Body, type Context } from "./context.js";
import { settle } from "./convert.js";
import { neverNull } from "./comparisons.js";
import { checkExpression } from "./expressions.js";
import { join, learn, startFlow, type Fact, type Flow } from "./flow.js";
import { noteTest } from "./history.js";
import { pathOf } from "./paths.js";
import { aTypeName, boolType, isScalar, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";

/** What is known after a condition held, and after it did not. */
export interface Split {
  readonly whenTrue: Flow;
  readonly whenFalse: Flow;
}

function flowOf(body: Body | undefined): Flow {
  return body ? body.flow : startFlow;
}

function setFlow(cx: Context, flow: Flow): void {
  if (cx.body) cx.body.flow = flow;
}

/** Checks a condition. The flow is left undefined in meaning: the caller goes on with one of the two given. */
export function checkCondition(cx: Context, node: Expression): Split {
  if (node.kind === "unary" && node.operator === "!") {
    const { whenTrue, whenFalse } = checkCondition(cx, node.operand);
    setType(cx, node, boolType);
    const value = numberOf(cx, node.operand);
    if (value !== undefined) setConstant(cx, node, { kind: "number", value: value === 0n ? 1n : 0n });
    return { whenTrue: whenFalse, whenFalse: whenTrue };
  }
  if (node.kind === "binary" && (node.operator === "&&" || node.operator === "||"))
    return splitLogical(cx, node);
  const type = checkExpression(cx, node);
  requireCondition(cx, node, type);
  return splitValue(cx, node);
}

function splitLogical(cx: Context, node: BinaryExpression): Split {
  const and = node.operator === "&&";
  const left = checkCondition(cx, node.left);
  setFlow(cx, and ? left.whenTrue : left.whenFalse);
  const right = checkCondition(cx, node.right);
  setType(cx, node, boolType);
  const a = numberOf(cx, node.left);
  const b = numberOf(cx, node.right);
  if (a !== undefined && b !== undefined) {
    const value = and ? a !== 0n && b !== 0n : a !== 0n || b !== 0n;
    setConstant(cx, node, { kind: "number", value: value ? 1n : 0n });
  }
  return and
    ? { whenTrue: right.whenTrue, whenFalse: join(left.whenFalse, right.whenFalse) }
    : { whenTrue: join(left.whenTrue, right.whenTrue), whenFalse: right.whenFalse };
}

export function checkLogical(cx: Context, node: BinaryExpression): Type {
  const { whenTrue, whenFalse } = splitLogical(cx, node);
  setFlow(cx, join(whenTrue, whenFalse));
  return boolType;
}

export function checkNot(cx: Context, node: UnaryExpression): Type {
  const { whenTrue, whenFalse } = checkCondition(cx, node);
  setFlow(cx, join(whenTrue, whenFalse));
  return boolType;
}

function requireCondition(cx: Context, node: Expression, type: Type): void {
  switch (type.kind) {
    case "bool":
    case "int":
    case "error":
    case "never":
    case "kernel":
    case "pointer":
    case "nullable":
    case "null":
      return;
    case "number":
      settle(cx, node);
      return;
    case "layer":
    case "struct":
    case "option":
      neverNull(cx, node, node, true);
      return;
    default:
      error(
        cx,
        "XD3007",
        node,
        `A condition is a \`bool\`, an integer, or something that may be null; this is ${aTypeName(type)}.`,
        {
          label: type.kind === "void" ? "has no value" : aTypeName(type),
          notes:
            type.kind === "enum" || type.kind === "address"
              ? ["Compare it with the value that you mean."]
              : [],
        },
      );
  }
}

/** The two flows of a checked value used as a condition. */
function splitValue(cx: Context, node: Expression): Split {
  const flow = flowOf(cx.body);
  const same: Split = { whenTrue: flow, whenFalse: flow };
  if (node.kind === "binary") return splitBinary(cx, node, flow);
  if (node.kind === "call") {
    const meaning = cx.root.tables.calls.get(node.id);
    const [key] = node.arguments;
    if (
      meaning?.kind === "map-method" &&
      meaning.method === "has" &&
      key &&
      node.callee.kind === "member-access"
    ) {
      return { whenTrue: learnEntry(cx, flow, node.callee.object, key, node), whenFalse: flow };
    }
    return same;
  }
  const type = typeOf(cx, node);
  noteTested(cx, node, node);
  const whenTrue = learnChain(cx, flow, node, "present");
  if (type.kind !== "nullable" || isScalar(withoutNull(type))) return { whenTrue, whenFalse: flow };
  return { whenTrue, whenFalse: learnPath(cx, flow, node, "null") };
}

function splitBinary(cx: Context, node: BinaryExpression, flow: Flow): Split {
  if (node.operator === "in")
    return { whenTrue: learnEntry(cx, flow, node.right, node.left, node), whenFalse: flow };
  if (node.operator !== "==" && node.operator !== "!=") return { whenTrue: flow, whenFalse: flow };
  const leftNull = typeOf(cx, node.left).kind === "null";
  if (!leftNull && typeOf(cx, node.right).kind !== "null") {
    // Null equals no value: where they are equal, both are there.
    const equal = learnChain(cx, learnChain(cx, flow, node.left, "present"), node.right, "present");
    return node.operator === "=="
      ? { whenTrue: equal, whenFalse: flow }
      : { whenTrue: flow, whenFalse: equal };
  }
  const value = leftNull ? node.right : node.left;
  noteTested(cx, value, node);
  const isNull = learnPath(cx, flow, value, "null");
  const isPresent = learnChain(cx, flow, value, "present");
  return node.operator === "=="
    ? { whenTrue: isNull, whenFalse: isPresent }
    : { whenTrue: isPresent, whenFalse: isNull };
}

function noteTested(cx: Context, value: Expression, at: Expression): void {
  const path = typeOf(cx, value).kind === "nullable" ? pathOf(cx, value) : undefined;
  if (path !== undefined) noteTest(cx, path, at.span);
}

export function learnPath(cx: Context, flow: Flow, node: Expression, fact: Fact): Flow {
  if (typeOf(cx, node).kind !== "nullable") return flow;
  const path = pathOf(cx, node);
  return path === undefined ? flow : learn(flow, path, fact);
}

/** `a?.b` is present only when `a` is. */
export function learnChain(cx: Context, flow: Flow, node: Expression, fact: "present"): Flow {
  let known = learnPath(cx, flow, node, fact);
  for (let one = node; one.kind === "member-access"; one = one.object) {
    if (one.optional) known = learnPath(cx, known, one.object, "present");
  }
  return known;
}

/** After `k in m`, `m[k]` is present. */
function learnEntry(cx: Context, flow: Flow, map: Expression, key: Expression, at: Expression): Flow {
  if (typeOf(cx, map).kind !== "map") return flow;
  const mapPath = pathOf(cx, map);
  const keyPath = pathOf(cx, key);
  if (mapPath === undefined || keyPath === undefined) return flow;
  const path = `${mapPath}[${keyPath}]`;
  noteTest(cx, path, at.span);
  return learn(flow, path, "present");
}
