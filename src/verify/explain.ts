/** Values and ranges in the user's words. */
import type { Span } from "../base/span.js";
import type { Related } from "../diagnostics/diagnostic.js";
import type { BlockId, IrInt, ValueId } from "../ir/ir.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { Place } from "./flow/sweep.js";
import { isConstant, signedMax, signedMin, typeRange, unsignedMax, type Range } from "./range/range.js";

/** `i` where the value has a name, else the expression as written, else nothing. */
export function nameOf(value: ValueId, index: FunctionIndex): string | undefined {
  let at = value;
  for (;;) {
    const name = index.fn.names.get(at);
    if (name !== undefined) return `\`${name}\``;
    const one = index.definition(at);
    if (one?.kind === "bounded" || one?.kind === "convert") at = one.value;
    else return one && assignedName(one.span);
  }
}

/** `slot` of `slot += 1;`, else the expression itself. */
function assignedName(span: Span): string | undefined {
  const text = sourceText(span);
  const target = /^`([\w.]+)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))/.exec(text ?? "");
  return target ? `\`${target[1] ?? ""}\`` : text;
}

export function describe(value: ValueId, index: FunctionIndex): string {
  return nameOf(value, index) ?? "this value";
}

const longest = 40;

/** The source of a span when it is short and on one line, in backquotes. */
export function sourceText(span: Span, most: number = longest): string | undefined {
  if (span.end - span.start > most || span.end <= span.start) return undefined;
  const text = span.file.text.slice(span.start, span.end).trim();
  return text === "" || text.includes("\n") ? undefined : `\`${text}\``;
}

export function rangeText(range: Range, type: IrInt): string {
  const [low, high] = type.signed ? [range.smin, range.smax] : [range.umin, range.umax];
  return isConstant(range) ? countText(low) : `${countText(low)}..${countText(high)}`;
}

/** Numbers of twenty digits say nothing to a reader. */
export function countText(value: bigint): string {
  if (value === unsignedMax) return "2^64-1";
  if (value === signedMax) return "2^63-1";
  return value === signedMin ? "-2^63" : `${value}`;
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
  name: string = sourceText(at) ?? describe(value, index),
): readonly Related[] {
  const found = origin(value, index);
  if (!found || (found.span.file === at.file && found.span.start <= at.end && found.span.end >= at.start))
    return [];
  // Another reading of the same words says nothing.
  if (sourceText(found.span) === name) return [];
  const type = index.intType(found.value);
  const before = isGiven(found.value, index) ? typeRange(type) : range;
  const what = isGiven(found.value, index)
    ? `: any \`${typeText(type)}\``
    : `; it is ${rangeText(before, type)}`;
  return [{ span: found.span, message: `${name} comes from here${what}` }];
}

/** What comes from outside, and may be anything its type holds. */
function isGiven(value: ValueId, index: FunctionIndex): boolean {
  const one = index.definition(value);
  switch (one?.kind) {
    case "load":
    case "context-load":
    case "helper":
    case "call":
    case "parameter":
      return true;
    default:
      return false;
  }
}

export function typeText(type: IrInt): string {
  return `${type.signed ? "i" : "u"}${type.bits}`;
}

/** What is known of the values that this one was computed from, in one note; for plain values, how little is. */
export function knownOf(value: ValueId, { known }: Pick<Place, "known">): readonly string[] {
  const { index } = known;
  let at = value;
  let one = index.definition(at);
  while ((one?.kind === "bounded" || one?.kind === "convert") && widens(one, index)) {
    at = one.value;
    one = index.definition(at);
  }
  const type = index.intType(at);
  if (one && isGiven(at, index) && known.range(at) === typeRange(type)) {
    return one.kind === "load" && regionOf(one.pointer, index) === "rodata"
      ? [`a param may be set to any \`${typeText(type)}\` when the script is loaded`]
      : [`nothing on every way to here says more of it than its type, \`${typeText(type)}\``];
  }
  const operands =
    one?.kind === "binary" ? [one.left, one.right] : one?.kind === "select" ? [one.then, one.otherwise] : [];
  const whole = nameOf(value, index);
  const said = new Map<string, string>();
  for (const operand of operands) {
    const name = nameOf(operand, index);
    if (name === undefined || name === whole || index.constantOf(operand) !== undefined) continue;
    if (known.ranges.get(operand) === undefined) continue;
    said.set(name, `${name} is ${rangeText(known.range(operand), index.intType(operand))}`);
  }
  return said.size === 0 ? [] : [`${[...said.values()].join(", ")} here`];
}

function widens(one: { readonly value: ValueId; readonly type: IrInt }, index: FunctionIndex): boolean {
  return one.type.bits >= index.intType(one.value).bits;
}

export function regionOf(pointer: ValueId, index: FunctionIndex): string | undefined {
  const type = index.typeOf(pointer);
  return type?.kind === "pointer" ? type.region : undefined;
}

/** Where a loop is shown: what decides at its head whether it goes on. */
export function loopSpan(index: FunctionIndex, header: BlockId): Span {
  return index.block(header)?.terminator.span ?? index.fn.span;
}
