import { expect, it } from "vitest";
import { compileScript } from "../support/compile.js";
import { fieldScript, headerFields } from "./fields.js";
import { availableKernels, describeKernels, formatTable, loadOnKernels } from "./matrix.js";

/** Those that have differed in what they know of numbers. */
const apart = availableKernels().filter((one) => one === "5.10" || one === "6.12");

describeKernels("fields of headers", () => {
  it("are places, elements and limits of loops on the kernels that know least", async () => {
    const fields = headerFields();
    expect(fields.length).toBeGreaterThan(140);
    const objects = await Promise.all(
      fields.map(async (one, at) => ({
        name: `${one.layer}.${one.name}`,
        bytes: await compileScript(fieldScript(one, at)),
      })),
    );
    const table = await loadOnKernels(objects, apart);
    const judged = new Set(table.verdicts.map((one) => `${one.object} on ${one.kernel}`));
    expect(judged.size).toBe(objects.length * table.kernels.length);
    expect(table.verdicts.filter((one) => !one.accepted).length, formatTable(table)).toBe(0);
  }, 600_000);
});
