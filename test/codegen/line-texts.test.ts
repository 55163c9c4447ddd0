/** Past some thousand lines BTF holds the numbers of the lines and not their texts. */
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import { buildWith } from "../../src/pipeline.js";

function llvmText(lines: number): string {
  const rules = Array.from({ length: lines }, (_, at) => `  if (pkt.length == ${100 + at}) return DROP;`);
  const text = ["xdp filter(pkt) {", ...rules, "  return PASS;", "}", ""].join("\n");
  const { output } = buildWith(undefined, { path: "rules.xdpl", text }, fileHost(), "ll");
  return String(output);
}

describe("texts of lines in BTF", () => {
  it("are those of the script", () => {
    expect(llvmText(10)).toContain("if (pkt.length == 105) return DROP;");
  });

  it("are left out of a long script, whose lines keep their numbers", () => {
    const ll = llvmText(2100);
    expect(ll).not.toContain("return DROP;");
    expect(ll).toMatch(/DILocation\(line: 2050,/);
  });
});
