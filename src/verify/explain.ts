/** Values and ranges in the user's words. */
import type { Span } from "../base/span.js";
import type { Related } from "../diagnostics/diagnostic.js";
import type { IrInt, ValueId } from "../ir/ir.js";
import type { FunctionIndex } from "./flow/index-function.js";
import { isConstant, type Range } from "./range/range.js";

/** `i` where the value has a name, else the expression as written, else nothing. */
export function nameOf(value: ValueId, index: FunctionIndex): string | undefined {
  let at = value;
  for (;;) {
    const name = index.fn.names.get(at);
    if (name !== undefined) return `\`${name}\``;
    const one = index.definition(at);
    if (one?.kind === "bounded" || one?.kind === "convert") at = one.value;
    else return one && sourceText(one.span);
  }
}

export function describe(value: ValueId, index: FunctionIndex): string {
  return nameOf(value, index) ?? "this value";
}

const longest = 40;

/** The source of a span when it is short and on one line, in backquotes. */
export function sourceText(span: Span): string | undefined {
  if (span.end - span.start > longest || span.end <= span.start) return undefined;
  const text = span.file.text.slice(span.start, span.end).trim();
  return text === "" || text.includes("\n") ? undefined : `\`${text}\``;
}

export function rangeText(range: Range, type: IrInt): string {
  const [low, high] = type.signed ? [range.smin, range.smax] : [range.umin, range.umax];
  return isConstant(range) ? `${low}` : `${low}..${high}`;
}

/** Where the value came from: what gave it, under conversions. */
export function origin(
  value: ValueId,
  index: FunctionIndex,
): { readonly span: Span; readonly value: ValueId } | undefined {
  let at = value;
  for (let one = index.definition(at); one; one = index.definition(at)) {
    if (one.kind !== "bounded" && one.kind !== "convert") return { span: one.span, value: at };
    at = one.value;
  }
  return undefined;
}

export function relatedOrigin(
  value: ValueId,
  index: FunctionIndex,
  range: Range,
  at: Span,
): readonly Related[] {
  const found = origin(value, index);
  if (!found || (found.span.start === at.start && found.span.end === at.end && found.span.file === at.file))
    return [];
  const type = index.intType(value);
  return [
    {
      span: found.span,
      message: `${describe(value, index)} comes from here; it is ${rangeText(range, type)}`,
    },
  ];
}
