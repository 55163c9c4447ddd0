import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.js";
import { registry } from "../../src/diagnostics/registry.js";
import { renderDiagnostics } from "../../src/diagnostics/render.js";
import { pageScripts, type PageScript } from "../support/pages.js";
import { analyze } from "../../src/pipeline.js";

const folder = join(import.meta.dirname, "../../docs/errors");
const codes = Object.entries(registry).sort(([left], [right]) => (left < right ? -1 : 1));

const areas: readonly (readonly [digit: string, title: string])[] = [
  ["1", "What cannot be read"],
  ["2", "Names, imports, declarations"],
  ["3", "Types, nulls, members, maps, headers"],
  ["4", "What the kernel's verifier would reject"],
  ["5", "What the target, the program kind or the license does not have"],
];

/** The list of all pages, made from the registry. `UPDATE=1 npx vitest run test/docs` writes it. */
function index(): string {
  const lines = [
    "# Errors and warnings",
    "",
    "One page for each code; `xdpl explain XD3101` shows it in the terminal. Codes are never reused.",
    "This list is made from the compiler's registry.",
  ];
  for (const [digit, title] of areas) {
    lines.push("", `## ${title}`, "");
    for (const [code, name] of codes)
      if (code.startsWith(`XD${digit}`)) lines.push(`- [${code}](${code}.md): ${name}`);
  }
  return `${lines.join("\n")}\n`;
}

const scripts = (which: "wrong" | "right"): readonly PageScript[] =>
  codes.flatMap(([code]) => pageScripts(code, which));

const found = ({ entry, host }: PageScript): readonly Diagnostic[] => analyze(entry, host).diagnostics;

describe("the scripts of the pages", () => {
  it.each(scripts("wrong").map((one) => [one.name, one] as const))(
    "%s shows its own code, and no other",
    (_, one) => {
      const all = found(one);
      expect(new Set(all.map(({ code }) => code)), renderDiagnostics(all)).toEqual(new Set([one.code]));
    },
  );

  it.each(scripts("right").map((one) => [one.name, one] as const))("%s compiles", (_, one) => {
    expect(renderDiagnostics(found(one))).toBe("");
  });
});

describe("the pages of diagnostics", () => {
  it.each(codes)("%s has a page: %s", (code) => {
    expect(existsSync(join(folder, `${code}.md`)), `docs/errors/${code}.md is missing`).toBe(true);
    const text = readFileSync(join(folder, `${code}.md`), "utf8");
    expect(text.split("\n")[0]).toMatch(new RegExp(`^# .*${code}`));
  });

  it("are of known codes only", () => {
    const pages = readdirSync(folder).filter((name) => name !== "README.md");
    expect(pages.filter((name) => !Object.hasOwn(registry, name.replace(/\.md$/, "")))).toEqual([]);
  });

  it("are all listed in the index", () => {
    const path = join(folder, "README.md");
    if (process.env["UPDATE"]) writeFileSync(path, index());
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(index());
  });
});
