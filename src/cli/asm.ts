/** `xdpl asm`: the BPF instructions of a script, as LLVM writes them or under the lines that they came from. */
import pc from "picocolors";
import type { SourceFile } from "../base/span.js";
import type { ListedFunction } from "../llvm/index.js";
import { fileHost } from "../host.js";
import { build } from "../pipeline.js";
import { lineCosts, listingLines } from "./asm-listing.js";
import { buildOptions } from "./build.js";
import { environment, usage, type ExitCode } from "./failure.js";
import type { AsmFlags, Context } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { readScripts } from "./sources.js";

export async function asm(context: Context, files: readonly string[], flags: AsmFlags): Promise<ExitCode> {
  const [source, other] = readScripts(files, flags, "asm");
  if (!source || other) throw usage("one script at a time");
  const host = fileHost();
  const { diagnostics, output, missing } = await build(
    source,
    host,
    "asm",
    buildOptions({ ...flags, endian: "little" }),
  );
  if (missing) throw environment(missing.message, missing.remedy);
  showDiagnostics(context, diagnostics);
  if (typeof output !== "string") {
    if (context.json) showJson(context, { ...jsonCounts(diagnostics), functions: [] });
    return exitFor(diagnostics);
  }
  const { readAssembly } = await import("../llvm/index.js");
  const functions = chosen(readAssembly(output), flags.program);
  const fileOf = (path: string): SourceFile | undefined => (path === source.path ? source : host.read(path));
  if (context.json) {
    const shown = functions.map((fn) => ({ ...fn, lines: lineCosts(fn, fileOf).map(withoutInstructions) }));
    showJson(context, { ...jsonCounts(diagnostics), functions: shown });
  } else if (flags.source === true) {
    const colors = pc.createColors(context.terminal.outColor);
    const style = { strong: colors.bold, faint: colors.dim };
    for (const fn of functions) {
      const lines = listingLines(fn, fileOf, style).map(({ text }) => `${text}\n`);
      context.terminal.out(`${lines.join("")}\n`);
    }
  } else context.terminal.out(output);
  return exitFor(diagnostics);
}

function withoutInstructions({ instructions, ...line }: ReturnType<typeof lineCosts>[number]): object {
  return { ...line, at: instructions.map((one) => one.index) };
}

function chosen(
  functions: readonly ListedFunction[],
  program: string | undefined,
): readonly ListedFunction[] {
  if (program === undefined) return functions;
  const found = functions.filter((one) => one.name === program);
  if (found.length > 0) return found;
  const names = functions.map((one) => `\`${one.name}\``).join(", ");
  throw usage(`there is no program \`${program}\``, `there is ${names}`);
}
