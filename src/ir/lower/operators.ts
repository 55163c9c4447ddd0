/** Arithmetic, bits and comparisons at the exact widths of the language. */
import { assertNever, invariant } from "../../base/invariant.js";
import type { IntType, Type } from "../../check/types.js";
import type {
  AssignOperator,
  BinaryExpression,
  BinaryOperator,
  Expression,
  UnaryExpression,
} from "../../syntax/ast.js";
import type { BinaryOp, CompareOp, IrInt, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { conditionToValue, truth } from "./conditions.js";
import { lowerExpression, named, typeOf } from "./expressions.js";
import { inMemory } from "./memory.js";
import { irInt, partsOf, scalar, sizeOf, valueOf, type Scope, type Val } from "./values.js";

/** The next machine width: what arithmetic on odd widths is done at. */
export function rounded(type: IrInt): IrInt {
  const bits = type.bits <= 8 ? 8 : type.bits <= 16 ? 16 : type.bits <= 32 ? 32 : 64;
  return { ...type, bits };
}

/** The type in which two integers are compared without losing a value. */
function common(a: IntType, b: IntType): IrInt {
  if (a.signed === b.signed)
    return rounded({ kind: "int", bits: Math.max(a.bits, b.bits), signed: a.signed });
  const unsigned = a.signed ? b : a;
  const signed = a.signed ? a : b;
  return rounded({ kind: "int", bits: Math.min(64, Math.max(signed.bits, unsigned.bits + 1)), signed: true });
}

export function lowerUnary(s: Scope, expression: UnaryExpression): Val {
  if (expression.operator === "!") return scalar(ir.not(s.b, truth(s, expression.operand)));
  const type = irInt(typeOf(s, expression));
  const value = ir.convert(s.b, valueOf(lowerExpression(s, expression.operand)), type);
  switch (expression.operator) {
    case "-":
      return scalar(ir.binary(s.b, "sub", ir.constant(s.b, type, 0), value));
    case "~":
      return scalar(ir.binaryWith(s.b, "xor", value, -1));
    case "+":
      return scalar(value);
    default:
      return assertNever(expression.operator, "operator");
  }
}

export function lowerArithmetic(s: Scope, expression: BinaryExpression): Val {
  const type = irInt(typeOf(s, expression));
  const left = ir.convert(s.b, valueOf(lowerExpression(s, expression.left)), type);
  const right = valueOf(lowerExpression(s, expression.right));
  return named(s, scalar(arithmetic(s, expression.operator, left, right)), expression);
}

/** `left op right` at the width of `left`. */
export function arithmetic(s: Scope, operator: BinaryOperator, left: ValueId, right: ValueId): ValueId {
  const type = ir.intTypeOf(s.b, left);
  const shift = operator === "<<" || operator === ">>";
  return ir.binary(s.b, operationOf(operator, type), left, shift ? right : ir.convert(s.b, right, type));
}

function operationOf(operator: BinaryOperator, type: IrInt): BinaryOp {
  switch (operator) {
    case "+":
      return "add";
    case "-":
      return "sub";
    case "*":
      return "mul";
    case "/":
      return type.signed ? "sdiv" : "udiv";
    case "%":
      return type.signed ? "srem" : "urem";
    case "&":
      return "and";
    case "|":
      return "or";
    case "^":
      return "xor";
    case "<<":
      return "shl";
    case ">>":
      return type.signed ? "ashr" : "lshr";
    default:
      invariant(false, `${operator} is no arithmetic operator`);
  }
}

/** The binary operator of `x op= y`. */
export function operatorOf(operator: AssignOperator): BinaryOperator {
  invariant(operator !== "=", "a plain assignment has no operator");
  const binary = operator.slice(0, -1);
  return binary as BinaryOperator;
}

export function lowerComparison(s: Scope, expression: BinaryExpression): Val {
  const { left, right, operator } = expression;
  if (left.kind === "null" || right.kind === "null") return conditionToValue(s, expression);
  const leftType = typeOf(s, left);
  const rightType = typeOf(s, right);
  if (leftType.kind === "nullable" || rightType.kind === "nullable") return conditionToValue(s, expression);
  if (operator === "==" || operator === "!=") {
    const equal = lowerEquality(s, left, leftType, right, rightType);
    return scalar(operator === "==" ? equal : ir.not(s.b, equal));
  }
  const [l, r] = commonOperands(s, left, leftType, right, rightType);
  return scalar(ir.compare(s.b, orderOf(operator, ir.intTypeOf(s.b, l).signed), l, r));
}

function commonOperands(
  s: Scope,
  left: Expression,
  leftType: Type,
  right: Expression,
  rightType: Type,
): [ValueId, ValueId] {
  const l = valueOf(lowerExpression(s, left));
  const r = valueOf(lowerExpression(s, right));
  if (leftType.kind !== "int" || rightType.kind !== "int") return [l, r];
  const type = common(leftType, rightType);
  return [ir.convert(s.b, l, type), ir.convert(s.b, r, type)];
}

function lowerEquality(
  s: Scope,
  left: Expression,
  leftType: Type,
  right: Expression,
  rightType: Type,
): ValueId {
  if (leftType.kind === "int" && rightType.kind === "int") {
    const [l, r] = commonOperands(s, left, leftType, right, rightType);
    return ir.compare(s.b, "eq", l, r);
  }
  // What is known to be null equals nothing but another null.
  if (leftType.kind === "null" || rightType.kind === "null")
    return ir.constant(s.b, ir.u1, leftType.kind === rightType.kind ? 1 : 0);
  if (leftType.kind === "array" || leftType.kind === "string") {
    const l = inMemory(s, leftType, lowerExpression(s, left), "left");
    const r = inMemory(s, leftType, lowerExpression(s, right), "right");
    return sameBytes(s, l, r, sizeOf(leftType));
  }
  return sameParts(s, partsOf(lowerExpression(s, left)), partsOf(lowerExpression(s, right)));
}

/** u1: all parts are equal. */
export function sameParts(s: Scope, left: readonly ValueId[], right: readonly ValueId[]): ValueId {
  let all: ValueId | undefined;
  for (const [i, one] of left.entries()) {
    const other = right[i];
    invariant(other !== undefined, "parts of different number");
    const same = ir.compare(s.b, "eq", one, ir.convert(s.b, other, ir.intTypeOf(s.b, one)));
    all = all === undefined ? same : ir.binary(s.b, "and", all, same);
  }
  invariant(all !== undefined, "nothing to compare");
  return all;
}

type Memory = Val & { readonly kind: "memory" };

function sameBytes(s: Scope, left: Memory, right: Memory, size: number): ValueId {
  let different: ValueId | undefined;
  for (let at = 0; at < size;) {
    const bytes = [8, 4, 2, 1].find((one) => at + one <= size) ?? 1;
    const l = ir.load(s.b, left.pointer, left.displacement + at, bytes * 8, "native");
    const r = ir.load(s.b, right.pointer, right.displacement + at, bytes * 8, "native");
    const difference = ir.convert(s.b, ir.binary(s.b, "xor", l, r), ir.u64);
    different = different === undefined ? difference : ir.binary(s.b, "or", different, difference);
    at += bytes;
  }
  invariant(different !== undefined, "nothing to compare");
  return ir.compareWith(s.b, "eq", different, 0);
}

export function orderOf(operator: BinaryOperator, signed: boolean): CompareOp {
  switch (operator) {
    case "<":
      return signed ? "slt" : "ult";
    case "<=":
      return signed ? "sle" : "ule";
    case ">":
      return signed ? "sgt" : "ugt";
    case ">=":
      return signed ? "sge" : "uge";
    default:
      invariant(false, `${operator} is no order`);
  }
}
