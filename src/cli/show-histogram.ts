/** Histograms as bars of characters, a row a bucket. */
import { allBuckets, bucketsOf, type Bucket } from "../run/aggregates.js";
import type { Decoded } from "../run/format-value.js";
import type { Aggregation } from "../base/layout.js";

const widestBar = 52;
const narrowestBar = 8;

/** The rows of a histogram, at most `width` wide; undefined for what is none. */
export function histogramRows(
  aggregation: Aggregation,
  value: Decoded,
  width: number,
): readonly string[] | undefined {
  const filled = bucketsOf(value);
  if (filled === undefined) return undefined;
  const rows = allBuckets(aggregation, filled);
  const labels = rows.map((row) => label(row, aggregation.kind === "Histogram"));
  const counts = rows.map(({ count }) => `${count}`);
  const labelWidth = Math.max(...labels.map(({ length }) => length));
  const countWidth = Math.max(...counts.map(({ length }) => length));
  const bar = Math.max(narrowestBar, Math.min(widestBar, width - labelWidth - countWidth - 5));
  const most = Math.max(...rows.map(({ count }) => Number(count)));
  return rows.map(({ count }, at) => {
    // What is there at all shows: a bucket of one beside one of a million is not an empty one.
    const length = count === 0 ? 0 : Math.max(1, Math.round((Number(count) / most) * bar));
    const [name = "", number = ""] = [labels[at], counts[at]];
    return `${name.padEnd(labelWidth)} ${number.padStart(countWidth)} |${"@".repeat(length).padEnd(bar)}|`;
  });
}

/** `[64, 128)`, `(…, 0)`, `[0]`, `[4K, 8K)`. */
function label({ from, to }: Bucket, powers: boolean): string {
  const text = powers ? power : (value: number | bigint): string => `${value}`;
  if (from === undefined) return `(..., ${text(to ?? 0)})`;
  if (to === undefined) return `[${text(from)}, ...)`;
  return BigInt(to) - BigInt(from) === 1n ? `[${text(from)}]` : `[${text(from)}, ${text(to)})`;
}

const units = ["", "K", "M", "G", "T", "P", "E"] as const;

/** Powers of two in units of 1024. */
function power(value: number | bigint): string {
  let rest = BigInt(value);
  let unit = 0;
  while (rest >= 1024n && rest % 1024n === 0n && unit < units.length - 1) {
    rest /= 1024n;
    unit++;
  }
  return `${rest}${units[unit] ?? ""}`;
}
