/** What the kernel has against a program, in the terms of the script: its line, and what the registers held. */
import type { SourceLine } from "./line-info.js";
import type { VerifierRejection } from "./verifier-log.js";

export interface RejectionText {
  /** The kernel's words. */
  readonly reason: string;
  readonly source: SourceLine | undefined;
  /** The source line, with the place marked under it; empty when it is not known. */
  readonly excerpt: readonly string[];
  /** What is known besides: what registers held, the kernel's own explanation. */
  readonly notes: readonly string[];
}

export function rejectionText(
  rejection: VerifierRejection | undefined,
  errno: number,
  log: string,
  line: SourceLine | undefined,
): RejectionText {
  const reason = rejection?.reason ?? `errno ${errno}`;
  const source = line ?? fromLog(rejection);
  return {
    reason,
    source,
    excerpt: source ? excerptOf(source) : [],
    notes: [
      ...registersOf(reason, log),
      ...(rejection?.explanation === undefined ? [] : [rejection.explanation]),
      ...(rejection?.text === undefined
        ? []
        : [`instruction ${rejection.instruction ?? 0}: ${rejection.text}`]),
    ],
  };
}

/** Without the object's line info: what the log itself says. */
function fromLog(rejection: VerifierRejection | undefined): SourceLine | undefined {
  const text = rejection?.sourceText;
  if (text === undefined) return undefined;
  const { file = "", line = 0 } = rejection?.place ?? {};
  return { file, line, column: 0, text };
}

function excerptOf({ file, line, column, text }: SourceLine): readonly string[] {
  const number = line > 0 ? String(line) : "";
  const gap = " ".repeat(number.length);
  const place = line > 0 ? [`${gap} --> ${file}:${line}${column > 0 ? `:${column}` : ""}`, `${gap}  |`] : [];
  const marked =
    column > 0 ? /^[\w.]+(?:\[[^\]]*\]|\([^)]*\)|\.\w+)*|^\S+/.exec(text.slice(column - 1))?.[0] : undefined;
  const marks =
    marked === undefined ? [] : [`${gap}  | ${" ".repeat(column - 1)}${"^".repeat(marked.length)}`];
  return [...place, `${number}  | ${text}`, ...marks];
}

const kinds: Readonly<Record<string, string>> = {
  ctx: "the program's context",
  fp: "the stack",
  pkt: "the packet",
  pkt_end: "the end of the packet",
  pkt_meta: "the packet's metadata",
  map_ptr: "a map",
  map_value: "a value of a map",
  map_value_or_null: "a value of a map, or null",
  mem: "memory of the kernel's",
  inv: "a number",
  scalar: "a number",
};

/** What the registers that the reason names held when the kernel last wrote them down. */
function registersOf(reason: string, log: string): readonly string[] {
  const names = new Set([...reason.matchAll(/\bR\d+\b/g)].map(([name]) => name));
  return [...names].flatMap((name) => {
    const states = [...log.matchAll(new RegExp(`\\b${name}(?:_\\w+)?=([a-z_]+)(?:\\(([^)]*)\\))?`, "g"))];
    const [, kind = "", details = ""] = states.at(-1) ?? [];
    const what = kinds[kind];
    if (what === undefined) return [];
    // It was one, and the call that moved the packet took that away.
    if (kind.startsWith("pkt") && /'(?:scalar|inv)'/.test(reason))
      return [`${name} was ${what}, before the packet moved`];
    const map = /\bmap=([^,]+)/.exec(details)?.[1];
    return [`${name} is ${map === undefined ? what : what.replace("a map", `the map \`${map}\``)}`];
  });
}
