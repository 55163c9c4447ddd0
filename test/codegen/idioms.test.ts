import { expect, it } from "vitest";
import { libllvm } from "../../src/llvm/index.js";
import { describeKernel } from "../support/kernel.js";
import { objectOf, runBoth, somePackets } from "./harness.js";
import { idioms } from "./idioms.js";

const found = libllvm();
/** LLVM 16 has no v4. */
const cpus = (["v2", "v3", "v4"] as const).filter(
  (cpu) => cpu !== "v4" || (found.ok && found.llvm.major >= 17),
);

describeKernel("idioms that LLVM spoils are accepted, and do what the IR says", () => {
  // Ring buffers fill up in the kernel only.
  const packets = somePackets(120);
  for (const [name, make] of Object.entries(idioms)) {
    for (const cpu of cpus) {
      for (const options of [{ proofs: true }, {}, { proofs: true, care: "all" as const }]) {
        if (options.care === "all" && cpu === "v4") continue;
        it(`${name}, ${cpu} ${Object.keys(options).join(" ")}`, () => {
          const module = make();
          const runs = runBoth(
            module,
            objectOf(module, { cpu, ...options }),
            name === "ring" ? packets.slice(0, 20) : packets,
          );
          expect(runs.kernel).toEqual(runs.reference);
        });
      }
    }
  }
});
