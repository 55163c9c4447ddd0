import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ebnf } from "../../src/syntax/ebnf.js";
import { productions } from "../../src/syntax/productions.js";
import { railroadPage } from "../../src/syntax/railroad.js";

/** `BLESS=1 npx vitest run test/syntax/grammar.test.ts` writes the files anew. */
test.each([
  ["xdpl.ebnf", ebnf],
  ["xdpl.html", railroadPage],
])("grammar/%s is the grammar of the parser", (name, make) => {
  const path = new URL(`../../grammar/${name}`, import.meta.url);
  const text = make();
  if (process.env["BLESS"] !== undefined) writeFileSync(path, text);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("the diagrams have every rule, and every rule that they name", () => {
  const page = railroadPage();
  const rules = productions();
  for (const name of rules.keys()) expect(page).toContain(`<h2 id="${name}">`);
  for (const [, name = ""] of page.matchAll(/href="#(\w+)"/g)) expect(rules.has(name), name).toBe(true);
});
