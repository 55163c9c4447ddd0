import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fmt } from "../../src/cli/fmt.js";
import type { Context } from "../../src/cli/program.js";

let folder: string;
let out: string;
let err: string;
let context: Context;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xdpl-fmt-"));
  out = "";
  err = "";
  const terminal = {
    out: (text: string | Uint8Array) => void (out += String(text)),
    err: (text: string) => void (err += text),
    outColor: false,
    errColor: false,
    width: 80,
    interactive: false,
  };
  context = { terminal, json: false };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const untidy = "xdp f(pkt){return   DROP;}";
const tidy = "xdp f(pkt) {\n  return DROP;\n}\n";

it("rewrites files", async () => {
  const [one, two] = [script("a.xdpl", untidy), script("b.xdpl", tidy)];
  expect(await fmt(context, [one, two], {})).toBe(0);
  expect([readFileSync(one, "utf8"), readFileSync(two, "utf8"), out]).toEqual([tidy, tidy, ""]);
});

it("names with --check what it would change, and changes nothing", async () => {
  const [one, two] = [script("a.xdpl", untidy), script("b.xdpl", tidy)];
  expect(await fmt(context, [one, two], { check: true })).toBe(1);
  expect([readFileSync(one, "utf8"), out]).toEqual([untidy, `${one}\n`]);
  expect(await fmt(context, [two], { check: true })).toBe(0);
});

it("leaves a script with syntax errors alone, and formats the others", async () => {
  const [one, two] = [script("a.xdpl", "xdp f(pkt) { return DROP }"), script("b.xdpl", untidy)];
  expect(await fmt(context, [one, two], {})).toBe(1);
  expect(readFileSync(one, "utf8")).toBe("xdp f(pkt) { return DROP }");
  expect(readFileSync(two, "utf8")).toBe(tidy);
  expect(err).toContain("XD1002");
});

it("prints what came from the command line", async () => {
  expect(await fmt(context, [], { e: untidy })).toBe(0);
  expect(out).toBe(tidy);
});

it("gives JSON", async () => {
  const one = script("a.xdpl", untidy);
  expect(await fmt({ ...context, json: true }, [one], { check: true })).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: true, files: [{ file: one, ok: true, changed: true }] });
});
