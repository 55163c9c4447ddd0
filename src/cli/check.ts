/** `xdpl check`: all that the compiler has to say about scripts, without writing anything. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { summary } from "../diagnostics/render.js";
import { analyze } from "../pipeline.js";
import { neededKernel, type NeededKernel } from "../verify/target.js";
import { costText, programCosts } from "./costs.js";
import type { ExitCode } from "./failure.js";
import type { CheckFlags, Context } from "./program.js";
import { jsonRange, rangesText } from "./ranges.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { hostFor, readScripts } from "./sources.js";

export function check(context: Context, files: readonly string[], flags: CheckFlags): ExitCode {
  const sources = readScripts(files, flags, "check");
  const host = hostFor(flags);
  const found: Diagnostic[] = [];
  const options = flags.target === undefined ? {} : { target: flags.target };
  const results = sources.map((source) => {
    const { diagnostics, needs, ir, verified } = analyze(source, host, options);
    found.push(...diagnostics);
    const ranges = flags.explainRanges === true ? (verified?.ranges() ?? []) : undefined;
    const costs = flags.cost === true && ir && verified ? programCosts(ir, verified) : undefined;
    return { source, file: source.path, diagnostics, needs: needs && neededKernel(needs), ranges, costs };
  });
  if (context.json) {
    const each = results.map(({ file, diagnostics, needs, ranges, costs }) => ({
      file,
      ok: exitFor(diagnostics) === 0,
      needs,
      ...(costs && { programs: costs }),
      ...(ranges && { ranges: ranges.filter(({ span }) => span.file.path === file).map(jsonRange) }),
    }));
    showJson(context, { ...jsonCounts(found), files: each });
    return exitFor(found);
  }
  showDiagnostics(context, found);
  for (const { source, ranges } of results)
    if (ranges) context.terminal.out(rangesText(source.path, source.text, ranges, context.terminal.width));
  for (const { file, diagnostics, needs, costs } of results) {
    if (exitFor(diagnostics) !== 0) continue;
    const warnings = diagnostics.length > 0 ? ` (${summary(diagnostics)})` : "";
    context.terminal.out(`${file}: ok${warnings}${needs ? needed(needs) : ""}\n`);
    for (const one of costs ?? []) context.terminal.out(`  ${costText(one)}\n`);
  }
  return exitFor(found);
}

/** Nothing where the oldest kernel will do. */
function needed({ kernel, features }: NeededKernel): string {
  if (features.length === 0) return "";
  const more = features.length > 2 ? ` and ${features.length - 2} more` : "";
  return `; needs Linux ${kernel} (${features.slice(0, 2).join(", ")}${more})`;
}
