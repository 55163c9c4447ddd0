/** What may be null: why, and the guard to add. */
import type { Fix } from "../diagnostics/diagnostic.js";
import type { Expression } from "../syntax/ast.js";
import { error, shortText, sourceText, typeOf, type Context } from "./context.js";
import { learn } from "./flow.js";
import { presume, whyUnknown } from "./history.js";
import { pathOf } from "./paths.js";
import { aTypeName, withoutNull } from "./type-tools.js";
import { clause } from "./words.js";

/** Why an expression of a nullable type can be null, in a sentence. */
function reason(cx: Context, expression: Expression): string | undefined {
  const { tables } = cx.root;
  switch (expression.kind) {
    case "member-access": {
      const meaning = tables.members.get(expression.id);
      if (meaning?.kind === "layer") {
        return `\`${shortText(expression)}\` is null when the packet has no ${meaning.header.name} header there.`;
      }
      if (expression.optional) return `\`?.\` gives null when \`${shortText(expression.object)}\` is null.`;
      return undefined;
    }
    case "index": {
      const object = typeOf(cx, expression.object);
      if (object.kind === "map") {
        return `\`${shortText(expression)}\` is null when \`${shortText(expression.object)}\` has no such key.`;
      }
      return object.kind === "bytes" ? "A byte past the end of the packet is null." : undefined;
    }
    case "call": {
      const call = tables.calls.get(expression.id);
      if (call?.kind === "map-method") return `\`${call.method}\` gives null when the map has no such key.`;
      if (call?.kind === "function") return `\`${call.symbol.name}\` may return null.`;
      if (call?.kind === "bytes-method") return "A read past the end gives null.";
      return undefined;
    }
    case "identifier": {
      const symbol = tables.symbols.get(expression.id);
      if (symbol?.kind !== "local") return undefined;
      return `\`${symbol.name}\` is ${aTypeName(symbol.type)} and has not been tested on every way to here.`;
    }
    default:
      return undefined;
  }
}

/** The statement that leaves from here, as text; undefined when the checker cannot guess one. */
export function exitText(cx: Context): string | undefined {
  return cx.targets.some((target) => target.kind === "loop") ? "continue" : resultText(cx);
}

/** `return PASS`, `return false`, `return null`: the way out of the body that needs no value of its own. */
export function resultText(cx: Context): string | undefined {
  const result = cx.body?.result;
  if (!result) return undefined;
  switch (result.kind) {
    case "void":
      return "return";
    case "bool":
      return "return false";
    case "nullable":
      return "return null";
    case "enum": {
      const pass = result.members.find((one) => one.name === "PASS");
      return pass ? `return ${cx.body.hook === undefined ? `${result.name}.` : ""}PASS` : undefined;
    }
    default:
      return undefined;
  }
}

function guardFix(cx: Context, expression: Expression): Fix | undefined {
  const exit = exitText(cx);
  const at = cx.statement;
  if (exit === undefined || !at || pathOf(cx, expression) === undefined) return undefined;
  const inner = withoutNull(typeOf(cx, expression));
  const text = sourceText(expression);
  // A number's `!x` would also be true for 0.
  const test = inner.kind === "layer" || inner.kind === "struct" ? `!${text}` : `${text} == null`;
  const lineStart = at.file.text.lastIndexOf("\n", at.start - 1) + 1;
  const indent = /^[ \t]*/.exec(at.file.text.slice(lineStart, at.start))?.[0] ?? "";
  return {
    title: `leave when it is null: \`if (${test}) ${exit};\``,
    edits: [
      { span: { file: at.file, start: at.start, end: at.start }, text: `if (${test}) ${exit};\n${indent}` },
    ],
  };
}

/** `(x ?? return PASS)`: leaves from where the value is used, when there is no name to test before. */
function insteadFix(cx: Context, expression: Expression): Fix | undefined {
  const inner = withoutNull(typeOf(cx, expression));
  const exit = exitText(cx);
  // In a loop's condition there is nothing to leave yet.
  const instead = exit === undefined || !cx.statement ? (inner.kind === "int" ? "0" : undefined) : exit;
  if (instead === undefined || inner.kind === "null") return undefined;
  const { file, start, end } = expression.span;
  const title =
    instead === exit
      ? `leave when it is null: \`${shortText(expression)} ?? ${instead}\``
      : `say what to take then: \`${shortText(expression)} ?? ${instead}\``;
  // Alone between brackets, commas or `=` and `;` it needs no parentheses.
  const alone =
    /(?:[([,=]|\breturn)\s*$/.test(file.text.slice(0, start)) && /^\s*[)\],;]/.test(file.text.slice(end));
  const after = { span: { file, start: end, end }, text: ` ?? ${instead}${alone ? "" : ")"}` };
  return { title, edits: alone ? [after] : [{ span: { file, start, end: start }, text: "(" }, after] };
}

/** Reports a value that may be null where it must not be; afterwards it counts as present. */
export function reportNull(
  cx: Context,
  expression: Expression,
  must: string,
  more: readonly Fix[] = [],
): void {
  const type = typeOf(cx, expression);
  const why = reason(cx, expression);
  const symbol = cx.root.tables.symbols.get(expression.id);
  const declared = symbol?.kind === "local" ? symbol.declaration : undefined;
  const guard = guardFix(cx, expression) ?? insteadFix(cx, expression);
  const known = whyUnknown(cx, expression);
  const text = shortText(expression);
  if (type.kind === "null") {
    error(cx, "XD3104", expression, `\`${text}\` is always null here.`, {
      label: `${clause(must)}`,
      notes: ["On every way to this line it has been found to be null."],
      related: known.map((one) => ({ ...one, message: "found to be null here" })),
    });
  } else {
    error(cx, "XD3101", expression, `\`${text}\` may be null; ${clause(must)}.`, {
      label: `${aTypeName(type)}`,
      notes: why === undefined ? [] : [why],
      related: [
        ...(declared ? [{ span: declared.span, message: `\`${declared.name}\` is bound here` }] : []),
        ...known,
      ],
      fixes: guard ? [guard, ...more] : [...more],
    });
  }
  const path = pathOf(cx, expression);
  if (!cx.body || path === undefined) return;
  cx.body.flow = learn(cx.body.flow, path, "present");
  presume(cx, path);
}
