/** `==`, `!=`, `<`, `<=`, `>`, `>=`. They give `bool`; both sides are of one kind. */
import type { BinaryExpression, Expression } from "../syntax/ast.js";
import { constantOperands, foldNumbers } from "./constants.js";
import { error, numberOf, setConstant, shortText, type Context } from "./context.js";
import { unquotedFix } from "./foreign.js";
import { castFix, coerce, retype, settle } from "./convert.js";
import { checkExpression } from "./expressions.js";
import { isPresumed } from "./history.js";
import { boundsOf, fits, rounded } from "./integers.js";
import { commonOperand } from "./operators.js";
import { reportNull } from "./nulls.js";
import { aTypeName, boolType, sameType, typeName, withoutNull } from "./type-tools.js";
import type { EnumType, IntType, Type } from "./types.js";
import { sentence } from "./words.js";

/** Checks a comparison; `null` comparisons give their narrowing in `conditions.ts`. */
export function checkComparison(cx: Context, node: BinaryExpression): Type {
  const equality = node.operator === "==" || node.operator === "!=";
  const [givenLeft, givenRight] = checkSides(cx, node);
  const left = equality ? presentSide(givenLeft, givenRight) : givenLeft;
  const right = equality ? presentSide(givenRight, givenLeft) : givenRight;
  if (left.kind === "error" || right.kind === "error") return boolType;
  if (left.kind === "null" || right.kind === "null") return compareNull(cx, node, left, right);
  for (const [side, type] of [
    [node.left, left],
    [node.right, right],
  ] as const) {
    if (type.kind !== "nullable") continue;
    reportNull(cx, side, `\`${node.operator}\` compares values`);
    return boolType;
  }
  if (left.kind === "number" && right.kind === "number") return compareConstants(cx, node);
  if (left.kind === "number" || right.kind === "number") {
    const [constant, other, type] =
      left.kind === "number" ? [node.left, node.right, right] : [node.right, node.left, left];
    compareWithNumber(cx, node, constant, other, type);
    return boolType;
  }
  if (left.kind === "int" && right.kind === "int") {
    if (commonOperand(cx, node, left, right)) foldSame(cx, node);
    return boolType;
  }
  if (!sameType(left, right) && !bothTexts(left, right)) {
    incomparable(cx, node, left, right);
    return boolType;
  }
  const ordered = left.kind === "int" || left.kind === "enum";
  const equal = ordered || ["bool", "address", "string", "array"].includes(left.kind);
  if (equality ? !equal : !ordered) {
    noOrder(cx, node, left, equality);
    return boolType;
  }
  foldSame(cx, node);
  return boolType;
}

/** Null equals no value, as in TypeScript: one side of `==` may be null when the other is not. */
function presentSide(type: Type, other: Type): Type {
  return type.kind === "nullable" && other.kind !== "nullable" && other.kind !== "null" ? type.inner : type;
}

/** A bare enum member or a string on one side takes its meaning from the other. */
function checkSides(cx: Context, node: BinaryExpression): readonly [Type, Type] {
  const known =
    node.right.kind === "identifier" || node.right.kind === "string" || node.right.kind === "list";
  if (known || node.left.kind !== "identifier") {
    const left = checkExpression(cx, node.left);
    return [left, checkExpression(cx, node.right, withoutNull(left))];
  }
  const right = checkExpression(cx, node.right);
  return [checkExpression(cx, node.left, withoutNull(right)), right];
}

function bothTexts(left: Type, right: Type): boolean {
  return left.kind === "string" && right.kind === "string";
}

function foldSame(cx: Context, node: BinaryExpression): void {
  const values = constantOperands(cx, node);
  const folded = values && foldNumbers(node.operator, values[0], values[1]);
  if (folded?.kind === "value") setConstant(cx, node, { kind: "number", value: folded.value });
}

function compareConstants(cx: Context, node: BinaryExpression): Type {
  if (constantOperands(cx, node)) foldSame(cx, node);
  else {
    settle(cx, node.left);
    settle(cx, node.right);
  }
  return boolType;
}

function compareNull(cx: Context, node: BinaryExpression, left: Type, right: Type): Type {
  const [other, type] =
    left.kind === "null" && node.left.kind === "null" ? [node.right, right] : [node.left, left];
  if (node.operator !== "==" && node.operator !== "!=") {
    error(cx, "XD3005", node, `\`${node.operator}\` does not work on null.`, {
      label: "null has no order",
      notes: ["Compare with `== null` or `!= null`."],
    });
    return boolType;
  }
  if (type.kind === "nullable" || type.kind === "null") return boolType;
  if (type.kind === "number") settle(cx, other);
  neverNull(cx, node, other, node.operator === "!=");
  return boolType;
}

