/** How many arguments a call has. */
import { removeRestFix } from "../diagnostics/edits.js";
import type { CallExpression, Expression } from "../syntax/ast.js";
import type { Identifier } from "../syntax/ast.js";
import { error, type Context } from "./context.js";
import { checkAny } from "./expressions.js";

/** Reports a wrong number of arguments; true when it is right. */
export function arity(
  cx: Context,
  node: CallExpression,
  name: string,
  least: number,
  most: number,
  declared?: Identifier,
): boolean {
  const given = node.arguments.length;
  if (given >= least && given <= most) return true;
  const wanted =
    least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  const extra = node.arguments[most];
  const at = given > most && extra ? extra : { span: { ...node.span, start: node.callee.span.end } };
  const one = least === most && least === 1 ? "argument" : "arguments";
  error(
    cx,
    "XD3203",
    at,
    `\`${name}\` takes ${wanted} ${one}; ${given} ${given === 1 ? "is" : "are"} given.`,
    {
      label: given > most ? "not expected" : `${least - given} missing`,
      related: declared ? [{ span: declared.span, message: "declared here" }] : [],
      fixes: given > most ? [removeRestFix("leave it out", node.arguments, most)] : [],
    },
  );
  return false;
}

/** Checks arguments that nothing more is known of, for their own mistakes. */
export function checkRest(cx: Context, args: readonly Expression[]): void {
  for (const argument of args) {
    if (argument.kind === "object") {
      for (const field of argument.fields) if (field.value) checkAny(cx, field.value);
    } else if (argument.kind !== "list" && argument.kind !== "template") checkAny(cx, argument);
  }
}
