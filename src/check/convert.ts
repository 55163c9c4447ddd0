/**
 * Whether a value can stand where a type is wanted. Integers widen without a word as long as no value is lost;
 * an untyped constant takes the wanted type if it fits; everything else is said with `as`.
 */
import type { Fix } from "../diagnostics/diagnostic.js";
import type { Expression } from "../syntax/ast.js";
import {
  constantOf,
  error,
  numberOf,
  setConstant,
  setType,
  shortText,
  sourceText,
  typeOf,
  type Context,
} from "./context.js";
import { unquotedFix } from "./foreign.js";
import { boundsOf, commonInt, defaultInt, fits, smallestInt, widens } from "./integers.js";
import { reportNull } from "./nulls.js";
import { aTypeName, errorType, sameType, typeName, withoutNull } from "./type-tools.js";
import type { EnumType, IntType, Type } from "./types.js";
import { sentence } from "./words.js";

/** What the value is for, in words: "the result of `allow`", "the argument `now`". */
export type Role = string;

/**
 * Makes a checked expression fit `target`, or reports why it does not. An untyped constant is given its type.
 * `inOperator`: the expression stands beside an operator, so a fix needs parentheses.
 */
export function coerce(
  cx: Context,
  expression: Expression,
  target: Type,
  role: Role,
  inOperator = false,
): boolean {
  const type = typeOf(cx, expression);
  if (type.kind === "error" || target.kind === "error" || type.kind === "never") return true;
  if (type.kind === "number") return coerceNumber(cx, expression, target, role);
  if (target.kind === "nullable") {
    if (type.kind === "null") return true;
    if (type.kind === "nullable") {
      if (sameType(type.inner, target.inner) || intWidens(type.inner, target.inner)) return true;
      return mismatch(cx, expression, type, target, role, inOperator);
    }
    return coerce(cx, expression, target.inner, role, inOperator);
  }
  if (sameType(type, target) || intWidens(type, target)) return true;
  if (type.kind === "nullable" && (sameType(type.inner, target) || intWidens(type.inner, target))) {
    reportNull(cx, expression, `${sentence(role)} must not be null`);
    return false;
  }
  if (type.kind === "null") {
    if (expression.kind !== "null") {
      reportNull(cx, expression, `${sentence(role)} must not be null`);
      return false;
    }
    error(cx, "XD3101", expression, `${sentence(role)} must not be null.`, {
      label: `expected ${aTypeName(target)}`,
    });
    return false;
  }
  return mismatch(cx, expression, type, target, role, inOperator);
}

function intWidens(from: Type, to: Type): boolean {
  return from.kind === "int" && to.kind === "int" && widens(from, to);
}

function mismatch(
  cx: Context,
  expression: Expression,
  type: Type,
  target: Type,
  role: Role,
  inOperator: boolean,
): false {
  if (type.kind === "int" && target.kind === "int") {
    lossy(cx, expression, type, target, role, inOperator);
    return false;
  }
  const notes: string[] = [];
  const fixes: Fix[] = [];
  const wanted = withoutNull(target);
  const verdict = wanted.kind === "enum" && type.kind === "bool" ? verdictFix(expression, wanted) : undefined;
  const unquoted = unquotedFix(expression, wanted, false);
  if (verdict) fixes.push(verdict);
  else if (unquoted) fixes.push(unquoted);
  else if (castable(type, wanted) && !inOperator && keepsAddress(type, wanted))
    fixes.push(castFix(expression, wanted, inOperator));
  if (type.kind === "int" && wanted.kind === "bool") {
    notes.push("A number is not a `bool`; compare it, as in `x != 0`.");
  }
  if (type.kind === "string" && wanted.kind === "string") {
    notes.push(`The text has ${type.length} bytes; there is room for ${wanted.length}.`);
  }
  error(
    cx,
    "XD3001",
    expression,
    `${sentence(role)} must be ${aTypeName(target)}, but this is ${aTypeName(type)}.`,
    {
      label: `\`${typeName(type)}\`, not \`${typeName(target)}\``,
      notes,
      fixes,
    },
  );
  return false;
}

function lossy(
  cx: Context,
  expression: Expression,
  type: IntType,
  target: IntType,
  role: Role,
  inOperator: boolean,
): void {
  const { min, max } = boundsOf(target);
  const why =
    type.signed && !target.signed
      ? "would lose its sign"
      : !type.signed && target.signed && type.bits === target.bits
        ? "could become negative"
        : "could lose bits";
  error(
    cx,
    "XD3002",
    expression,
    `${sentence(role)} must be ${aTypeName(target)}; ${aTypeName(type)} ${why}.`,
    {
      label: `\`${typeName(type)}\`, not \`${typeName(target)}\``,
      notes: [
        `\`${typeName(target)}\` holds ${min}..${max}. \`as ${typeName(target)}\` keeps the low ${target.bits} bits.`,
      ],
      fixes: [castFix(expression, target, inOperator)],
    },
  );
}

