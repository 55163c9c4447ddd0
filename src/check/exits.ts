/** `return`, `break` and `continue`: as statements, and right of `??`. */
import type { Span } from "../base/span.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import { replaceFix } from "../diagnostics/edits.js";
import type { BreakStatement, ContinueStatement, Expression, ReturnStatement } from "../syntax/ast.js";
import { programKind } from "../kernel/programs.js";
import { error, type Body, type Context } from "./context.js";
import { resultText } from "./nulls.js";
import { settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { unreachable } from "./flow.js";
import { typeName, voidType, aTypeName } from "./type-tools.js";
import type { Type } from "./types.js";

/** Checks an exit; afterwards nothing is reached. */
export function checkExit(cx: Context, node: ReturnStatement | BreakStatement | ContinueStatement): void {
  const { body } = cx;
  if (!body) return;
  if (node.kind === "return") checkReturn(cx, body, node);
  else if (!leave(cx, body, node)) return;
  body.flow = unreachable(body.flow);
}

function leave(cx: Context, body: Body, node: BreakStatement | ContinueStatement): boolean {
  const target = cx.targets.findLast((one) => node.kind === "break" || one.kind === "loop");
  if (target) {
    (node.kind === "break" ? target.breaks : target.continues).push(body.flow);
    return true;
  }
  const places = node.kind === "break" ? "a loop or a `switch`" : "a loop";
  error(cx, "XD3305", node, `\`${node.kind}\` stands outside of ${places}.`, {
    label: `nothing to ${node.kind === "break" ? "leave" : "continue"}`,
  });
  return false;
}

function checkReturn(cx: Context, body: Body, node: ReturnStatement): void {
  const { result } = body;
  if (result === undefined) {
    if (!node.value) body.returned.push(voidType);
    else {
      checkExpression(cx, node.value);
      body.returned.push(settle(cx, node.value));
    }
    return;
  }
  if (result.kind === "error") {
    if (node.value) checkExpression(cx, node.value);
    return;
  }
  if (result.kind === "void") {
    if (!node.value) return;
    const type = checkExpression(cx, node.value);
    if (type.kind === "void" || type.kind === "error") return;
    settle(cx, node.value);
    error(cx, "XD3207", node.value, `\`${body.name}\` returns nothing, but a value is given here.`, {
      label: "not expected",
      fixes: valueless(node),
      notes:
        body.hook === undefined
          ? [`Say what it returns: \`function ${body.name}(…): ${typeName(type)}\`.`]
          : [],
    });
    return;
  }
  if (!node.value) {
    if (body.hook !== undefined && mayReturnNothing(body.hook)) return;
    error(
      cx,
      "XD3207",
      node,
      `\`${body.name}\` must return ${aTypeName(result)}, but nothing is given here.`,
      {
        label: `expected \`${typeName(result)}\``,
        notes: verdictNote(result),
        fixes: returned(cx, node),
      },
    );
    return;
  }
  checkAs(cx, node.value, result, `the result of \`${body.name}\``);
}

/** `return` without what it gives back. */
function valueless({
  span,
  value,
}: {
  readonly span: Span;
  readonly value: Expression | undefined;
}): readonly Fix[] {
  const at = value && { span: { ...span, start: span.start + "return".length, end: value.span.end } };
  return at ? [replaceFix("return without it", at, "")] : [];
}

/** `return PASS`, where something like it can be said without knowing more. */
function returned(cx: Context, { span }: { readonly span: Span }): readonly Fix[] {
  const exit = resultText(cx);
  if (exit === undefined) return [];
  const at = { span: { ...span, end: span.start + "return".length } };
  return [replaceFix(`write \`${exit}\``, at, exit)];
}

function mayReturnNothing(hook: string): boolean {
  const kind = programKind(hook);
  return kind?.family === "probe" && kind.optionalVerdict;
}

/** Which values there are, for enums. */
export function verdictNote(result: Type): readonly string[] {
  if (result.kind !== "enum") return [];
  return [`It is one of ${result.members.map((member) => `\`${member.name}\``).join(", ")}.`];
}
