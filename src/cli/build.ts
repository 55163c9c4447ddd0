/** `xdpl build`: scripts to objects, or to any stage on the way. */
import { basename, join } from "node:path";
import { existsSync, statSync } from "node:fs";
import type { SourceFile } from "../base/span.js";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import {
  analyze,
  build as compile,
  type Built,
  type BuildOptions,
  type Emit as BuildEmit,
} from "../pipeline.js";
import { astJson } from "./ast-json.js";
import type { Host } from "../resolve/index.js";
import { environment, exitCode, usage, type ExitCode } from "./failure.js";
import { makeFolder, writeOutputs, type Output } from "./output.js";
import type { BuildFlags, Context } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { withParams } from "./set-params.js";
import { hasFile, hostFor, readScripts } from "./sources.js";

type Emit = BuildEmit | "ast";

const extensions: Readonly<Record<Emit, string>> = { ast: "json", ir: "ir", ll: "ll", asm: "s", obj: "o" };

function isEmit(text: string): text is Emit {
  return Object.hasOwn(extensions, text);
}

export function buildOptions(flags: Pick<BuildFlags, "cpu" | "endian" | "target">): BuildOptions {
  const { cpu, endian, target } = flags;
  if (cpu !== "v1" && cpu !== "v2" && cpu !== "v3" && cpu !== "v4") throw usage(`there is no BPF cpu ${cpu}`);
  if (endian !== "little" && endian !== "big") throw usage(`--endian takes little or big, not ${endian}`);
  return { cpu, endian, ...(target === undefined ? {} : { target }) };
}

/** Where each script's output goes; `-` is standard output. */
function destinations(sources: readonly SourceFile[], flags: BuildFlags, emit: Emit): string[] {
  const { o } = flags;
  const named = (source: SourceFile): string =>
    `${basename(source.path).replace(/\.xdpl$/, "")}.${extensions[emit]}`;
  const isFolder =
    o !== undefined && o !== "-" && (o.endsWith("/") || (existsSync(o) && statSync(o).isDirectory()));
  if (sources.length > 1 && o !== undefined && !isFolder && o !== "-")
    throw usage(`-o ${o} is one file, but there are ${sources.length} scripts`, `-o ${o}/ makes it a folder`);
  if (o === "-" && sources.length > 1) throw usage("only one script can go to standard output");
  const paths = sources.map((source) => {
    if (isFolder) return join(o, named(source));
    if (o !== undefined) return o;
    if (emit !== "obj") return "-";
    if (!hasFile(source))
      throw usage("where should the object go?", "say -o FILE, or -o - for standard output");
    return named(source);
  });
  const twice = paths.find((path, index) => path !== "-" && paths.indexOf(path) !== index);
  if (twice !== undefined) throw usage(`two scripts would both be written to ${twice}`);
  const over = paths.findIndex((path, index) => sources[index]?.path === path);
  if (over >= 0) throw usage(`the output would overwrite the script ${paths[over] ?? ""}`);
  if (isFolder) makeFolder(o);
  return paths;
}

export async function build(
  context: Context,
  files: readonly string[],
  flags: BuildFlags,
): Promise<ExitCode> {
  const { emit } = flags;
  if (!isEmit(emit)) throw usage(`--emit takes ast, ir, ll, asm or obj, not ${emit}`);
  const options = buildOptions(flags);
  if (flags.set !== undefined && emit !== "obj") throw usage("--set is for objects: --emit obj");
  const sources = readScripts(files, flags, "build");
  const paths = destinations(sources, flags, emit);
  const toTerminal = paths.includes("-") && emit === "obj" && context.terminal.interactive;
  if (toTerminal) throw usage("an object is not for a terminal", "say -o FILE, or send it into a pipe");
  if (paths.includes("-") && context.json)
    throw usage("--json and output to standard output do not mix", "say -o FILE");

  const host = hostFor(flags);
  const found: Diagnostic[] = [];
  const outputs: Output[] = [];
  for (const [index, source] of sources.entries()) {
    const built =
      emit === "ast" ? syntaxTree(source, host, options) : await compile(source, host, emit, options);
    found.push(...built.diagnostics);
    if (built.missing !== undefined) throw environment(built.missing.message, built.missing.remedy);
    if (built.output !== undefined) {
      const content =
        typeof built.output === "string" ? built.output : withParams(built.output, flags.set ?? []);
      outputs.push({ path: paths[index] ?? "-", content });
    }
  }
  showDiagnostics(context, found);
  // One wrong script among several: none is written, so that a half-made set is never mistaken for a whole one.
  const written = hasErrors(found) ? [] : outputs;
  writeOutputs(written.filter(({ path }) => path !== "-"));
  for (const { path, content } of written) if (path === "-") context.terminal.out(content);
  if (context.json) {
    const each = written.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content) }));
    showJson(context, { ...jsonCounts(found), outputs: each });
  }
  return written.length > 0 ? exitCode.ok : exitFor(found);
}

/** The tree is there whatever the checker says, as long as the text could be read. */
function syntaxTree(source: SourceFile, host: Host, options: BuildOptions): Built {
  const { module, diagnostics } = analyze(source, host, options);
  const unread = diagnostics.filter((one) => one.code.startsWith("XD1"));
  return { diagnostics: unread, output: module && astJson(module), missing: undefined };
}
