import fc from "fast-check";
import { expect, it } from "vitest";
import { tape } from "../ir/random.js";
import { describeKernel } from "../support/kernel.js";
import { objectOf, runBoth, somePackets } from "./harness.js";
import { randomProgram } from "./random-program.js";

describeKernel("random programs", () => {
  for (const cpu of ["v3", "v2"] as const) {
    it(`are accepted and agree with the interpreter, ${cpu}`, () => {
      const packets = somePackets(5, 77);
      fc.assert(
        fc.property(tape, (choices) => {
          const module = randomProgram(choices);
          const runs = runBoth(module, objectOf(module, { cpu }), packets);
          expect(runs.kernel).toEqual(runs.reference);
        }),
        { numRuns: 150, seed: 20 },
      );
    });
  }
});
