/** `x as T`: cuts, extends, and reinterprets; never checks at run time. */
import type { CastExpression } from "../syntax/ast.js";
import { error, numberOf, setConstant, setType, shortText, type Context } from "./context.js";
import { castable, retype } from "./convert.js";
import { checkExpression } from "./expressions.js";
import { defaultInt, integerOf, wrap } from "./integers.js";
import { reportNull } from "./nulls.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, sameType, typeName } from "./type-tools.js";
import type { Type } from "./types.js";
import { sentence } from "./words.js";

export function checkCast(cx: Context, node: CastExpression): Type {
  const target = resolveType(cx, node.type);
  const from = checkExpression(cx, node.value, target);
  if (from.kind === "error" || target.kind === "error") return target;
  if (from.kind === "nullable" || from.kind === "null") {
    reportNull(cx, node.value, `\`as\` needs a value`);
    return target;
  }
  if (!castable(from, target) && !sameType(from, target)) {
    const steps = from.kind === "address" && target.kind === "int" && from.family === "ipv6";
    error(cx, "XD3008", node, `${sentence(aTypeName(from))} cannot be cast to ${aTypeName(target)}.`, {
      label: `\`${typeName(from)}\` as \`${typeName(target)}\``,
      notes: steps ? ["An IPv6 address has 128 bits; no integer has that many."] : [],
    });
    return target;
  }
  settleCast(cx, node, from, target);
  return target;
}

/** Gives an untyped constant a type, and computes a constant cast. */
function settleCast(cx: Context, node: CastExpression, from: Type, target: Type): void {
  const value = numberOf(cx, node.value);
  if (value === undefined) {
    if (from.kind === "number") {
      error(cx, "XD3012", node.value, `\`${shortText(node.value)}\` needs a type before it is cast.`, {
        label: "cast each part instead",
      });
      setType(cx, node.value, errorType);
    }
    return;
  }
  const result = fold(value, target);
  setConstant(cx, node, { kind: "number", value: result });
  if (from.kind === "number") {
    // A constant that fits has the target's type at once; one that is cut is first a number of 64 bits.
    const own = target.kind === "int" || target.kind === "enum" ? target : defaultInt(value);
    retype(cx, node.value, result === value ? own : defaultInt(value));
  }
}

function fold(value: bigint, target: Type): bigint {
  if (target.kind === "bool") return value === 0n ? 0n : 1n;
  if (target.kind === "address") return BigInt.asUintN(target.family === "mac" ? 48 : 32, value);
  const int = integerOf(target);
  return int ? wrap(value, int) : value;
}