/** `c ? DROP : PASS`: what is meant by a condition where a verdict is wanted. */
function verdictFix(expression: Expression, { members }: EnumType): Fix | undefined {
  if (!["DROP", "PASS"].every((name) => members.some((one) => one.name === name))) return undefined;
  const { file, end } = expression.span;
  const title = "say which verdict: `… ? DROP : PASS`";
  return { title, edits: [{ span: { file, start: end, end }, text: " ? DROP : PASS" }] };
}

/** An address cut to fewer bits is hardly meant. */
function keepsAddress(from: Type, to: Type): boolean {
  return from.kind !== "address" || to.kind !== "int" || to.bits >= addressBits(from.family);
}

/** `10.0.0.1` for a number where an address is wanted. */
function addressFix(expression: Expression, value: bigint | undefined, type: Type): Fix | undefined {
  if (type.kind !== "address" || type.family !== "ipv4" || value === undefined) return undefined;
  if (value < 0n || value >= 1n << 32n) return undefined;
  const text = [24n, 16n, 8n, 0n].map((by) => (value >> by) & 255n).join(".");
  return { title: `write \`${text}\``, edits: [{ span: expression.span, text }] };
}

/** `as` can make one of the other. */
export function castable(from: Type, to: Type): boolean {
  const number = (type: Type): boolean =>
    type.kind === "int" || type.kind === "bool" || type.kind === "enum" || type.kind === "number";
  if (number(from) && number(to)) return true;
  // An address as a number: to compare it, or as a key.
  if (from.kind === "kernel" || from.kind === "pointer")
    return to.kind === "int" && to.bits === 64 && !to.signed;
  // Bytes that are an address, as tracepoints have them.
  if (from.kind === "array" && to.kind === "address")
    return (
      from.element.kind === "int" && from.element.bits === 8 && from.length === addressBits(to.family) / 8
    );
  if (from.kind === "address" && to.kind === "int") return from.family !== "ipv6";
  if (to.kind === "address" && (from.kind === "int" || from.kind === "number")) return to.family !== "ipv6";
  return from.kind === "address" && to.kind === "address" && from.family === to.family;
}

export function addressBits(family: "ipv4" | "ipv6" | "mac"): number {
  return family === "ipv4" ? 32 : family === "mac" ? 48 : 128;
}

/** `e as T`, with parentheses where `as` would bind too tightly. */
export function castFix(expression: Expression, target: Type, inOperator: boolean): Fix {
  const loose = ["binary", "conditional", "coalesce-exit", "range"].includes(expression.kind);
  const name = typeName(target);
  const { file, start, end } = expression.span;
  const before = `${inOperator ? "(" : ""}${loose ? "(" : ""}`;
  const after = `${loose ? ")" : ""} as ${name}${inOperator ? ")" : ""}`;
  const edits = [{ span: { file, start: end, end }, text: after }];
  if (before !== "") edits.unshift({ span: { file, start, end: start }, text: before });
  return { title: `convert it with \`as ${name}\``, edits };
}

function coerceNumber(cx: Context, expression: Expression, target: Type, role: Role): boolean {
  const value = numberOf(cx, expression);
  const inner = withoutNull(target);
  if (value === undefined && expression.kind === "conditional") {
    // `c ? 1 : 2` is no constant; each arm takes the type.
    const then = coerce(cx, expression.then, inner, role);
    const both = coerce(cx, expression.otherwise, inner, role) && then;
    setType(cx, expression, both ? inner : errorType);
    return both;
  }
  switch (inner.kind) {
    case "number":
      return true;
    case "int": {
      if (value === undefined) break;
      const fitting = complemented(expression, value, inner);
      if (fitting === undefined) {
        tooLarge(cx, expression, value, inner, role);
        return false;
      }
      if (fitting !== value) setConstant(cx, expression, { kind: "number", value: fitting });
      retype(cx, expression, inner);
      return true;
    }
    case "enum": {
      const member = inner.members.find((one) => one.value === value);
      const name = member && `${inner.name}.${member.name}`;
      error(
        cx,
        "XD3001",
        expression,
        `${sentence(role)} must be ${aTypeName(inner)}, but this is a number.`,
        {
          label: `expected \`${inner.name}\``,
          notes: name === undefined ? [`No member of \`${inner.name}\` has this value.`] : [],
          fixes:
            name === undefined
              ? []
              : [{ title: `write \`${name}\``, edits: [{ span: expression.span, text: name }] }],
        },
      );
      return false;
    }
    case "bool":
      error(cx, "XD3001", expression, `${sentence(role)} must be a \`bool\`, but this is a number.`, {
        label: "expected `true` or `false`",
        fixes:
          value === 0n || value === 1n
            ? [
                {
                  title: `write \`${value === 1n ? "true" : "false"}\``,
                  edits: [{ span: expression.span, text: value === 1n ? "true" : "false" }],
                },
              ]
            : [],
      });
      return false;
    default:
      break;
  }
  const address = addressFix(expression, value, inner);
  error(cx, "XD3001", expression, `${sentence(role)} must be ${aTypeName(target)}, but this is a number.`, {
    label: `expected \`${typeName(target)}\``,
    fixes: address
      ? [address]
      : castable({ kind: "number" }, inner)
        ? [castFix(expression, inner, false)]
        : [],
  });
  return false;
}

