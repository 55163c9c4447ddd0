/** The colours of editors: the TextMate grammar sees what the lexer sees. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import oniguruma from "vscode-oniguruma";
import textmate, { type IGrammar } from "vscode-textmate";
import { lex } from "../../src/syntax/lexer.js";
import {
  AddressToken,
  contextual,
  NumberToken,
  PrefixToken,
  reserved,
  StringToken,
  TemplateWhole,
} from "../../src/syntax/tokens.js";
import { corpus } from "../format/support.js";

const path = new URL("../../grammar/xdpl.tmLanguage.json", import.meta.url);
let grammar: IGrammar;

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: () => Promise.resolve(textmate.parseRawGrammar(readFileSync(path, "utf8"), path.pathname)),
  });
  const loaded = await registry.loadGrammar("source.xdpl");
  if (loaded === null) throw new Error("no grammar");
  grammar = loaded;
});

/** The scopes at each offset of a text, innermost last. */
function scopesOf(text: string): readonly (readonly string[])[] {
  const scopes: (readonly string[])[] = [];
  let state = textmate.INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    for (const token of tokens)
      for (let i = token.startIndex; i < Math.min(token.endIndex, line.length); i++)
        scopes.push(token.scopes);
    scopes.push([]);
    state = ruleStack;
  }
  return scopes;
}

/** The innermost scope of the first place where `part` stands in `text`. */
function scopeOf(text: string, part: string): string {
  const scopes = scopesOf(text)[text.indexOf(part)] ?? [];
  return scopes.at(-1)?.replace(/\.xdpl$/, "") ?? "";
}

const textScopes = /^(?:string|comment)\./;

describe("every script of the repository", () => {
  it.each(corpus())("$path: tokens have the colours of their kind", ({ text }) => {
    const scopes = scopesOf(text);
    const wrong: string[] = [];
    const want = (start: number, end: number, scope: RegExp, what: string): void => {
      for (let i = start; i < end; i++)
        if (scopes[i]?.some((one) => scope.test(one)) !== true && text[i] !== "\n" && text[i] !== "\r") {
          wrong.push(`${what} ${text.slice(start, end)}: ${scopes[i]?.join(" ")}`);
          return;
        }
    };
    expect(scopes.flat().filter((scope) => scope.startsWith("invalid"))).toEqual([]);
    const { tokens, comments } = lex({ path: "test.xdpl", text }, () => undefined);
    for (const { span } of comments) want(span.start, span.end, /^comment\./, "comment");
    for (const { tokenType, image, startOffset, endOffset } of tokens) {
      const end = endOffset + 1;
      if (tokenType === NumberToken)
        want(startOffset, end, /^constant\.numeric|^keyword\.other\.unit/, "number");
      else if (tokenType === AddressToken || tokenType === PrefixToken)
        want(startOffset, end, /^constant\.other\.address/, "address");
      else if (tokenType === StringToken) want(startOffset, end, /^string\.quoted/, "string");
      else if (tokenType === TemplateWhole) want(startOffset, end, /^string\.template/, "template");
      else if (reserved.get(image) === tokenType && !isField(text, startOffset, end))
        want(startOffset, end, /^(?:keyword|storage|constant\.language)/, "keyword");
      else if (/^[A-Za-z_$]/.test(image) && !contextual.has(image) && textScoped(scopes[startOffset]))
        wrong.push(`${image} is text`);
    }
    expect(wrong).toEqual([]);
  });
});

function isField(text: string, start: number, end: number): boolean {
  return /[.]\s*$/.test(text.slice(0, start)) || /^\s*:/.test(text.slice(end));
}

/** In a text and not in a hole of a template. */
function textScoped(scopes: readonly string[] | undefined): boolean {
  const hole = scopes?.findLastIndex((scope) => scope.startsWith("meta.embedded")) ?? -1;
  return scopes?.slice(hole + 1).some((scope) => textScopes.test(scope)) === true;
}

