/** `switch`: tests are constants, ranges, lists and prefixes; a case does not run into the next. */
import type { Expression, Statement, SwitchCase, SwitchStatement } from "../syntax/ast.js";
import { error, inScope, constantOf, type Context, type Target } from "./context.js";
import { notConstant } from "./constants.js";
import { coerce, settle } from "./convert.js";
import { checkExpression } from "./expressions.js";
import { joinAll, unreachable, type Flow } from "./flow.js";
import { assumePresent } from "./identifiers.js";
import { checkHaystack } from "./membership.js";
import { reportNull } from "./nulls.js";
import { checkStatements } from "./statements.js";
import { aTypeName, errorType, isScalar, typeName, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";

export function checkSwitch(cx: Context, node: SwitchStatement): void {
  const { body } = cx;
  if (!body) return;
  const type = valueType(cx, node);
  const target: Target = { kind: "switch", breaks: [], continues: [] };
  const inside: Context = { ...cx, targets: [...cx.targets, target] };
  const start = body.flow;
  const seen = new Map<bigint, Expression>();
  const ends: Flow[] = [];
  let hasDefault: SwitchCase | undefined;
  node.cases.forEach((one, i) => {
    for (const test of one.tests) checkTest(cx, test, type, seen);
    if (one.isDefault) hasDefault = checkDefaultCase(cx, one, hasDefault);
    body.flow = start;
    checkStatements(inScope(inside), one.body);
    if (body.flow.reachable && one.body.length > 0) {
      if (i < node.cases.length - 1) runsOn(cx, one);
      ends.push(body.flow);
    } else if (one.body.length === 0) ends.push(start);
  });
  const none = hasDefault || coversAll(type, seen) ? unreachable(start) : start;
  body.flow = joinAll(joinAll(none, ends), target.breaks);
}

function valueType(cx: Context, node: SwitchStatement): Type {
  const type = checkExpression(cx, node.value);
  const inner = withoutNull(type);
  if ((type.kind === "nullable" && isScalar(inner)) || type.kind === "null") {
    reportNull(cx, node.value, "`switch` needs a value");
    assumePresent(cx, node.value);
    return type.kind === "null" ? errorType : inner;
  }
  const settled = settle(cx, node.value);
  if (isScalar(settled) || settled.kind === "error") return settled;
  error(
    cx,
    "XD3005",
    node.value,
    `\`switch\` works on integers, enums, addresses and \`bool\`, not on ${aTypeName(settled)}.`,
    {
      label: `\`${typeName(settled)}\``,
    },
  );
  return errorType;
}

function checkDefaultCase(cx: Context, one: SwitchCase, before: SwitchCase | undefined): SwitchCase {
  if (!before) return one;
  error(cx, "XD3307", { span: head(one) }, "This `switch` has two `default`s.", {
    label: "never chosen",
    related: [{ span: head(before), message: "the first one" }],
  });
  return before;
}

/** The line that starts a case. */
function head(one: SwitchCase): SwitchCase["span"] {
  const [first] = one.body;
  const text = one.span.file.text.slice(one.span.start, first ? first.span.start : one.span.end);
  return { ...one.span, end: one.span.start + text.trimEnd().length };
}

function checkTest(cx: Context, test: Expression, type: Type, seen: Map<bigint, Expression>): void {
  if (test.kind === "range" || test.kind === "list" || test.kind === "prefix") {
    checkHaystack(cx, test, type);
    if (!constantOf(cx, test)) notConstant(cx, test, "What a `case` tests for");
    return;
  }
  const own = checkExpression(cx, test, type);
  if (own.kind === "prefix" || own.kind === "list" || own.kind === "range") {
    checkHaystack(cx, test, type);
    return;
  }
  const constant = constantOf(cx, test);
  if (own.kind === "number" && type.kind === "enum") {
    // As `==` has it: a number may be compared with an enum.
    coerce(cx, test, type.base, "this case");
  } else if (!coerce(cx, test, type, "this case")) return;
  if (own.kind === "error") return;
  if (constant?.kind !== "number") {
    if (constant?.kind !== "null") notConstant(cx, test, "What a `case` tests for");
    return;
  }
  const before = seen.get(constant.value);
  if (before) {
    error(cx, "XD3307", test, "This case was tested before and can never be chosen.", {
      label: "tested again",
      related: [{ span: before.span, message: "tested here first" }],
    });
    return;
  }
  seen.set(constant.value, test);
}

/** A `bool` has two values; what an enum holds may have come from outside and be none of its members. */
function coversAll(type: Type, seen: ReadonlyMap<bigint, Expression>): boolean {
  return type.kind === "bool" && seen.has(0n) && seen.has(1n);
}

function runsOn(cx: Context, one: SwitchCase): void {
  const last: Statement | undefined = one.body.at(-1);
  if (!last) return;
  const { file, start, end } = last.span;
  const lineStart = file.text.lastIndexOf("\n", start - 1) + 1;
  const indent = /^[ \t]*/.exec(file.text.slice(lineStart, start))?.[0] ?? "";
  const own = file.text.slice(lineStart, start).trim() === "";
  error(cx, "XD3306", { span: head(one) }, "This case does not end: it would run into the next one.", {
    label: "must end in `break`, `return` or `continue`",
    notes: ["Cases with the same code are written together: `case 1: case 2: …`."],
    fixes: [
      {
        title: "end it with `break;`",
        edits: [{ span: { file, start: end, end }, text: own ? `\n${indent}break;` : " break;" }],
      },
    ],
  });
}
