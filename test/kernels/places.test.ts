import { expect, it } from "vitest";
import { placesScript } from "../fuzz/generate/places.js";
import { rngOf } from "../fuzz/generate/random.js";
import { outcomeOf } from "../fuzz/checker.js";
import { compileScript } from "../support/compile.js";
import { availableKernels, describeKernels, formatTable, loadOnKernels } from "./matrix.js";

/** Those that know least of numbers. */
const old = availableKernels().filter((one) => one === "5.10" || one === "6.1");

describeKernels("places that are computed", () => {
  it("are known to the kernels that know least of numbers", async () => {
    const scripts = Array.from({ length: 250 }, (_, at) => placesScript(rngOf(7000 + at)));
    const passed = scripts.filter((text) => outcomeOf(text).kind === "accepted");
    expect(passed.length).toBeGreaterThan(200);
    const objects = await Promise.all(
      passed.map(async (text, at) => ({ name: `places ${at}`, bytes: await compileScript(text) })),
    );
    const table = await loadOnKernels(objects, old);
    const judged = new Set(table.verdicts.map((one) => `${one.object} on ${one.kernel}`));
    expect(judged.size).toBe(objects.length * table.kernels.length);
    expect(table.verdicts.filter((one) => !one.accepted).length, formatTable(table)).toBe(0);
  }, 600_000);
});
