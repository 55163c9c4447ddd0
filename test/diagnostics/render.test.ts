import { describe, expect, it } from "vitest";
import type { SourceFile, Span } from "../../src/base/span.js";
import { diagnostic, type Diagnostic, type DiagnosticDetails } from "../../src/diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../../src/diagnostics/registry.js";
import { jsonDiagnostic } from "../../src/diagnostics/render-json.js";
import { textWidth } from "../../src/diagnostics/render-width.js";
import { renderDiagnostic, renderDiagnostics, summary } from "../../src/diagnostics/render.js";

const code = (text: string): DiagnosticCode => text as DiagnosticCode;

/** A file and the spans between `«` and `»` in its text, in order; the signs are taken out. */
function marked(text: string, path = "a.xdpl"): { file: SourceFile; spans: Span[] } {
  let plain = "";
  const open: number[] = [];
  const found: { start: number; end: number }[] = [];
  for (const character of text) {
    if (character === "«") {
      found.push({ start: plain.length, end: plain.length });
      open.push(found.length - 1);
    } else if (character === "»") {
      const index = open.pop();
      const one = index === undefined ? undefined : found[index];
      if (one) one.end = plain.length;
    } else plain += character;
  }
  const file: SourceFile = { path, text: plain };
  return { file, spans: found.map((one) => ({ file, ...one })) };
}

function at(spans: readonly Span[], index: number): Span {
  const span = spans[index];
  if (!span) throw new Error(`no span ${index}`);
  return span;
}

function one(text: string, message: string, details: DiagnosticDetails = {}): Diagnostic {
  return diagnostic(code("XD3102"), at(marked(text).spans, 0), message, details);
}

function shown(found: Diagnostic, width = 80): string {
  const text = renderDiagnostic(found, { width });
  for (const line of text.split("\n")) expect(line).toBe(line.trimEnd());
  return `\n${text}\n`;
}

