import { writeSync } from "node:fs";
import koffi from "koffi";
import type { Libllvm, LlvmMissing, Out, Ref } from "./library.js";
import { libllvm } from "./library.js";

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
      readonly bytes: Uint8Array;
      readonly text: string;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly missing?: LlvmMissing };

const pipeline = "default<O2>";

const severityError = 0;
const severityWarning = 1;
const returnStatus = 2;
const levelDefault = 2;
const assemblyFile = 0;
const objectFile = 1;

const diagnosticProto = koffi.pointer(koffi.proto("void xdpl_llvm_diagnostic(void *info, void *data)"));
const fatalProto = koffi.pointer(koffi.proto("void xdpl_llvm_fatal(const char *reason)"));

/** Textual LLVM IR to an object, to assembly, or to the IR after optimisation. */
export function compileModule(irText: string, options: CompileOptions): CompileResult {
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
  exitCleanlyOnFatalErrors(llvm);
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
    const result = compileIn(llvm, context, irText, options);
    if (!result.ok) return { ok: false, message: [...errors, result.message].filter(Boolean).join("\n") };
    if (errors.length > 0) return { ok: false, message: errors.join("\n") };
    const { bytes } = result;
    return {
      ok: true,
      bytes,
      text: options.emit === "object" ? "" : Buffer.from(bytes).toString("utf8"),
      warnings,
    };
  } finally {
    llvm.ContextDispose(context);
    koffi.unregister(handler);
  }
}

type Emitted =
  { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly message: string };

function compileIn(llvm: Libllvm, context: Ref, irText: string, options: CompileOptions): Emitted {
  const source = Buffer.from(irText, "utf8");
  const buffer = llvm.CreateMemoryBufferWithMemoryRangeCopy(source, source.length, "xdpl");
  const module: Out<Ref> = [null];
  const message: Out<Ref> = [null];
  // The buffer is consumed by the parser, whatever it says.
  if (llvm.ParseIRInContext(context, buffer, module, message) !== 0 || module[0] === null)
    return { ok: false, message: takeOptional(llvm, message) };
  const parsed = module[0];
  try {
    return lowerModule(llvm, parsed, options);
  } finally {
    llvm.DisposeModule(parsed);
  }
}

function lowerModule(llvm: Libllvm, module: Ref, options: CompileOptions): Emitted {
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
  const passes = llvm.CreatePassBuilderOptions();
  try {
    llvm.SetTarget(module, triple);
    llvm.SetModuleDataLayout(module, layout);
    llvm.PassBuilderOptionsSetLoopVectorization(passes, 0);
    llvm.PassBuilderOptionsSetSLPVectorization(passes, 0);
    llvm.PassBuilderOptionsSetLoopInterleaving(passes, 0);
    const failure = llvm.RunPasses(module, options.passes ?? pipeline, machine, passes);
    if (failure !== null) {
      const text = llvm.GetErrorMessage(failure);
      const reason = cString(text);
      llvm.DisposeErrorMessage(text);
      return { ok: false, message: reason };
    }
    if (options.emit === "optimised-ir")
      return { ok: true, bytes: Buffer.from(takeMessage(llvm, llvm.PrintModuleToString(module)), "utf8") };
    return emitFile(llvm, machine, module, options.emit === "object" ? objectFile : assemblyFile);
  } finally {
    llvm.DisposePassBuilderOptions(passes);
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

let fatalHandlerInstalled = false;

/**
 * `report_fatal_error` can't be returned from: after its handler LLVM ends the process. The message is written and
 * the process ends with the code of an environment failure, without a core dump.
 */
function exitCleanlyOnFatalErrors(llvm: Libllvm): void {
  if (fatalHandlerInstalled) return;
  fatalHandlerInstalled = true;
  const handler = koffi.register((reason: string) => {
    writeSync(
      2,
      `xdpl: LLVM ${llvm.version} gave up: ${reason}\nThis is a bug of xdpl's; please report it.\n`,
    );
    process.exit(3);
  }, fatalProto);
  llvm.InstallFatalErrorHandler(handler);
}
