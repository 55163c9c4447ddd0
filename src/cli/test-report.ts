/** What `xdpl test` shows to people. */
import pc from "picocolors";
import { safe } from "../diagnostics/render-width.js";
import {
  lineOf,
  percent,
  totalsOf,
  type FileCoverage,
  type Step,
  type TestFailure,
  type TestResult,
} from "../testing/index.js";
import type { Terminal } from "./terminal.js";

export interface FileResult {
  readonly path: string;
  readonly results: readonly TestResult[];
  readonly coverage: readonly FileCoverage[];
  /** The script has errors. */
  readonly broken: boolean;
}

export interface Progress {
  readonly file: (path: string) => void;
  readonly test: (result: TestResult) => void;
}

export function openProgress(terminal: Terminal, quiet: boolean): Progress {
  const colors = pc.createColors(terminal.outColor);
  if (quiet) return { file: () => {}, test: () => {} };
  return {
    file: (path) => terminal.out(`${colors.bold(path)}\n`),
    test: ({ test, failure, milliseconds, runs }) => {
      const mark = failure ? colors.red("✗") : colors.green("✓");
      const more = [
        ...(runs === undefined ? [] : [`${runs} packet${runs === 1 ? "" : "s"}`]),
        ...(milliseconds > 100 ? [`${Math.round(milliseconds)} ms`] : []),
      ];
      terminal.out(`  ${mark} ${test.name}${more.length > 0 ? colors.dim(`  ${more.join(", ")}`) : ""}\n`);
    },
  };
}

export function showSummary(terminal: Terminal, files: readonly FileResult[], seed: number): void {
  const colors = pc.createColors(terminal.outColor);
  const all = files.flatMap((file) => file.results);
  const failed = all.filter(({ failure }) => failure);
  for (const file of files)
    for (const result of file.results) if (result.failure) showFailure(terminal, result, result.failure);
  const part = (count: number, what: string): string => `${count} ${what}`;
  const passed = all.length - failed.length;
  const counts = [
    ...(failed.length > 0 ? [colors.red(part(failed.length, "failed"))] : []),
    ...(passed > 0 ? [colors.green(part(passed, "passed"))] : []),
  ];
  terminal.out(`\n${colors.bold("Tests")}  ${counts.length > 0 ? counts.join(", ") : "none"}`);
  terminal.out(failed.some(({ runs }) => runs !== undefined) ? `  (--seed ${seed} repeats them)\n` : "\n");
}

function showFailure(terminal: Terminal, { test, packet }: TestResult, failure: TestFailure): void {
  const colors = pc.createColors(terminal.outColor);
  const { span, message, actual, expected, run, layers } = failure;
  const line = lineOf(span);
  const text = span.file.text.split("\n")[line - 1] ?? "";
  const out = (one: string): void => terminal.out(`${one}\n`);
  out(`\n${colors.red("✗")} ${colors.bold(test.name)}`);
  out(`  ${message}`);
  out(colors.dim(`  ${span.file.path}:${line}`));
  out(`    ${colors.dim(String(line))}  ${safe(text.trim())}`);
  if (actual !== undefined) out(`    actual    ${colors.red(actual)}`);
  if (expected !== undefined) out(`    expected  ${colors.green(expected)}`);
  if (!run) return;
  out(`  the packet${packet ? " (the smallest that fails)" : ""}`);
  for (const layer of layers) out(`    ${layer}`);
  out(`  its way through \`${run.program}\``);
  for (const step of stepLines(run.steps)) out(`    ${step}`);
  out(`    → ${run.verdict ?? "did not end"}`);
}

/** A line of source for each step, with what variables got and how conditions came out. */
export function stepLines(steps: readonly Step[], most = 40): readonly string[] {
  const rows: { file: string; line: number; text: string; notes: string[] }[] = [];
  for (const { span, value, outcome } of steps) {
    if (span.file.path.startsWith("std/") && !span.file.path.endsWith(".xdpl")) continue;
    const line = lineOf(span);
    let row = rows.at(-1);
    if (!row || row.line !== line || row.file !== span.file.path) {
      row = {
        file: span.file.path,
        line,
        text: (span.file.text.split("\n")[line - 1] ?? "").trim(),
        notes: [],
      };
      rows.push(row);
    }
    if (value) row.notes.push(`${value.name} = ${value.text}`);
    else if (outcome !== undefined) {
      const condition = span.file.text.slice(span.start, span.end).replaceAll(/\s+/g, " ");
      row.notes.push(`${condition.length > 40 ? `${condition.slice(0, 39)}…` : condition}: ${outcome}`);
    }
  }
  const shown = rows.slice(0, most).map(({ line, text, notes }) => {
    const note = notes.length > 0 ? `   // ${notes.join(", ")}` : "";
    return `${String(line).padStart(4)}  ${safe(text)}${note}`;
  });
  return rows.length > most ? [...shown, `      … and ${rows.length - most} more`] : shown;
}

export function showCoverage(terminal: Terminal, files: readonly FileCoverage[]): void {
  const colors = pc.createColors(terminal.outColor);
  const width = Math.max(8, ...files.map(({ file }) => file.path.length));
  terminal.out(
    `\n${colors.bold("Coverage".padEnd(width))}  ${"lines".padStart(16)}  ${"branches".padStart(16)}\n`,
  );
  for (const one of files) {
    const { lines, linesHit, branches, branchesHit } = totalsOf(one);
    const cell = (hit: number, all: number): string => `${hit}/${all} ${percent(hit, all)}`.padStart(16);
    terminal.out(
      `${one.file.path.padEnd(width)}  ${cell(linesHit, lines)}  ${cell(branchesHit, branches)}\n`,
    );
    const missed = [...one.lines].filter(([, count]) => count === 0).map(([line]) => line);
    if (missed.length > 0) terminal.out(colors.dim(`  never reached: line ${missed.join(", ")}\n`));
  }
}
