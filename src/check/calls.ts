/** Calls: user functions, intrinsics, builtins, and methods of maps, layers, packets and views. */
import { visible, type Binding } from "../resolve/index.js";
import type { CallExpression, Identifier, MemberExpression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import { checkBuiltin } from "./builtins.js";
import type { FunctionSymbol } from "./checked.js";
import { error, setType, shortText, type Context } from "./context.js";
import { checkForeignCall } from "./foreign.js";
import { symbolOf } from "./declarations.js";
import { checkAs } from "./expressions.js";
import { checkBytesCall, checkLayerCall, checkPacketCall } from "./layer-calls.js";
import { builtinNames, findName, unknownName } from "./lookup.js";
import { checkMapCall } from "./map-calls.js";
import { presentObject } from "./members.js";
import { applyEffects } from "./moves.js";
import { checkTestCall } from "./test-calls.js";
import { isBrokenMap, mapReceiver } from "./receivers.js";
import { aTypeName, errorType, nullable } from "./type-tools.js";
import type { Type } from "./types.js";
import { sentence } from "./words.js";

export function checkCall(cx: Context, node: CallExpression, expected: Type | undefined): Type {
  const { callee } = node;
  cx.root.look?.(cx, callee, undefined);
  const type =
    callee.kind === "identifier"
      ? checkNamed(cx, node, callee, expected)
      : callee.kind === "member-access"
        ? checkMethod(cx, node, callee)
        : notCallable(cx, node);
  setType(cx, callee, type);
  return type;
}

function notCallable(cx: Context, node: CallExpression): Type {
  checkRest(cx, node.arguments);
  if (node.callee.kind !== "error") {
    error(cx, "XD3202", node.callee, "This is not a function.", { label: "cannot be called" });
  }
  return errorType;
}

function checkNamed(cx: Context, node: CallExpression, callee: Identifier, expected: Type | undefined): Type {
  const found = findName(cx, callee.name);
  const tested = cx.body?.test ? checkTestCall(cx, node, callee, found) : undefined;
  if (tested) return tested;
  if (!found) {
    checkRest(cx, node.arguments);
    unknownName(cx, callee, "function", functionNames(cx));
    return errorType;
  }
  if (found.kind === "builtin") {
    cx.root.tables.symbols.set(callee.id, { kind: "builtin", name: found.name });
    cx.root.tables.calls.set(node.id, { kind: "builtin", name: found.name });
    if (!["str", "userStr", "read", "userRead"].includes(found.name)) noTypeArguments(cx, node, callee.name);
    return checkBuiltin(cx, node, found.name, expected);
  }
  if (found.kind === "local" || found.binding.declaration.kind !== "function") {
    checkRest(cx, node.arguments);
    const declared = found.kind === "local" ? found.symbol.declaration : found.binding.declaration.name;
    const program = found.kind === "binding" && found.binding.declaration.kind === "program";
    error(cx, "XD3202", callee, `\`${callee.name}\` is ${program ? "a program" : "not a function"}.`, {
      label: "cannot be called",
      related: [{ span: declared.span, message: "declared here" }],
      notes: program
        ? [
            "Programs hand packets on through a `ProgramArray` and its `call`. What two of them share goes into a function.",
          ]
        : [],
    });
    return errorType;
  }
  const symbol = functionOf(cx, found.binding, node);
  if (!symbol) {
    checkRest(cx, node.arguments);
    return errorType;
  }
  noTypeArguments(cx, node, callee.name);
  return callFunction(cx, node, callee, symbol);
}

/** The function a name means; of several intrinsics of one name, the one with as many parameters. */
function functionOf(cx: Context, binding: Binding, node: CallExpression): FunctionSymbol | undefined {
  const fitting = binding.overloads.find((one) => one.parameters.length === node.arguments.length);
  const chosen = fitting ?? binding.overloads[0];
  const symbol = symbolOf(cx.root, chosen ? { ...binding, declaration: chosen } : binding);
  return symbol?.kind === "function" ? symbol : undefined;
}

function callFunction(cx: Context, node: CallExpression, callee: Identifier, symbol: FunctionSymbol): Type {
  const { tables } = cx.root;
  tables.symbols.set(callee.id, symbol);
  tables.calls.set(node.id, { kind: "function", symbol, ...(cx.body?.test ? { test: true } : {}) });
  const count = symbol.parameters.length;
  arity(cx, node, symbol.name, count, count, symbol.declaration.name);
  node.arguments.forEach((argument, i) => {
    const parameter = symbol.parameters[i];
    if (parameter)
      checkAs(cx, argument, parameter.type, `the argument \`${parameter.name}\` of \`${symbol.name}\``);
    else checkRest(cx, [argument]);
  });
  applyEffects(cx, node, symbol);
  return symbol.result;
}

function noTypeArguments(cx: Context, node: CallExpression, name: string): void {
  const [first] = node.typeArguments;
  if (first) error(cx, "XD3211", first, `\`${name}\` takes no type arguments.`, { label: "not expected" });
}

function functionNames(cx: Context): readonly string[] {
  const names: string[] = [...builtinNames];
  for (const [name, { declaration }] of visible(cx.root.resolved, cx.module)) {
    if (declaration.kind === "function") names.push(name);
  }
  return names;
}

function checkMethod(cx: Context, node: CallExpression, callee: MemberExpression): Type {
  if (checkForeignCall(cx, node, callee)) return errorType;
  const map = mapReceiver(cx, callee.object);
  if (map) {
    noTypeArguments(cx, node, `${map.name}.${callee.member.name}`);
    return checkMapCall(cx, node, callee, map);
  }
  if (isBrokenMap(cx, callee.object)) {
    checkRest(cx, node.arguments);
    return errorType;
  }
  const object = presentObject(cx, callee);
  switch (object.type.kind) {
    case "layer": {
      const type = checkLayerCall(cx, node, callee, object.type);
      return object.optional ? nullable(type) : type;
    }
    case "packet":
      return checkPacketCall(cx, node, callee);
    case "bytes":
    case "option": {
      const type = checkBytesCall(cx, node, callee, object.type);
      return object.optional ? nullable(type) : type;
    }
    case "error":
      checkRest(cx, node.arguments);
      return errorType;
    default:
      checkRest(cx, node.arguments);
      error(cx, "XD3202", callee.member, `${sentence(aTypeName(object.type))} has no methods.`, {
        label: `\`${shortText(callee.object)}\` is ${aTypeName(object.type)}`,
      });
      return errorType;
  }
}
