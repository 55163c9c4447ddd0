/** Texts to format, and what may not change when they are. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatSource } from "../../src/format/index.js";
import { readTokens, type Token } from "../../src/format/tokens.js";
import { parse } from "../../src/syntax/index.js";

const root = join(import.meta.dirname, "../..");

export interface Script {
  readonly path: string;
  readonly text: string;
}

function files(folder: string, end: string): Script[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(end) && !name.includes("node_modules"))
    .sort()
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), "utf8") }));
}

/** Every script of the repository that has no syntax errors, and those in its pages. */
export function corpus(): Script[] {
  const scripts = ["stdlib", "examples", "test", "bench"].flatMap((folder) => files(folder, ".xdpl"));
  return [...scripts, ...snippets()].filter(({ text }) => errorsOf(text).length === 0);
}

export function snippets(): Script[] {
  return files("docs", ".md").flatMap(({ path, text }) =>
    [...text.matchAll(/^```xdpl[^\n]*\n(.*?)^```$/gms)].map(([, code = ""], i) => ({
      path: `${path}#${i + 1}`,
      text: code,
    })),
  );
}

export function errorsOf(text: string): readonly string[] {
  return read(text)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ message }) => message);
}

function read(text: string): ReturnType<typeof parse> {
  let next = 0;
  return parse({ path: "test.xdpl", text }, { next: () => next++ });
}

/** The tree without numbers and places of nodes. */
export function shape(text: string, docs = true): string {
  const left = new Set(["id", "span", "operatorSpan", ...(docs ? [] : ["doc"])]);
  return JSON.stringify(read(text).module.declarations, (key, value: unknown) =>
    left.has(key) ? undefined : typeof value === "bigint" ? `${value}n` : value,
  );
}

function commentsOf(text: string): string[] {
  return read(text).comments.map((comment) => comment.text.replace(/\s+/g, " ").trim());
}

export async function format(text: string): Promise<string> {
  const result = await formatSource(text);
  if (result.ok) return result.text;
  throw new Error(`refused: ${result.diagnostics.map(({ message }) => message).join("; ")}\n${text}`);
}

/** Formats, and says what is wrong with the result; undefined when nothing is. */
export async function fault(text: string, docs = true): Promise<string | undefined> {
  const once = await format(text);
  const problems = [
    (await format(once)) !== once && "formatting again changes it",
    shape(once, docs) !== shape(text, docs) && "the tree has changed",
    commentsOf(once).sort().join("\n") !== commentsOf(text).sort().join("\n") && "comments have changed",
  ].filter((problem) => problem !== false);
  return problems.length === 0
    ? undefined
    : `${problems.join(", ")}\n--- before\n${text}\n--- after\n${once}`;
}

export function tokensOf(text: string): readonly Token[] {
  return readTokens({ path: "test.xdpl", text });
}

type Random = (below: number) => number;

/** Up to four comments of all kinds, anywhere between two tokens. */
export function withComments(text: string, random: Random): string {
  const tokens = tokensOf(text);
  const places = Array.from({ length: 1 + random(4) }, () => random(tokens.length + 1)).sort((a, b) => b - a);
  let result = text;
  for (const [i, place] of places.entries()) {
    const at = tokens[place]?.start ?? text.length;
    const space = (): string => ["", " ", "\n", "\n\n"][random(4)] ?? "";
    const kinds = [`// c${i}\n`, `// c${i}\n`, `/* c${i} */`, `/* c\n   ${i} */`, `/**\n * c${i}\n */`];
    const comment = kinds[random(kinds.length)] ?? "";
    result = `${result.slice(0, at)}${space()}${comment}${space()}${result.slice(at)}`;
  }
  return result;
}

/** Other blanks between the tokens, which must not matter: not those in texts, nor between lines of fields. */
export function scrambled(text: string, random: Random): string {
  const tokens = tokensOf(text);
  let result = "";
  let end = 0;
  for (const [i, token] of tokens.entries()) {
    const gap = text.slice(end, token.start);
    result += i === 0 ? "" : otherBlanks(gap, tokens[i - 1]?.text ?? "", token.text, random);
    result += token.text;
    end = token.end;
  }
  return `${result}\n`;
}

function otherBlanks(gap: string, before: string, after: string, random: Random): string {
  // Inside a template there are no blanks between tokens, and between items a line break means something.
  if (/[`}]$/.test(gap) || before === ";" || before === "}" || /\n\s*\n/.test(gap)) return gap;
  const loose = /^[(){}[\];,]$/.test(before) || /^[()[\];,]$/.test(after);
  const blanks = [" ", "  ", "\t", "\n  ", " \n    "];
  if (gap === "") return loose && random(3) === 0 ? (blanks[random(blanks.length)] ?? "") : "";
  if (loose && random(4) === 0) return "";
  return blanks[random(blanks.length)] ?? " ";
}
