import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ebnf } from "../../src/syntax/ebnf.js";

const path = new URL("../../grammar/xdpl.ebnf", import.meta.url);

/** `BLESS=1 npx vitest run test/syntax/grammar.test.ts` writes the file anew. */
test("grammar/xdpl.ebnf is the grammar of the parser", () => {
  const text = ebnf();
  if (process.env["BLESS"] !== undefined) writeFileSync(path, text);
  expect(readFileSync(path, "utf8")).toBe(text);
});
