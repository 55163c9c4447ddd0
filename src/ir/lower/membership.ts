/** `x in y` for prefixes, ranges, lists and maps, as control flow. */
import { assertNever, defined, invariant } from "../../base/invariant.js";
import type { ConstantValue } from "../../check/checked.js";
import type { Type } from "../../check/types.js";
import type { BinaryExpression, Expression } from "../../syntax/ast.js";
import type { BlockId, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerAs, lowerExpression, typeOf } from "./expressions.js";
import { lookupKey, mapOf } from "./maps.js";
import { orderOf, sameParts } from "./operators.js";
import { constantVal, partsOf, scalarParts, type Scope, type Val } from "./values.js";

/** Lists of this many single values or more become a switch, which is searched by halves. */
const switchFrom = 4;

/** Ends the block: to `then` where `left in right` holds. */
export function branchIn(s: Scope, expression: BinaryExpression, then: BlockId, otherwise: BlockId): void {
  const map = mapOf(s, expression.right);
  if (map) {
    const pointer = lookupKey(s, map, expression.left);
    ir.branch(s.b, ir.isNull(s.b, pointer), otherwise, then);
    return;
  }
  const type = typeOf(s, expression.left);
  branchMember(s, lowerExpression(s, expression.left), type, expression.right, then, otherwise);
}

/** The same for a value: `case` tests of a `switch` are memberships too. */
export function branchMember(
  s: Scope,
  val: Val,
  type: Type,
  test: Expression,
  then: BlockId,
  otherwise: BlockId,
): void {
  const known = s.low.checked.constants.get(test.id);
  if (known) branchConstant(s, val, type, known, then, otherwise);
  else if (test.kind === "range") {
    const more = ir.newBlock(s.b);
    ir.branch(s.b, order(s, ">=", val, type, test.from), more, otherwise);
    ir.enterSealed(s.b, more);
    ir.branch(s.b, order(s, "<=", val, type, test.to), then, otherwise);
  } else if (test.kind === "list") {
    for (const one of test.elements) {
      const next = ir.newBlock(s.b);
      branchMember(s, val, type, one, then, next);
      ir.enterSealed(s.b, next);
    }
    ir.jump(s.b, otherwise);
  } else {
    ir.branch(s.b, sameParts(s, partsOf(val), partsOf(lowerAs(s, test, type))), then, otherwise);
  }
}

function order(s: Scope, operator: "<=" | ">=", val: Val, type: Type, bound: Expression): ValueId {
  const [value] = partsOf(val);
  const [other] = partsOf(lowerAs(s, bound, type));
  invariant(value !== undefined && other !== undefined, "a range over several parts");
  return ir.compare(s.b, orderOf(operator, ir.intTypeOf(s.b, value).signed), value, other);
}

function branchConstant(
  s: Scope,
  val: Val,
  type: Type,
  known: ConstantValue,
  then: BlockId,
  otherwise: BlockId,
): void {
  switch (known.kind) {
    case "number":
      ir.branch(s.b, sameParts(s, partsOf(val), partsOf(constantVal(s, type, known))), then, otherwise);
      return;
    case "prefix":
      ir.branch(s.b, inPrefix(s, val, type, known.value, known.length), then, otherwise);
      return;
    case "range":
      branchRange(s, val, type, known.from, known.to, then, otherwise);
      return;
    case "list":
      branchList(s, val, type, known.elements, then, otherwise);
      return;
    case "string":
    case "struct":
    case "null":
      invariant(false, `a ${known.kind} has no members`);
    // eslint-disable-next-line no-fallthrough
    default:
      assertNever(known, "constant");
  }
}

/** u1: the first `length` bits of an address are those of `prefix`. */
function inPrefix(s: Scope, val: Val, type: Type, prefix: bigint, length: number): ValueId {
  const parts = defined(scalarParts(type), "the parts of an address");
  const values = partsOf(val);
  const total = parts.reduce((sum, part) => sum + part.bits, 0);
  let all: ValueId | undefined;
  let before = 0;
  for (const [i, part] of parts.entries()) {
    const covered = Math.min(Math.max(length - before, 0), part.bits);
    before += part.bits;
    if (covered === 0) continue;
    const word = BigInt.asUintN(part.bits, prefix >> BigInt(total - before));
    const mask = ((1n << BigInt(covered)) - 1n) << BigInt(part.bits - covered);
    const value = defined(values[i], "a part");
    const masked = covered === part.bits ? value : ir.binaryWith(s.b, "and", value, mask);
    const same = ir.compareWith(s.b, "eq", masked, word & mask);
    all = all === undefined ? same : ir.binary(s.b, "and", all, same);
  }
  return all ?? ir.constant(s.b, ir.u1, 1);
}

