import fc from "fast-check";
import { expect, test } from "vitest";
import { checkInput, fuzz, scripts } from "../fuzz/parser.js";
import { snippets } from "./snippets.js";

const corpus = [...snippets, ...scripts(new URL("../../", import.meta.url))];

test("20 000 broken scripts give trees", () => {
  const report = fuzz(corpus, 20_000, 20_240);
  expect(report.inputs).toBe(20_000);
  expect(report.slowest).toBeLessThan(2000);
});

test("any text gives a tree", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      checkInput(text);
    }),
    { numRuns: 2000, seed: 7 },
  );
});

const token = fc.constantFrom(
  ...'{ } ( ) [ ] ; , : . ? ?. ?? => = == < > >> + ! `a${ } ` " 1 10.0.0.0/8 ::1 x u8 if else for of in const let return struct header xdp function switch case export import from as new null'.split(
    " ",
  ),
  "\n",
);

test("any tokens give a tree", () => {
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      checkInput(tokens.join(" "));
    }),
    { numRuns: 3000, seed: 7 },
  );
});

test("a script without one of its tokens gets a complaint or two, seldom more", () => {
  let many = 0;
  let all = 0;
  for (const text of snippets) {
    for (const match of text.matchAll(/\w+|[^\s\w]/g)) {
      all++;
      if (checkInput(text.slice(0, match.index) + text.slice(match.index + match[0].length)) > 2) many++;
    }
  }
  expect(many / all).toBeLessThan(0.03);
});
