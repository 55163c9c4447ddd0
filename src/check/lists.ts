/** `[a, b]`: an array where one is wanted; a list of constants right of `in` and in a `const`. */
import { removeRestFix, wrapFix } from "../diagnostics/edits.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import type { Expression, ListLiteral } from "../syntax/ast.js";
import type { ConstantValue } from "./checked.js";
import { constantOf, error, setConstant, setType, typeOf, type Context } from "./context.js";
import { coerce } from "./convert.js";
import { checkAny, checkAs, checkExpression } from "./expressions.js";
import { aTypeName, errorType, sameType, typeName, withoutNull } from "./type-tools.js";
import type { ArrayType, Type } from "./types.js";
import { sentence } from "./words.js";

export function checkList(cx: Context, node: ListLiteral, expected: Type | undefined): Type {
  const wanted = expected && withoutNull(expected);
  if (wanted?.kind === "array") return fillArray(cx, node, wanted);
  for (const element of node.elements) checkAny(cx, element);
  if (wanted?.kind === "error") return errorType;
  error(cx, "XD3018", node, "This list has no array to fill.", {
    label: wanted && wanted.kind !== "number" ? `${aTypeName(wanted)} is expected here` : "of which type?",
    notes: [
      `Give the variable a type, as in \`const xs: u16[${node.elements.length}] = […];\`, or write the list right of \`in\`.`,
    ],
  });
  return errorType;
}

/** Leaves out what is too much, fills up with zeros what is missing. */
function lengthFix({ elements }: ListLiteral, { element, length }: ArrayType): readonly Fix[] {
  if (elements.length > length && length > 0)
    return [removeRestFix("leave out what is too much", elements, length)];
  const last = elements.at(-1);
  const missing = length - elements.length;
  if (!last || element.kind !== "int" || missing > 16) return [];
  return [wrapFix("fill up with zeros", last, "", ", 0".repeat(missing))];
}

function fillArray(cx: Context, node: ListLiteral, array: ArrayType): Type {
  for (const element of node.elements) checkAs(cx, element, array.element, "an element");
  if (node.elements.length !== array.length) {
    error(
      cx,
      "XD3409",
      node,
      `\`${typeName(array)}\` has ${array.length} elements; ${node.elements.length} are given.`,
      {
        label: `expected ${array.length}`,
        fixes: lengthFix(node, array),
      },
    );
    return errorType;
  }
  setListConstant(cx, node);
  return array;
}

function setListConstant(cx: Context, node: ListLiteral): void {
  const elements: ConstantValue[] = [];
  for (const element of node.elements) {
    const value = constantOf(cx, element);
    if (!value) return;
    elements.push(value);
  }
  setConstant(cx, node, { kind: "list", elements });
}

/**
 * A list that is looked into: right of `in` (`needle` is the type of what is looked for), or the value of a
 * `const` (no needle yet). Elements are values, ranges and prefixes.
 */
export function checkSet(cx: Context, node: ListLiteral, needle: Type | undefined): Type {
  let element: Type | undefined = needle;
  for (const one of node.elements) {
    const type = checkSetElement(cx, one, needle);
    const own = type.kind === "prefix" ? ({ kind: "address", family: type.family } as const) : type;
    if (own.kind === "error") continue;
    if (!element) element = own;
    else if (!needle && !sameType(element, own)) {
      error(cx, "XD3018", one, `A list cannot hold both ${aTypeName(element)} and ${aTypeName(own)}.`, {
        label: `${aTypeName(own)}`,
      });
    }
  }
  setListConstant(cx, node);
  return setType(cx, node, { kind: "list", element: element ?? errorType });
}

/** The type of what an element of a set stands for: a range of `u16` stands for `u16`. */
function checkSetElement(cx: Context, node: Expression, needle: Type | undefined): Type {
  switch (node.kind) {
    case "range":
      return checkRange(cx, node, needle);
    case "prefix": {
      const type = checkExpression(cx, node);
      if (needle) requireFamily(cx, node, type, needle);
      return type;
    }
    default: {
      if (needle) {
        const type = checkExpression(cx, node, needle);
        if (type.kind === "prefix") return requireFamily(cx, node, type, needle);
        return coerce(cx, node, needle, "an element of this list") ? typeOf(cx, node) : errorType;
      }
      return checkExpression(cx, node);
    }
  }
}

function requireFamily(cx: Context, node: Expression, type: Type, needle: Type): Type {
  if (type.kind !== "prefix" || needle.kind === "error") return type;
  if (needle.kind === "address" && needle.family === type.family) return type;
  error(cx, "XD3010", node, `${sentence(aTypeName(needle))} is never in ${aTypeName(type)}.`, {
    label: `looked for: ${aTypeName(needle)}`,
  });
  return errorType;
}

/** `a..b`, both ends included. */
export function checkRange(
  cx: Context,
  node: Expression & { readonly kind: "range" },
  needle: Type | undefined,
): Type {
  const ends = [node.from, node.to];
  let element: Type | undefined = needle;
  for (const end of ends) {
    if (needle) checkAs(cx, end, needle, "an end of this range");
    else {
      const type = checkExpression(cx, end);
      if (element && !sameType(element, type)) {
        error(cx, "XD3010", end, `A range cannot go from ${aTypeName(element)} to ${aTypeName(type)}.`, {
          label: aTypeName(type),
        });
      }
      element ??= type;
    }
  }
  const ordered = element?.kind === "int" || element?.kind === "number" || element?.kind === "address";
  if (element && !ordered && element.kind !== "error" && element.kind !== "enum") {
    error(cx, "XD3010", node, `${sentence(aTypeName(element))} has no order, so there is no range of it.`, {
      label: "ranges are of integers and addresses",
    });
  }
  const from = constantOf(cx, node.from);
  const to = constantOf(cx, node.to);
  if (from?.kind === "number" && to?.kind === "number") {
    setConstant(cx, node, { kind: "range", from: from.value, to: to.value });
    if (from.value > to.value) {
      const text = (one: Expression): string => one.span.file.text.slice(one.span.start, one.span.end);
      error(cx, "XD3015", node, "This range is empty: it starts after its end.", {
        label: "both ends belong to a range",
        fixes: [
          {
            title: "swap the ends",
            edits: [{ span: node.span, text: `${text(node.to)}..${text(node.from)}` }],
          },
        ],
      });
    }
  }
  setType(cx, node, { kind: "range", element: element ?? errorType });
  return element ?? errorType;
}
