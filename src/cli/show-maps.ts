/** What maps hold, as lines for people: a heading, then a row an entry, none longer than the terminal. */
import pc from "picocolors";
import { drawLine, safe, sliceCells, textWidth } from "../diagnostics/render-width.js";
import type { MapContents, MapContentsEntry } from "../run/contents.js";
import { formatDecoded, type Decoded } from "../run/format-value.js";
import { histogramRows } from "./show-histogram.js";
import type { Terminal } from "./terminal.js";

export interface BlockOptions {
  /** Rows at most; what is left out is counted. */
  readonly top?: number;
  /** What the map held before, for a column of what came since, and how many seconds ago that was. */
  readonly since?: { readonly before: MapContents | undefined; readonly seconds: number };
}

const mostEntries = 20;
const widestKey = 40;

/** A map's lines. */
export function mapBlock(
  map: MapContents,
  terminal: Pick<Terminal, "outColor" | "width">,
  { top = mostEntries, since }: BlockOptions = {},
): readonly string[] {
  const colors = pc.createColors(terminal.outColor);
  const rows = ordered(map.entries);
  const shown = rows.slice(0, top);
  const name = colors.bold(map.name);
  const [only] = map.entries;
  if (map.stacks) return stacksBlock(map, shown, rows.length, terminal, name, since);
  if (isHistogram(map)) return histogramBlock(map, shown, rows.length, terminal, name);
  if (map.keyless) {
    const rate = rateColumn(shown, since)[0] ?? "";
    const value = only ? formatted(only.value) : "empty";
    return [cut(`${name}  ${map.kind}  ${value}${rate === "" ? "" : `  ${rate}`}`, terminal.width)];
  }
  const rates = rateColumn(shown, since);
  const keys = shown.map(({ key }) => safe(formatDecoded(key)));
  const values = shown.map(({ value }) => formatted(value));
  const keyWidth = Math.min(widestKey, Math.max(0, ...keys.map(textWidth)));
  const numeric = shown.every(({ value }) => isNumber(value));
  const valueWidth = numeric ? Math.max(0, ...values.map(textWidth)) : 0;
  const rateWidth = Math.max(0, ...rates.map(textWidth));
  const lines = shown.map((_, at) => {
    const rate = rateWidth > 0 ? `  ${(rates[at] ?? "").padStart(rateWidth)}` : "";
    const value = padStart(values[at] ?? "", valueWidth);
    return cut(`  ${padEnd(keys[at] ?? "", keyWidth)}  ${value}${rate}`, terminal.width);
  });
  return [`${name}  ${map.kind}, ${count(rows.length)}`, ...lines, ...more(rows.length - shown.length)];
}

/** Of one row, what is at most one line: the bars of histograms come below. */
function histogramBlock(
  map: MapContents,
  shown: readonly MapContentsEntry[],
  all: number,
  terminal: Pick<Terminal, "width">,
  name: string,
): readonly string[] {
  const { aggregation } = map;
  const bars = (value: Decoded, indent: string): readonly string[] =>
    ((aggregation && histogramRows(aggregation, value, terminal.width - indent.length - 1)) || []).map(
      (row) => cut(indent + row, terminal.width),
    );
  const [only] = shown;
  if (map.keyless)
    return [
      `${name}  ${map.kind}, ${only ? values(only.value) : "empty"}`,
      ...(only ? bars(only.value, "  ") : []),
    ];
  return [
    `${name}  ${map.kind}, ${count(all)}`,
    ...shown.flatMap(({ key, value }) => [
      cut(`  ${safe(formatDecoded(key))}  ${values(value)}`, terminal.width),
      ...bars(value, "    "),
    ]),
    ...more(all - shown.length),
  ];
}

/** Keys of many lines: what is beside the stack, the calls, then the value. */
function stacksBlock(
  map: MapContents,
  shown: readonly MapContentsEntry[],
  all: number,
  terminal: Pick<Terminal, "width">,
  name: string,
  since: BlockOptions["since"],
): readonly string[] {
  const rates = rateColumn(shown, since);
  const { aggregation } = map;
  const blocks = shown.map(({ key, value }, at) => {
    const bars =
      isHistogram(map) && aggregation ? histogramRows(aggregation, value, terminal.width - 5) : undefined;
    const rate = rates[at] === undefined || rates[at] === "" ? "" : `  ${rates[at]}`;
    const own = bars
      ? [values(value), ...bars]
      : holdsList(value)
        ? stackLines(value)
        : [formatted(value) + rate];
    return [...stackLines(key).map((one) => `  ${one}`), ...own.map((one) => `    ${one}`)];
  });
  return [
    `${name}  ${map.kind}, ${count(all)}`,
    ...blocks.flat().map((one) => cut(one, terminal.width)),
    ...more(all - shown.length),
  ];
}

