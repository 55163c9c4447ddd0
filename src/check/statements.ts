/** Statements: in order, each with what is known when it is reached. */
import { assertNever } from "../base/invariant.js";
import type { Expression, IfStatement, Statement } from "../syntax/ast.js";
import { checkAssign } from "./assign.js";
import { checkCondition } from "./conditions.js";
import { error, inScope, shortText, typeOf, type Context } from "./context.js";
import { settle } from "./convert.js";
import { checkExit } from "./exits.js";
import { checkExpression } from "./expressions.js";
import { join, type Flow } from "./flow.js";
import { checkFor, checkForOf, checkWhile } from "./loops.js";
import { checkSwitch } from "./switch.js";
import { checkExpect } from "./expect.js";
import { checkDestructuring, checkVariable } from "./variables.js";

/** Checks the statements of one block; the caller has made its scope. */
export function checkStatements(cx: Context, statements: readonly Statement[]): void {
  let warned = false;
  for (const statement of statements) {
    if (cx.body && !cx.body.flow.reachable && !warned && statement.kind !== "empty") {
      warned = true;
      warnUnreachable(cx, statement, statements.at(-1) ?? statement);
    }
    checkStatement({ ...cx, statement: statement.span }, statement);
  }
}

function warnUnreachable(cx: Context, first: Statement, last: Statement): void {
  // Said once for a whole function: what follows is unreachable for the same reason.
  if (first.kind === "error-statement") return;
  const span = { ...first.span, end: Math.max(first.span.end, last.span.end) };
  const oneLine = span.file.text.slice(first.span.start, first.span.end);
  const shown = oneLine.includes("\n")
    ? { ...first.span, end: first.span.start + oneLine.indexOf("\n") }
    : first.span;
  error(cx, "XD3304", { span: shown }, "This code is never reached.", {
    severity: "warning",
    label: "never runs",
    notes: ["Every way before it leaves: by `return`, `break` or `continue`."],
    fixes: [{ title: "remove it", edits: [{ span, text: "" }] }],
  });
}

/** A statement that is the body of an `if` or a loop, in a scope of its own. */
export function checkBranch(cx: Context, statement: Statement): void {
  // A guard cannot be put before a lone statement: there is no block to put it in.
  checkStatement(inScope({ ...cx, statement: undefined }), statement);
}

function checkStatement(cx: Context, statement: Statement): void {
  switch (statement.kind) {
    case "block":
      checkStatements(inScope(cx), statement.statements);
      return;
    case "variable-statement":
      checkVariable(cx, statement.declaration);
      return;
    case "destructuring":
      checkDestructuring(cx, statement);
      return;
    case "expression-statement":
      checkExpressionStatement(cx, statement.expression);
      return;
    case "assign":
      checkAssign(cx, statement);
      return;
    case "if":
      checkIf(cx, statement);
      return;
    case "for":
      checkFor(cx, statement);
      return;
    case "for-of":
      checkForOf(cx, statement);
      return;
    case "while":
      checkWhile(cx, statement);
      return;
    case "switch":
      checkSwitch(cx, statement);
      return;
    case "return":
    case "break":
    case "continue":
      checkExit(cx, statement);
      return;
    case "empty":
    case "error-statement":
      return;
    default:
      assertNever(statement, "statement");
  }
}

/** A chain of `else if` is walked in a loop: machines write thousands. */
function checkIf(cx: Context, first: IfStatement): void {
  const { body } = cx;
  if (!body) return;
  const ends: Flow[] = [];
  let node: Statement | undefined = first;
  while (node?.kind === "if") {
    const { whenTrue, whenFalse } = checkCondition(cx, node.condition);
    body.flow = whenTrue;
    checkBranch(cx, node.then);
    ends.push(body.flow);
    body.flow = whenFalse;
    node = node.otherwise;
  }
  if (node) checkBranch(cx, node);
  body.flow = ends.reduce((flow, end) => join(flow, end), body.flow);
}

function checkExpressionStatement(cx: Context, expression: Expression): void {
  if (cx.body?.test && checkExpect(cx, expression)) return;
  checkExpression(cx, expression);
  settle(cx, expression);
  if (isRedirect(cx, expression)) {
    error(
      cx,
      "XD3310",
      expression,
      "The verdict that `redirect` gives is dropped, so the packet is not sent there.",
      {
        severity: "warning",
        label: "has no effect by itself",
        fixes: [
          {
            title: `return it: \`return ${shortText(expression)};\``,
            edits: [{ span: { ...expression.span, end: expression.span.start }, text: "return " }],
          },
        ],
      },
    );
    return;
  }
  if (hasEffect(expression) || typeOf(cx, expression).kind === "error") return;
  const assigned = expression.kind === "binary" && expression.operator === "==";
  error(cx, "XD3310", expression, `The value of \`${shortText(expression)}\` is computed and dropped.`, {
    severity: "warning",
    label: "has no effect",
    fixes: assigned
      ? [{ title: "assign with `=`", edits: [{ span: expression.operatorSpan, text: "=" }] }]
      : [],
  });
}

function isRedirect(cx: Context, expression: Expression): boolean {
  const meaning = cx.root.tables.calls.get(expression.id);
  return meaning?.kind === "builtin" && meaning.name === "redirect";
}

function hasEffect(expression: Expression): boolean {
  switch (expression.kind) {
    case "call":
    case "coalesce-exit":
    case "error":
      return true;
    case "conditional":
      return hasEffect(expression.then) || hasEffect(expression.otherwise);
    case "binary":
      return ["&&", "||", "??"].includes(expression.operator) && hasEffect(expression.right);
    default:
      return false;
  }
}
