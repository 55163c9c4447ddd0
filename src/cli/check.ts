/** `xdpl check`: all that the compiler has to say about scripts, without writing anything. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { summary } from "../diagnostics/render.js";
import { fileHost } from "../host.js";
import { analyze } from "../pipeline.js";
import type { ExitCode } from "./failure.js";
import type { CheckFlags, Context } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { readScripts } from "./sources.js";

export function check(context: Context, files: readonly string[], flags: CheckFlags): ExitCode {
  const sources = readScripts(files, flags, "check");
  const host = fileHost();
  const found: Diagnostic[] = [];
  const options = flags.target === undefined ? {} : { target: flags.target };
  const results = sources.map((source) => {
    const { diagnostics } = analyze(source, host, options);
    found.push(...diagnostics);
    return { file: source.path, diagnostics };
  });
  if (context.json) {
    const each = results.map(({ file, diagnostics }) => ({ file, ok: exitFor(diagnostics) === 0 }));
    showJson(context, { ...jsonCounts(found), files: each });
    return exitFor(found);
  }
  showDiagnostics(context, found);
  for (const { file, diagnostics } of results)
    if (exitFor(diagnostics) === 0)
      context.terminal.out(`${file}: ok${diagnostics.length > 0 ? ` (${summary(diagnostics)})` : ""}\n`);
  return exitFor(found);
}
