/** `opens.add(comm())`, `latency.record(key, value)`, and `print` and `clear` of any map with entries. */
import { replaceFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { CallExpression, Expression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import type { MapSymbol } from "./checked.js";
import { constantNumber } from "./constants.js";
import { error, type Context } from "./context.js";
import { settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { assumePresent } from "./identifiers.js";
import { reportNull } from "./nulls.js";
import { aTypeName, voidType } from "./type-tools.js";
import type { Type } from "./types.js";
import { sentence } from "./words.js";

/** `add(key?)`: one more. */
export function checkAdd(cx: Context, node: CallExpression, map: MapSymbol): Type {
  const { key } = map.type;
  const [first] = node.arguments;
  if (!arity(cx, node, `${map.name}.add`, key ? 1 : 0, key ? 1 : 0)) checkRest(cx, node.arguments);
  else if (key && first) checkAs(cx, first, key, `a key of \`${map.name}\``);
  return voidType;
}

/** `record(key?, value)`. */
export function checkRecord(cx: Context, node: CallExpression, map: MapSymbol): Type {
  const { key } = map.type;
  const count = key ? 2 : 1;
  if (!arity(cx, node, `${map.name}.record`, count, count)) {
    checkRest(cx, node.arguments);
    return voidType;
  }
  const [first] = node.arguments;
  const value = node.arguments[count - 1];
  if (key && first) checkAs(cx, first, key, `a key of \`${map.name}\``);
  if (value) checkRecorded(cx, value, map);
  return voidType;
}

function checkRecorded(cx: Context, value: Expression, map: MapSymbol): void {
  const type = checkExpression(cx, value);
  if (type.kind === "error" || type.kind === "int") return;
  if (type.kind === "number") {
    settle(cx, value);
    return;
  }
  if (type.kind === "nullable" || type.kind === "null") {
    reportNull(cx, value, `\`${map.name}\` records values`);
    assumePresent(cx, value);
    return;
  }
  error(cx, "XD3001", value, `\`${map.name}\` records integers, but this is ${aTypeName(type)}.`, {
    label: sentence(aTypeName(type)),
  });
}

/** `print({ top: 10 })`: whoever reads the events is asked to show the map. */
export function checkPrintMap(cx: Context, node: CallExpression, map: MapSymbol): Type {
  if (!arity(cx, node, `${map.name}.print`, 0, 1)) {
    checkRest(cx, node.arguments);
    return voidType;
  }
  const [options] = node.arguments;
  if (options?.kind === "object")
    for (const field of options.fields) printOption(cx, field.name, field.value);
  else if (options) {
    checkRest(cx, [options]);
    error(cx, "XD3506", options, "`print` of a map takes options.", { label: "write `{ top: 10 }`" });
  }
  return voidType;
}

function printOption(
  cx: Context,
  name: { readonly name: string; readonly span: Expression["span"] },
  value: Expression | undefined,
): void {
  if (name.name !== "top") {
    const meant = didYouMean(name.name, ["top"]);
    if (value) checkRest(cx, [value]);
    error(cx, "XD3506", name, `\`print\` of a map has no option \`${name.name}\`.`, {
      label: meant === undefined ? "its option is `top`" : `did you mean \`${meant}\`?`,
      fixes: meant === undefined ? [] : [replaceFix(`change it to \`${meant}\``, name, meant)],
    });
    return;
  }
  if (!value) {
    error(cx, "XD3506", name, "The option `top` has no value.", { label: "write `top: 10`" });
    return;
  }
  const top = constantNumber(cx, value, "`top`");
  if (top !== undefined && (top < 1n || top > 1_000_000n))
    error(cx, "XD3506", value, "`top` is how many entries are shown at most.", {
      label: "must be 1 or more",
    });
}

export function checkClear(cx: Context, node: CallExpression, map: MapSymbol): Type {
  if (!arity(cx, node, `${map.name}.clear`, 0, 0)) checkRest(cx, node.arguments);
  return voidType;
}
