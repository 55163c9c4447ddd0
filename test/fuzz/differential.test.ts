import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { fuzzDifferential } from "./differential.js";

describeKernel("random scripts in the kernel and in the interpreter", () => {
  it("do the same with packets, maps and globals", () => {
    const report = fuzzDifferential({ count: 14, seed: 20_260_101 }, { packets: 8 });
    expect(report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`)).toEqual([]);
    expect(report.compared).toBeGreaterThan(2);
  });
});
