import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { fuzzKernel } from "./kernel.js";

describeKernel("random scripts in this kernel", () => {
  it("loads whatever passes the check", async () => {
    const report = await fuzzKernel({ count: 20, seed: 20_260_101 });
    expect(report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`)).toEqual([]);
    expect(report.loaded).toBe(report.checked);
    expect(report.checked).toBeGreaterThan(5);
  });
});
