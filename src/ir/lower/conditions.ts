/** Expressions where control decides: conditions branch, they do not make a boolean first. Narrowing happens on edges. */
import type { ValueId, BlockId } from "../ir.js";
import type { BinaryExpression, Expression } from "../../syntax/ast.js";
import * as ir from "./builder.js";
import { lowerExpression, typeOf } from "./expressions.js";
import { addressOf } from "./kernel.js";
import { branchIn } from "./membership.js";
import { sameParts } from "./operators.js";
import { probeOutcomes } from "./tests/probes.js";
import { presentOr, presentVal } from "./presence.js";
import { at, partsOf, valueOf, type Scope, type Val } from "./values.js";

/** Ends the block: to `then` where the condition holds, to `otherwise` where not. */
export function lowerCondition(s: Scope, condition: Expression, then: BlockId, otherwise: BlockId): void {
  at(s, condition.span, () => {
    const known = s.low.checked.constants.get(condition.id);
    if (known?.kind === "number") {
      ir.jump(s.b, known.value !== 0n ? then : otherwise);
      return;
    }
    const probed = (emit: (yes: BlockId, no: BlockId) => void): void =>
      probeOutcomes(s, condition, then, otherwise, emit);
    if (condition.kind === "unary" && condition.operator === "!") {
      lowerCondition(s, condition.operand, otherwise, then);
      return;
    }
    if (condition.kind === "binary") {
      if (condition.operator === "&&" || condition.operator === "||") {
        const more = ir.newBlock(s.b);
        if (condition.operator === "&&") lowerCondition(s, condition.left, more, otherwise);
        else lowerCondition(s, condition.left, then, more);
        ir.enterSealed(s.b, more);
        lowerCondition(s, condition.right, then, otherwise);
        return;
      }
      if (condition.operator === "in") {
        probed((yes, no) => branchIn(s, condition, yes, no));
        return;
      }
      if (condition.operator === "==" || condition.operator === "!=") {
        const tested = nullTest(condition.left, condition.right);
        if (tested) {
          const equal = condition.operator === "==";
          probed((yes, no) => branchOn(s, tested, equal ? no : yes, equal ? yes : no, false));
          return;
        }
        if (mayBeNull(s, condition.left) || mayBeNull(s, condition.right)) {
          probed((yes, no) => branchEqual(s, condition, yes, no));
          return;
        }
      }
    }
    probed((yes, no) => branchOn(s, condition, yes, no, true));
  });
}

/** The operand that is compared with `null`. */
function nullTest(left: Expression, right: Expression): Expression | undefined {
  if (right.kind === "null") return left;
  return left.kind === "null" ? right : undefined;
}

/** `a == b` where one may be null: null equals nothing else, as in TypeScript. */
function branchEqual(s: Scope, condition: BinaryExpression, then: BlockId, otherwise: BlockId): void {
  const [equal, different] = condition.operator === "==" ? [then, otherwise] : [otherwise, then];
  const values = [condition.left, condition.right].map((side): readonly ValueId[] => {
    return partsOf(mayBeNull(s, side) ? presentOr(s, side, different) : lowerExpression(s, side));
  });
  ir.branch(s.b, sameParts(s, values[0] ?? [], values[1] ?? []), equal, different);
}

/** Branches on the truth of an expression: not null and, when `truthy`, not zero. */
function branchOn(
  s: Scope,
  expression: Expression,
  then: BlockId,
  otherwise: BlockId,
  truthy: boolean,
): void {
  const val = mayBeNull(s, expression) ? presentOr(s, expression, otherwise) : lowerExpression(s, expression);
  if (truthy && val.kind === "kernel") ir.branch(s.b, isTrue(s, addressOf(s, val)), then, otherwise);
  else if (truthy && val.kind === "scalar") ir.branch(s.b, isTrue(s, val.value), then, otherwise);
  else if (truthy && val.kind === "nullable") {
    const inner = presentVal(s, val, otherwise);
    if (inner.kind === "scalar") ir.branch(s.b, isTrue(s, inner.value), then, otherwise);
    else ir.jump(s.b, then);
  } else ir.jump(s.b, then);
}

function mayBeNull(s: Scope, expression: Expression): boolean {
  return typeOf(s, expression).kind === "nullable";
}

/** u1: an integer is not zero. */
export function isTrue(s: Scope, value: ValueId): ValueId {
  return ir.intTypeOf(s.b, value).bits === 1 && !ir.intTypeOf(s.b, value).signed
    ? value
    : ir.compareWith(s.b, "ne", value, 0);
}

/** The condition as a boolean value, by control flow. */
export function conditionToValue(s: Scope, condition: Expression): Val {
  const yes = ir.newBlock(s.b);
  const no = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = ir.newVariable("condition", ir.u1, 0n);
  lowerCondition(s, condition, yes, no);
  ir.enterSealed(s.b, yes);
  ir.write(s.b, result, ir.constant(s.b, ir.u1, 1));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, no);
  ir.write(s.b, result, ir.constant(s.b, ir.u1, 0));
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return { kind: "scalar", value: ir.read(s.b, result) };
}

/** u1 from any value that may stand in a condition. */
export function truth(s: Scope, expression: Expression): ValueId {
  const type = typeOf(s, expression);
  return type.kind === "bool" || type.kind === "int"
    ? isTrue(s, valueOf(lowerExpression(s, expression)))
    : valueOf(conditionToValue(s, expression));
}
