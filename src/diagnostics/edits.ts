/** Fixes by what they do to the text. */
import type { Span } from "../base/span.js";
import type { Fix } from "./diagnostic.js";

interface Placed {
  readonly span: Span;
}

export function replaceFix(title: string, { span }: Placed, text: string): Fix {
  return { title, edits: [{ span, text }] };
}

/** Puts a text before what is at `span`, and one behind it. */
export function wrapFix(
  title: string,
  { span: { file, start, end } }: Placed,
  before: string,
  after: string,
): Fix {
  const all = [
    { span: { file, start, end: start }, text: before },
    { span: { file, start: end, end }, text: after },
  ];
  return { title, edits: all.filter((one) => one.text !== "") };
}

/** Takes away a declaration or a member of one: with its separator, and with the line when nothing else is on it. */
export function removeFix(title: string, { span: { file, start, end } }: Placed): Fix {
  const { text } = file;
  const past = end + (/^\s*[;,]/.exec(text.slice(end, end + 40))?.[0].length ?? 0);
  const line = text.lastIndexOf("\n", start - 1) + 1;
  const rest = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(past, past + 200));
  const whole = rest !== null && text.slice(line, start).trim() === "";
  return replaceFix(
    title,
    { span: { file, start: whole ? line : start, end: whole ? past + rest[0].length : past } },
    "",
  );
}

/** Takes what is from `first` on out of a list of arguments, fields, elements, with the commas between. */
export function removeRestFix(
  title: string,
  items: readonly Placed[],
  first: number,
  count: number = Infinity,
): Fix {
  const from = items[first];
  const before = items[first - 1];
  const last = items[Math.min(items.length, first + count) - 1];
  const after = items[first + count];
  if (!from || !last) return { title, edits: [] };
  const { file } = from.span;
  const start = before ? before.span.end : from.span.start;
  const end = before || !after ? last.span.end : after.span.start;
  // A comma behind the last is left only where something else stands before it.
  const comma = before || after ? 0 : (/^\s*,/.exec(file.text.slice(end, end + 40))?.[0].length ?? 0);
  return replaceFix(title, { span: { file, start, end: end + comma } }, "");
}
