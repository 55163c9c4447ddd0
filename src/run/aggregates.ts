/** Reads what `src/ir/lower/aggregations.ts` writes: the CPUs' parts of an entry, put together. */
import { assertNever } from "../base/invariant.js";
import type { Aggregation } from "../base/layout.js";
import type { Decoded } from "./format-value.js";

/** A row of a histogram: so many values were at least `from` and less than `to`. */
export interface Bucket {
  /** Undefined for what is below all bounds. */
  readonly from: number | bigint | undefined;
  readonly to: number | bigint | undefined;
  readonly count: number | bigint;
}

/**
 * One entry. A number for Counter, Sum, Min and Max; fields for Average and Stats; `{ count, buckets }` for histograms,
 * without the empty buckets. Undefined when nothing was recorded.
 */
export function decodeAggregate(
  aggregation: Aggregation,
  perCpu: readonly Uint8Array[],
  littleEndian = true,
): Decoded | undefined {
  const parts = perCpu.map((bytes) => words(bytes, littleEndian));
  const total = (at: number): bigint =>
    parts.reduce((sum, part) => BigInt.asUintN(64, sum + (part[at] ?? 0n)), 0n);
  const largest = (at: number): bigint => parts.reduce((most, part) => larger(most, part[at] ?? 0n), 0n);
  switch (aggregation.kind) {
    case "Counter":
      return total(0) === 0n ? undefined : plain(total(0));
    case "Sum":
      return plain(BigInt.asIntN(64, total(0)));
    case "Max":
      return largest(0) === 0n ? undefined : plain(maxOf(largest(0)));
    case "Min":
      return largest(0) === 0n ? undefined : plain(minOf(largest(0)));
    case "Average": {
      const [count, sum] = [total(0), BigInt.asIntN(64, total(1))];
      return count === 0n
        ? undefined
        : { count: plain(count), average: quotient(sum, count), sum: plain(sum) };
    }
    case "Stats": {
      const [count, sum] = [total(0), BigInt.asIntN(64, total(1))];
      if (count === 0n) return undefined;
      const [max, min] = [plain(maxOf(largest(2))), plain(minOf(largest(3)))];
      return { count: plain(count), average: quotient(sum, count), sum: plain(sum), min, max };
    }
    case "Histogram":
      return histogram(powerBuckets.map(({ slot, ...bounds }) => ({ ...bounds, count: total(slot) })));
    case "LinearHistogram": {
      const bounds = linearBounds(aggregation);
      return histogram(bounds.map((one, at) => ({ ...one, count: total(at) })));
    }
    default:
      return assertNever(aggregation, "aggregation");
  }
}

function words(bytes: Uint8Array, littleEndian: boolean): readonly bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 3 }, (_, at) => view.getBigUint64(at * 8, littleEndian));
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

const signBit = 1n << 63n;

function maxOf(form: bigint): bigint {
  return BigInt.asIntN(64, form ^ signBit);
}

function minOf(form: bigint): bigint {
  return BigInt.asIntN(64, form ^ (signBit - 1n));
}

function plain(value: bigint): number | bigint {
  const safe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return safe ? Number(value) : value;
}

/** To four significant digits where it is no whole number. */
function quotient(sum: bigint, count: bigint): number {
  const value = Number(sum) / Number(count);
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}

function histogram(all: readonly { from?: bigint; to?: bigint; count: bigint }[]): Decoded | undefined {
  const filled = all.filter(({ count }) => count > 0n);
  if (filled.length === 0) return undefined;
  const count = filled.reduce((sum, one) => sum + one.count, 0n);
  const buckets = filled.map((one) => ({
    ...(one.from === undefined ? {} : { from: plain(one.from) }),
    ...(one.to === undefined ? {} : { to: plain(one.to) }),
    count: plain(one.count),
  }));
  return { count: plain(count), buckets };
}

/** As in `src/ir/lower/aggregations.ts`. */
const log2Multiplier = 0x03f6eaf2cd271461n;
const zeroSlot = 64;
const negativeSlot = 65;

/** The buckets of a Histogram in order, each with its place in the entry. */
const powerBuckets: readonly { readonly from?: bigint; readonly to?: bigint; readonly slot: number }[] = [
  { to: 0n, slot: negativeSlot },
  { from: 0n, to: 1n, slot: zeroSlot },
  ...Array.from({ length: 64 }, (_, bit) => {
    const from = 1n << BigInt(bit);
    const filled = 2n * from - 1n;
    return { from, to: 2n * from, slot: Number(BigInt.asUintN(64, filled * log2Multiplier) >> 58n) };
  }),
];

function linearBounds({ min, max, step }: Aggregation & { kind: "LinearHistogram" }): readonly {
  from?: bigint;
  to?: bigint;
}[] {
  const count = Math.ceil((max - min) / step);
  return [
    { to: BigInt(min) },
    ...Array.from({ length: count }, (_, at) => ({
      from: BigInt(min + at * step),
      to: BigInt(Math.min(max, min + (at + 1) * step)),
    })),
    { from: BigInt(max) },
  ];
}

/** The rows of a decoded histogram; undefined for other values. */
export function bucketsOf(value: Decoded): readonly Bucket[] | undefined {
  if (typeof value !== "object" || !("buckets" in value) || Array.isArray(value)) return undefined;
  const rows = Object.entries(value).find(([key]) => key === "buckets")?.[1];
  if (!isList(rows)) return undefined;
  return rows.map((row): Bucket => {
    const field = (name: string): number | bigint | undefined => {
      if (typeof row !== "object" || Array.isArray(row)) return undefined;
      const found = Object.entries(row).find(([key]) => key === name)?.[1];
      return typeof found === "number" || typeof found === "bigint" ? found : undefined;
    };
    return { from: field("from"), to: field("to"), count: field("count") ?? 0 };
  });
}

function isList(value: Decoded | undefined): value is readonly Decoded[] {
  return Array.isArray(value);
}

/** Every bucket between two of a histogram that are not empty: those between them are rows too. */
export function allBuckets(aggregation: Aggregation, filled: readonly Bucket[]): readonly Bucket[] {
  const bounds: readonly { readonly from?: bigint; readonly to?: bigint }[] =
    aggregation.kind === "LinearHistogram" ? linearBounds(aggregation) : powerBuckets;
  const same = (left: bigint | undefined, right: number | bigint | undefined): boolean =>
    left === undefined || right === undefined ? left === right : left === BigInt(right);
  const rows = bounds.map(({ from, to }): Bucket => {
    const found = filled.find((one) => same(from, one.from) && same(to, one.to));
    return (
      found ?? {
        from: from === undefined ? from : plain(from),
        to: to === undefined ? to : plain(to),
        count: 0,
      }
    );
  });
  const first = rows.findIndex(({ count }) => count !== 0);
  const last = rows.findLastIndex(({ count }) => count !== 0);
  return rows.slice(Math.max(0, first), last + 1);
}