function branchRange(
  s: Scope,
  val: Val,
  type: Type,
  from: bigint,
  to: bigint,
  then: BlockId,
  otherwise: BlockId,
): void {
  const parts = defined(scalarParts(type), "the parts of a range");
  const values = partsOf(val);
  if (parts.length > 1) {
    branchWideRange(
      s,
      values,
      parts.map((part) => part.bits),
      from,
      to,
      then,
      otherwise,
    );
    return;
  }
  const value = defined(values[0], "a value");
  const int = ir.intTypeOf(s.b, value);
  const lowest = int.signed ? -(1n << BigInt(int.bits - 1)) : 0n;
  if (from > lowest) {
    const more = ir.newBlock(s.b);
    ir.branch(s.b, ir.compareWith(s.b, orderOf(">=", int.signed), value, from), more, otherwise);
    ir.enterSealed(s.b, more);
  }
  ir.branch(s.b, ir.compareWith(s.b, orderOf("<=", int.signed), value, to), then, otherwise);
}

/** A range of addresses in several parts: the most significant part decides unless it equals a bound. */
function branchWideRange(
  s: Scope,
  values: readonly ValueId[],
  bits: readonly number[],
  from: bigint,
  to: bigint,
  then: BlockId,
  otherwise: BlockId,
): void {
  const low = BigInt(bits[1] ?? 0);
  const high = defined(values[0], "a part");
  const rest = defined(values[1], "a part");
  const mask = (1n << low) - 1n;
  const checkBound = (
    bound: bigint,
    strict: "ugt" | "ult",
    inclusive: "uge" | "ule",
    pass: BlockId,
  ): void => {
    const equal = ir.newBlock(s.b);
    const notBeyond = ir.newBlock(s.b);
    ir.branch(s.b, ir.compareWith(s.b, strict, high, bound >> low), pass, notBeyond);
    ir.enterSealed(s.b, notBeyond);
    ir.branch(s.b, ir.compareWith(s.b, "eq", high, bound >> low), equal, otherwise);
    ir.enterSealed(s.b, equal);
    ir.branch(s.b, ir.compareWith(s.b, inclusive, rest, bound & mask), pass, otherwise);
  };
  const above = ir.newBlock(s.b);
  checkBound(from, "ugt", "uge", above);
  ir.enterSealed(s.b, above);
  checkBound(to, "ult", "ule", then);
}

function branchList(
  s: Scope,
  val: Val,
  type: Type,
  elements: readonly ConstantValue[],
  then: BlockId,
  otherwise: BlockId,
): void {
  const singles = elements.flatMap((one) => (one.kind === "number" ? [one.value] : []));
  const values = partsOf(val);
  const only = values[0];
  if (values.length === 1 && only !== undefined && singles.length >= switchFrom) {
    const rest = elements.filter((one) => one.kind !== "number");
    const next = rest.length > 0 ? ir.newBlock(s.b) : otherwise;
    const int = ir.intTypeOf(s.b, only);
    const cases = [...new Set(singles.map((one) => ir.wrap(int, one)))].map((value) => ({
      value,
      target: then,
    }));
    ir.switchTo(s.b, only, cases, next);
    if (rest.length === 0) return;
    ir.enterSealed(s.b, next);
    branchList(s, val, type, rest, then, otherwise);
    return;
  }
  for (const [i, one] of elements.entries()) {
    const last = i === elements.length - 1;
    const next = last ? otherwise : ir.newBlock(s.b);
    branchConstant(s, val, type, one, then, next);
    if (!last) ir.enterSealed(s.b, next);
  }
  if (elements.length === 0) ir.jump(s.b, otherwise);
}
