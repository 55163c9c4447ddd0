/** The expressions of header declarations (`when`, `size`, `continues`), evaluated over one layer. */
import type { Checked } from "../../check/checked.js";
import type { Header } from "../../check/types.js";
import type { Expression } from "../../syntax/ast.js";
import type { BlockId, ValueId } from "../ir.js";
import { lowerCondition } from "./conditions.js";
import { lowerExpression } from "./expressions.js";
import { valueOf, type LayerVal, type Scope } from "./values.js";

function inHeader(s: Scope, layer: LayerVal): Scope {
  return { ...s, frame: { ...s.frame, bindings: new Map(), header: layer } };
}

/** The value of an expression over a layer's own fields (`ihl * 4`). */
export function lowerHeaderExpression(s: Scope, expression: Expression, layer: LayerVal): ValueId {
  return valueOf(lowerExpression(inHeader(s, layer), expression));
}

/** Branches on a condition over a layer, which the condition names `header`'s way (`eth.type == 0x0800`) or bare. */
export function conditionValue(
  s: Scope,
  condition: Expression,
  layer: LayerVal,
  header: Header,
  then: BlockId,
  otherwise: BlockId,
): void {
  const named: LayerVal =
    layer.node.header === header ? layer : { ...layer, node: { ...layer.node, header } };
  lowerCondition(inHeader(s, named), condition, then, otherwise);
}

/** An upper bound of an expression over a header's fields, by their widths. */
export function largest(expression: Expression, checked: Checked): bigint {
  const known = checked.constants.get(expression.id);
  if (known?.kind === "number") return known.value;
  const type = checked.types.get(expression.id);
  const most = type?.kind === "int" ? (1n << BigInt(type.bits)) - 1n : (1n << 64n) - 1n;
  const bounded = (value: bigint): bigint => (value < most ? value : most);
  if (expression.kind === "cast") return bounded(largest(expression.value, checked));
  if (expression.kind === "conditional") {
    const [a, b] = [largest(expression.then, checked), largest(expression.otherwise, checked)];
    return bounded(a > b ? a : b);
  }
  if (expression.kind === "binary") {
    const [a, b] = [largest(expression.left, checked), largest(expression.right, checked)];
    if (expression.operator === "+") return bounded(a + b);
    if (expression.operator === "*") return bounded(a * b);
    if (expression.operator === "<<") return b < 64n ? bounded(a << b) : most;
  }
  return most;
}
