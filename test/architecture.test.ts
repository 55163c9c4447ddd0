import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** What understands a script, from text to proofs. */
const frontEnd: readonly string[] = [
  "base",
  "diagnostics",
  "kernel",
  "syntax",
  "resolve",
  "check",
  "ir",
  "verify",
];

/** The parts of `frontEnd` above one. */
const above = (part: string): readonly string[] => frontEnd.slice(0, frontEnd.indexOf(part));

/** The table of docs/architecture.md: what each part of `src` may import, beside itself. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  base: [],
  kernel: ["base"],
  diagnostics: ["base"],
  syntax: ["base", "diagnostics"],
  resolve: above("resolve"),
  check: above("check"),
  ir: above("ir"),
  verify: above("verify"),
  // `verify` for its proofs only: what was proven has to survive code generation.
  codegen: frontEnd,
  llvm: ["base"],
  pcap: ["base"],
  loader: ["base", "diagnostics", "kernel"],
  run: ["base", "diagnostics", "loader", "pcap"],
  sim: [...above("verify"), "codegen", "pcap", "run"],
  format: ["base", "diagnostics", "syntax"],
  pipeline: [...frontEnd, "codegen", "llvm"],
  machine: ["base", "kernel", "loader"],
  host: ["base", "kernel", "resolve", "machine"],
  testing: [...above("verify"), "codegen", "llvm", "pcap", "loader", "run", "sim", "pipeline"],
  index: [...above("verify"), "llvm", "pipeline", "host", "run", "sim"],
  lsp: [...frontEnd, "llvm", "pipeline", "host", "format"],
  cli: frontEnd.concat(
    ["llvm", "pcap", "loader", "run", "sim", "testing", "format", "lsp", "pipeline"],
    ["machine", "host"],
  ),
};

/** Words of another part that are used without running any of its code. */
const typeArrows: Readonly<Record<string, readonly string[]>> = {
  // Which BPF cpu, which byte order.
  codegen: ["llvm"],
};

/** Parts that are functions of their input: no files, no process, no foreign code. */
const pure: readonly string[] = [...frontEnd, "codegen", "pcap", "format"];

/** What is imported from outside the project, and by which part. */
const packages: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ["syntax"],
  commander: ["cli"],
  koffi: ["llvm", "loader"],
  picocolors: ["diagnostics", "cli"],
  prettier: ["format"],
  "vscode-languageserver": ["lsp"],
};

/** Longer than a reader wants, with the reason why. */
const longFiles: Readonly<Record<string, string>> = {
  "src/syntax/ast.ts": "one list of node types",
  "src/ir/ir.ts": "one list of instruction types",
};
const longest = 400;

const root = fileURLToPath(new URL("..", import.meta.url));

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith(".ts"))
    .sort();
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

const sources = files("src").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

function part(path: string): string {
  const [, first = ""] = path.split("/");
  return first.replace(/\.ts$/, "");
}

const imports: readonly Import[] = sources.flatMap(({ path, text }) =>
  [
    ...text.matchAll(/^(import|export)\s+(type\s)?[\w$*{}\s,]*?\bfrom\s+"([^"\n]+)";/gm),
    ...text.matchAll(/\b(import)()\("([^"\n]+)"\)/g),
  ].map((match) => ({
    from: path,
    to: match[3] ?? "",
    typeOnly: match[2] !== undefined && match[2] !== "",
    line: text.slice(0, match.index).split("\n").length,
  })),
);

const place = ({ from, line, to }: Import): string => `${from}:${line} imports ${to}`;

describe("the architecture", () => {
  it("has a row for every part of src", () => {
    for (const { path } of sources) expect(Object.keys(arrows), path).toContain(part(path));
  });

  it("has arrows that point one way only", () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      if (!to.startsWith(".")) return false;
      const target = part(relative(root, join(root, dirname(from), to)).replace(/\.js$/, ".ts"));
      const allowed = [...(arrows[part(from)] ?? []), ...(typeOnly ? (typeArrows[part(from)] ?? []) : [])];
      return target !== part(from) && !allowed.includes(target);
    });
    expect(wrong.map(place)).toEqual([]);
  });

  it("has no circles between parts", () => {
    const order = Object.keys(arrows);
    const seen = new Map<string, "open" | "done">();
    const visit = (one: string): void => {
      if (seen.get(one) === "done") return;
      expect(seen.get(one), one).not.toBe("open");
      seen.set(one, "open");
      for (const next of arrows[one] ?? []) visit(next);
      seen.set(one, "done");
    };
    order.forEach(visit);
  });

  it("keeps the core pure", () => {
    const wrong = imports.filter(({ from, to }) => pure.includes(part(from)) && to.startsWith("node:"));
    expect(wrong.map(place)).toEqual([]);
    const processes = sources.filter(
      ({ path, text }) => pure.includes(part(path)) && /\bprocess\.[a-z]/.test(text),
    );
    expect(processes.map(({ path }) => path)).toEqual([]);
  });

  it("knows who uses which package", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (to.startsWith(".") || to.startsWith("node:")) return false;
      const name = to.startsWith("@") ? to.split("/").slice(0, 2).join("/") : (to.split("/")[0] ?? "");
      return !(packages[name] ?? []).includes(part(from));
    });
    expect(wrong.map(place)).toEqual([]);
  });

  it("has files that fit into a reader's head", () => {
    const long = [
      ...sources,
      ...files("test").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
    ]
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > longest)
      .filter(({ path }) => longFiles[path] === undefined);
    expect(long).toEqual([]);
  });

  it("does not export everything from anywhere", () => {
    const wrong = sources.filter(({ text }) => /^export \*/m.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
