/**
 * What the kernel makes of the wrong scripts when the compiler's checks are off: a rule is there because the kernel
 * rejects what breaks it, or the script says why the compiler is stricter. See `ui.test.ts` for the marks.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { fileHost } from "../../src/host.js";
import { openObject } from "../../src/loader/index.js";
import { analyze } from "../../src/pipeline.js";
import { describeKernel } from "../support/kernel.js";
import { uncheckedObject } from "../support/unchecked.js";

const root = join(import.meta.dirname, "../..");
/** Mistakes in the language alone, and kernels that are too old: this kernel has nothing to say of them. */
const without = ["check", "target", "syntax", "resolve", "lower"];

interface Marked {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly mark: string;
  readonly words: string;
}

const scripts: readonly Marked[] = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".xdpl") && name.split("/").length === 2)
  .filter((name) => !without.includes(name.split("/")[0] ?? ""))
  .toSorted()
  .map((name) => {
    const path = join(import.meta.dirname, name);
    const text = readFileSync(path, "utf8");
    const [, mark = "", words = ""] = /^\/\/@ (kernel \w+|no object): (.+)$/m.exec(text) ?? [];
    return { name, path: relative(root, path), text, mark, words };
  });

const withMark = (mark: string): readonly (readonly [string, Marked])[] =>
  scripts.filter((one) => one.mark === mark).map((one) => [one.name, one]);

describe("scripts with mistakes", () => {
  it("say what a kernel makes of them", () => {
    const known = ["kernel rejects", "kernel accepts", "kernel depends", "no object"];
    expect(scripts.filter((one) => !known.includes(one.mark)).map((one) => one.name)).toEqual([]);
  });

  it("are at least 120, most of them known to a kernel", () => {
    expect(scripts.length).toBeGreaterThanOrEqual(120);
    expect(withMark("kernel rejects").length).toBeGreaterThanOrEqual(90);
  });

  it.each(withMark("no object"))("make no object: %s", (_, { path, text }) => {
    expect(() => uncheckedObject({ path, text })).toThrow(Error);
  });
});

describeKernel("without the checks", () => {
  it.each(withMark("kernel rejects"))("this kernel rejects %s", (_, { path, text, words }) => {
    expect(hasErrors(analyze({ path, text }, fileHost()).diagnostics)).toBe(true);
    const result = openObject(uncheckedObject({ path, text })).load({ way: false });
    if (result.kind === "loaded") result.object.close();
    expect(result.kind === "rejected" ? result.log : "accepted").toContain(words);
  });

  it.each(withMark("kernel accepts"))("this kernel accepts %s", (_, { path, text }) => {
    const result = openObject(uncheckedObject({ path, text })).load({ way: false });
    if (result.kind === "loaded") result.object.close();
    expect(result.kind).toBe("loaded");
  });
});
