/**
 * Every rule is noticed when it is gone. For a rule of the verifier, and for those of the checker that the kernel has
 * too: some wrong script has this error and no other, and with it suppressed the script would be compiled, and the
 * kernel rejects the object (`kernel.test.ts`) or LLVM refuses to make one. What no script gets to, because types or
 * lowering stop it before, is a fault of the compiler's, and held by tests of the IR.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { registry } from "../../src/diagnostics/registry.js";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { faults } from "../../src/verify/fault.js";
import { uncheckedObject } from "../support/unchecked.js";

const root = join(import.meta.dirname, "../..");

/** What types and lowering keep every script from, proven once more: `test/verify` makes the IR by hand. */
const ofTheCompiler = "XD4901";

/** Rules of the checker that a kernel has too. */
const checkerRules = ["XD3101", "XD3102", "XD3507", "XD3509"];

const scripts = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".expected") && name.split("/").length === 2,
);
const expected = scripts.map((name) => {
  const text = readFileSync(join(import.meta.dirname, name), "utf8");
  const codes = [...text.matchAll(/^error (XD\d{4})/gm)].map((one) => one[1] ?? "");
  const path = join(import.meta.dirname, name.replace(/\.expected$/, ".xdpl"));
  return { text, codes: new Set(codes), path, script: readFileSync(path, "utf8") };
});

/** Scripts that only this rule stops. */
function stoppedBy(code: string): typeof expected {
  return expected.filter(({ codes }) => codes.size === 1 && codes.has(code));
}

describe("a rule that is gone is noticed", () => {
  const rules = [...Object.keys(registry).filter((code) => code.startsWith("XD4")), ...checkerRules];

  it.each(rules.filter((code) => code !== ofTheCompiler))("%s", (code) => {
    const stopped = stoppedBy(code);
    const rejected = stopped.filter(({ script }) => script.startsWith("//@ kernel rejects: "));
    if (rejected.length > 0) {
      const [one] = rejected;
      const path = relative(root, one?.path ?? "");
      // Without this rule nothing else stops it: there is an object, and `kernel.test.ts` loads it.
      expect(uncheckedObject({ path, text: one?.script ?? "" }).length).toBeGreaterThan(0);
      const { diagnostics } = analyze({ path, text: one?.script ?? "" }, fileHost());
      expect(diagnostics.filter((each) => each.severity === "error" && each.code !== code)).toEqual([]);
      return;
    }
    const made = stopped.map(({ path, script }) => {
      try {
        uncheckedObject({ path: relative(root, path), text: script });
        return "an object";
      } catch (failure) {
        return failure instanceof Error ? failure.message : String(failure);
      }
    });
    // No kernel sees it: LLVM does, the code generator, or the kernel does what was not meant.
    const accepted = stopped.filter(({ script }) => /^\/\/@ kernel (accepts|depends): /.test(script)).length;
    const noticed = made.filter((one) => /^LLVM: |there is no helper/.test(one)).length + accepted;
    expect(noticed, `no script is stopped by ${code} alone`).toBeGreaterThan(0);
  });

  it.each(Object.keys(faults))("%s, a fault of the compiler, in IR made by hand", (kind) => {
    const folder = join(root, "test/verify");
    const tests = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(tests.join("\n")).toContain(`[faults.${kind}]`);
  });
});

describe("codes", () => {
  it("all have a script", () => {
    const seen = new Set(expected.flatMap(({ text }) => text.match(/XD\d{4}/g) ?? []));
    const missing = Object.keys(registry).filter((code) => !seen.has(code) && code !== ofTheCompiler);
    expect(missing).toEqual([]);
    expect(seen, "a script gets there: mend the compiler").not.toContain(ofTheCompiler);
  });
});
