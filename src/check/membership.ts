/** `x in y`: prefixes, ranges, lists, constant lists, and maps. */
import type { Span } from "../base/span.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import type { BinaryExpression, Expression } from "../syntax/ast.js";
import { constantIn } from "./constants.js";
import {
  constantOf,
  error,
  numberOf,
  setConstant,
  setType,
  shortText,
  typeOf,
  type Context,
} from "./context.js";
import { unquotedFix } from "./foreign.js";
import { addressBits, settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { assumePresent } from "./identifiers.js";
import { fits } from "./integers.js";
import { checkRange, checkSet } from "./lists.js";
import { mapKind } from "./map-kinds.js";
import { keyType } from "./map-calls.js";
import { reportNull } from "./nulls.js";
import { mapReceiver } from "./receivers.js";
import { aTypeName, boolType, isScalar, sameType, typeName, withoutNull } from "./type-tools.js";
import type { ConstantValue } from "./checked.js";
import type { Type } from "./types.js";
import { sentence, withArticle } from "./words.js";

export function checkIn(cx: Context, node: BinaryExpression): Type {
  const map = mapReceiver(cx, node.right);
  if (map) {
    const key = keyType(map.type);
    if (key) checkAs(cx, node.left, key, `a key of \`${map.name}\``);
    if (!mapKind(map.type.map).methods.includes("has")) {
      error(
        cx,
        "XD3507",
        node,
        `Nothing can be looked up in \`${map.name}\`: it is ${withArticle(map.type.map)}.`,
        {
          label: "no keys to look for",
        },
      );
    }
    return boolType;
  }
  const needle = needleType(cx, node);
  checkHaystack(cx, node.right, needle, node.operatorSpan);
  const value = numberOf(cx, node.left);
  const right = constantOf(cx, node.right);
  if (value !== undefined && right) {
    const bits = needle.kind === "address" ? addressBits(needle.family) : 64;
    const inside = constantIn(value, right, bits);
    if (inside !== undefined) setConstant(cx, node, { kind: "number", value: inside ? 1n : 0n });
  }
  return boolType;
}

function needleType(cx: Context, node: BinaryExpression): Type {
  const type = checkExpression(cx, node.left);
  if (type.kind === "nullable" || type.kind === "null") {
    reportNull(cx, node.left, "`in` looks for a value");
    assumePresent(cx, node.left);
    return type.kind === "null" ? { kind: "error" } : withoutNull(type);
  }
  return settle(cx, node.left);
}

/** Checks what stands right of `in`, or in a `case`, for a value of the needle's type. */
export function checkHaystack(cx: Context, node: Expression, needle: Type, word?: Span): Type {
  switch (node.kind) {
    case "list":
      return checkSet(cx, node, needle);
    case "range":
      checkRange(cx, node, needle);
      return typeOf(cx, node);
    default: {
      const type = checkExpression(cx, node, needle);
      return checkSetValue(cx, node, type, needle, word);
    }
  }
}

function checkSetValue(
  cx: Context,
  node: Expression,
  type: Type,
  needle: Type,
  word: Span | undefined,
): Type {
  if (type.kind === "error" || needle.kind === "error") return type;
  if (type.kind === "prefix") {
    if (needle.kind === "address" && needle.family === type.family) return type;
    error(cx, "XD3010", node, `${sentence(aTypeName(needle))} is never in ${aTypeName(type)}.`, {
      label: `looked for: ${aTypeName(needle)}`,
      notes: needle.kind === "int" ? ["A number becomes an address with `as Ipv4Addr`."] : [],
    });
    return type;
  }
  if (type.kind === "list" || type.kind === "range") {
    const { element } = type;
    const constant = constantOf(cx, node);
    if (element.kind === "number" && needle.kind === "int" && constant) {
      requireFit(cx, node, constant, needle);
      return setType(cx, node, { ...type, element: needle });
    }
    if (sameType(element, needle) || (element.kind === "int" && needle.kind === "int")) return type;
    error(cx, "XD3010", node, `${sentence(aTypeName(needle))} is never in ${aTypeName(type)}.`, {
      label: `looked for: ${aTypeName(needle)}`,
    });
    return type;
  }
  const settled = settle(cx, node);
  error(cx, "XD3020", node, `Nothing can be looked up in ${aTypeName(type)}.`, {
    label: "not a prefix, range, list or map",
    ...instead(node, needle, word, isScalar(settled)),
  });
  return type;
}

/** What was meant by a value in which nothing can be. */
function instead(
  node: Expression,
  needle: Type,
  word: Span | undefined,
  comparable: boolean,
): { readonly notes: readonly string[]; readonly fixes: readonly Fix[] } {
  const equals = word && { title: "compare with `==`", edits: [{ span: word, text: "==" }] };
  const unquoted = unquotedFix(node, needle, true);
  if (unquoted) {
    const whole = unquoted.title.includes("/") || !equals;
    const fix = whole ? unquoted : { title: equals.title, edits: [...equals.edits, ...unquoted.edits] };
    return { notes: ["Addresses and prefixes are literals, without quotes."], fixes: [fix] };
  }
  const notes = [`To compare, write \`==\`; for one of several values, \`in [${shortText(node)}, …]\`.`];
  return { notes, fixes: equals && comparable ? [equals] : [] };
}

function requireFit(cx: Context, node: Expression, constant: ConstantValue, needle: Type): void {
  if (needle.kind !== "int") return;
  const numbers =
    constant.kind === "list" ? constant.elements.flatMap((one) => numbersOf(one)) : numbersOf(constant);
  const wrong = numbers.find((value) => !fits(value, needle));
  if (wrong === undefined) return;
  error(
    cx,
    "XD3003",
    node,
    `\`${shortText(node)}\` contains ${wrong}, which does not fit \`${typeName(needle)}\`.`,
    {
      label: `looked for: ${aTypeName(needle)}`,
    },
  );
}

function numbersOf(constant: ConstantValue): readonly bigint[] {
  if (constant.kind === "number") return [constant.value];
  return constant.kind === "range" ? [constant.from, constant.to] : [];
}
