/** Expressions: one place that knows which file checks which kind, and records every type. */
import type { Fix } from "../diagnostics/diagnostic.js";
import { assertNever } from "../base/invariant.js";
import type { Expression } from "../syntax/ast.js";
import { checkCall } from "./calls.js";
import { checkCast } from "./casts.js";
import { checkCoalesceExit, checkConditional } from "./choices.js";
import { error, setType, shortText, typeOf, type Context } from "./context.js";
import { coerce, settle, type Role } from "./convert.js";
import { checkIdentifier } from "./identifiers.js";
import { checkIndex } from "./indexing.js";
import { checkList } from "./lists.js";
import {
  checkAddress,
  checkBoolean,
  checkNumber,
  checkObject,
  checkPrefix,
  checkString,
  checkTemplate,
} from "./literals.js";
import { checkMember } from "./members.js";
import { checkBinary, checkUnary } from "./operators.js";
import { errorType, nullType } from "./type-tools.js";
import type { Type } from "./types.js";

/**
 * The type of an expression, recorded. `expected` is what the context would like, for what needs a hint: bare
 * enum members, object literals, strings. Whether the type fits is the caller's to check, with `coerce`.
 */
export function checkExpression(cx: Context, expression: Expression, expected?: Type): Type {
  cx.root.look?.(cx, expression, expected);
  return setType(cx, expression, dispatch(cx, expression, expected));
}

function dispatch(cx: Context, expression: Expression, expected: Type | undefined): Type {
  switch (expression.kind) {
    case "identifier":
      return checkIdentifier(cx, expression, expected);
    case "number":
      return checkNumber(cx, expression);
    case "boolean":
      return checkBoolean(cx, expression);
    case "null":
      cx.root.tables.constants.set(expression.id, { kind: "null" });
      return nullType;
    case "string":
      return checkString(cx, expression, expected);
    case "template":
      return checkTemplate(cx, expression);
    case "address":
      return checkAddress(cx, expression);
    case "prefix":
      return checkPrefix(cx, expression);
    case "list":
      return checkList(cx, expression, expected);
    case "object":
      return checkObject(cx, expression, expected);
    case "range":
      checkAny(cx, expression.from);
      checkAny(cx, expression.to);
      error(cx, "XD3018", expression, "A range is not a value.", {
        label: "use it right of `in`, or in a `case`",
        notes: ["To count, write `for (let i = 0; i < 8; i++)`; to test, `port in 6000..6063`."],
      });
      return errorType;
    case "member-access":
      return checkMember(cx, expression);
    case "index":
      return checkIndex(cx, expression);
    case "call":
      return checkCall(cx, expression, expected);
    case "new":
      error(cx, "XD3501", expression, `A map is made at the top of a module, not here.`, {
        label: "maps live as long as the program",
        notes: [
          `Write \`const name = ${shortText(expression)};\` outside of functions, and use \`name\` here.`,
        ],
        fixes: moveOutFix(expression),
      });
      return errorType;
    case "unary":
      return checkUnary(cx, expression, expected);
    case "binary":
      return checkBinary(cx, expression, expected);
    case "conditional":
      return checkConditional(cx, expression, expected);
    case "coalesce-exit":
      return checkCoalesceExit(cx, expression, expected);
    case "cast":
      return checkCast(cx, expression);
    case "error":
      return errorType;
    default:
      return assertNever(expression, "expression");
  }
}

/** Checks an expression that stands for a value of its own: constants become `u64` or `i64`. */
export function checkAny(cx: Context, expression: Expression, expected?: Type): Type {
  checkExpression(cx, expression, expected);
  return requireValue(cx, expression, settle(cx, expression));
}

function requireValue(cx: Context, expression: Expression, type: Type): Type {
  if (type.kind !== "void") return type;
  error(cx, "XD3001", expression, `\`${shortText(expression)}\` has no value.`, { label: "returns nothing" });
  return setType(cx, expression, errorType);
}

/** Checks an expression that must be of a type. */
export function checkAs(cx: Context, expression: Expression, target: Type, role: Role): Type {
  const type = checkExpression(cx, expression, target);
  if (type.kind === "void") return requireValue(cx, expression, type);
  if (!coerce(cx, expression, target, role)) return errorType;
  return typeOf(cx, expression);
}

/** `const hits = new Hash<u32, u64>(1024);` moved to before the declaration that it stands in. */
function moveOutFix({ span: { file, start, end } }: Expression): readonly Fix[] {
  const { text } = file;
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const [said] = /^[ \t]*const \w+ = $/.exec(text.slice(line, start)) ?? [];
  const [rest] = /^;[ \t]*\r?\n/.exec(text.slice(end)) ?? [];
  // What starts in the first column above it is the program or function around.
  const head = [...text.slice(0, line).matchAll(/^[A-Za-z].*\{[ \t]*$/gm)].at(-1)?.index;
  if (said === undefined || rest === undefined || head === undefined) return [];
  const moved = `${said.trimStart()}${text.slice(start, end)};\n\n`;
  return [
    {
      title: "move it to the top",
      edits: [
        { span: { file, start: head, end: head }, text: moved },
        { span: { file, start: line, end: end + rest.length }, text: "" },
      ],
    },
  ];
}
