import { describe, expect, it } from "vitest";
import { formatSource } from "../../src/format/index.js";
import { random } from "../fuzz/parser.js";
import { generate } from "./generate.js";
import { corpus, errorsOf, fault, format, scrambled, shape, tokensOf, withComments } from "./support.js";

const scripts = corpus();
/** Other texts with another number. */
const seed = Number(process.env["XDPL_FORMAT_SEED"] ?? 1);

describe("every script of the repository", () => {
  it("is there", () => {
    expect(scripts.length).toBeGreaterThan(100);
  });

  it.each(scripts)("$path: formatted twice as once; the same tree, the same comments", async ({ text }) => {
    expect(await fault(text)).toBeUndefined();
  });

  it("may have other blanks between its tokens", async () => {
    const below = random(seed + 3);
    for (const { text } of scripts) {
      const bare = withoutComments(await format(text));
      const other = scrambled(bare, below);
      if (errorsOf(other).length > 0) continue;
      expect(await format(other)).toBe(await format(bare));
    }
  });
});

function withoutComments(text: string): string {
  let bare = "";
  let end = 0;
  for (const token of tokensOf(text)) {
    bare += text.slice(end, token.start).replace(/\/\/[^\n]*|\/\*[^]*?\*\//g, "") + token.text;
    end = token.end;
  }
  return bare;
}

describe("comments", () => {
  it("survive anywhere, once, and stay where they are put", async () => {
    const below = random(seed);
    let tried = 0;
    for (let i = 0; i < 1200; i++) {
      const text = withComments(scripts[below(scripts.length)]?.text ?? "", below);
      if (errorsOf(text).length > 0) continue;
      expect(await fault(text)).toBeUndefined();
      tried++;
    }
    expect(tried).toBeGreaterThan(1000);
  });

  it("may be doc comments at odd places", async () => {
    const below = random(seed + 1);
    for (let i = 0; i < 300; i++) {
      const { text } = scripts[below(scripts.length)] ?? { text: "" };
      const tokens = tokensOf(text);
      const at = tokens[below(tokens.length)]?.start ?? 0;
      const odd = `${text.slice(0, at)} /** odd */ ${text.slice(at)}`;
      if (errorsOf(odd).length === 0) expect(await fault(odd, false)).toBeUndefined();
    }
  });
});

describe("random scripts", () => {
  it("are formatted as the others", async () => {
    const below = random(seed + 2);
    const count = Number(process.env["XDPL_FORMAT_SCRIPTS"] ?? 700);
    let tried = 0;
    for (let i = 0; i < count; i++) {
      const plain = generate(below);
      const text = below(2) === 0 ? plain : withComments(plain, below);
      if (errorsOf(text).length > 0) continue;
      expect(await fault(text)).toBeUndefined();
      tried++;
    }
    expect(tried).toBeGreaterThan(count * 0.9);
  });
});

describe("text that can't be read", () => {
  it("is refused with what is wrong", async () => {
    const result = await formatSource("xdp f(pkt) { return DROP }", { path: "f.xdpl" });
    expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "XD1002" }] });
    if (!result.ok) expect(result.diagnostics[0]?.span.file.path).toBe("f.xdpl");
  });

  it("may be empty", async () => {
    expect(await format("")).toBe("");
    expect(await format(" \n\n")).toBe("");
    expect(await format("\n\n// only this\n\n\n/* and that */\n\n")).toBe("// only this\n\n/* and that */\n");
  });

  it("may have other line ends, a byte order mark, a first line for the shell", async () => {
    expect(await format("// a\r\n\r\n\r\nxdp f(pkt) {\r\n}\r\n")).toBe("// a\n\nxdp f(pkt) {}\n");
    expect(await format("#!/usr/bin/env xdpl\nxdp f(pkt) {}")).toBe("#!/usr/bin/env xdpl\nxdp f(pkt) {}\n");
    expect(shape(await format("\ufeffxdp f(pkt) {}"))).toBe(shape("xdp f(pkt) {}"));
  });
});
