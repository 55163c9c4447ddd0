/** Calls: user functions, builtins, methods of maps, layers and packets. */
import { bytesReads, bytesWrites, isBytesWrite } from "../../check/views.js";
import { assertNever, defined, invariant } from "../../base/invariant.js";
import type { CallMeaning } from "../../check/checked.js";
import type { CallExpression, Expression } from "../../syntax/ast.js";
import { lowerHash, lowerExtreme, lowerRedirect, lowerClamp } from "./builtins.js";
import { lowerExpression, typeOf } from "./expressions.js";
import { callFunction } from "./functions.js";
import { currentTask, fieldExists, readInteger, readText } from "./kernel.js";
import { lowerMapMethod } from "./maps.js";
import { readView, writeView } from "./packet/bytes.js";
import { lowerAdjust, lowerDecapsulate, lowerPrepend, lowerRemove } from "./packet/resize.js";
import { asNullable } from "./presence.js";
import { lowerTestCall, lowerTestMap, runProgram } from "./tests/calls.js";
import { scopeOf } from "./tests/finders.js";
import { lowerPrint } from "./print.js";
import { irInt, valueOf, type Scope, type Val } from "./values.js";

/** The value of a call. */
export function lowerCall(s: Scope, call: CallExpression): Val {
  return lowerMeaning(s, call, meaningOfCall(s, call), false);
}

/** A call whose value nobody reads. */
export function lowerStatementCall(s: Scope, call: CallExpression): void {
  lowerMeaning(s, call, meaningOfCall(s, call), true);
}

function meaningOfCall(s: Scope, call: CallExpression): CallMeaning {
  return defined(s.low.checked.calls.get(call.id), "the meaning of a call");
}

function receiver(s: Scope, call: CallExpression): Val {
  invariant(call.callee.kind === "member-access", "a method without an object");
  const val = lowerExpression(s, call.callee.object);
  return val.kind === "nullable" ? val.inner : val;
}

function argument(call: CallExpression, at: number): Expression {
  return defined(call.arguments[at], `argument ${at}`);
}

function lowerMeaning(s: Scope, call: CallExpression, meaning: CallMeaning, ignored: boolean): Val {
  switch (meaning.kind) {
    case "function":
      return callFunction(s, meaning.symbol, call);
    case "builtin":
      return lowerBuiltin(s, call, meaning.name);
    case "map-method":
      // A lookup that may fail makes its own control flow.
      if (meaning.method === "get") return asNullable(s, call);
      return lowerMapMethod(s, meaning.map, meaning.method, call, ignored);
    case "layer-method": {
      const layer = receiver(s, call);
      if (layer.kind === "void") return layer;
      invariant(layer.kind === "layer", `a method of ${layer.kind}`);
      if (meaning.method === "prepend") return lowerPrepend(s, layer, meaning.header, call, ignored);
      return meaning.method === "remove"
        ? lowerRemove(s, layer, ignored)
        : lowerDecapsulate(s, layer, ignored);
    }
    case "packet-method":
      return lowerAdjust(s, meaning.method, argument(call, 0), ignored);
    case "program":
      return runProgram(s, meaning.symbol, call);
    case "test":
      return lowerTestCall(s, call, meaning.call);
    case "test-map":
      return lowerTestMap(s, call, meaning.map, meaning.method);
    case "new-layer":
      invariant(false, "a new layer outside a packet");
    // eslint-disable-next-line no-fallthrough
    case "bytes-method": {
      const view = receiver(s, call);
      if (view.kind === "void") return view;
      const index = valueOf(lowerExpression(s, argument(call, 0)));
      invariant(view.kind === "bytes" || view.kind === "option", `bytes of ${view.kind}`);
      const { method } = meaning;
      if (!isBytesWrite(method)) return readView(scopeOf(s, view), view, index, bytesReads[method]);
      const value = valueOf(lowerExpression(s, argument(call, 1)));
      return writeView(scopeOf(s, view), view, index, value, bytesWrites[method]);
    }
    default:
      return assertNever(meaning, "call");
  }
}

function lowerBuiltin(
  s: Scope,
  call: CallExpression,
  name: (CallMeaning & { kind: "builtin" })["name"],
): Val {
  switch (name) {
    case "min":
    case "max":
      return lowerExtreme(s, name, call.arguments, irInt(typeOf(s, call)));
    case "clamp":
      return lowerClamp(s, call.arguments, irInt(typeOf(s, call)));
    case "hash":
      return lowerHash(s, call.arguments);
    case "print":
      lowerPrint(s, argument(call, 0));
      return { kind: "void" };
    case "redirect":
      return lowerRedirect(s, call);
    case "str":
    case "userStr":
      return readText(s, call, name);
    case "read":
    case "userRead":
      return readInteger(s, call, name);
    case "exists":
      return fieldExists(s, argument(call, 0));
    case "task":
      return currentTask(s);
    case "prefix":
      invariant(false, "a prefix outside a map's key");
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(name, "builtin");
  }
}
