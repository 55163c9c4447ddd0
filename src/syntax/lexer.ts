/**
 * Text to tokens. Never fails: what is no token is reported and becomes an `Unknown` token or is left out, so
 * that the parser can say more about the rest. Comments go into a list of their own; doc comments (`/**`) are
 * also kept with the token that follows.
 */
import type { TokenType } from "chevrotain";
import type { SourceFile, Span } from "../base/span.js";
import type { DiagnosticDetails, Report } from "../diagnostics/diagnostic.js";
import { diagnostic } from "../diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../diagnostics/registry.js";
import { EOF } from "./chevrotain.js";
import { readAddress } from "./lex-address.js";
import { readNumber } from "./lex-number.js";
import { readString, readTemplate } from "./lex-text.js";
import { contextual, kw, Name, reserved, symbol, type Token, type TokenValue, Unknown } from "./tokens.js";

export interface Comment {
  readonly span: Span;
  readonly text: string;
}

/** Where the lexer stands; the readers of single tokens move it on. */
export interface LexState {
  readonly file: SourceFile;
  readonly text: string;
  at: number;
  readonly tokens: Token[];
  readonly comments: Comment[];
  /** The open brackets, as their closing text; a template's `${` is there as "`". */
  readonly brackets: string[];
  /** False once a template was found that never ends: the next one is not searched past its line. */
  templatesEnd: boolean;
  /** Set by what stands before the next token. */
  doc: string | undefined;
  newline: boolean;
  readonly report: Report;
}

export interface LexResult {
  readonly tokens: Token[];
  readonly comments: readonly Comment[];
}

export function lex(file: SourceFile, report: Report): LexResult {
  const state: LexState = {
    file,
    text: file.text,
    at: 0,
    tokens: [],
    comments: [],
    brackets: [],
    templatesEnd: true,
    doc: undefined,
    newline: true,
    report,
  };
  skipStart(state);
  for (;;) {
    skipTrivia(state);
    if (state.at >= state.text.length) break;
    readToken(state);
  }
  const end = state.text.length;
  // Two: the parser reads one token past the last that it may take.
  for (let i = 0; i < 2; i++) add(state, EOF, end, end, undefined);
  return { tokens: state.tokens, comments: state.comments };
}

/** Adds the token `[start, end)` and moves on behind it. */
export function add(
  state: LexState,
  tokenType: TokenType,
  start: number,
  end: number,
  value: TokenValue | undefined,
): void {
  state.tokens.push({
    image: state.text.slice(start, end),
    startOffset: start,
    endOffset: end - 1,
    tokenType,
    tokenTypeIdx: tokenType.tokenTypeIdx ?? 0,
    doc: state.doc,
    newline: state.newline,
    value,
  });
  state.doc = undefined;
  state.newline = false;
  state.at = end;
}

export function complain(
  state: LexState,
  code: DiagnosticCode,
  start: number,
  end: number,
  message: string,
  details: DiagnosticDetails = {},
): void {
  state.report(diagnostic(code, { file: state.file, start, end }, message, details));
}

const space = /\s+/y;
const word = /[\w$]+/y;
const line = /[^\n\r]*/y;

/** The match of a sticky pattern at `at`, or "". */
export function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.test(text) ? text.slice(at, pattern.lastIndex) : "";
}

/** A byte order mark, and a first line `#!/usr/bin/env xdpl`. */
function skipStart(state: LexState): void {
  if (state.text.charCodeAt(0) === 0xfeff) state.at = 1;
  if (!state.text.startsWith("#!", state.at)) return;
  const line = match(/[^\n]*/y, state.text, state.at);
  state.comments.push({
    span: { file: state.file, start: state.at, end: state.at + line.length },
    text: line,
  });
  state.at += line.length;
}

function skipTrivia(state: LexState): void {
  for (;;) {
    const blank = match(space, state.text, state.at);
    if (blank !== "") {
      state.at += blank.length;
      if (blank.includes("\n")) state.newline = true;
    }
    if (state.text.charCodeAt(state.at) !== 0x2f) return;
    const next = state.text.charCodeAt(state.at + 1);
    if (next === 0x2f) addComment(state, match(line, state.text, state.at).length);
    else if (next === 0x2a) blockComment(state);
    else return;
  }
}

function addComment(state: LexState, length: number): string {
  const start = state.at;
  const text = state.text.slice(start, start + length);
  state.comments.push({ span: { file: state.file, start, end: start + length }, text });
  state.at += length;
  return text;
}

function blockComment(state: LexState): void {
  const start = state.at;
  const close = state.text.indexOf("*/", start + 2);
  const end = close < 0 ? state.text.length : close + 2;
  if (close < 0) {
    complain(state, "XD1009", start, start + 2, "this comment is never closed", {
      label: "the comment starts here",
      notes: ["everything after it was read as part of the comment"],
      fixes: [
        {
          title: "close it with `*/`",
          edits: [{ span: { file: state.file, start: end, end }, text: " */" }],
        },
      ],
    });
  }
  const text = addComment(state, end - start);
  if (text.includes("\n")) state.newline = true;
  if (text.startsWith("/**")) state.doc = docText(text) || undefined;
}

