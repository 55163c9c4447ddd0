import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SourceFile } from "../../src/base/span.js";
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { renderDiagnostics } from "../../src/diagnostics/render.js";
import { testHost } from "../support/kernel-facts.js";
import { analyze } from "../../src/pipeline.js";

const root = join(import.meta.dirname, "../..");

interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

/** Blocks of ```` ```xdpl ````: whole scripts, which compile as they stand. */
function snippets(page: string): Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```xdpl\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length + 1,
    text: match[1] ?? "",
  }));
}

const pages = ["README.md", "CONTRIBUTING.md"]
  .concat(
    readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) => join("docs", name)),
  )
  // The pages of errors show wrong scripts; the tests of each code compile them.
  .filter((name) => name.endsWith(".md") && !name.startsWith(join("docs", "errors", "XD")));

describe("scripts in the documentation", () => {
  const all = pages.flatMap(snippets);

  it("are there", () => {
    expect(all.length).toBeGreaterThan(20);
  });

  it.each(all.map((one) => [`${one.page}:${one.line}`, one] as const))("%s compiles", (name, { text }) => {
    const file: SourceFile = { path: `${name}.xdpl`, text };
    const { diagnostics } = analyze(file, testHost());
    expect(hasErrors(diagnostics), renderDiagnostics(diagnostics)).toBe(false);
  });
});
