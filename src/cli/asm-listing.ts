/** BPF instructions under the lines of the script that they came from, for people. */
import { lineText, type SourceFile } from "../base/span.js";
import { helperNumbered } from "../kernel/helpers.js";
import type { ListedFunction, ListedInstruction } from "../llvm/assembly.js";

export interface LineCost {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  /** The kernel's instructions. */
  readonly size: number;
  /** Helpers of the kernel that it calls, by name, in order. */
  readonly calls: readonly string[];
  readonly instructions: readonly ListedInstruction[];
}

/** Lines that became instructions: the script's own in their order, then those of other files. */
export function lineCosts(
  fn: ListedFunction,
  fileOf: (path: string) => SourceFile | undefined,
): readonly LineCost[] {
  const lines = new Map<string, ListedInstruction[]>();
  for (const one of fn.instructions) {
    const key = `${one.path}:${one.line}`;
    const of = lines.get(key) ?? [];
    lines.set(key, of);
    of.push(one);
  }
  const main = fn.instructions[0]?.path;
  return [...lines.values()]
    .map((instructions): LineCost => {
      const [{ path, line } = { path: "", line: 0 }] = instructions;
      const file = fileOf(path);
      return {
        path,
        line,
        text: file ? lineText(file, line) : "",
        size: instructions.reduce((sum, one) => sum + one.size, 0),
        calls: instructions.flatMap((one) => helperOf(one) ?? []),
        instructions,
      };
    })
    .sort(
      (a, b) =>
        Number(a.path !== main) - Number(b.path !== main) || compare(a.path, b.path) || a.line - b.line,
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function helperOf({ text }: ListedInstruction): string | undefined {
  const number = /^call (\d+)$/.exec(text)?.[1];
  return number === undefined ? undefined : helperNumbered(Number(number))?.name;
}

export interface ListingStyle {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const plain: ListingStyle = { strong: (text) => text, faint: (text) => text };

/** A line of a listing, and the line of the script that it belongs to; 0 when it belongs to none. */
export interface ListingLine {
  readonly text: string;
  readonly path: string;
  readonly line: number;
}

/** One function: its lines with what they cost, and the instructions under each. */
export function listingLines(
  fn: ListedFunction,
  fileOf: (path: string) => SourceFile | undefined,
  { strong, faint }: ListingStyle = plain,
): readonly ListingLine[] {
  const costs = lineCosts(fn, fileOf);
  const out: ListingLine[] = [];
  const say = (
    text: string,
    { path, line }: { readonly path: string; readonly line: number } = nowhere,
  ): void => {
    out.push({ text, path, line });
  };
  say(`${strong(fn.name)}: ${count(fn.size)} in section ${fn.section}`);
  say("");
  let path = costs[0]?.path;
  for (const one of costs) {
    if (one.path !== path) for (const text of ["", strong(one.path), ""]) say(text);
    path = one.path;
    const share = Math.round((100 * one.size) / Math.max(1, fn.size));
    const cost = `${String(one.size).padStart(5)} ${`${share}%`.padStart(4)}`;
    const calls = one.calls.length > 0 ? `   ${faint(`calls ${distinct(one.calls).join(", ")}`)}` : "";
    say(`${cost}  ${String(one.line).padStart(4)} | ${strong(one.text.trimEnd())}${calls}`, one);
    for (const each of one.instructions) {
      for (const label of each.labels) say(faint(`${" ".repeat(17)} | ${label}:`), one);
      say(faint(`${String(each.index).padStart(17)} |     ${named(each)}`), one);
    }
  }
  return out;
}

const nowhere = { path: "", line: 0 };

function named(one: ListedInstruction): string {
  const helper = helperOf(one);
  return helper === undefined ? one.text : `${one.text} (${helper})`;
}

function distinct(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));
}

function count(size: number): string {
  return size === 1 ? "1 instruction" : `${size} instructions`;
}
