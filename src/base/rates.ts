/** How often: `1s` and `100ms` are periods, `99hz` is a rate. Both are told in nanoseconds between two runs. */
const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  min: 60_000_000_000n,
};

/** Undefined for what is neither, and for zero. */
export function periodOf(text: string): bigint | undefined {
  const found = /^(\d{1,12})\s*(ns|us|ms|s|min|hz)$/i.exec(text.trim());
  if (!found) return undefined;
  const count = BigInt(found[1] ?? "0");
  const unit = (found[2] ?? "").toLowerCase();
  if (count === 0n) return undefined;
  if (unit === "hz") return count > 100_000n ? undefined : 1_000_000_000n / count;
  return count * (unitNs[unit] ?? 1n);
}
