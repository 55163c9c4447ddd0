import { expect, it } from "vitest";
import { fuzzChecker, inputAt } from "./checker.js";

it("analyses random scripts, mutants and garbage without failing", () => {
  const report = fuzzChecker({ count: 40, seed: 20_260_101 });
  const shown = report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`);
  expect(shown).toEqual([]);
  // The generator writes well-typed scripts: what the checker does not take is rare.
  expect(report.accepted.random).toBeGreaterThan(report.total.random * 0.6);
});

it("makes the same input from the same number", () => {
  expect(inputAt(3, 17)).toEqual(inputAt(3, 17));
});
