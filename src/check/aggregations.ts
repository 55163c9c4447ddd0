/** Aggregations: `new Counter<Ipv4Addr>()`, `new LinearHistogram(0, 1500, 100)`. What is counted in the kernel, per CPU. */
import type { Aggregation } from "../base/layout.js";
import type { Expression, NewExpression } from "../syntax/ast.js";
import { constantNumber } from "./constants.js";
import { error, type Context } from "./context.js";
import type { AggregationKind, Type } from "./types.js";

const kinds: readonly AggregationKind[] = [
  "Counter",
  "Sum",
  "Min",
  "Max",
  "Average",
  "Stats",
  "Histogram",
  "LinearHistogram",
];

export const aggregationKinds: ReadonlySet<AggregationKind> = new Set(kinds);

export function aggregationKind(name: string): AggregationKind | undefined {
  return kinds.find((one) => one === name);
}

/** Entries of an aggregation by key, unless it says how many; bpftrace has as many (BPFTRACE_MAX_MAP_KEYS). */
export const defaultKeys = 4096;
/** A keyed histogram is half a kilobyte a key and CPU. */
export const defaultHistograms = 1024;

/** 0..63: powers of two, in the order of {@link log2Slot}; then zero, then what is negative. */
const log2Buckets = 66;
export const zeroBucket = 64;
/** Bytes of a per-CPU value are limited to 32 KiB, and nobody reads more rows. */
const mostLinearBuckets = 2000;

/** How many 64-bit numbers one entry is; what they are is said where they are written, `src/ir/lower/aggregations.ts`. */
function aggregationWords(aggregation: Aggregation): number {
  switch (aggregation.kind) {
    case "Counter":
    case "Sum":
    case "Min":
    case "Max":
      return 1;
    case "Average":
      return 2;
    case "Stats":
      return 4;
    case "Histogram":
      return log2Buckets;
    case "LinearHistogram":
      return linearBuckets(aggregation) + 2;
  }
}

/** Buckets between the bounds; one below and one above them are kept beside. */
export function linearBuckets({ min, max, step }: { min: number; max: number; step: number }): number {
  return Math.ceil((max - min) / step);
}

/** The value of an entry, as a type. */
export function aggregationValue(aggregation: Aggregation): Type {
  const word: Type = { kind: "int", bits: 64, signed: aggregation.kind === "Sum" };
  const words = aggregationWords(aggregation);
  return words === 1 ? word : { kind: "array", element: word, length: words };
}

/** What the arguments of `new` make of it, and the arguments that are left: a size, options. */
export function aggregationOf(
  cx: Context,
  node: NewExpression,
  kind: AggregationKind,
): { readonly aggregation: Aggregation; readonly rest: readonly Expression[] } | undefined {
  if (kind !== "LinearHistogram") return { aggregation: { kind }, rest: node.arguments };
  const [min, max, step, ...rest] = node.arguments;
  if (!min || !max || !step) {
    error(cx, "XD3502", node, "`new LinearHistogram` needs its bounds and the width of a bucket.", {
      label: "write `new LinearHistogram(min, max, step)`",
    });
    return undefined;
  }
  const bounds = [min, max, step].map((one) => constantNumber(cx, one, "A bound of a histogram"));
  const [low, high, width] = bounds;
  if (low === undefined || high === undefined || width === undefined) return undefined;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const wrong = (at: Expression, message: string, label: string): undefined => {
    error(cx, "XD3503", at, message, { label });
  };
  if ([low, high, width].some((one) => one > most || one < -most))
    return wrong(node, "The bounds of a histogram are below 2^53.", "too large");
  if (high <= low)
    return wrong(max, `A histogram from ${low} to ${high} has no buckets.`, `must be above ${low}`);
  if (width <= 0n) return wrong(step, `Buckets can't be ${width} wide.`, "must be 1 or more");
  const aggregation = { kind, min: Number(low), max: Number(high), step: Number(width) };
  const buckets = linearBuckets(aggregation);
  if (buckets > mostLinearBuckets)
    return wrong(
      step,
      `This histogram has ${buckets} buckets; ${mostLinearBuckets} are possible.`,
      `at least ${Math.ceil((aggregation.max - aggregation.min) / mostLinearBuckets)}`,
    );
  return { aggregation, rest };
}
