/** `a[i]`: maps, arrays and views of bytes. That a variable index is in range is the verifier's to prove. */
import type { IndexExpression } from "../syntax/ast.js";
import { checkRest } from "./arguments.js";
import { constantOf, error, numberOf, setConstant, shortText, type Context } from "./context.js";
import { settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { narrowed } from "./identifiers.js";
import { keyType } from "./map-calls.js";
import { mapKind } from "./map-kinds.js";
import { reportNull } from "./nulls.js";
import { isBrokenMap, mapReceiver } from "./receivers.js";
import { aTypeName, errorType, nullable, typeName, u8 } from "./type-tools.js";
import type { Type } from "./types.js";
import { sentence, withArticle } from "./words.js";

export function checkIndex(cx: Context, node: IndexExpression): Type {
  const map = mapReceiver(cx, node.object);
  if (map) {
    const info = mapKind(map.type.map);
    const key = keyType(map.type);
    if (!info.indexable || !map.type.value || !key) {
      checkRest(cx, [node.index]);
      const write = info.methods[0] ?? "";
      error(cx, "XD3507", node, `The entries of ${withArticle(map.type.map)} cannot be read.`, {
        label: `\`${map.name}\` is ${withArticle(map.type.map)}`,
        notes: info.redirect
          ? [`Packets are sent to an entry with \`redirect(${map.name}, key)\`.`]
          : map.type.aggregation
            ? [`It is written with \`${write}\`, and shown when the run ends.`]
            : [],
      });
      return errorType;
    }
    if (!info.array) {
      checkAs(cx, node.index, key, `a key of \`${map.name}\``);
      return narrowed(cx, node, nullable(map.type.value));
    }
    // Of any width: it is proven to be in range.
    checkIndexValue(cx, node);
    checkRange(cx, node, map.type.size, `\`${map.name}\``);
    return map.type.value;
  }
  if (isBrokenMap(cx, node.object)) {
    // Its keys are not known: any may be right.
    checkExpression(cx, node.index);
    settle(cx, node.index);
    return errorType;
  }
  const type = checkExpression(cx, node.object);
  const inner = type.kind === "nullable" ? type.inner : type;
  if (type.kind === "nullable") reportNull(cx, node.object, "`[…]` needs a value");
  checkIndexValue(cx, node);
  switch (inner.kind) {
    case "error":
      return errorType;
    case "array": {
      checkRange(cx, node, inner.length, `\`${shortText(node.object)}\``);
      const list = constantOf(cx, node.object);
      const at = numberOf(cx, node.index);
      const element = list?.kind === "list" && at !== undefined ? list.elements[Number(at)] : undefined;
      if (element) setConstant(cx, node, element);
      return inner.element;
    }
    case "string":
      checkRange(cx, node, inner.length, `\`${shortText(node.object)}\``);
      return u8;
    case "bytes":
      return narrowed(cx, node, nullable(u8));
    default:
      error(cx, "XD3005", node, `${sentence(aTypeName(inner))} has no elements.`, {
        label: `\`${shortText(node.object)}\` is ${aTypeName(inner)}`,
        notes: inner.kind === "list" ? ["Give the constant a type, as in `const xs: u16[3] = […];`."] : [],
      });
      return errorType;
  }
}

function checkIndexValue(cx: Context, node: IndexExpression): Type {
  const type = checkExpression(cx, node.index);
  const settled = settle(cx, node.index);
  if (type.kind === "nullable") reportNull(cx, node.index, "an index needs a value");
  else if (settled.kind !== "int" && settled.kind !== "error") {
    error(cx, "XD3001", node.index, `An index must be an integer, but this is ${aTypeName(settled)}.`, {
      label: `\`${typeName(settled)}\``,
    });
  }
  return settled;
}

function checkRange(cx: Context, node: IndexExpression, length: number, what: string): void {
  const at = numberOf(cx, node.index);
  if (at === undefined || (at >= 0n && at < BigInt(length))) return;
  error(cx, "XD3509", node.index, `${what} has ${length} elements; there is no element ${at}.`, {
    label: `must be 0..${length - 1}`,
  });
}
