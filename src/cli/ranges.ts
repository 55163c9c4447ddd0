/** `xdpl check --explain-ranges`: what is proven of the values of a script, line by line. */
import { lineColumn } from "../base/span.js";
import { jsonSpan, type JsonSpan } from "../diagnostics/render-json.js";
import { typeText } from "../verify/explain.js";
import { bitsText, factText, sourceWord, type RangeFact } from "../verify/index.js";

const nameWidth = 26;
const rangeWidth = 20;

/** Each line of the script of which something is known, and below it what; at most `width` cells where that can be. */
export function rangesText(path: string, text: string, facts: readonly RangeFact[], width: number): string {
  const own = facts.filter(({ span }) => span.file.path === path);
  const lines = text.split("\n");
  const byLine = new Map<number, RangeFact[]>();
  for (const fact of own) {
    const { line } = lineColumn(fact.span.file, fact.span.start);
    const before = byLine.get(line);
    if (before) before.push(fact);
    else byLine.set(line, [fact]);
  }
  const digits = String(lines.length).length;
  const out = [`${path}: ${own.length === 0 ? "nothing is computed here" : "what is proven of its values"}`];
  for (const [line, found] of byLine) {
    out.push("", cut(`${String(line).padStart(digits)} | ${lines[line - 1] ?? ""}`, width));
    for (const fact of found) out.push(`${" ".repeat(digits)} = ${factLine(fact, width - digits - 3)}`);
  }
  return `${out.join("\n")}\n`;
}

function factLine(fact: RangeFact, width: number): string {
  const head = `${cut(fact.name, nameWidth).padEnd(nameWidth)} ${typeText(fact.type).padEnd(4)}`;
  const bits = bitsText(fact);
  const known = [factText(fact), ...(bits === undefined ? [] : [bits])].join("; ");
  const where = sourceWord(fact);
  const line = `${head}${known.padEnd(rangeWidth)} ${where}`.trimEnd();
  return line.length <= width || bits === undefined
    ? line
    : `${head}${factText(fact).padEnd(rangeWidth)} ${where}`.trimEnd();
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

export interface JsonRange {
  readonly span: JsonSpan;
  readonly name: string;
  readonly type: string;
  /** Decimal, for they may be larger than a JSON number: as the type counts. */
  readonly least: string;
  readonly most: string;
  /** A bit that is 0 in `mask` is known, and is as in `value`; hexadecimal. */
  readonly bits: { readonly value: string; readonly mask: string };
  readonly source: RangeFact["source"];
  /** For `"check"`: whether it is said of where the comparison holds; else null. */
  readonly holds: boolean | null;
}

export function jsonRange(fact: RangeFact): JsonRange {
  const { range, type, source } = fact;
  const width = BigInt.asUintN(type.bits, -1n);
  const hex = (value: bigint): string => `0x${(value & width).toString(16)}`;
  return {
    span: jsonSpan(fact.span),
    name: fact.name,
    type: typeText(type),
    least: String(type.signed ? range.smin : range.umin),
    most: String(type.signed ? range.smax : range.umax),
    bits: { value: hex(range.bits.value), mask: hex(range.bits.mask) },
    source,
    holds: fact.holds ?? null,
  };
}
