/** The expressions of header declarations (`when`, `size`, `continues`), evaluated over one layer. */
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
