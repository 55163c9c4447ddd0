import { expect, it } from "vitest";
import type { Aggregation } from "../../src/base/layout.js";
import { bucketsOf, decodeAggregate, testRunPackets, type Decoded } from "../../src/run/index.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";

/** Every corner of 64 bits: powers of two, their neighbours, both signs. */
const values: readonly bigint[] = [
  0n,
  ...Array.from({ length: 64 }, (_, bit) => [
    1n << BigInt(bit),
    (1n << BigInt(bit)) - 1n,
    (1n << BigInt(bit)) + 1n,
  ]).flat(),
  (1n << 64n) - 1n,
].map((one) => BigInt.asUintN(64, one));

/** A frame whose 64 bits after the Ethernet header are the value. */
function frame(value: bigint): { readonly data: Uint8Array } {
  const bytes = Buffer.alloc(60);
  bytes.writeUInt16BE(0x88b5, 12);
  bytes.writeBigUInt64BE(value, 14);
  return { data: new Uint8Array(bytes) };
}

const script = (record: string, declarations: string): string => `
${declarations}
xdp f(pkt) {
  const raw = pkt.eth.payload.u64(0) ?? return DROP;
  ${record}
  return PASS;
}
`;

interface Shown {
  readonly [map: string]: Decoded;
}

async function run(text: string, numbers = values): Promise<Shown> {
  const result = testRunPackets(await compileScript(text), numbers.map(frame));
  if (result.kind === "rejected") throw new Error(result.log);
  return Object.fromEntries(
    result.maps.map(({ name, keyless, entries }) => [
      name,
      keyless
        ? (entries[0]?.value ?? "nothing")
        : Object.fromEntries(entries.map(({ key, value }) => [`${String(key)}`, value])),
    ]),
  );
}

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const sum = (all: readonly bigint[]): bigint => signed(all.reduce((total, one) => total + one, 0n));

describeKernel("aggregations in the kernel, against the same done here", () => {
  it("a log2 histogram puts every number into its power of two", async () => {
    const shown = await run(
      script(
        "plain.record(raw); withSign.record(raw as i64); bytes.record(raw as u8);",
        "const plain = new Histogram(); const withSign = new Histogram(); const bytes = new Histogram();",
      ),
    );
    const model = (numbers: readonly bigint[]): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const one of numbers) {
        const name =
          one < 0n ? "negative" : one === 0n ? "0" : String(1n << BigInt(one.toString(2).length - 1));
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return counts;
    };
    const read = (value: Decoded = 0): Map<string, number> =>
      new Map(
        (bucketsOf(value) ?? []).map(({ from, count }) => [
          from === undefined ? "negative" : String(from),
          Number(count),
        ]),
      );
    const sorted = (counts: Map<string, number>): unknown => [...counts].toSorted();
    expect(sorted(read(shown["plain"]))).toEqual(sorted(model(values)));
    expect(sorted(read(shown["withSign"]))).toEqual(sorted(model(values.map(signed))));
    expect(sorted(read(shown["bytes"]))).toEqual(sorted(model(values.map((one) => one & 255n))));
  });

  it("a linear histogram keeps what is outside its bounds apart", async () => {
    const shown = await run(
      script("h.record(raw as i64);", "const h = new LinearHistogram(-10, 25, 10);"),
      [-11n, -10n, -1n, 0n, 9n, 10n, 24n, 25n, 26n].map((one) => BigInt.asUintN(64, one)),
    );
    expect(shown["h"]).toEqual({
      count: 9,
      buckets: [
        { to: -10, count: 1 },
        { from: -10, to: 0, count: 2 },
        { from: 0, to: 10, count: 2 },
        { from: 10, to: 20, count: 1 },
        { from: 20, to: 25, count: 1 },
        { from: 25, count: 2 },
      ],
    });
  });

  it("counts, sums, extremes and averages, by key", async () => {
    const numbers = [5n, 250n, 3n, -7n, 1n << 40n].map((one) => BigInt.asUintN(64, one));
    const shown = await run(
      script(
        "n.add(); byLow.add(raw as u8); s.record(raw as i64); low.record(raw as i64); high.record(raw as i64);" +
          "mean.record(raw as i64); all.record(raw > 200, raw as i64);",
        `const n = new Counter(); const byLow = new Counter<u8>(16); const s = new Sum(); const low = new Min();
         const high = new Max(); const mean = new Average(); const all = new Stats<bool>();`,
      ),
      [...numbers, ...numbers],
    );
    const half = numbers.map(signed);
    const total = Number(sum(half)) * 2;
    expect(shown).toMatchObject({
      n: 10,
      byLow: { "5": 2, "250": 2, "3": 2, "249": 2, "0": 2 },
      s: total,
      low: -7,
      high: 2 ** 40,
      mean: { count: 10, sum: total, average: Math.round(total / 10) },
      all: {
        false: { count: 4, sum: 16, average: 4, min: 3, max: 5 },
        true: { count: 6, sum: total - 16, min: -7, max: 2 ** 40 },
      },
    });
  });
});

it("puts the CPUs' parts together", () => {
  const part = (...words: readonly bigint[]): Uint8Array =>
    new Uint8Array(BigUint64Array.from(words.map((one) => BigInt.asUintN(64, one))).buffer);
  const read = (aggregation: Aggregation, ...parts: readonly Uint8Array[]): unknown =>
    decodeAggregate(aggregation, parts);
  expect(read({ kind: "Counter" }, part(3n), part(0n), part(4n))).toBe(7);
  expect(read({ kind: "Sum" }, part(3n), part(-5n))).toBe(-2);
  expect(read({ kind: "Max" }, part(0n), part(5n ^ (1n << 63n)))).toBe(5);
  expect(read({ kind: "Min" }, part(~(9n ^ (1n << 63n))), part(~(4n ^ (1n << 63n))), part(0n))).toBe(4);
  expect(read({ kind: "Average" }, part(2n, 10n), part(1n, 5n))).toEqual({ count: 3, average: 5, sum: 15 });
  for (const kind of ["Counter", "Max", "Min", "Average"] as const)
    expect(read({ kind }, part(0n, 0n), part(0n, 0n))).toBeUndefined();
});