/** Warns of a test for null of what is never null. */
export function neverNull(cx: Context, at: Expression, value: Expression, always: boolean): void {
  if (isPresumed(cx, value)) return;
  error(cx, "XD3103", at, `\`${shortText(value)}\` is never null here.`, {
    severity: "warning",
    label: `always ${String(always)}`,
    notes: ["It cannot be missing, or has been compared with null before."],
  });
}

function incomparable(cx: Context, node: BinaryExpression, left: Type, right: Type): void {
  const number = left.kind === "int" ? right : left;
  const castable = left.kind === "int" || right.kind === "int";
  const side = left.kind === "int" ? node.right : node.left;
  const to: IntType | undefined =
    number.kind === "enum"
      ? number.base
      : number.kind === "address" && number.family !== "ipv6"
        ? { kind: "int", bits: number.family === "mac" ? 64 : 32, signed: false }
        : undefined;
  const unquoted = unquotedFix(node.right, left, false) ?? unquotedFix(node.left, right, false);
  error(cx, "XD3010", node, `${sentence(aTypeName(left))} cannot be compared with ${aTypeName(right)}.`, {
    label: `\`${typeName(left)}\` ${node.operator} \`${typeName(right)}\``,
    fixes: unquoted ? [unquoted] : castable && to ? [castFix(side, to, true)] : [],
  });
}

function noOrder(cx: Context, node: BinaryExpression, type: Type, equality: boolean): void {
  if (equality) {
    error(cx, "XD3010", node, `Two values of type \`${typeName(type)}\` cannot be compared.`, {
      label: "compare their fields",
    });
    return;
  }
  const cast = type.kind === "address" && type.family !== "ipv6";
  error(cx, "XD3005", node, `\`${node.operator}\` does not work on ${aTypeName(type)}.`, {
    label: `${aTypeName(type)} has no order`,
    notes:
      type.kind === "address"
        ? [
            cast
              ? "Test for a prefix or a range with `in`, or compare numbers: `a as u32 < b as u32`."
              : "Test for a prefix or a range with `in`.",
          ]
        : [],
  });
}

/** A constant beside a value: outside the value's range the answer is known, and not what was meant. */
function compareWithNumber(
  cx: Context,
  node: BinaryExpression,
  constant: Expression,
  other: Expression,
  type: Type,
): void {
  const value = numberOf(cx, constant);
  if (type.kind === "enum") {
    compareEnum(cx, constant, value, type);
    return;
  }
  if (type.kind !== "int") {
    coerce(cx, constant, type, `the other side of \`${shortText(other)}\``, true);
    return;
  }
  if (value === undefined) {
    coerce(cx, constant, rounded(type), "this constant", true);
    return;
  }
  const known = numberOf(cx, other);
  if (known === undefined && reportDecided(cx, node, constant, other, value, type)) return;
  if (coerce(cx, constant, rounded(type), `the other side of \`${shortText(other)}\``, true))
    foldSame(cx, node);
}

function compareEnum(cx: Context, constant: Expression, value: bigint | undefined, type: EnumType): void {
  const member = type.members.find((one) => one.value === value);
  if (value !== undefined && fits(value, type.base)) {
    retype(cx, constant, type);
    return;
  }
  error(
    cx,
    "XD3003",
    constant,
    `${String(value)} does not fit \`${type.name}\`, an enum of \`${typeName(type.base)}\`.`,
    {
      label: member ? `is \`${type.name}.${member.name}\`` : "no member has this value",
    },
  );
}

/** Reports a comparison whose answer the type already gives; true when it was an error. */
function reportDecided(
  cx: Context,
  node: BinaryExpression,
  constant: Expression,
  other: Expression,
  value: bigint,
  type: IntType,
): boolean {
  const { min, max } = boundsOf(type);
  // As if the value stood left.
  const mirrored: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
  const operator = constant === node.left ? (mirrored[node.operator] ?? node.operator) : node.operator;
  const decided = decide(operator, value, min, max);
  if (decided === undefined) return false;
  const outside = value < min || value > max;
  error(cx, "XD3006", node, `This comparison is always ${String(decided)}.`, {
    severity: outside ? "error" : "warning",
    label: `always ${String(decided)}`,
    notes: [`\`${shortText(other)}\` is ${aTypeName(type)}: ${min}..${max}.`],
  });
  if (outside) {
    const fallback = settle(cx, constant);
    return fallback.kind !== "error" || true;
  }
  return false;
}

function decide(operator: string, value: bigint, min: bigint, max: bigint): boolean | undefined {
  switch (operator) {
    case "==":
      return value < min || value > max ? false : undefined;
    case "!=":
      return value < min || value > max ? true : undefined;
    case "<":
      return max < value ? true : min >= value ? false : undefined;
    case "<=":
      return max <= value ? true : min > value ? false : undefined;
    case ">":
      return min > value ? true : max <= value ? false : undefined;
    case ">=":
      return min >= value ? true : max < value ? false : undefined;
    default:
      return undefined;
  }
}
