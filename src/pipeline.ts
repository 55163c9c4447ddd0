/**
 * The way of a script through the compiler. Each pass is called in order; the first that finds errors is the last.
 */
import { invariant } from "./base/invariant.js";
import type { SourceFile } from "./base/span.js";
import { check, type Look } from "./check/index.js";
import type { Checked } from "./check/checked.js";
import { generate } from "./codegen/index.js";
import { hasErrors, type Diagnostic, type Fix } from "./diagnostics/diagnostic.js";
import type { IrModule } from "./ir/ir.js";
import { lower, type CalledLoops, type Lowered } from "./ir/lower/index.js";
import { lowerTests } from "./ir/lower/tests/index.js";
import type { TestModule } from "./ir/sites.js";
import { optimize } from "./ir/optimize/index.js";
import { printModule } from "./ir/print.js";
import { compileText, type Care, type Compile } from "./llvm/compile-text.js";
import type { CompileOptions, CompileResult, Cpu, Endian, LlvmMissing } from "./llvm/index.js";
import { resolve, type Host, type Resolved } from "./resolve/index.js";
import type { Module } from "./syntax/ast.js";
import { loopsAt } from "./syntax/loops.js";
import { parse, type ParseResult } from "./syntax/index.js";
import { forgetful, isFault, verify, type VerifyResult } from "./verify/index.js";
import {
  askFor,
  checkTarget,
  neededKernel,
  requirements,
  targetOf,
  type Requirement,
  type Target,
} from "./verify/target.js";

export interface AnalyzeOptions {
  /** The oldest kernel the script has to run on, such as `linux 5.15`; it goes before what the script says. */
  readonly target?: string;
  /** `v3` unless told. */
  readonly cpu?: Cpu;
  /** `little` unless told. */
  readonly endian?: Endian;
}

export type BuildOptions = AnalyzeOptions;