describe("a diagnostic in the terminal", () => {
  it("marks the exact tokens and says the label beside them", () => {
    expect(
      shown(
        one("xdp f(pkt) {\n  if («ip.src» in blocked) {\n", "`ip` may be null", { label: "`Ipv4 | null`" }),
      ),
    ).toMatchInlineSnapshot(`
        "
        error XD3102: \`ip\` may be null
          --> a.xdpl:2:7
           |
         2 |   if (ip.src in blocked) {
           |       ^^^^^^ \`Ipv4 | null\`
        "
      `);
  });

  it("draws tabs, wide and astral characters, and combining marks where they belong", () => {
    expect(shown(one('\tprint("日本 🎉 e\u0301"); «foo»();', "no `foo`"))).toMatchInlineSnapshot(`
      "
      error XD3102: no \`foo\`
        --> a.xdpl:1:21
         |
       1 |     print("日本 🎉 é"); foo();
         |                         ^^^
      "
    `);
  });

  it("shows control and direction characters as pictures, never as themselves", () => {
    const text = shown(one('"a\u001b[31m\u202eb"; «foo»', "bad \u001b[2J"));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toMatchInlineSnapshot(`
      "
      error XD3102: bad ␛[2J
        --> a.xdpl:1:13
         |
       1 | "a␛[31m�b"; foo
         |             ^^^
      "
    `);
  });

  it("points behind the last character at the end of a line and of the file", () => {
    expect(shown(one("return DROP«»\n}", "`;` is missing"))).toMatchInlineSnapshot(`
      "
      error XD3102: \`;\` is missing
        --> a.xdpl:1:12
         |
       1 | return DROP
         |            ^
      "
    `);
    expect(shown(one("xdp f(pkt) {\n«»", "`}` is missing"))).toMatchInlineSnapshot(`
      "
      error XD3102: \`}\` is missing
        --> a.xdpl:2:1
         |
       2 |
         | ^
      "
    `);
    expect(shown(one("«»", "nothing here"))).toMatchInlineSnapshot(`
      "
      error XD3102: nothing here
        --> a.xdpl:1:1
         |
       1 |
         | ^
      "
    `);
  });

  it("shows spans of several lines with a bar, long ones cut in the middle", () => {
    expect(shown(one("«xdp f(pkt) {\n  return 1;\n}»\n", "no verdict", { label: "ends without one" })))
      .toMatchInlineSnapshot(`
        "
        error XD3102: no verdict
          --> a.xdpl:1:1
           |
         1 | / xdp f(pkt) {
         2 | |   return 1;
         3 | | }
           | |_^ ends without one
        "
      `);
    const body = Array.from({ length: 12 }, (_, index) => `  a${index};\n`).join("");
    expect(shown(one(`x = foo(«{\n${body}}»);\n`, "too long"))).toMatchInlineSnapshot(`
      "
      error XD3102: too long
        --> a.xdpl:1:9
         |
       1 |   x = foo({
         |  _________^
       2 | |   a0;
       3 | |   a1;
       ... |
      12 | |   a10;
      13 | |   a11;
      14 | | });
         | |_^
      "
    `);
  });

  it("puts related places of the same file in one excerpt, others below", () => {
    const { spans } = marked("const «ip» = pkt.ipv4;\n\nif (a) {\n}\nreturn «ip».src;\n");
    const { spans: others } = marked("export header «Ipv4» {\n", "std/net/ip");
    const found = diagnostic(code("XD3102"), at(spans, 1), "`ip` may be null", {
      label: "not every packet is IPv4",
      related: [
        { span: at(spans, 0), message: "it gets its value here" },
        { span: at(others, 0), message: "declared here" },
      ],
      notes: [
        "a layer is null when the packet does not have it, and reading a field of it would read bytes of another protocol",
      ],
    });
    expect(shown(found)).toMatchInlineSnapshot(`
      "
      error XD3102: \`ip\` may be null
        --> a.xdpl:5:8
         |
       1 | const ip = pkt.ipv4;
         |       -- it gets its value here
       ...
       5 | return ip.src;
         |        ^^ not every packet is IPv4
         |
        ::: std/net/ip:1:15
         |
       1 | export header Ipv4 {
         |               ---- declared here
         = note: a layer is null when the packet does not have it, and reading a field
                 of it would read bytes of another protocol
      "
    `);
  });

  it("keeps marks of one line apart", () => {
    const { spans } = marked("let «x»: u8 = «y» + 1;\n");
    const found = diagnostic(code("XD3001"), at(spans, 1), "`u16` does not fit `u8`", {
      label: "`u16`",
      related: [{ span: at(spans, 0), message: "`u8`" }],
    });
    expect(shown(found)).toMatchInlineSnapshot(`
      "
      error XD3001: \`u16\` does not fit \`u8\`
        --> a.xdpl:1:13
         |
       1 | let x: u8 = y + 1;
         |     - \`u8\`
         |             ^ \`u16\`
      "
    `);
  });

  it("shows a fix as the lines before and after it", () => {
    const { spans } = marked("xdp f(pkt) {\n  const ip = pkt.ipv4«»;\n  return «ip».ttl;\n");
    const found = diagnostic(code("XD3102"), at(spans, 1), "`ip` may be null", {
      fixes: [
        { title: "let other packets pass", edits: [{ span: at(spans, 0), text: " ?? return PASS" }] },
        { title: "ask first", edits: [] },
        { title: "guard", edits: [{ span: { ...at(spans, 1), end: at(spans, 1).start }, text: "x;\n  " }] },
      ],
    });
    expect(shown(found)).toMatchInlineSnapshot(`
      "
      error XD3102: \`ip\` may be null
        --> a.xdpl:3:10
         |
       3 |   return ip.ttl;
         |          ^^
         = fix: let other packets pass
       2 -   const ip = pkt.ipv4;
       2 +   const ip = pkt.ipv4 ?? return PASS;
         = fix: ask first
         = fix: guard
       3 -   return ip.ttl;
       3 +   return x;
       4 +   ip.ttl;
      "
    `);
  });

  it("shows two edits far apart as two changes, neighbours as one", () => {
    const { spans } = marked("«a»\nb\nc\n«d»\n«e»\n");
    const edits = [2, 0, 1].map((index) => ({ span: at(spans, index), text: "X" }));
    expect(shown(diagnostic(code("XD3102"), at(spans, 0), "m", { fixes: [{ title: "t", edits }] })))
      .toMatchInlineSnapshot(`
        "
        error XD3102: m
          --> a.xdpl:1:1
           |
         1 | a
           | ^
           = fix: t
         1 - a
         1 + X
         4 - d
         5 - e
         4 + X
         5 + X
        "
      `);
  });

  it("keeps to the width: long lines are cut around the mark, labels and notes wrap", () => {
    const long = `const a = ${"x + ".repeat(40)}«yyyy» + ${"z + ".repeat(40)}1;`;
    const label =
      "this is a label that is much too long to stand beside the mark in the space that is left there";
    for (const width of [60, 80, 100]) {
      const text = shown(
        one(long, "a message ".repeat(20).trim(), { label, notes: ["word ".repeat(60).trim()] }),
        width,
      );
      for (const line of text.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(width);
      expect(text).toContain("^^^^");
    }
    expect(shown(one(long, "long", { label }))).toMatchInlineSnapshot(`
      "
      error XD3102: long
        --> a.xdpl:1:171
         |
       1 | …+ x + x + x + x + x + x + x + x + yyyy + z + z + z + z + z + z + z + z +…
         |                                    ^^^^ this is a label that is much too
         |                                         long to stand beside the mark in
         |                                         the space that is left there
      "
    `);
  });

  it("marks the right cells wherever the mark stands in a long line", () => {
    for (let before = 0; before < 200; before += 7) {
      const text = shown(one(`${"a".repeat(before)}«BCD»${"e".repeat(200 - before)}`, "m"));
      const lines = text.split("\n");
      const signs = lines.find((line) => line.includes("^^^")) ?? "";
      const source = lines.find((line) => line.includes("BCD")) ?? "";
      expect(source.indexOf("BCD")).toBe(signs.indexOf("^^^"));
    }
  });

  it("uses colour only when asked", () => {
    const found = one("«a»", "m");
    expect(renderDiagnostic(found)).not.toContain("\u001b");
    expect(renderDiagnostic(found, { color: true })).toContain("\u001b[31m");
  });
});

describe("a summary", () => {
  it("counts errors and warnings", () => {
    const error = one("«a»", "m");
    const warning = one("«a»", "m", { severity: "warning" });
    expect(summary([])).toBe("");
    expect(summary([error])).toBe("1 error");
    expect(summary([warning, error, error])).toBe("2 errors, 1 warning");
    expect(renderDiagnostics([error, warning])).toMatch(/\n\n1 error, 1 warning\n$/);
    expect(renderDiagnostics([])).toBe("");
  });
});

describe("a diagnostic as JSON", () => {
  it("has offsets, lines and columns, and nothing undefined", () => {
    const { spans } = marked("a\nbb «cc»\n");
    const found = diagnostic(code("XD9999"), at(spans, 0), "m", {
      fixes: [{ title: "t", edits: [{ span: at(spans, 0), text: "x" }] }],
    });
    const span = {
      file: "a.xdpl",
      start: { offset: 5, line: 2, column: 4 },
      end: { offset: 7, line: 2, column: 6 },
    };
    expect(JSON.parse(JSON.stringify(jsonDiagnostic(found)))).toEqual({
      code: "XD9999",
      severity: "error",
      message: "m",
      span,
      label: null,
      notes: [],
      related: [],
      fixes: [{ title: "t", edits: [{ span, text: "x" }] }],
    });
  });
});
