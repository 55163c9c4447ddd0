import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { fuzzKernel } from "./kernel.js";

describeKernel("random scripts in this kernel", () => {
  it("loads whatever passes the check", () => {
    const report = fuzzKernel({ count: 20, seed: 20_260_101 }, { reduceSeconds: 40 });
    expect(report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`)).toEqual([]);
    expect(report.loaded).toBe(report.checked);
    expect(report.checked).toBeGreaterThan(5);
  });
});
