import { writeSync } from "node:fs";
import koffi from "koffi";
import type { Libllvm, LlvmMissing, Out, Ref } from "./library.js";
import { libllvm } from "./library.js";
import { repeatsComparison } from "./repeated-checks.js";

export type Cpu = "v1" | "v2" | "v3" | "v4";
export type Endian = "little" | "big";

export interface CompileOptions {
  readonly cpu: Cpu;
  readonly endian: Endian;
  readonly emit: "object" | "assembly" | "optimised-ir";
  /** For measurements: another pipeline than {@link pipeline}, in `opt`'s words. */
  readonly passes?: string;
}

/** `bytes` for objects, `text` otherwise. */
export type CompileResult =
  | {
      readonly ok: true;
      /** See {@link repeatsComparison}. */
      readonly repeats: boolean;
      readonly bytes: Uint8Array;
      readonly text: string;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly missing?: LlvmMissing };

const pipeline = "default<O2>";

/**
 * Past this size (some 400 rules) the passes whose time grows with the square of the comparisons of one value are left
 * out (InstCombine, IPSCCP, JumpThreading, GVN): 5000 rules take 8 s with them and 0.7 s without. So is SimplifyCFG,
 * which makes nested switches of the rules, three times the code and then too far apart for BPF's jumps.
 */
const largeModule = 150_000;
const largePipeline = "function(sroa,early-cse<memssa>,sccp,instsimplify,loop-mssa(licm),dse,bdce,adce)";

/**
 * LLVM's options for the whole process. It must not fold two branches to one block into one branch on `a && b`:
 * BPF has no use for it, a packet check merged that way is one that the kernel no longer understands, and in a long
 * list of rules the comparisons end up shared, alive across the program and spilled until the stack is full. Nor may it
 * make values out of branches (`c ? low + 1 : low`, `c ? high : high - 1`): BPF has only branches for them, one each, and the
 * kernel follows all combinations of those, which doubles its ways in each turn of a loop. Nor keep in a register, through a
 * loop, what the loop writes to memory: the kernel knows such a register for each way through each turn, where it forgets
 * memory; and on ways that do not write LLVM leaves it unset.
 */
const commandLine = [
  "xdpl",
  "-simplifycfg-branch-fold-threshold=0",
  "-phi-node-folding-threshold=0",
  "-two-entry-phi-node-folding-threshold=0",
  "-disable-licm-promotion",
] as const;

const firstWithV4 = 17;

const severityError = 0;
const severityWarning = 1;
const returnStatus = 2;
const levelDefault = 2;
const assemblyFile = 0;
const objectFile = 1;

const diagnosticProto = koffi.pointer(koffi.proto("void xdpl_llvm_diagnostic(void *info, void *data)"));
const fatalProto = koffi.pointer(koffi.proto("void xdpl_llvm_fatal(const char *reason)"));

/**
 * Textual LLVM IR to an object, to assembly, or to the IR after optimisation. A large module that does not do with few
 * passes (its values take more than the stack) gets them all.
 */
export function compileModule(irText: string, options: CompileOptions): CompileResult {
  const isLarge = irText.length > largeModule;
  const result = compileWith(irText, options, options.passes ?? (isLarge ? largePipeline : pipeline));
  if (result.ok || result.missing || !isLarge || options.passes !== undefined) return result;
  return compileWith(irText, options, pipeline);
}

function compileWith(irText: string, options: CompileOptions, passes: string): CompileResult {
  const found = libllvm();
  if (!found.ok) {
    const { message, tried, remedy } = found.missing;
    return {
      ok: false,
      message: `${message}: ${remedy} (tried ${tried.join("; ")})`,
      missing: found.missing,
    };
  }
  const { llvm } = found;
  prepare(llvm);
  if (options.cpu === "v4" && llvm.major < firstWithV4)
    return {
      ok: false,
      message: `ISA v4 needs LLVM ${firstWithV4} or newer; ${llvm.path} is ${llvm.version}`,
    };
  const context = llvm.ContextCreate();
  const errors: string[] = [];
  const warnings: string[] = [];
  // Without a handler LLVM prints a backend error and ends the process.
  const handler = koffi.register((info: Ref) => {
    const text = takeMessage(llvm, llvm.GetDiagInfoDescription(info));
    const severity = llvm.GetDiagInfoSeverity(info);
    if (severity === severityError) errors.push(text);
    else if (severity === severityWarning) warnings.push(text);
  }, diagnosticProto);
  try {
    llvm.ContextSetDiagnosticHandler(context, handler, null);
    const result = compileIn(llvm, context, irText, options, passes);
    if (!result.ok) return { ok: false, message: summary([...errors, result.message]) };
    if (errors.length > 0) return { ok: false, message: summary(errors) };
    const { bytes, repeats } = result;
    return {
      ok: true,
      repeats,
      bytes,
      text: options.emit === "object" ? "" : Buffer.from(bytes).toString("utf8"),
      warnings,
    };
  } finally {
    llvm.ContextDispose(context);
    koffi.unregister(handler);
  }
}

/** Each message once: LLVM repeats some at every instruction. */
function summary(messages: readonly string[]): string {
  return [...new Set(messages.map((one) => one.trim()).filter(Boolean))].slice(0, 5).join("\n");
}

type Failed = { readonly ok: false; readonly message: string };
type Emitted = { readonly ok: true; readonly bytes: Uint8Array } | Failed;
type Lowered = { readonly ok: true; readonly bytes: Uint8Array; readonly repeats: boolean } | Failed;

