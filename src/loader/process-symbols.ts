/** Functions of a process by their addresses: of the files that it has mapped, and what a runtime's compiler says of its own. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { lastNotAbove, type FindSymbol, type SymbolAt } from "./kernel-symbols.js";
import { userFunctions, type UserFunction } from "./user-symbols.js";

interface Mapping {
  readonly start: number;
  readonly end: number;
  /** Of the file, where the mapping begins. */
  readonly offset: number;
  readonly path: string;
}

/** What is mapped now; a process that has gone has nothing. Names of files are as the process sees them. */
export function processSymbols(
  pid: number,
  functionsOf: (path: string) => readonly UserFunction[],
): FindSymbol {
  const mappings = readMappings(pid);
  let compiled: readonly UserFunction[] | undefined;
  return (address) => {
    const at = Number(address);
    const mapping = mappings.find(({ start, end }) => at >= start && at < end);
    if (!mapping) return undefined;
    const { path } = mapping;
    if (!path.startsWith("/")) {
      compiled ??= compiledFunctions(pid);
      return within(compiled, at) ?? { name: path === "" ? "[anonymous]" : path, offset: at - mapping.start };
    }
    const place = at - mapping.start + mapping.offset;
    const inside = join(`/proc/${pid}/root`, path);
    const found = within(functionsOf(existsSync(inside) ? inside : path), place);
    return found ?? { name: basename(path), offset: place };
  };
}

function readMappings(pid: number): readonly Mapping[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, "latin1");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line): Mapping[] => {
    const [, start, end, rights, offset, path = ""] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line) ?? [];
    if (start === undefined || end === undefined || offset === undefined || !rights?.includes("x")) return [];
    const hex = (digits: string): number => Number.parseInt(digits, 16);
    return [
      { start: hex(start), end: hex(end), offset: hex(offset), path: path.replace(/ \(deleted\)$/, "") },
    ];
  });
}

/** `/tmp/perf-PID.map`, which runtimes with a compiler of their own write for profilers: address, size, name. */
function compiledFunctions(pid: number): readonly UserFunction[] {
  try {
    const text = readFileSync(`/proc/${pid}/root/tmp/perf-${pid}.map`, "utf8");
    const all = text.split("\n").flatMap((line): UserFunction[] => {
      const [, start, size, name] = /^([0-9a-f]+) ([0-9a-f]+) (.*)$/.exec(line) ?? [];
      if (start === undefined || size === undefined || name === undefined) return [];
      const address = Number.parseInt(start, 16);
      return [{ name, offset: address, size: Number.parseInt(size, 16), address }];
    });
    return byOffset(all);
  } catch {
    return [];
  }
}

function within(functions: readonly UserFunction[], place: number): SymbolAt | undefined {
  const index = lastNotAbove(functions.length, (i) => functions[i]?.offset ?? 0, place);
  const found = index === undefined ? undefined : functions[index];
  // Written in assembler, a function may have no size.
  if (!found || (found.size > 0 && place >= found.offset + found.size)) return undefined;
  return { name: found.name, offset: place - found.offset };
}

function byOffset(functions: readonly UserFunction[]): readonly UserFunction[] {
  return functions.toSorted((left, right) => left.offset - right.offset);
}

/** The functions of files, each read once; none of what is no ELF file. */
export function functionsOfFiles(): (path: string) => readonly UserFunction[] {
  const known = new Map<string, readonly UserFunction[]>();
  return (path) => {
    const before = known.get(path);
    if (before) return before;
    let found: readonly UserFunction[];
    try {
      found = byOffset(userFunctions(path));
    } catch {
      found = [];
    }
    known.set(path, found);
    return found;
  };
}