function holdsList(value: Decoded): value is readonly Decoded[] | { readonly [field: string]: Decoded } {
  return Array.isArray(value) || (typeof value === "object" && Object.values(value).some(Array.isArray));
}

/** A stack, one call a line; of a struct the other fields before it. */
function stackLines(value: Decoded): readonly string[] {
  if (!holdsList(value)) return [formatted(value)];
  if (Array.isArray(value)) return value.map((one: Decoded) => formatted(one));
  const fields = Object.entries(value);
  const others = fields.filter(([, one]) => !holdsList(one)).map(([key, one]) => `${key}: ${formatted(one)}`);
  const stacks = fields.flatMap(([, one]) => (holdsList(one) ? stackLines(one) : []));
  return others.length > 0 ? [others.join(", "), ...stacks] : stacks;
}

function more(rest: number): readonly string[] {
  return rest > 0 ? [`  … and ${rest} more`] : [];
}

function values(value: Decoded): string {
  const all = rank(value);
  return all === 1 ? "1 value" : `${all} values`;
}

function isHistogram({ aggregation }: MapContents): boolean {
  return aggregation?.kind === "Histogram" || aggregation?.kind === "LinearHistogram";
}

/** On one line, without what a terminal would take for its own. */
function formatted(value: Decoded): string {
  return safe(formatDecoded(value));
}

function count(entries: number): string {
  return entries === 0 ? "empty" : entries === 1 ? "1 entry" : `${entries} entries`;
}

/** The largest first: what a filter counts most is what one looks for. */
export function ordered(entries: readonly MapContentsEntry[]): readonly MapContentsEntry[] {
  const ranks = new Map(entries.map((one) => [one, rank(one.value)]));
  if (entries.some((one) => ranks.get(one) === undefined)) return entries;
  return entries.toSorted((left, right) => Number(ranks.get(right)) - Number(ranks.get(left)));
}

/** By what entries are put in order: a number itself, the average of an Average, how many a histogram has. */
function rank(value: Decoded): number | bigint | undefined {
  if (isNumber(value)) return value;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  const field = (name: string): Decoded | undefined =>
    Object.entries(value).find(([key]) => key === name)?.[1];
  const ranked = "average" in value ? field("average") : "buckets" in value ? field("count") : undefined;
  return isNumber(ranked) ? ranked : undefined;
}

export function isNumber(value: Decoded | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** What came each second: `+12/s`, of entries whose value is a number; empty where nothing came. */
function rateColumn(entries: readonly MapContentsEntry[], since: BlockOptions["since"]): readonly string[] {
  if (since === undefined) return [];
  const { before, seconds } = since;
  const old = new Map((before?.entries ?? []).map(({ key, value }) => [formatDecoded(key), value]));
  return entries.map(({ key, value }) => {
    if (!isNumber(value)) return "";
    const earlier = old.get(formatDecoded(key)) ?? 0;
    const came = Number(value) - (isNumber(earlier) ? Number(earlier) : 0);
    return came === 0 || seconds <= 0 ? "" : `${came > 0 ? "+" : "-"}${short(Math.abs(came) / seconds)}/s`;
  });
}

/** A number in at most five characters: `9.5`, `120`, `12.3k`, `4.56M`. */
export function short(value: number): string {
  const units = ["", "k", "M", "G", "T"] as const;
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits =
    unit === 0
      ? scaled >= 10 || Number.isInteger(scaled)
        ? 0
        : 1
      : scaled >= 100
        ? 0
        : scaled >= 10
          ? 1
          : 2;
  return `${scaled.toFixed(digits)}${units[unit] ?? ""}`;
}

function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - textWidth(text))) + text;
}

/** A line that fits, its end marked when something is missing. */
export function cut(line: string, width: number): string {
  return textWidth(line) > width ? `${sliceCells(drawLine(line), 0, width - 1)}…` : line;
}
