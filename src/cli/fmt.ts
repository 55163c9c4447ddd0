/** `xdpl fmt`: scripts in the style of the language. What can't be read stays as it is. */
import type { SourceFile } from "../base/span.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { formatSource } from "../format/index.js";
import { exitCode, type ExitCode } from "./failure.js";
import { writeOutputs } from "./output.js";
import type { Context, FmtFlags } from "./program.js";
import { exitFor, jsonCounts, showDiagnostics, showJson } from "./report.js";
import { hasFile, readScripts } from "./sources.js";

interface Formatted {
  readonly source: SourceFile;
  /** Undefined when the script has syntax errors. */
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

async function formatted(source: SourceFile): Promise<Formatted> {
  const result = await formatSource(source.text, { path: source.path });
  return result.ok
    ? { source, text: result.text, diagnostics: [] }
    : { source, text: undefined, diagnostics: result.diagnostics };
}

const isChanged = ({ source, text }: Formatted): boolean => text !== undefined && text !== source.text;

export async function fmt(context: Context, files: readonly string[], flags: FmtFlags): Promise<ExitCode> {
  const results: Formatted[] = [];
  for (const source of readScripts(files, flags, "fmt")) results.push(await formatted(source));
  const found = results.flatMap(({ diagnostics }) => diagnostics);
  const changed = results.filter(isChanged);
  if (flags.check !== true)
    writeOutputs(
      changed.flatMap(({ source, text }) =>
        text !== undefined && hasFile(source) ? [{ path: source.path, content: text }] : [],
      ),
    );
  if (context.json) showResults(context, results, found);
  else {
    showDiagnostics(context, found);
    if (flags.check === true) for (const { source } of changed) context.terminal.out(`${source.path}\n`);
    else for (const { source, text } of results) if (!hasFile(source)) context.terminal.out(text ?? "");
  }
  return flags.check === true && changed.length > 0 ? exitCode.script : exitFor(found);
}

/** The text is there for scripts without a file. */
function showResults(context: Context, results: readonly Formatted[], found: readonly Diagnostic[]): void {
  const files = results.map((one) => {
    const { source, text } = one;
    const file = { file: source.path, ok: text !== undefined, changed: isChanged(one) };
    return hasFile(source) ? file : { ...file, text };
  });
  showJson(context, { ...jsonCounts(found), files });
}
