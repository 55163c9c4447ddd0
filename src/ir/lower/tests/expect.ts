/** `expect(actual) == expected;`: both values are told, and compared by what runs the test. */
import { defined } from "../../../base/invariant.js";
import { expectation, expected } from "../../../check/expect.js";
import { forEachCall } from "../../../check/effects.js";
import type { Expression } from "../../../syntax/ast.js";
import type { ValueId } from "../../ir.js";
import type { ShownSite } from "../../sites.js";
import * as ir from "../builder.js";
import { conditionToValue } from "../conditions.js";
import { lowerExpression, typeOf } from "../expressions.js";
import { lookedUp } from "../presence.js";
import { scalarParts, valueOf, type Scope } from "../values.js";
import { liveOf } from "./calls.js";
import { addSite } from "./probes.js";

export function isExpectation(s: Scope, expression: Expression): boolean {
  const call = expectation(expression);
  const meaning = call && s.low.checked.calls.get(call.id);
  return meaning?.kind === "test" && meaning.call === "expect";
}

export function lowerExpect(s: Scope, expression: Expression): void {
  const call = defined(expectation(expression), "an expectation");
  const actual = defined(call.arguments[0], "what is expected of");
  const { span } = expression;
  const told: { operator: string | undefined; left: Side; right: Side | undefined } =
    expression.kind === "binary" && expression.operator !== "in"
      ? {
          operator: expression.operator,
          left: sideOf(s, actual),
          right: sideOf(s, expression.right),
        }
      : {
          operator: undefined,
          left: hidden(s, expression.kind === "binary" ? expected(expression, actual) : actual, actual),
          right: expression.kind === "binary" && isPure(actual) ? sideOf(s, actual) : undefined,
        };
  const site = addSite(defined(s.low.probes, "a test's code"), {
    kind: "expect",
    span,
    operator: told.operator,
    left: told.left.shown,
    right: told.right?.shown,
  });
  const values = [...told.left.values, ...(told.right?.values ?? [])];
  ir.emit(s.b, {
    kind: "helper",
    helper: "xdpl_expect",
    type: ir.u64,
    arguments: [ir.constant(s.b, ir.u32, site), ...values].map(
      (value) => ({ kind: "value", value }) as const,
    ),
  });
}

interface Side {
  readonly shown: ShownSite;
  /** Whether it is there, then its parts; of a packet, its context. */
  readonly values: readonly ValueId[];
}

/** A condition: only whether it holds. */
function hidden(s: Scope, condition: Expression, actual: Expression): Side {
  return {
    shown: { kind: "hidden", span: actual.span, type: undefined },
    values: [valueOf(conditionToValue(s, condition))],
  };
}

/** Looking at it twice changes nothing. */
function isPure(expression: Expression): boolean {
  let pure = true;
  forEachCall(expression, () => (pure = false));
  return pure;
}

function sideOf(s: Scope, expression: Expression): Side {
  const type = typeOf(s, expression);
  const { span } = expression;
  if (type.kind === "packet")
    return { shown: { kind: "packet", span, type: undefined }, values: [liveOf(s, expression)] };
  const one = ir.constant(s.b, ir.u1, 1);
  const zero = ir.constant(s.b, ir.u1, 0);
  const inner = type.kind === "nullable" ? type.inner : type;
  if (inner.kind === "null") return { shown: { kind: "presence", span, type: undefined }, values: [zero] };
  const val = lookedUp(s, lowerExpression(s, expression));
  const [present, held] = val.kind === "nullable" ? [val.present, val.inner] : [one, val];
  const parts = scalarParts(inner);
  if (!parts) return { shown: { kind: "presence", span, type: undefined }, values: [present] };
  const values =
    held.kind === "scalar"
      ? [held.value]
      : held.kind === "parts"
        ? held.values
        : parts.map((part) => ir.constant(s.b, part.type, 0));
  return { shown: { kind: "value", span, type: inner }, values: [present, ...values] };
}
