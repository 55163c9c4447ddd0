import { expect, it } from "vitest";
import { parse } from "../../src/syntax/index.js";
import { generate, rngOf } from "./generate.js";
import { garble, mutate, tokens } from "./mutate.js";
import { reduce } from "./reduce.js";

it("generates scripts that can be read, the same for the same seed", () => {
  for (let seed = 0; seed < 60; seed++) {
    const text = generate(seed);
    expect(generate(seed)).toBe(text);
    let next = 0;
    const { diagnostics } = parse({ path: "fuzz.xdpl", text }, { next: () => next++ });
    expect(diagnostics, text).toEqual([]);
  }
});

it("mutates and garbles without losing a character by itself", () => {
  const text = generate(5);
  expect(tokens(text).join("")).toBe(text);
  expect(mutate(text, rngOf(1))).toBe(mutate(text, rngOf(1)));
  expect(garble(text, rngOf(1))).not.toBe(text);
});

it("reduces a script to what makes it fail", () => {
  const text = generate(11);
  const last = "  print(culprit);\n";
  expect(reduce(`${text}${last}${text}`, (smaller) => /\bculprit\b/.test(smaller), 10)).toBe("culprit");
});