/** The value as one of the type; `~0xff` is all other bits of whatever width is wanted. */
function complemented(expression: Expression, value: bigint, target: IntType): bigint | undefined {
  if (fits(value, target)) return value;
  const complement = expression.kind === "unary" && expression.operator === "~";
  if (complement && !target.signed && value < 0n && fits(~value, target))
    return BigInt.asUintN(target.bits, value);
  return undefined;
}

function tooLarge(cx: Context, expression: Expression, value: bigint, target: IntType, role: Role): void {
  const { min, max } = boundsOf(target);
  const wider = smallestInt(value, target.signed || value < 0n);
  const shown = sourceText(expression) === String(value) ? "" : ` (${shortText(expression)})`;
  error(cx, "XD3003", expression, `${value}${shown} does not fit \`${typeName(target)}\`.`, {
    label: `\`${typeName(target)}\` holds ${min}..${max}`,
    notes: [
      `${sentence(role)} is ${aTypeName(target)}.${wider ? ` The smallest type for it is \`${typeName(wider)}\`.` : ""}`,
    ],
  });
}

/** Gives an untyped constant its type, and its parts with it. */
export function retype(cx: Context, expression: Expression, type: Type): void {
  if (typeOf(cx, expression).kind !== "number") return;
  setType(cx, expression, type);
  switch (expression.kind) {
    case "binary":
      if (typeOf(cx, expression.left).kind === "number") retype(cx, expression.left, type);
      if (typeOf(cx, expression.right).kind === "number") retype(cx, expression.right, type);
      break;
    case "unary":
      retype(cx, expression.operand, type);
      break;
    case "conditional":
      retype(cx, expression.then, type);
      retype(cx, expression.otherwise, type);
      break;
    default:
      break;
  }
}

/** An untyped constant that nothing gave a type becomes `u64`, or `i64` when negative. */
export function settle(cx: Context, expression: Expression): Type {
  const type = typeOf(cx, expression);
  if (type.kind !== "number") return type;
  if (numberOf(cx, expression) === undefined && expression.kind === "conditional") {
    const common = unify(settle(cx, expression.then), settle(cx, expression.otherwise));
    return setType(cx, expression, common ?? errorType);
  }
  const value = numberOf(cx, expression) ?? 0n;
  const chosen = defaultInt(value);
  if (!fits(value, chosen)) {
    tooLarge(cx, expression, value, chosen, "a number without a type");
    return setType(cx, expression, errorType);
  }
  retype(cx, expression, chosen);
  return chosen;
}

/** The one type of two alternatives (arms of `?:`, sides of `??`, returned values); undefined when there is none. */
export function unify(a: Type, b: Type): Type | undefined {
  if (a.kind === "error" || b.kind === "never") return a;
  if (b.kind === "error" || a.kind === "never") return b;
  if (a.kind === "null" || b.kind === "null") {
    const other = a.kind === "null" ? b : a;
    return other.kind === "null" || other.kind === "nullable" ? other : { kind: "nullable", inner: other };
  }
  if (a.kind === "nullable" || b.kind === "nullable") {
    const inner = unify(withoutNull(a), withoutNull(b));
    return inner && (inner.kind === "error" ? inner : { kind: "nullable", inner });
  }
  if (sameType(a, b)) return a;
  if (a.kind === "int" && b.kind === "int") {
    if (widens(a, b)) return b;
    return widens(b, a) ? a : commonInt(a, b);
  }
  return undefined;
}

/** Whether a constant is known for the expression. */
export function isConstant(cx: Context, expression: Expression): boolean {
  return constantOf(cx, expression) !== undefined;
}
