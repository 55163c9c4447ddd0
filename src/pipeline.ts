/** The way of a script through the compiler. Each pass is called in order; the first that finds errors is the last. */
import type { SourceFile } from "./base/span.js";
import type { Diagnostic } from "./diagnostics/diagnostic.js";
import type { Cpu, Endian, LlvmMissing } from "./llvm/index.js";
import { resolve, type Host, type Resolved } from "./resolve/index.js";
import type { Module } from "./syntax/ast.js";
import { parse, type ParseResult } from "./syntax/index.js";

export interface AnalyzeOptions {
  /** The oldest kernel the script has to run on, such as `linux 5.15`; what the script says comes first. */
  readonly target?: string;
}

export interface BuildOptions extends AnalyzeOptions {
  /** `v3` unless told. */
  readonly cpu?: Cpu;
  /** `little` unless told. */
  readonly endian?: Endian;
}

/** What is known of a script without generating code. Later stages are there when earlier ones found no errors. */
export interface Analysis {
  readonly module: Module | undefined;
  readonly resolved: Resolved;
  /** Of all files, in the order the passes found them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Source text to proofs: all that `xdpl check` and an editor need. No files but through `host`, no LLVM. */
export function analyze(entry: SourceFile, host: Host, _options: AnalyzeOptions = {}): Analysis {
  const { resolved, diagnostics } = resolve([entry], host, parseOnce, counter(firstOwnId));
  const module = resolved.modules.find((scope) => scope.entry)?.module;
  return { module, resolved, diagnostics };
}

/** The stages that `build` can give: the compiler's IR, LLVM's, BPF assembly, an ELF object. */
export type Emit = "ir" | "ll" | "asm" | "obj";

export interface Built {
  readonly diagnostics: readonly Diagnostic[];
  /** Text for all but `obj`; undefined when there were errors. */
  readonly output: string | Uint8Array | undefined;
  /** There is no libLLVM on this machine. */
  readonly missing: LlvmMissing | undefined;
}

/** Source text to an object, or to a stage before it. LLVM is loaded when it is needed, and not before. */
export async function build(
  entry: SourceFile,
  host: Host,
  _emit: Emit,
  options: BuildOptions = {},
): Promise<Built> {
  const { diagnostics } = analyze(entry, host, options);
  return Promise.resolve({ diagnostics, output: undefined, missing: undefined });
}

interface Ids {
  next(): number;
}

function counter(first: number): Ids {
  let next = first;
  return { next: () => next++ };
}

/**
 * Modules of the standard library are the same in every compilation of a process: each is parsed once. Their nodes
 * have numbers of their own, below those of any script.
 */
const firstOwnId = 1 << 24;
const standardIds = counter(1);
const standardModules = new WeakMap<SourceFile, ParseResult>();

function parseOnce(file: SourceFile, ids: Ids): ParseResult {
  if (!isStandardModule(file.path)) return parse(file, ids);
  const known = standardModules.get(file) ?? parse(file, standardIds);
  standardModules.set(file, known);
  return known;
}

/** Hosts name a module of the standard library by its specifier, and no script that way. */
function isStandardModule(path: string): boolean {
  return path.startsWith("std/") && !path.endsWith(".xdpl");
}
