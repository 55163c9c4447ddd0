/** What maps hold, as lines for people: a heading, then a row an entry, none longer than the terminal. */
import pc from "picocolors";
import { drawLine, safe, sliceCells, textWidth } from "../diagnostics/render-width.js";
import { formatDecoded, type Decoded, type MapContents, type MapContentsEntry } from "../run/index.js";
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
  const heading = `${colors.bold(map.name)}  ${map.kind}, ${count(rows.length)}`;
  const rates = since === undefined ? [] : rateColumn(shown, since);
  const keys = shown.map(({ key }) => safe(formatDecoded(key)));
  const values = shown.map(({ value }) => safe(formatDecoded(value)));
  const keyWidth = Math.min(widestKey, Math.max(0, ...keys.map(textWidth)));
  const numeric = shown.every(({ value }) => isNumber(value));
  const valueWidth = numeric ? Math.max(0, ...values.map(textWidth)) : 0;
  const rateWidth = Math.max(0, ...rates.map(textWidth));
  const lines = shown.map((_, at) => {
    const rate = rateWidth > 0 ? `  ${(rates[at] ?? "").padStart(rateWidth)}` : "";
    const value = padStart(values[at] ?? "", valueWidth);
    return cut(`  ${padEnd(keys[at] ?? "", keyWidth)}  ${value}${rate}`, terminal.width);
  });
  const rest = rows.length - shown.length;
  return [heading, ...lines, ...(rest > 0 ? [`  … and ${rest} more`] : [])];
}

function count(entries: number): string {
  return entries === 0 ? "empty" : entries === 1 ? "1 entry" : `${entries} entries`;
}

/** The largest numbers first: what a filter counts most is what one looks for. */
export function ordered(entries: readonly MapContentsEntry[]): readonly MapContentsEntry[] {
  if (!entries.every(({ value }) => isNumber(value))) return entries;
  return entries.toSorted((left, right) => Number(right.value) - Number(left.value));
}

export function isNumber(value: Decoded | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** What came each second: `+12/s`, of entries whose value is a number; empty where nothing came. */
function rateColumn(
  entries: readonly MapContentsEntry[],
  { before, seconds }: NonNullable<BlockOptions["since"]>,
): readonly string[] {
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