/** What is known of a script without generating code. What a stage gives is there when those before found no errors. */
export interface Analysis {
  /** The script's tree; what could not be read is an error node in it. */
  readonly module: Module | undefined;
  readonly resolved: Resolved;
  readonly checked: Checked;
  /** Optimised. */
  readonly ir: IrModule | undefined;
  /** What was proven about it. */
  readonly verified: VerifyResult | undefined;
  /** What it asks of the kernel. */
  readonly needs: readonly Requirement[] | undefined;
  /** Of all files, in the order in which the passes found them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How a module's text becomes a tree. Node ids are unique in one compilation. */
export type ParseModule = (file: SourceFile) => ParseResult;

/** A script as far as its text says what it means: names and types, no proofs. */
export interface Understood {
  readonly module: Module | undefined;
  readonly resolved: Resolved;
  readonly checked: Checked;
  readonly target: Target | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The passes that read: names and types. `look` sees the checker's state where an editor asks for it. */
export function understand(
  entry: SourceFile,
  host: Host,
  options: AnalyzeOptions = {},
  parseModule: ParseModule = parser(),
  look?: Look,
): Understood {
  const found: Diagnostic[] = [];
  const { resolved, diagnostics: names } = resolve([entry], host, parseModule, undefined);
  found.push(...names);
  const module = resolved.modules.find((scope) => scope.entry)?.module;
  const { checked, diagnostics: types } = check(resolved, { kernel: host.kernel, ...(look && { look }) });
  found.push(...types);
  const { target, diagnostics: targets } = targetOf(checked.modules, module, options.target);
  found.push(...targets);
  return { module, resolved, checked, target, diagnostics: found };
}

/** What was proven of a script without errors. */
export interface Proven {
  /** Optimised; undefined when something could not be proven. */
  readonly ir: IrModule | undefined;
  /** Undefined when there is something that this compiler cannot make code for. */
  readonly verified: VerifyResult | undefined;
  readonly needs: readonly Requirement[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Turns, and ways, that are more than the kernel's verifier follows. */
const [tooLong, tooMuch] = ["XD4202", "XD4203"];

/** So often loops are handed over to the kernel, those inside others first, for what is left to be followed. */
const mostRounds = 4;

/**
 * The passes that prove, for a script in which those that read found no errors. Where a loop has more turns than the kernel
 * follows, and `target` is not too old for it, the kernel is asked to call the loop's body.
 */
export function prove(checked: Checked, options: AnalyzeOptions = {}, target?: Target): Proven {
  const { endian = "little" } = options;
  const proven = proveWith(checked, options, new Map(), lower(checked, { endian }));
  let called: CalledLoops = new Map();
  let now = proven;
  for (let round = 0; round < mostRounds; round++) {
    const more = loopsToCall(checked, now, called);
    if (more.size === 0) return proven;
    called = new Map([...called, ...more]);
    const lowered = lower(checked, { endian, called });
    // A loop that has to stay one is too much, whatever becomes of the others.
    const stays = [...more.keys()].filter((id) => !lowered.called.has(id));
    if (stays.length > 0) return withLocal(proven, lowered.uncalled.get(stays[0] ?? -1));
    now = proveWith(checked, options, called, lowered);
    if (hasErrors(now.diagnostics)) continue;
    const misses = ({ needs }: Proven): number => (target && needs ? checkTarget(needs, target).length : 0);
    return misses(now) > misses(proven) ? withNewerKernel(proven, now, target) : now;
  }
  return proven;
}

/** The loops that are too much, where nothing else is wrong; none with another one in it. */
function loopsToCall(
  { modules }: Checked,
  { diagnostics, verified }: Proven,
  called: CalledLoops,
): CalledLoops {
  if (!hasErrors(diagnostics) || hasErrors(diagnostics.filter((one) => !isTooMuch(one)))) return new Map();
  const found = loopsAt(modules, verified?.heavy ?? [], ({ id }) => !called.has(id));
  return new Map([...found].map(([{ id }, turns]) => [id, turns]));
}

const isTooMuch = ({ code }: Diagnostic): boolean => code === tooLong || code === tooMuch;

function withAdvice(proven: Proven, note: string, fix: Fix): Proven {
  const diagnostics = proven.diagnostics.map((one) =>
    isTooMuch(one) ? { ...one, notes: [...one.notes, note], fixes: [...one.fixes, fix] } : one,
  );
  return { ...proven, diagnostics };
}

/** Says of what is too much which local keeps the kernel from calling the loop's body. */
function withLocal(proven: Proven, name: string | undefined): Proven {
  if (name === undefined) return proven;
  const note = `the kernel could call the loop's body for each turn (\`bpf_loop\`, from Linux 5.17 on), and follow it once, if only integers from outside reached it: \`${name}\` is none`;
  const fix = {
    title: `read what all turns need of \`${name}\` into a \`const\` before the loop`,
    edits: [],
  };
  return withAdvice(proven, note, fix);
}

/** Says of what is too much for the target which kernel would do. */
function withNewerKernel(proven: Proven, called: Proven, target: Target | undefined): Proven {
  const { kernel } = neededKernel(called.needs ?? []);
  const note = `from Linux ${kernel} on the kernel calls the loop's body itself (\`bpf_loop\`), and follows it once`;
  const fix = askFor(kernel, target?.span);
  return withAdvice(proven, note, fix);
}

function proveWith(
  checked: Checked,
  { endian = "little", cpu }: AnalyzeOptions,
  called: CalledLoops,
  lowered: Lowered,
): Proven {
  const found: Diagnostic[] = [...lowered.diagnostics];
  if (hasErrors(found)) return { ir: undefined, verified: undefined, needs: undefined, diagnostics: found };

  let ir = optimize(lowered.module, endian);
  let verified = verify(ir);
  if (verified.diagnostics.some((one) => isFault(one, "bytes"))) {
    // The bytes were checked, on paths that the verifier does not tell apart: checked again, it sees them.
    ir = optimize(lower(checked, { endian, recheck: true, called }).module, endian);
    verified = verify(ir);
  }
  if (verified.diagnostics.some((one) => one.code === tooMuch)) {
    const changed = forgetful(ir, verified.proofs);
    const again = changed === ir ? undefined : verify(changed);
    // What is too much all the same is said of what the kernel would have to follow then.
    if (again?.diagnostics.every((one) => one.code === tooMuch)) [ir, verified] = [changed, again];
  }
  found.push(...verified.diagnostics);
  return {
    ir: hasErrors(found) ? undefined : ir,
    verified,
    needs: requirements(ir, cpu),
    diagnostics: found,
  };
}

/** Source text to proofs: all that `xdpl check` needs. No files but through `host`, no LLVM. */
export function analyze(entry: SourceFile, host: Host, options: AnalyzeOptions = {}): Analysis {
  const { module, resolved, checked, target, diagnostics } = understand(entry, host, options);
  const known = { module, resolved, checked };
  if (hasErrors(diagnostics))
    return { ...known, diagnostics, ir: undefined, verified: undefined, needs: undefined };
  const proven = prove(checked, options, target);
  const { needs } = proven;
  const found = [...diagnostics, ...proven.diagnostics];
  if (target && needs) found.push(...checkTarget(needs, target));
  return { ...known, ...proven, ir: hasErrors(found) ? undefined : proven.ir, diagnostics: found };
}

/** A script's tests, for the simulator; undefined when it has errors. */
export function testModule({ checked, ir }: Analysis): TestModule | undefined {
  return ir && lowerTests(checked).tests;
}

/** The text of the LLVM module for an analysis without errors. */
export function generateLlvm(
  { ir, verified }: Analysis,
  { cpu = "v3", endian = "little" }: BuildOptions = {},
  care: Care = "none",
): string {
  invariant(ir, "code is generated for scripts without errors only");
  return generate(ir, { cpu, endian, care, ...(verified && { proofs: verified.proofs }) });
}

/** As {@link generateLlvm}, for a part of a script. */
export function generateModule(
  ir: IrModule,
  verified: VerifyResult | undefined,
  cpu: Cpu,
  endian: Endian = "little",
): string {
  return generate(ir, { cpu, endian, ...(verified && { proofs: verified.proofs }) });
}

/** The stages that `build` can give: the compiler's IR, LLVM's, BPF assembly, an ELF object. */
export type Emit = "ir" | "ll" | "asm" | "obj";

export interface Built {
  readonly diagnostics: readonly Diagnostic[];
  /** Bytes for `obj`, text for the others; undefined when there were errors. */
  readonly output: string | Uint8Array | undefined;
  /** There is no libLLVM on this machine. */
  readonly missing: LlvmMissing | undefined;
}

/** Source text to an object, or to a stage before it. `compile` is LLVM: only `asm` and `obj` need it. */
export function buildWith(
  compile: Compile | undefined,
  entry: SourceFile,
  host: Host,
  emit: Emit,
  options: BuildOptions = {},
): Built {
  const analysis = analyze(entry, host, options);
  const { diagnostics, ir } = analysis;
  const give = (output: Built["output"], missing?: LlvmMissing): Built => ({ diagnostics, output, missing });
  if (!ir) return give(undefined);
  if (emit === "ir") return give(printModule(ir));
  if (emit === "ll") return give(generateLlvm(analysis, options));
  invariant(compile, "LLVM is there for objects");
  const compiled = compileAnalysis(compile, analysis, emit === "obj" ? "object" : "assembly", options);
  if (!compiled.ok && compiled.missing) return give(undefined, compiled.missing);
  // The compiler wrote this module: whatever LLVM has against it is not the script's fault.
  invariant(compiled.ok, `LLVM refused the generated code: ${compiled.ok ? "" : compiled.message}`);
  return give(emit === "obj" ? compiled.bytes : compiled.text);
}

/** An analysis without errors through LLVM. */
export function compileAnalysis(
  compile: Compile,
  analysis: Analysis,
  emit: CompileOptions["emit"],
  options: BuildOptions = {},
): CompileResult {
  const { cpu = "v3", endian = "little" } = options;
  const text = (care: Care): string => generateLlvm(analysis, options, care);
  return compileText(compile, text, { cpu, endian, emit });
}

/** As {@link buildWith}; LLVM's binding is loaded when it is needed, and not before. */
export async function build(
  entry: SourceFile,
  host: Host,
  emit: Emit,
  options: BuildOptions = {},
): Promise<Built> {
  const needed = emit === "asm" || emit === "obj";
  if (!needed) return buildWith(undefined, entry, host, emit, options);
  const { compileModule, preloadLlvm } = await import("./llvm/index.js");
  preloadLlvm();
  return buildWith(compileModule, entry, host, emit, options);
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

/** Reads modules, with ids of its own: what it read can be part of several compilations. */
export function parser(): ParseModule {
  const ids = counter(firstOwnId);
  return (file) => {
    if (!isStandardModule(file.path)) return parse(file, ids);
    const known = standardModules.get(file) ?? parse(file, standardIds);
    standardModules.set(file, known);
    return known;
  };
}

/** Hosts name a module of the standard library by its specifier, and no script that way. */
function isStandardModule(path: string): boolean {
  return path.startsWith("std/") && !path.endsWith(".xdpl");
}
