/** Constant expressions: arithmetic on numbers of any size, and wrapping at a type's width once there is one. */
import { assertNever } from "../base/invariant.js";
import type { BinaryExpression, BinaryOperator, Expression } from "../syntax/ast.js";
import type { ConstantValue } from "./checked.js";
import { constantOf, error, numberOf, type Context } from "./context.js";
import { checkAny } from "./expressions.js";
import { wrap } from "./integers.js";
import { aTypeName } from "./type-tools.js";
import type { IntType, Type } from "./types.js";

/** Constants stay within this many bits, so that no script makes the compiler compute for ever. */
const largestBits = 512n;

/** The constant integer an expression must be; reports when it is none. */
export function constantNumber(cx: Context, expression: Expression, what: string): bigint | undefined {
  const type = checkAny({ ...cx, constant: true }, expression);
  if (type.kind === "error") return undefined;
  const value = numberOf(cx, expression);
  if (value !== undefined && (type.kind === "int" || type.kind === "number")) return value;
  if (value !== undefined) {
    error(cx, "XD3001", expression, `${what} must be a number, not ${aTypeName(type)}.`, {
      label: "not a number",
    });
    return undefined;
  }
  notConstant(cx, expression, what);
  return undefined;
}

export function notConstant(cx: Context, expression: Expression, what: string): void {
  error(cx, "XD3012", expression, `${what} must be known when the script is compiled.`, {
    label: "not a constant",
    notes: ["Constants are literals, top-level `const`s of literals, enum members, and arithmetic on these."],
  });
}

export type Folded =
  | { readonly kind: "value"; readonly value: bigint }
  | { readonly kind: "fault"; readonly message: string; readonly label: string };

/** Computes an operator on untyped constants. */
export function foldNumbers(operator: BinaryOperator, left: bigint, right: bigint): Folded {
  switch (operator) {
    case "+":
      return bounded(left + right);
    case "-":
      return bounded(left - right);
    case "*":
      return bounded(left * right);
    case "/":
    case "%":
      if (right === 0n) return { kind: "fault", message: "This constant is divided by zero.", label: "is 0" };
      return bounded(operator === "/" ? left / right : left % right);
    case "&":
      return bounded(left & right);
    case "|":
      return bounded(left | right);
    case "^":
      return bounded(left ^ right);
    case "<<":
    case ">>":
      if (right < 0n || right > largestBits) {
        return {
          kind: "fault",
          message: `A constant cannot be shifted by ${right}.`,
          label: `must be 0..${largestBits}`,
        };
      }
      return bounded(operator === "<<" ? left << right : left >> right);
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "<":
      return truth(left < right);
    case "<=":
      return truth(left <= right);
    case ">":
      return truth(left > right);
    case ">=":
      return truth(left >= right);
    case "&&":
    case "||":
    case "??":
    case "in":
      return { kind: "fault", message: "This is not arithmetic.", label: "not arithmetic" };
    default:
      return assertNever(operator, "operator");
  }
}

function truth(value: boolean): Folded {
  return { kind: "value", value: value ? 1n : 0n };
}

function bounded(value: bigint): Folded {
  const limit = 1n << largestBits;
  if (value < limit && value > -limit) return { kind: "value", value };
  return { kind: "fault", message: `This constant has more than ${largestBits} bits.`, label: "too large" };
}

/** Computes an operator on constants of one type, as the program would. */
export function foldTyped(
  operator: BinaryOperator,
  left: bigint,
  right: bigint,
  type: IntType,
): bigint | undefined {
  switch (operator) {
    case "/":
      return wrap(right === 0n ? 0n : left / right, type);
    case "%":
      return wrap(right === 0n ? left : left % right, type);
    case "<<":
      return wrap(left << (right & BigInt(type.bits - 1)), type);
    case ">>":
      return wrap(left >> (right & BigInt(type.bits - 1)), type);
    default: {
      const folded = foldNumbers(operator, left, right);
      return folded.kind === "value" ? wrap(folded.value, type) : undefined;
    }
  }
}

/** Whether a known value lies in a constant prefix, range or list; undefined when that is not known. */
export function constantIn(value: bigint, right: ConstantValue, bits: number): boolean | undefined {
  switch (right.kind) {
    case "number":
      return value === right.value;
    case "prefix": {
      const rest = BigInt(bits - right.length);
      return value >> rest === right.value >> rest;
    }
    case "range":
      return value >= right.from && value <= right.to;
    case "list": {
      const each = right.elements.map((one) => constantIn(value, one, bits));
      return each.includes(true) ? true : each.includes(undefined) ? undefined : false;
    }
    case "string":
    case "struct":
    case "null":
      return undefined;
    default:
      return assertNever(right, "constant");
  }
}

/** Both operands' numbers, when both are constant. */
export function constantOperands(cx: Context, node: BinaryExpression): readonly [bigint, bigint] | undefined {
  const left = numberOf(cx, node.left);
  const right = numberOf(cx, node.right);
  return left === undefined || right === undefined ? undefined : [left, right];
}

/** The constant of an expression that fills memory (initial values); undefined when not constant. */
export function initialOf(cx: Context, expression: Expression, type: Type): ConstantValue | undefined {
  return type.kind === "error" ? { kind: "number", value: 0n } : constantOf(cx, expression);
}
