/** The promise of no more instructions than C: each example that has a twin, beside it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileExample, compileTwin, instructions } from "../../bench/programs.js";
import { hasTool } from "../support/kernel.js";

const root = join(import.meta.dirname, "../..");
const twins = readdirSync(join(root, "bench/twins"))
  .filter((name) => name.endsWith(".c"))
  .map((name) => name.slice(0, -2));

describe.skipIf(!hasTool("clang-19"))("an example has no more instructions than its twin in C", () => {
  it.each(twins)("%s", (name) => {
    const own = instructions(compileExample(join(root, "examples", `${name}.xdpl`)));
    expect(own).toBeLessThanOrEqual(instructions(compileTwin(name)));
  });
});
