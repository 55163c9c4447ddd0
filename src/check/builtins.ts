/** Functions the language itself has: `min`, `max`, `clamp`, `hash`, `print`, `redirect`, `prefix`. */
import { wrapFix } from "../diagnostics/edits.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import { assertNever } from "../base/invariant.js";
import type { CallExpression, Expression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import type { BuiltinName } from "./checked.js";
import { error, numberOf, setConstant, setType, shortText, type Context } from "./context.js";
import { addressBits, castFix, coerce, settle } from "./convert.js";
import { checkAny, checkAs, checkExpression } from "./expressions.js";
import { assumePresent, verdictEnum } from "./identifiers.js";
import { commonInt, rounded } from "./integers.js";
import { checkExists, checkRead, checkTask, checkText } from "./kernel-calls.js";
import { keyType } from "./map-calls.js";
import { mapKind } from "./map-kinds.js";
import { reportNull } from "./nulls.js";
import { mapReceiver } from "./receivers.js";
import { aTypeName, errorType, isStackTrace, numberType, typeName, u32, voidType } from "./type-tools.js";
import type { IntType, Type } from "./types.js";
import { sentence } from "./words.js";

export function checkBuiltin(
  cx: Context,
  node: CallExpression,
  name: BuiltinName,
  expected: Type | undefined,
): Type {
  switch (name) {
    case "min":
    case "max":
      return checkExtreme(cx, node, name, 2, Infinity, expected);
    case "clamp":
      return checkExtreme(cx, node, name, 3, 3, expected);
    case "hash":
      return checkHash(cx, node);
    case "print":
      return checkPrint(cx, node);
    case "redirect":
      return checkRedirect(cx, node);
    case "prefix":
      return checkPrefixCall(cx, node);
    case "str":
    case "userStr":
      return checkText(cx, node, name);
    case "read":
    case "userRead":
      return checkRead(cx, node, name);
    case "exists":
      return checkExists(cx, node);
    case "task":
      return checkTask(cx, node);
    default:
      return assertNever(name, "builtin");
  }
}

/** `min`, `max`, `clamp`: all arguments are widened to one type. */
function checkExtreme(
  cx: Context,
  node: CallExpression,
  name: "min" | "max" | "clamp",
  least: number,
  most: number,
  expected: Type | undefined,
): Type {
  const hint = expected?.kind === "int" ? expected : undefined;
  const types = node.arguments.map((argument) => integerArgument(cx, argument, name, hint));
  if (!arity(cx, node, name, least, most)) return errorType;
  if (types.some((type) => type.kind === "error")) return errorType;
  const ints = types.filter((type) => type.kind === "int");
  if (ints.length === 0) return foldExtreme(cx, node, name);
  let common: IntType = rounded(ints[0] ?? u32);
  for (const [i, argument] of node.arguments.entries()) {
    const type = types[i];
    if (type?.kind !== "int") continue;
    const both = commonInt(common, type);
    if (!both) {
      error(cx, "XD3004", argument, `\`${name}\` mixes \`${typeName(common)}\` and \`${typeName(type)}\`.`, {
        label: `\`${typeName(type)}\` beside \`${typeName(common)}\``,
        notes: ["One has a sign, the other has not, and neither type holds all values of the other."],
        fixes: [castFix(argument, common, false)],
      });
      return errorType;
    }
    common = both;
  }
  let fine = true;
  for (const [i, argument] of node.arguments.entries()) {
    if (types[i]?.kind === "number") {
      fine = coerce(cx, argument, common, `an argument of this \`${name}\``) && fine;
    }
  }
  return fine ? common : errorType;
}

function integerArgument(cx: Context, argument: Expression, name: string, hint: Type | undefined): Type {
  const type = checkExpression(cx, argument, hint);
  if (type.kind === "nullable" || type.kind === "null") {
    reportNull(cx, argument, `\`${name}\` needs a value`);
    assumePresent(cx, argument);
    return errorType;
  }
  if (type.kind === "int" || type.kind === "number" || type.kind === "error") return type;
  error(cx, "XD3005", argument, `\`${name}\` works on integers, not on ${aTypeName(type)}.`, {
    label: aTypeName(type),
  });
  return errorType;
}

function foldExtreme(cx: Context, node: CallExpression, name: "min" | "max" | "clamp"): Type {
  const values = node.arguments.map((argument) => numberOf(cx, argument));
  if (values.includes(undefined)) {
    const types = node.arguments.map((argument) => settle(cx, argument));
    return types[0] ?? errorType;
  }
  const known = values.filter((value) => value !== undefined);
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  const [x = 0n, low = 0n, high = 0n] = known;
  const value =
    name === "min" ? known.reduce(least) : name === "max" ? known.reduce(most) : least(most(x, low), high);
  setConstant(cx, node, { kind: "number", value });
  return numberType;
}

function checkHash(cx: Context, node: CallExpression): Type {
  arity(cx, node, "hash", 1, Infinity);
  for (const argument of node.arguments) {
    const type = checkAny(cx, argument);
    if (type.kind === "nullable" || type.kind === "null") reportNull(cx, argument, "`hash` needs a value");
    else if (!["int", "bool", "enum", "address", "string", "array", "struct", "error"].includes(type.kind)) {
      error(cx, "XD3001", argument, `\`hash\` works on values, not on ${aTypeName(type)}.`, {
        label: aTypeName(type),
      });
    }
  }
  return u32;
}

function checkPrint(cx: Context, node: CallExpression): Type {
  const [text] = node.arguments;
  if (!arity(cx, node, "print", 1, 1) || !text) {
    checkRest(cx, node.arguments);
    return voidType;
  }
  if (text.kind === "template") {
    setType(cx, text, voidType);
    for (const value of text.values) checkPrinted(cx, value);
  } else if (text.kind === "string") checkExpression(cx, text);
  else {
    const type = checkAny(cx, text);
    if (type.kind === "error") return voidType;
    const { file, start, end } = text.span;
    error(cx, "XD3210", text, "`print` takes a text.", {
      label: "not a string or template",
      fixes: [
        {
          title: "print it in a template",
          edits: [
            { span: { file, start, end: start }, text: "`${" },
            { span: { file, start: end, end }, text: "}`" },
          ],
        },
      ],
    });
  }
  return voidType;
}

function checkPrinted(cx: Context, value: Expression): void {
  const type = checkAny(cx, value);
  if (isStackTrace(type)) return;
  switch (type.kind) {
    case "int":
    case "bool":
    case "enum":
    case "address":
    case "string":
    case "error":
      return;
    case "nullable":
    case "null":
      reportNull(cx, value, "`print` needs a value");
      return;
    default:
      error(cx, "XD3210", value, `${sentence(aTypeName(type))} cannot be printed.`, {
        label: aTypeName(type),
        notes:
          type.kind === "struct" || type.kind === "layer"
            ? [`Print its fields, as in \`\${${shortText(value)}.${firstField(type)}}\`.`]
            : type.kind === "pointer" && type.text
              ? [`Print the text that it leads to: \`\${str(${shortText(value)})}\`.`]
              : type.kind === "pointer" || type.kind === "kernel"
                ? [`Print its address: \`\${${shortText(value)} as u64}\`.`]
                : [],
        fixes: printFix(value, type),
      });
  }
}

function firstField(type: Type): string {
  const fields = type.kind === "struct" ? type.fields : type.kind === "layer" ? type.header.fields : [];
  return fields[0]?.name ?? "field";
}

function checkRedirect(cx: Context, node: CallExpression): Type {
  const verdict: Type = verdictEnum(cx, cx.body?.hook ?? "xdp") ?? errorType;
  const [first, key, fallback] = node.arguments;
  const map = first && mapReceiver(cx, first);
  if (!map) {
    if (arity(cx, node, "redirect", 1, 1) && first) checkAs(cx, first, u32, "the device index of `redirect`");
    else checkRest(cx, node.arguments);
    return verdict;
  }
  if (!mapKind(map.type.map).redirect) {
    error(cx, "XD3507", first, `\`${map.name}\` is not a map that packets can be sent to.`, {
      label: map.type.map,
      notes: ["Packets are sent to the entries of a `DevMap`, `DevMapHash`, `CpuMap` or `XskMap`."],
      related: [{ span: map.declaration.name.span, message: "declared here" }],
    });
  }
  if (!arity(cx, node, "redirect", 2, 3) || !key) {
    checkRest(cx, node.arguments.slice(1));
    return verdict;
  }
  checkAs(cx, key, keyType(map.type) ?? u32, `a key of \`${map.name}\``);
  if (fallback) checkAs(cx, fallback, verdict, "the verdict for a missing entry");
  return verdict;
}

/** `prefix(address, length)`: the first `length` bits. */
function checkPrefixCall(cx: Context, node: CallExpression): Type {
  const [address, length] = node.arguments;
  if (!arity(cx, node, "prefix", 2, 2) || !address || !length) {
    checkRest(cx, node.arguments);
    return errorType;
  }
  const type = checkAny(cx, address);
  checkAs(cx, length, u32, "the length of a prefix");
  if (type.kind === "nullable" || type.kind === "null") {
    reportNull(cx, address, "`prefix` needs a value");
    return errorType;
  }
  if (type.kind !== "address") {
    if (type.kind !== "error") {
      error(cx, "XD3001", address, `\`prefix\` takes an address, but this is ${aTypeName(type)}.`, {
        label: `\`${typeName(type)}\``,
      });
    }
    return errorType;
  }
  const bits = addressBits(type.family);
  const known = numberOf(cx, length);
  if (known !== undefined && known > BigInt(bits)) {
    error(
      cx,
      "XD3003",
      length,
      `${aTypeName(type).replace(/^a/, "A")} has ${bits} bits; a prefix of ${known} is longer.`,
      {
        label: `must be 0..${bits}`,
      },
    );
  }
  return { kind: "prefix", family: type.family };
}

/** What can be printed instead and leaves no choice. */
function printFix(value: Expression, type: Type): readonly Fix[] {
  if (type.kind === "pointer" && type.text) return [wrapFix("print the text", value, "str(", ")")];
  if (type.kind === "pointer" || type.kind === "kernel")
    return [wrapFix("print the address", value, "", " as u64")];
  return [];
}
