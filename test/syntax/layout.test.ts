/** Where lines break and how far in they are says what a mistake meant, and never what is right. */
import { expect, it } from "vitest";
import { lex } from "../../src/syntax/lexer.js";
import { generate } from "../fuzz/generate.js";
import { scripts } from "../fuzz/parser.js";
import { complaints } from "./support.js";

/** The text with other white space between its tokens; comments stay as they are. */
function respaced(text: string, space: (before: string, at: number) => string): string {
  let made = "";
  let end = 0;
  const { tokens } = lex({ path: "layout.xdpl", text }, () => undefined);
  for (const { startOffset: start, endOffset: last } of tokens) {
    const before = text.slice(end, start);
    if (before.trim() === "") made += before === "" ? "" : space(before, start);
    else made += before.replaceAll(/\n[ \t]+/g, "\n");
    made += text.slice(start, last + 1);
    end = last + 1;
  }
  return made + text.slice(end);
}

const valid = [
  ...scripts(new URL("../..", import.meta.url)).filter((text) => complaints(text).length === 0),
  ...Array.from({ length: 30 }, (_, seed) => generate(seed)),
];

it.each([
  ["flat at the left", (before: string) => before.replaceAll(/[ \t]+$/g, before.includes("\n") ? "" : " ")],
  ["one word a line", () => "\n"],
  ["one word a line, further and further out", (_: string, at: number) => `\n${" ".repeat(7 - (at % 8))}`],
  ["on one line", () => " "],
])("scripts may be written %s", (_, space) => {
  expect(valid.length).toBeGreaterThan(100);
  for (const text of valid) expect(complaints(respaced(text, space)), respaced(text, space)).toEqual([]);
});

it("a header's items may stand where declarations do", () => {
  const items = "size = length as u32 * 4;\nnext Ethernet;\noptions { kind: u8, length: u8 };\n";
  expect(complaints(`header H after Udp {\nlength: u8;\n${items}}`)).toEqual([]);
  expect(complaints("header H after Udp {\nx: u8;\ncontinues Ipv6 { x };\n}")).toEqual([]);
  expect(complaints("  header H after Udp {\n  next Ethernet;\n  }")).toEqual([]);
});

it("a comment before the first word does not move the margin", () => {
  const program = "xdp f(pkt) {\n  return DROP;\n}\n";
  expect(complaints(`/* c */ enum E { A }\nheader H after Udp {\n  next Ethernet;\n}\n${program}`)).toEqual(
    [],
  );
  expect(complaints(`/* c */ header H after Udp {\n  x: u8;\n${program}`)).toHaveLength(1);
});