describe("scopes", () => {
  const header = "export header Ipv4 as ip\n  after Ethernet when (eth.type == 0x0800) {\n";
  it.each([
    ["#!/usr/bin/env xdpl\nxdp f(pkt) {}", "#!", "comment.line.shebang"],
    ["/** says `x` */", "says", "comment.block.documentation"],
    ["/* a */", "a", "comment.block"],
    ['import { Vxlan } from "std/net";', "import", "keyword.control.import"],
    ['import { Vxlan } from "std/net";', "Vxlan", "entity.name.type"],
    ['import { Vxlan } from "std/net";', "from", "keyword.control.from"],
    ['license "GPL";', "license", "keyword.other.setting"],
    [header, "header", "storage.type.header"],
    [header, "Ipv4", "entity.name.type.header"],
    [header, "after", "keyword.other.after"],
    [header, "when", "keyword.other.when"],
    [header, "0x0800", "constant.numeric.hex"],
    [`${header}size = ihl * 4; }`, "size", "keyword.other.size"],
    [`${header}size: u16; }`, "size", "variable.object.property"],
    [`${header}next Ethernet; }`, "next", "keyword.other.next"],
    [`${header}sum: u16 covers (header) zero none; }`, "covers", "keyword.other.covers"],
    [`${header}sum: u16 covers (header) zero none; }`, "zero", "keyword.other.zero-none"],
    [`${header}continues Ipv6 { a } max 8; }`, "continues", "keyword.other.continues"],
    [`${header}options { end: 0 }; }`, "options", "keyword.other.options"],
    ["struct Flow { a: u16; }", "Flow", "entity.name.type.struct"],
    ["struct Flow { a: u16; }", "u16", "support.type.primitive"],
    ["enum E: u8 { RED = 1 }", "RED", "variable.other.enummember"],
    ["param near: Ipv4Addr = 192.0.2.1;", "param", "storage.type.param"],
    ["param near: Ipv4Addr = 192.0.2.1;", "Ipv4Addr", "support.type.address"],
    ["const m = new Hash<u32, u64>(1);", "Hash", "support.class.map"],
    ["const m = new Hash<u32, u64>(1);", "u64", "support.type.primitive"],
    ["xdp firewall(pkt) {\n  return DROP;\n}", "xdp", "storage.type.program"],
    ["xdp firewall(pkt) {\n  return DROP;\n}", "firewall", "entity.name.function.program"],
    ["xdp firewall(pkt) {\n  return DROP;\n}", "DROP", "constant.language.verdict"],
    ["tc.ingress({ a: 1 }) mark(pkt) {}", "tc.ingress", "storage.type.program"],
    ["tc.ingress({ a: 1 }) mark(pkt) {}", "mark", "entity.name.function.program"],
    ['tracepoint("a:b") {}', "tracepoint", "storage.type.program"],
    ["declare function now(): u64;", "now", "entity.name.function"],
    ["x = y as u16;", "as", "keyword.operator.expression.as"],
    ["x = 10.0.0.0/8;", "10.0.0.0", "constant.other.address.ipv4"],
    ["x = 10.0.0.0/8;", "/8", "constant.other.address.prefix-length"],
    ["x = 2001:db8::/32;", "2001", "constant.other.address.ipv6"],
    ["x = ::1;", "::1", "constant.other.address.ipv6"],
    ["x = aa:bb:cc:dd:ee:ff;", "aa", "constant.other.address.mac"],
    ["x = 10ms;", "10", "constant.numeric.duration"],
    ["x = 10ms;", "ms", "keyword.other.unit.time"],
    ["x = 64KiB;", "KiB", "keyword.other.unit.size"],
    ["x in 6000..6063;", "..", "keyword.operator.range"],
    ["x in 6000..6063;", "in", "keyword.operator.expression.in"],
    ["x ?? return;", "??", "keyword.operator.nullish-coalescing"],
    ["print(`a ${b.c} d`);", "${", "punctuation.definition.template-expression.begin"],
    ["print(`a ${b.c} d`);", "b", "variable.other.readwrite"],
    ["print(`a ${b.c} d`);", "d", "string.template"],
    ["x = @;", "@", "invalid.illegal.character"],
  ])("%j: %s is %s", (text, part, scope) => {
    expect(scopeOf(text, part)).toBe(scope);
  });
});
