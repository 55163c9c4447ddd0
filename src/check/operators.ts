/** Unary and binary operators, except `in`, `??` and conditions' narrowing. */
import type { Fix } from "../diagnostics/diagnostic.js";
import type { BinaryExpression, Expression, UnaryExpression } from "../syntax/ast.js";
import { checkCoalesce } from "./choices.js";
import { checkComparison } from "./comparisons.js";
import { checkLogical, checkNot } from "./conditions.js";
import { constantOperands, foldNumbers, foldTyped } from "./constants.js";
import { error, numberOf, setConstant, shortText, sourceText, type Context } from "./context.js";
import { castFix, coerce, settle } from "./convert.js";
import { checkExpression } from "./expressions.js";
import { checkIn } from "./membership.js";
import { reportNull } from "./nulls.js";
import { assumePresent } from "./identifiers.js";
import { commonInt, rounded, wrap } from "./integers.js";
import { aTypeName, errorType, i64, numberType, typeName, u32, u64, withoutNull } from "./type-tools.js";
import type { IntType, Type } from "./types.js";

export function checkUnary(cx: Context, node: UnaryExpression, expected: Type | undefined): Type {
  if (node.operator === "!") return checkNot(cx, node);
  const type = operandType(cx, node.operand, node.operator, checkExpression(cx, node.operand, expected));
  const value = numberOf(cx, node.operand);
  if (type.kind === "error") return errorType;
  if (type.kind === "number") {
    if (value !== undefined) {
      const folded = node.operator === "-" ? -value : node.operator === "~" ? ~value : value;
      setConstant(cx, node, { kind: "number", value: folded });
      return numberType;
    }
    return settle(cx, node.operand);
  }
  if (type.kind !== "int") {
    wrongOperand(cx, node.operand, type, node.operator);
    return errorType;
  }
  if (node.operator === "-" && !type.signed && value === undefined) {
    error(cx, "XD3009", node, `${aTypeName(type).replace(/^a/, "A")} cannot be negated: it has no sign.`, {
      label: "would wrap around",
      notes: [
        `Convert it first, as in \`-(${shortText(node.operand)} as i${Math.min(64, rounded(type).bits * 2)})\`; \`0 - x\` wraps on purpose.`,
      ],
      fixes: [negateFix(node, type)],
    });
    return errorType;
  }
  const result = rounded(type);
  if (value !== undefined) {
    const folded = node.operator === "-" ? -value : node.operator === "~" ? ~value : value;
    setConstant(cx, node, { kind: "number", value: wrap(folded, result) });
  }
  return result;
}

export function checkBinary(cx: Context, node: BinaryExpression, expected: Type | undefined): Type {
  switch (node.operator) {
    case "&&":
    case "||":
      return checkLogical(cx, node);
    case "??":
      return checkCoalesce(cx, node, expected);
    case "in":
      return checkIn(cx, node);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return checkComparison(cx, node);
    case "<<":
    case ">>":
      return checkShift(cx, node, expected);
    default:
      return checkArithmetic(cx, node, expected);
  }
}

/** An operand after nulls have been reported. */
function operandType(cx: Context, operand: Expression, operator: string, type: Type): Type {
  if (type.kind !== "nullable" && type.kind !== "null") return type;
  reportNull(cx, operand, `\`${operator}\` needs a value`);
  assumePresent(cx, operand);
  return type.kind === "null" ? errorType : withoutNull(type);
}

function wrongOperand(cx: Context, operand: Expression, type: Type, operator: string): void {
  const notes: string[] = [];
  if (type.kind === "bool") {
    notes.push(
      operator === "&" || operator === "|"
        ? `To combine conditions write \`${operator}${operator}\`.`
        : "Convert it with `as u8` to count with it.",
    );
  }
  if (type.kind === "layer" || type.kind === "packet" || type.kind === "bytes")
    notes.push(
      "There are no pointers: what follows a header is its `payload`, read as in `layer.payload.u16(4)`.",
    );
  const number = type.kind === "address" ? (type.family === "mac" ? u64 : u32) : u64;
  const cast =
    type.kind === "bool" || type.kind === "enum" || (type.kind === "address" && type.family !== "ipv6")
      ? [
          castFix(
            operand,
            type.kind === "enum"
              ? type.base
              : type.kind === "bool"
                ? { kind: "int", bits: 8, signed: false }
                : number,
            true,
          ),
        ]
      : [];
  error(cx, "XD3005", operand, `\`${operator}\` works on integers, not on ${aTypeName(type)}.`, {
    label: aTypeName(type),
    notes,
    fixes: cast,
  });
}

function checkArithmetic(cx: Context, node: BinaryExpression, expected: Type | undefined): Type {
  const hint = expected?.kind === "int" ? expected : undefined;
  const left = operandType(cx, node.left, node.operator, checkExpression(cx, node.left, hint));
  const right = operandType(cx, node.right, node.operator, checkExpression(cx, node.right, hint));
  if (left.kind === "error" || right.kind === "error") return errorType;
  for (const [operand, type] of [
    [node.left, left],
    [node.right, right],
  ] as const) {
    if (type.kind === "int" || type.kind === "number") continue;
    wrongOperand(cx, operand, type, node.operator);
    return errorType;
  }
  if (left.kind === "number" && right.kind === "number") return foldUntyped(cx, node);
  const common = commonOperand(cx, node, left, right);
  if (!common) return errorType;
  const values = constantOperands(cx, node);
  const folded = values && foldTyped(node.operator, values[0], values[1], common);
  if (folded !== undefined) setConstant(cx, node, { kind: "number", value: folded });
  return common;
}

