import { expect, it } from "vitest";
import { describeKernel } from "../support/kernel.js";
import { fuzzDifferential } from "./differential.js";

describeKernel("random scripts in the kernel and in the interpreter", () => {
  it("do the same with packets, maps and globals", () => {
    const report = fuzzDifferential({ count: 20, seed: 20_260_101 }, { packets: 12 });
    expect(report.failures.map((one) => `${one.signature}\n${one.detail}\n${one.reduced}`)).toEqual([]);
    expect(report.compared).toBeGreaterThan(3);
  });
});
