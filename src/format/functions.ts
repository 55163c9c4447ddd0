/** Functions and programs. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type { FunctionDeclaration, Parameter, ProgramDeclaration, TestDeclaration } from "../syntax/ast.js";
import { printArguments } from "./calls.js";
import { danglingIn } from "./comments.js";
import type { Context } from "./context.js";
import { exported } from "./declarations.js";
import { commaList } from "./lists.js";
import { annotation } from "./types.js";

const { group } = builders;

export function printFunction(node: FunctionDeclaration, cx: Context): Doc {
  const head = group([
    exported(node),
    node.intrinsic === undefined ? "function " : "declare function ",
    cx.print(node.name),
    printParameters(node, cx),
    annotation(node.result, cx),
  ]);
  if (node.intrinsic !== undefined) return [head, " from ", cx.print(node.intrinsic), ";"];
  return node.body === undefined ? head : [head, " ", cx.print(node.body)];
}

function printParameters(node: FunctionDeclaration | ProgramDeclaration | TestDeclaration, cx: Context): Doc {
  return commaList(node, "parameters", { open: "(", close: ")" }, cx);
}

export function printParameter({ name, type }: Parameter, cx: Context): Doc {
  return [cx.print(name), annotation(type, cx)];
}

/** `kind(options) name(parameters) { … }`; a name always has its parentheses. */
export function printProgram(node: ProgramDeclaration, cx: Context): Doc {
  const { hook, hookArguments, name, parameters, body } = node;
  const hasParameters = parameters.length > 0 || danglingIn(node, "parameters", cx).length > 0;
  const hasArguments = hookArguments.length > 0 || danglingIn(node, "arguments", cx).length > 0;
  const parts: Doc[] = [hook.name];
  // Without a name, the first parentheses are the hook's.
  if (hasArguments || (name === undefined && hasParameters)) parts.push(printArguments(node, cx));
  if (name !== undefined) parts.push(" ", cx.print(name), printParameters(node, cx));
  else if (hasParameters) parts.push(" ", printParameters(node, cx));
  return [group(parts), " ", cx.print(body)];
}

/** `test "name" { … }`, `test "name" (p) { … }` */
export function printTest(node: TestDeclaration, cx: Context): Doc {
  const hasParameters = node.parameters.length > 0 || danglingIn(node, "parameters", cx).length > 0;
  const parameters: Doc = hasParameters ? [" ", printParameters(node, cx)] : "";
  return [group(["test ", cx.print(node.name), parameters]), " ", cx.print(node.body)];
}
