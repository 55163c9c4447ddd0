/** Calls of functions written in the language: laid out in place, or called where only integers cross. */
import { defined, invariant } from "../../base/invariant.js";
import type { FunctionSymbol } from "../../check/checked.js";
import type { Type } from "../../check/types.js";
import type { CallExpression } from "../../syntax/ast.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { meetable, settled } from "./choices.js";
import { coerce, lowerExpression, typeOf } from "./expressions.js";
import { callIntrinsic } from "./intrinsics.js";
import { lowerBlock } from "./statements.js";
import { callSubprogram, isSubprogram } from "./subprograms.js";
import { flatten, meeting } from "./meeting.js";
import { filled, type Binding, type Frame, type Scope, type Val } from "./values.js";

export function callFunction(s: Scope, symbol: FunctionSymbol, call: CallExpression): Val {
  const values = call.arguments.map((argument, i): Val => {
    const parameter = defined(symbol.parameters[i], "a parameter");
    const val = coerce(s, lowerExpression(s, argument), typeOf(s, argument), parameter.type);
    return val.kind === "lookup" && !parameter.mutable ? val : settled(s, parameter.type, val);
  });
  if (symbol.intrinsic !== undefined) return callIntrinsic(s, symbol, values);
  if (isSubprogram(s, symbol)) return callSubprogram(s, symbol, values);
  return inline(s, symbol, values);
}

/** Parameters are variables: a function may assign to them. */
export function bindParameters(s: Scope, frame: Frame, symbol: FunctionSymbol, values: readonly Val[]): void {
  for (const [i, parameter] of symbol.parameters.entries()) {
    const val = defined(values[i], `argument ${i}`);
    let binding: Binding = { kind: "fixed", value: val };
    if (parameter.mutable && val.kind !== "layer" && val.kind !== "packet") {
      const parts: ValueId[] = flatten(s, filled(s, parameter.type, val));
      const variables = parts.map((value) => ir.newVariable(parameter.name, ir.typeOf(s.b, value), 0n));
      variables.forEach((variable, at) => ir.write(s.b, variable, defined(parts[at], "a value")));
      binding = { kind: "variables", shape: filled(s, parameter.type, val), variables };
    }
    frame.bindings.set(parameter, binding);
  }
}

function inline(s: Scope, symbol: FunctionSymbol, values: readonly Val[]): Val {
  const after = ir.newBlock(s.b);
  const result = meeting(symbol.name, symbol.result);
  const type: Type = symbol.result;
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: type,
    depth: s.frame.depth + 1,
    exit: (inside, val) => {
      if (val) result.give(inside, meetable(inside, type, val));
      ir.jump(inside.b, after);
    },
  };
  const inside: Scope = { ...s, frame, loops: [] };
  bindParameters(inside, frame, symbol, values);
  invariant(symbol.body, `${symbol.name} has no body`);
  lowerBlock(inside, symbol.body);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return ir.ended(s.b) ? { kind: "void" } : result.take(s);
}
