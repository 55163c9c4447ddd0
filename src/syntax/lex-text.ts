/** Strings and templates. One that never ends is closed where it most likely should have been. */
import { add, complain, type LexState, match } from "./lexer.js";
import { StringToken, TemplateHead, TemplateMiddle, TemplateTail, TemplateWhole } from "./tokens.js";

export function readString(state: LexState): void {
  const start = state.at;
  const quote = state.text[start] ?? '"';
  let end = textEnd(state.text, start + 1, quote, false);
  const body = state.text.slice(start + 1, end);
  const closed = state.text[end] === quote;
  const inside = closed ? body : withoutEnd(body);
  if (!closed) {
    end = start + 1 + inside.length;
    complain(state, "XD1007", start, end, "this string is never closed", {
      label: `no ${quote} before the end of the line`,
      fixes: [
        {
          title: `close it with ${quote}`,
          edits: [{ span: { file: state.file, start: end, end }, text: quote }],
        },
      ],
    });
  }
  const value = unescape(state, inside, start + 1);
  add(state, StringToken, start, closed ? end + 1 : end, { kind: "text", value });
}

/** An unclosed text without what most likely stands after it: `foo("abc);` → `abc`. */
function withoutEnd(body: string): string {
  let end = body.length;
  while (end > 0 && " \t;,)]}\\".includes(body[end - 1] ?? "")) end--;
  return body.slice(0, end);
}

/** Where the text that starts at `at` ends: at its quote, at a template's `${`, or where it can't go on. */
function textEnd(text: string, at: number, quote: string, lines: boolean): number {
  for (let i = at; i < text.length; i++) {
    const char = text[i];
    if (char === quote || (quote === "`" && char === "$" && text[i + 1] === "{")) return i;
    if (!lines && (char === "\n" || char === "\r")) return i;
    if (char === "\\" && (lines || (text[i + 1] !== "\n" && text[i + 1] !== "\r"))) i++;
  }
  return text.length;
}

/**
 * Reads from `` ` `` (`first`) or from the `}` of a hole to the next `${` or `` ` ``. The bracket stack knows
 * which `}` ends a hole.
 */
export function readTemplate(state: LexState, first: boolean): void {
  const start = state.at;
  if (!first) state.brackets.pop();
  let end = textEnd(state.text, start + 1, "`", state.templatesEnd);
  let body = state.text.slice(start + 1, end);
  const hole = state.text[end] === "$";
  const closed = hole || state.text[end] === "`";
  if (!closed) {
    state.templatesEnd = false;
    body = withoutEnd(match(/[^\n\r]*/y, body, 0));
    end = start + 1 + body.length;
    complain(state, "XD1008", start, end, "this template string is never closed", {
      label: first ? "it starts here" : "its last part starts here",
      fixes: [
        { title: "close it with `", edits: [{ span: { file: state.file, start: end, end }, text: "`" }] },
      ],
    });
  }
  const value = unescape(state, body, start + 1);
  if (hole) state.brackets.push("`");
  const type = first ? (hole ? TemplateHead : TemplateWhole) : hole ? TemplateMiddle : TemplateTail;
  add(state, type, start, end + (hole ? 2 : closed ? 1 : 0), { kind: "text", value });
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0", "\n": "" };

function unescape(state: LexState, body: string, start: number): string {
  if (!body.includes("\\")) return body;
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[^]|$)/g,
    (all: string, escape: string, at: number) => {
      const hex = /^[xu]\{?([0-9a-fA-F]+)\}?$/.exec(escape)?.[1];
      if (hex !== undefined && parseInt(hex, 16) <= 0x10ffff) return String.fromCodePoint(parseInt(hex, 16));
      const known = escapes[escape];
      if (known !== undefined) return known;
      if (/[A-Za-z0-9]/.test(escape) || escape === "") {
        const span = { file: state.file, start: start + at, end: start + at + 1 };
        complain(state, "XD1010", start + at, start + at + all.length, `\`${all}\` is not an escape`, {
          label: "escapes are \\n \\t \\r \\0 \\\\ \\\" \\' \\` \\$ \\xNN \\uNNNN \\u{N}",
          fixes: [{ title: "write the backslash itself", edits: [{ span, text: "\\\\" }] }],
        });
      }
      return escape;
    },
  );
}
