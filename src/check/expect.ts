/** `expect(actual) == expected;`: any comparison, as a statement of a test. What holds after it is known from there on. */
import type { BinaryExpression, CallExpression, Expression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import { checkCondition } from "./conditions.js";
import { error, setType, type Context } from "./context.js";
import { checkExpression } from "./expressions.js";
import { findName } from "./lookup.js";
import { boolType, voidType } from "./type-tools.js";

/** The `expect(…)` that a statement begins with. */
export function expectation(expression: Expression): CallExpression | undefined {
  const call = expression.kind === "binary" ? expression.left : expression;
  if (call.kind !== "call" || call.callee.kind !== "identifier") return undefined;
  return call.callee.name === "expect" ? call : undefined;
}

/** `actual == expected`, with the nodes of `expect(actual) == expected`. */
export function expected(expression: BinaryExpression, actual: Expression): BinaryExpression {
  return { ...expression, left: actual };
}

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);

/** Whether the statement was an expectation. */
export function checkExpect(cx: Context, expression: Expression): boolean {
  const call = expectation(expression);
  if (!call || findName(cx, "expect")) return false;
  setType(cx, call.callee, voidType);
  setType(cx, call, voidType);
  setType(cx, expression, boolType);
  cx.root.tables.calls.set(call.id, { kind: "test", call: "expect" });
  const [actual] = call.arguments;
  if (!arity(cx, call, "expect", 1, 1) || !actual) {
    checkRest(cx, call.arguments);
    return true;
  }
  if (expression.kind !== "binary") {
    learn(cx, actual);
    return true;
  }
  if (!comparisons.has(expression.operator)) {
    error(cx, "XD3801", { span: expression.operatorSpan }, "`expect(…)` is followed by a comparison.", {
      label: "not a comparison",
      notes: ["Put what is computed into the parentheses: `expect(a && b);`."],
    });
    checkRest(cx, [actual, expression.right]);
    return true;
  }
  if (comparesPackets(cx, expression, actual)) return true;
  learn(cx, expected(expression, actual));
  return true;
}

/** What comes after it has seen it hold. */
function learn(cx: Context, condition: Expression): void {
  const { whenTrue } = checkCondition(cx, condition);
  if (cx.body) cx.body.flow = whenTrue;
}

/** `expect(p) == packet(…)`: packets are compared byte by byte. */
function comparesPackets(cx: Context, { operator, right }: BinaryExpression, actual: Expression): boolean {
  if (actual.kind !== "identifier" || (operator !== "==" && operator !== "!=")) return false;
  if (checkExpression(cx, actual).kind !== "packet") return false;
  const other = checkExpression(cx, right);
  if (other.kind !== "packet" && other.kind !== "error") {
    error(cx, "XD3010", right, "A packet is compared with a packet.", {
      label: "not a packet",
      notes: ["To compare one field, name it: `expect(p.ipv4?.ttl) == 63;`."],
    });
  }
  return true;
}