/** The text of a doc comment without its stars. */
function docText(comment: string): string {
  const lines = comment.slice(3, comment.endsWith("*/") ? -2 : undefined).split("\n");
  return lines
    .map((line) => line.replace(/^[ \t]*\*{0,2} ?/, "").trimEnd())
    .join("\n")
    .trim();
}

function readToken(state: LexState): void {
  const { text, at } = state;
  const code = text.charCodeAt(at);
  if (isDigit(code)) {
    if (!readAddress(state)) readNumber(state);
  } else if (isWordStart(code)) {
    if (!(isHexLetter(code) && readAddress(state))) readWord(state);
  } else if (code === 0x22 || code === 0x27) readString(state);
  else if (code === 0x60) readTemplate(state, true);
  else if (code === 0x7d && state.brackets.at(-1) === "`") readTemplate(state, false);
  else if (code === 0x3a && text.charCodeAt(at + 1) === 0x3a && readAddress(state)) return;
  else if (!readSymbol(state)) readUnknown(state);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

function isWordStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || code === 0x24;
}

function readWord(state: LexState): void {
  const text = match(word, state.text, state.at);
  if (state.text.charCodeAt(state.at + text.length) > 0x7f && foreignWord(state)) return;
  const type = reserved.get(text) ?? contextual.get(text) ?? Name;
  add(state, type, state.at, state.at + text.length, undefined);
}

/** A word with other letters than ASCII ones, if one starts here: it is read as a name all the same. */
function foreignWord(state: LexState): boolean {
  const start = state.at;
  const text = match(/[\w$\p{L}\p{M}]+/uy, state.text, start);
  if (!/[^\w$]/.test(text)) return false;
  complain(
    state,
    "XD1006",
    start,
    start + text.length,
    "a name may have only the letters a to z, digits, `_` and `$`",
    {
      label: "this name has others",
      notes: ["names become symbols of the object file, which tools expect in ASCII"],
    },
  );
  add(state, Name, start, start + text.length, undefined);
  return true;
}

const closing: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"],
]);

/** Characters that never start a longer symbol: most of all symbols, so it pays to know. */
const alone: ReadonlySet<string> = new Set("{}()[];,:~");

function readSymbol(state: LexState): boolean {
  const start = state.at;
  // TypeScript's strict comparisons mean the same here.
  if (state.text.startsWith("==", start + 1) && "=!".includes(state.text[start] ?? " ")) {
    add(state, kw(state.text.slice(start, start + 2)), start, start + 3, undefined);
    return true;
  }
  for (let length = alone.has(state.text[start] ?? "") ? 1 : 3; length > 0; length--) {
    const text = state.text.slice(start, start + length);
    const type = symbol.get(text);
    if (type === undefined || text.length < length) continue;
    const close = closing.get(text);
    if (close !== undefined) state.brackets.push(close);
    else if (text === state.brackets.at(-1)) state.brackets.pop();
    else if (text === "}") closeBrace(state.brackets);
    add(state, type, start, start + length, undefined);
    return true;
  }
  return false;
}

/** A `}` closes the parentheses left open since its `{`, but never a template. */
function closeBrace(brackets: string[]): void {
  while (brackets.at(-1) === ")" || brackets.at(-1) === "]") brackets.pop();
  if (brackets.at(-1) === "}") brackets.pop();
}

const lookalikes: ReadonlyMap<string, string> = new Map([
  ["“", '"'],
  ["”", '"'],
  ["‘", "'"],
  ["’", "'"],
  ["–", "-"],
  ["—", "-"],
  ["−", "-"],
  ["×", "*"],
  ["…", ".."],
  ["；", ";"],
  ["，", ","],
  ["（", "("],
  ["）", ")"],
  ["：", ":"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "=="],
]);

/** A run of characters that start no token: one complaint, one `Unknown` token. */
function readUnknown(state: LexState): void {
  if (foreignWord(state)) return;
  const start = state.at;
  const first = String.fromCodePoint(state.text.codePointAt(start) ?? 0xfffd);
  const meant = lookalikes.get(first);
  const run =
    meant === undefined ? match(/[^\s\w$"'`{}()[\];,:?.=+\-*/%&|^~!<>]+/y, state.text, start) : first;
  const end = start + Math.max(run.length, first.length);
  if (meant === undefined) {
    const shown = /^[\p{L}\p{N}\p{P}\p{S}]/u.test(first)
      ? `\`${first}\``
      : `the character ${codePoint(first)}`;
    complain(state, "XD1006", start, end, `${shown} means nothing here`, {
      label: "not part of the language",
    });
  } else {
    const fixes = [
      { title: `write \`${meant}\``, edits: [{ span: { file: state.file, start, end }, text: meant }] },
    ];
    complain(
      state,
      "XD1006",
      start,
      end,
      `\`${first}\` is not a character of the language; \`${meant}\` is`,
      { fixes },
    );
  }
  add(state, Unknown, start, end, undefined);
}

function codePoint(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
