/**
 * Coverage. A line counts when a statement begins on it, and is covered when one of those ran. A branch is one outcome of
 * a condition (each side of `&&` and `||` is a condition of its own), of `a ?? b` (there, null), or of a `switch` (each
 * case, and no case where there is no `default`). Test blocks and the standard library are not counted, nor what no
 * program calls.
 */
import type { SourceFile, Span } from "../base/span.js";
import type { TestModule } from "../ir/sites.js";
import type { Hits } from "./session.js";

export interface FileCoverage {
  readonly file: SourceFile;
  /** Line, from 1 → how often it ran. */
  readonly lines: ReadonlyMap<number, number>;
  readonly branches: readonly BranchCoverage[];
}

export interface BranchCoverage {
  readonly line: number;
  readonly span: Span;
  readonly outcomes: readonly { readonly name: string; readonly count: number }[];
}

export interface CoverageTotals {
  readonly lines: number;
  readonly linesHit: number;
  readonly branches: number;
  readonly branchesHit: number;
}

export function coverageOf(tests: TestModule, hits: Hits): readonly FileCoverage[] {
  const files = new Map<SourceFile, { lines: Map<number, number>; branches: BranchCoverage[] }>();
  for (const [at, site] of tests.sites.entries()) {
    if (site.kind !== "line" && site.kind !== "branch") continue;
    const { span } = site;
    if (isStandard(span.file) || tests.tests.some((test) => inside(span, test.span))) continue;
    const file = files.get(span.file) ?? { lines: new Map<number, number>(), branches: [] };
    files.set(span.file, file);
    const line = lineOf(span);
    if (site.kind === "line") file.lines.set(line, Math.max(file.lines.get(line) ?? 0, hits.lines[at] ?? 0));
    else {
      const counts = hits.branches.get(at) ?? [];
      const outcomes = site.outcomes.map((name, i) => ({ name, count: counts[i] ?? 0 }));
      file.branches.push({ line, span, outcomes });
    }
  }
  return [...files].map(([file, found]) => ({
    file,
    lines: new Map([...found.lines].toSorted(([a], [b]) => a - b)),
    branches: found.branches.toSorted((a, b) => a.span.start - b.span.start),
  }));
}

export function totalsOf({ lines, branches }: FileCoverage): CoverageTotals {
  const outcomes = branches.flatMap((one) => one.outcomes);
  return {
    lines: lines.size,
    linesHit: [...lines.values()].filter((count) => count > 0).length,
    branches: outcomes.length,
    branchesHit: outcomes.filter(({ count }) => count > 0).length,
  };
}

function isStandard({ path }: SourceFile): boolean {
  return path.startsWith("std/") && !path.endsWith(".xdpl");
}

function inside(span: Span, outer: Span): boolean {
  return span.file === outer.file && span.start >= outer.start && span.end <= outer.end;
}

export function lineOf({ file, start }: Span): number {
  let line = 1;
  for (let at = file.text.indexOf("\n"); at >= 0 && at < start; at = file.text.indexOf("\n", at + 1)) line++;
  return line;
}

/** geninfo(1)'s format. */
export function lcov(files: readonly FileCoverage[]): string {
  return files
    .map((one) => {
      const totals = totalsOf(one);
      const lines = [...one.lines].map(([line, count]) => `DA:${line},${count}`);
      const branches = one.branches.flatMap(({ line, outcomes }, block) => {
        const reached = outcomes.some(({ count }) => count > 0);
        return outcomes.map(({ count }, i) => `BRDA:${line},${block},${i},${reached ? count : "-"}`);
      });
      return [
        "TN:",
        `SF:${one.file.path}`,
        ...branches,
        `BRF:${totals.branches}`,
        `BRH:${totals.branchesHit}`,
        ...lines,
        `LF:${totals.lines}`,
        `LH:${totals.linesHit}`,
        "end_of_record",
        "",
      ].join("\n");
    })
    .join("");
}
