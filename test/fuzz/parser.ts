/**
 * Throws broken text at the parser: every input must give a tree and diagnostics whose spans lie in the text, and
 * a tree with an error in it must come with a diagnostic. The inputs are pieces of real scripts, mutated.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "../../src/syntax/index.js";

export interface FuzzReport {
  readonly inputs: number;
  readonly clean: number;
  readonly diagnostics: number;
  /** The longest that one input took, in milliseconds. */
  readonly slowest: number;
}

/** A small generator of random numbers (mulberry32): the same seed gives the same inputs on every machine. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const pieces = (
  "{ } ( ) [ ] ; , : :: ::: ? ?. ?? . .. ... = == === => + ++ += - -- * / // /* */ /** % & && | || ^ ~ ! != < <= " +
  "<< > >> >>= ` ${ \" ' \\ @ # $ _ 0 1 1.5 1.2.3 10.0.0.1 10.0.0.256 10.0.0.0/8 ::1 fe80::1 aa:bb:cc:dd:ee:ff " +
  "a:b:c:d:e 0x 0xff 10ms 10mss 1e6 017 const let var function struct enum header param type import export from " +
  "if else elif for while do switch case default break continue return new null true in as of try catch throw " +
  "class async await any using size next continues covers zero none options after when max declare license " +
  "target test xdp tc.ingress pkt x y u32 Hash<u32,u64> string<16> u8[4] | é “ \u0000 \ud800 \n \t \u00a0"
)
  .split(" ")
  .concat([" ", "\n", "\r\n"]);

/** One input: a window of a text of the corpus with a few things deleted, repeated, moved, or put in. */
export function mutate(corpus: readonly string[], below: (n: number) => number): string {
  const source = corpus[below(corpus.length)] ?? "";
  const size = 20 + below(180);
  const from = below(Math.max(1, source.length - size));
  let text = (below(2) === 0 ? "" : "xdp f(pkt) {\n") + source.slice(from, from + size);
  for (let left = 1 + below(6); left > 0; left--) {
    const at = below(text.length + 1);
    const end = Math.min(text.length, at + 1 + below(12));
    const piece = pieces[below(pieces.length)] ?? "";
    switch (below(7)) {
      case 0:
        text = text.slice(0, at) + text.slice(end);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at, end).repeat(1 + below(3)) + text.slice(at);
        break;
      case 2:
        text = text.slice(0, at) + String.fromCharCode(below(128)) + text.slice(at + 1);
        break;
      case 3:
        text = text.slice(end) + text.slice(0, end);
        break;
      case 4:
        text = text.slice(0, at);
        break;
      default:
        text = `${text.slice(0, at)} ${piece} ${text.slice(at)}`;
    }
  }
  return text;
}

/** Parses a text and throws if what comes back is not sound. Gives the number of diagnostics. */
export function checkInput(text: string): number {
  let next = 0;
  const { module, diagnostics } = parse({ path: "fuzz.xdpl", text }, { next: () => next++ });
  const inside = (span: { readonly start: number; readonly end: number }): boolean =>
    span.start >= 0 && span.start <= span.end && span.end <= text.length;
  for (const found of diagnostics) {
    const edits = found.fixes.flatMap((fix) => fix.edits);
    const spans = [found.span, ...found.related.map((one) => one.span), ...edits.map((one) => one.span)];
    if (!spans.every(inside)) throw new Error(`${found.code} has a span outside the text`);
  }
  let error = false;
  const open: unknown[] = [...module.declarations];
  for (let node = open.pop(); open.length > 0 || node !== undefined; node = open.pop()) {
    if (typeof node !== "object" || node === null) continue;
    if ("kind" in node && String(node.kind).startsWith("error")) error = true;
    if ("span" in node && !inside(node.span as { start: number; end: number })) {
      throw new Error("a node has a span outside the text");
    }
    for (const [key, child] of Object.entries(node))
      if (key !== "span" && key !== "operatorSpan") open.push(child);
  }
  if (error && diagnostics.length === 0) throw new Error("an error in the tree without a diagnostic");
  return diagnostics.length;
}

export function fuzz(corpus: readonly string[], count: number, seed: number): FuzzReport {
  const below = random(seed);
  let clean = 0;
  let diagnostics = 0;
  let slowest = 0;
  for (let i = 0; i < count; i++) {
    const text = mutate(corpus, below);
    const start = performance.now();
    try {
      const found = checkInput(text);
      diagnostics += found;
      if (found === 0) clean++;
    } catch (error) {
      throw new Error(`input ${i} of seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  return { inputs: count, clean, diagnostics, slowest };
}

/** Every script of the repository. */
export function scripts(root: URL): string[] {
  return ["stdlib/", "examples/", "test/ui/"].flatMap((folder) => {
    const url = new URL(folder, root);
    const names = readdirSync(url, { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => name.endsWith(".xdpl"))
      .map((name) => readFileSync(new URL(name, url), "utf8"));
  });
}