function foldUntyped(cx: Context, node: BinaryExpression): Type {
  const values = constantOperands(cx, node);
  if (!values) {
    const left = settle(cx, node.left);
    const right = settle(cx, node.right);
    return left.kind === "int" && right.kind === "int" ? (commonInt(left, right) ?? i64) : errorType;
  }
  const folded = foldNumbers(node.operator, values[0], values[1]);
  if (folded.kind === "fault") {
    error(cx, "XD3013", node.right, folded.message, { label: folded.label });
    return errorType;
  }
  setConstant(cx, node, { kind: "number", value: folded.value });
  return numberType;
}

/** The type two operands are widened to; an untyped constant takes the other's. Reports what does not go. */
export function commonOperand(
  cx: Context,
  node: BinaryExpression,
  left: Type,
  right: Type,
): IntType | undefined {
  if (left.kind === "int" && right.kind === "int") {
    const common = commonInt(left, right);
    if (common) return common;
    mixedSigns(cx, node, left, right);
    return undefined;
  }
  const [typed, untyped, type] =
    left.kind === "int" ? [node.left, node.right, left] : [node.right, node.left, right];
  if (type.kind !== "int") return undefined;
  const wide = rounded(type);
  const role = `the other side of \`${shortText(typed)}\``;
  return coerce(cx, untyped, wide, role, true) ? wide : undefined;
}

function mixedSigns(cx: Context, node: BinaryExpression, left: IntType, right: IntType): void {
  const signed: IntType = {
    kind: "int",
    bits: Math.max(rounded(left).bits, rounded(right).bits),
    signed: true,
  };
  const unsigned = left.signed ? node.right : node.left;
  const from = left.signed ? right : left;
  const enough =
    rounded(from).bits < 64 ? { ...signed, bits: Math.max(signed.bits, rounded(from).bits * 2) } : signed;
  error(cx, "XD3004", node, `\`${node.operator}\` mixes \`${typeName(left)}\` and \`${typeName(right)}\`.`, {
    label: "one has a sign, the other has not",
    notes: [
      `\`${sourceTextShort(node.left)}\` is ${aTypeName(left)}, \`${sourceTextShort(node.right)}\` is ${aTypeName(right)}; neither type holds all values of the other.`,
    ],
    fixes: [castFix(unsigned, enough, true)],
  });
}

function sourceTextShort(node: Expression): string {
  const text = sourceText(node);
  return text.length > 30 ? shortText(node) : text;
}

function checkShift(cx: Context, node: BinaryExpression, expected: Type | undefined): Type {
  const hint = expected?.kind === "int" ? expected : undefined;
  const left = operandType(cx, node.left, node.operator, checkExpression(cx, node.left, hint));
  const right = operandType(cx, node.right, node.operator, checkExpression(cx, node.right));
  if (left.kind === "error" || right.kind === "error") return errorType;
  for (const [operand, type] of [
    [node.left, left],
    [node.right, right],
  ] as const) {
    if (type.kind === "int" || type.kind === "number") continue;
    wrongOperand(cx, operand, type, node.operator);
    return errorType;
  }
  if (left.kind === "number" && right.kind === "number" && constantOperands(cx, node))
    return foldUntyped(cx, node);
  const result = shiftedType(cx, node.left, left, hint);
  const count = numberOf(cx, node.right);
  settle(cx, node.right);
  if (!result) return errorType;
  if (count !== undefined && (count < 0n || count >= BigInt(result.bits))) {
    error(
      cx,
      "XD3016",
      node.right,
      `A \`${typeName(result)}\` has ${result.bits} bits; it is shifted by ${count}.`,
      {
        severity: "warning",
        label: `counts as ${BigInt.asUintN(64, count) % BigInt(result.bits)}`,
        notes: [
          "The kernel uses the low bits of a shift count only. Convert the value to a wider type first.",
        ],
      },
    );
  }
  const values = constantOperands(cx, node);
  const folded = values && foldTyped(node.operator, values[0], values[1], result);
  if (folded !== undefined) setConstant(cx, node, { kind: "number", value: folded });
  return result;
}

function shiftedType(
  cx: Context,
  node: Expression,
  type: Type,
  hint: IntType | undefined,
): IntType | undefined {
  if (type.kind === "int") return rounded(type);
  const chosen = hint ? rounded(hint) : undefined;
  if (chosen && coerce(cx, node, chosen, "the shifted value", true)) return chosen;
  if (chosen) return undefined;
  const settled = settle(cx, node);
  return settled.kind === "int" ? settled : undefined;
}

/** `-(x as i64)` for an `x` of 32 bits: what the result needs a sign and one bit more for. */
function negateFix({ span }: UnaryExpression, type: IntType): Fix {
  const bits = Math.min(64, rounded(type).bits * 2);
  const operand = span.file.text.slice(span.start + "-".length, span.end).trim();
  const text = `-(${operand} as i${bits})`;
  return { title: `convert it first: \`${text}\``, edits: [{ span, text }] };
}
