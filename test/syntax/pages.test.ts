import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { syntaxCodes } from "../../src/diagnostics/codes/syntax.js";
import { parseText } from "./support.js";

test.each(Object.entries(syntaxCodes))("docs/errors/%s.md shows the mistake and its fix", (code, title) => {
  const url = new URL(`../../docs/errors/${code}.md`, import.meta.url);
  expect(existsSync(url)).toBe(true);
  const page = readFileSync(url, "utf8");
  expect(page.startsWith(`# ${code}: ${title}\n`)).toBe(true);
  const [wrong, right] = [...page.matchAll(/```xdpl (?:wrong|right)\n([^]*?)```/g)].map(
    (match) => match[1] ?? "",
  );
  expect(parseText(wrong ?? "").diagnostics.map((one) => one.code)).toContain(code);
  expect(parseText(right ?? "@").diagnostics).toEqual([]);
});