function compileIn(
  llvm: Libllvm,
  context: Ref,
  irText: string,
  options: CompileOptions,
  passes: string,
): Lowered {
  const source = Buffer.from(irText, "utf8");
  const buffer = llvm.CreateMemoryBufferWithMemoryRangeCopy(source, source.length, "xdpl");
  const module: Out<Ref> = [null];
  const message: Out<Ref> = [null];
  // The buffer is consumed by the parser, whatever it says.
  if (llvm.ParseIRInContext(context, buffer, module, message) !== 0 || module[0] === null)
    return { ok: false, message: takeOptional(llvm, message) };
  const parsed = module[0];
  try {
    return lowerModule(llvm, parsed, options, passes);
  } finally {
    llvm.DisposeModule(parsed);
  }
}

function lowerModule(llvm: Libllvm, module: Ref, options: CompileOptions, passes: string): Lowered {
  const message: Out<Ref> = [null];
  if (llvm.VerifyModule(module, returnStatus, message) !== 0)
    return { ok: false, message: takeOptional(llvm, message) };
  takeOptional(llvm, message);
  const triple = options.endian === "little" ? "bpfel" : "bpfeb";
  const target: Out<Ref> = [null];
  if (llvm.GetTargetFromTriple(triple, target, message) !== 0 || target[0] === null)
    return { ok: false, message: takeOptional(llvm, message) };
  const machine = llvm.CreateTargetMachine(target[0], triple, options.cpu, "", levelDefault, 0, 0);
  if (machine === null) return { ok: false, message: `no target machine for ${triple}` };
  const layout = llvm.CreateTargetDataLayout(machine);
  const tuning = llvm.CreatePassBuilderOptions();
  try {
    llvm.SetTarget(module, triple);
    llvm.SetModuleDataLayout(module, layout);
    llvm.PassBuilderOptionsSetLoopVectorization(tuning, 0);
    llvm.PassBuilderOptionsSetSLPVectorization(tuning, 0);
    llvm.PassBuilderOptionsSetLoopInterleaving(tuning, 0);
    const failure = llvm.RunPasses(module, passes, machine, tuning);
    if (failure !== null) {
      const text = llvm.GetErrorMessage(failure);
      const reason = cString(text);
      llvm.DisposeErrorMessage(text);
      return { ok: false, message: reason };
    }
    const repeats = repeatsComparison(llvm, module);
    if (options.emit === "optimised-ir") {
      const text = takeMessage(llvm, llvm.PrintModuleToString(module));
      return { ok: true, bytes: Buffer.from(text, "utf8"), repeats };
    }
    const emitted = emitFile(llvm, machine, module, options.emit === "object" ? objectFile : assemblyFile);
    return emitted.ok ? { ...emitted, repeats } : emitted;
  } finally {
    llvm.DisposePassBuilderOptions(tuning);
    llvm.DisposeTargetData(layout);
    llvm.DisposeTargetMachine(machine);
  }
}

function emitFile(llvm: Libllvm, machine: Ref, module: Ref, fileType: number): Emitted {
  const message: Out<Ref> = [null];
  const buffer: Out<Ref> = [null];
  if (llvm.TargetMachineEmitToMemoryBuffer(machine, module, fileType, message, buffer) !== 0)
    return { ok: false, message: takeOptional(llvm, message) };
  if (buffer[0] === null) return { ok: false, message: "LLVM emitted nothing" };
  const size = Number(llvm.GetBufferSize(buffer[0]));
  const bytes = new Uint8Array(koffi.view(llvm.GetBufferStart(buffer[0]), size)).slice();
  llvm.DisposeMemoryBuffer(buffer[0]);
  return { ok: true, bytes };
}

function cString(at: Ref): string {
  return String(koffi.decode(at, "char", -1));
}

function takeMessage(llvm: Libllvm, at: Ref): string {
  const text = cString(at);
  llvm.DisposeMessage(at);
  return text;
}

function takeOptional(llvm: Libllvm, message: Out<Ref>): string {
  const at = message[0];
  message[0] = null;
  return at === null ? "" : takeMessage(llvm, at);
}

let prepared = false;

/** What is set once for the process. */
function prepare(llvm: Libllvm): void {
  if (prepared) return;
  prepared = true;
  exitCleanlyOnFatalErrors(llvm);
  // An option that this LLVM does not have is passed over in silence.
  llvm.ParseCommandLineOptions(commandLine.length, commandLine, "");
}

/**
 * `report_fatal_error` can't be returned from: after its handler LLVM ends the process. The message is written and
 * the process ends with the code of an environment failure, without a core dump.
 */
function exitCleanlyOnFatalErrors(llvm: Libllvm): void {
  const handler = koffi.register((reason: string) => {
    const known = fatalReasons.find((one) => reason.includes(one.text));
    const advice = known?.advice ?? "This is a bug of xdpl's; please report it.";
    writeSync(2, `error: LLVM ${llvm.version} gave up: ${reason}\n${advice}\n`);
    process.exit(known ? 1 : 3);
  }, fatalProto);
  llvm.InstallFatalErrorHandler(handler);
}

const fatalReasons = [
  {
    text: "Branch target out of insn range",
    advice:
      "A jump of the program is longer than 32767 instructions, the most that BPF has below ISA v4: split the program " +
      "in two with a tail call, or build for kernels from 6.6 on with `--cpu v4`.",
  },
] as const;
