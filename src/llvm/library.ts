import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";

/** An opaque LLVM object. */
export type Ref = bigint;

/** LLVM hands strings and handles back through one-element arrays. */
export type Out<T> = [T | null];

/** The calls into libLLVM that the compiler makes, by their C names without the prefix. */
export interface Libllvm {
  readonly path: string;
  readonly version: string;
  readonly major: number;
  ContextCreate(): Ref;
  ContextDispose(context: Ref): void;
  ContextSetDiagnosticHandler(context: Ref, handler: Ref | null, data: null): void;
  GetDiagInfoDescription(info: Ref): Ref;
  GetDiagInfoSeverity(info: Ref): number;
  CreateMemoryBufferWithMemoryRangeCopy(bytes: Uint8Array, size: number, name: string): Ref;
  DisposeMemoryBuffer(buffer: Ref): void;
  GetBufferStart(buffer: Ref): Ref;
  GetBufferSize(buffer: Ref): number;
  ParseIRInContext(context: Ref, buffer: Ref, module: Out<Ref>, message: Out<Ref>): number;
  VerifyModule(module: Ref, action: number, message: Out<Ref>): number;
  PrintModuleToString(module: Ref): Ref;
  DisposeModule(module: Ref): void;
  SetTarget(module: Ref, triple: string): void;
  SetModuleDataLayout(module: Ref, layout: Ref): void;
  CreateTargetDataLayout(machine: Ref): Ref;
  DisposeTargetData(layout: Ref): void;
  GetTargetFromTriple(triple: string, target: Out<Ref>, message: Out<Ref>): number;
  CreateTargetMachine(
    target: Ref,
    triple: string,
    cpu: string,
    features: string,
    level: number,
    reloc: number,
    model: number,
  ): Ref | null;
  DisposeTargetMachine(machine: Ref): void;
  TargetMachineEmitToMemoryBuffer(
    machine: Ref,
    module: Ref,
    fileType: number,
    message: Out<Ref>,
    buffer: Out<Ref>,
  ): number;
  CreatePassBuilderOptions(): Ref;
  PassBuilderOptionsSetLoopVectorization(options: Ref, on: number): void;
  PassBuilderOptionsSetSLPVectorization(options: Ref, on: number): void;
  PassBuilderOptionsSetLoopInterleaving(options: Ref, on: number): void;
  DisposePassBuilderOptions(options: Ref): void;
  RunPasses(module: Ref, passes: string, machine: Ref, options: Ref): Ref | null;
  GetFirstFunction(module: Ref): Ref | null;
  GetNextFunction(of: Ref): Ref | null;
  GetFirstBasicBlock(of: Ref): Ref | null;
  GetNextBasicBlock(of: Ref): Ref | null;
  GetBasicBlockTerminator(block: Ref): Ref | null;
  GetNumSuccessors(terminator: Ref): number;
  IsABranchInst(value: Ref): Ref | null;
  GetCondition(branch: Ref): Ref;
  IsAICmpInst(value: Ref): Ref | null;
  GetICmpPredicate(compare: Ref): number;
  GetOperand(value: Ref, at: number): Ref;
  GetFirstUse(value: Ref): Ref | null;
  GetNextUse(use: Ref): Ref | null;
  GetUser(use: Ref): Ref;
  IsConstant(value: Ref): number;
  GetIntTypeWidth(type: Ref): number;
  TypeOf(value: Ref): Ref;
  GetTypeKind(type: Ref): number;
  GetErrorMessage(error: Ref): Ref;
  DisposeErrorMessage(message: Ref): void;
  DisposeMessage(message: Ref): void;
  InstallFatalErrorHandler(handler: Ref): void;
  ParseCommandLineOptions(count: number, options: readonly string[], overview: string): void;
}

/** Why libLLVM can't be used, and the command that mends it. */
export interface LlvmMissing {
  readonly message: string;
  readonly tried: readonly string[];
  readonly remedy: string;
}

export type LlvmFound =
  { readonly ok: true; readonly llvm: Libllvm } | { readonly ok: false; readonly missing: LlvmMissing };

/** Opaque pointers, the memory attribute and ISA v3 with BTF are all there from 16 on. */
export const oldestLlvm = 16;
/** Newer ones are found by their plain name. */
const newestKnown = 24;

const remedy =
  "install LLVM 16 or newer (Debian, Ubuntu: `apt-get install libllvm19`; Fedora: `dnf install llvm-libs`), " +
  "or set XDPL_LLVM to the path of a libLLVM.so";

/** The names to try, in order: the version this compiler is tested with, then newer, then older ones. */
function* candidates(override: string | undefined): Iterable<string> {
  if (override !== undefined && override !== "") {
    yield override;
    return;
  }
  const versions = [19];
  for (let version = 20; version <= newestKnown; version++) versions.push(version);
  for (let version = 18; version >= oldestLlvm; version--) versions.push(version);
  for (const version of versions) {
    if (version >= 18) yield `libLLVM.so.${version}.1`;
    if (version >= 18) yield `libLLVM-${version}.so`;
    yield `libLLVM-${version}.so.1`;
    if (version < 18) yield `libLLVM-${version}.so`;
  }
  yield "libLLVM.so";
  // Folders are read only when all names have failed.
  yield* installedFiles();
}

/** Debian keeps one directory a version, which the dynamic linker doesn't search. */
function installedFiles(): readonly string[] {
  const found: string[] = [];
  const root = "/usr/lib";
  if (!existsSync(root)) return found;
  const folders = readdirSync(root).filter((name) => /^llvm-\d+$/.test(name));
  folders.sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)));
  for (const folder of folders) {
    if (Number(folder.slice(5)) < oldestLlvm) continue;
    const lib = join(root, folder, "lib");
    if (!existsSync(lib)) continue;
    for (const name of readdirSync(lib).toSorted()) {
      if (/^libLLVM[-.\d]*\.so[.\d]*$/.test(name)) found.push(join(lib, name));
    }
  }
  return found;
}

function bind(path: string, library: ReturnType<typeof koffi.load>): Libllvm {
  const getVersion: (major: [number], minor: [number], patch: [number]) => void = library.func(
    "void LLVMGetVersion(_Out_ uint32_t *major, _Out_ uint32_t *minor, _Out_ uint32_t *patch)",
  );
  const major: [number] = [0];
  const minor: [number] = [0];
  const patch: [number] = [0];
  getVersion(major, minor, patch);
  if (major[0] < oldestLlvm) throw new Error(`is LLVM ${major[0]}; ${oldestLlvm} or newer is needed`);
  for (const part of ["TargetInfo", "Target", "TargetMC", "AsmPrinter", "AsmParser"]) {
    const initialize: () => void = library.func(`void LLVMInitializeBPF${part}(void)`);
    initialize();
  }
  return {
    path,
    version: `${major[0]}.${minor[0]}.${patch[0]}`,
    major: major[0],
    ContextCreate: library.func("void *LLVMContextCreate(void)"),
    ContextDispose: library.func("void LLVMContextDispose(void *context)"),
    ContextSetDiagnosticHandler: library.func(
      "void LLVMContextSetDiagnosticHandler(void *context, void *handler, void *data)",
    ),
    GetDiagInfoDescription: library.func("void *LLVMGetDiagInfoDescription(void *info)"),
    GetDiagInfoSeverity: library.func("int LLVMGetDiagInfoSeverity(void *info)"),
    CreateMemoryBufferWithMemoryRangeCopy: library.func(
      "void *LLVMCreateMemoryBufferWithMemoryRangeCopy(void *bytes, size_t size, const char *name)",
    ),
    DisposeMemoryBuffer: library.func("void LLVMDisposeMemoryBuffer(void *buffer)"),
    GetBufferStart: library.func("void *LLVMGetBufferStart(void *buffer)"),
    GetBufferSize: library.func("size_t LLVMGetBufferSize(void *buffer)"),
    ParseIRInContext: library.func(
      "int LLVMParseIRInContext(void *context, void *buffer, _Out_ void **module, _Out_ void **message)",
    ),
    VerifyModule: library.func("int LLVMVerifyModule(void *module, int action, _Out_ void **message)"),
    PrintModuleToString: library.func("void *LLVMPrintModuleToString(void *module)"),
    DisposeModule: library.func("void LLVMDisposeModule(void *module)"),
    SetTarget: library.func("void LLVMSetTarget(void *module, const char *triple)"),
    SetModuleDataLayout: library.func("void LLVMSetModuleDataLayout(void *module, void *layout)"),
    CreateTargetDataLayout: library.func("void *LLVMCreateTargetDataLayout(void *machine)"),
    DisposeTargetData: library.func("void LLVMDisposeTargetData(void *layout)"),
    GetTargetFromTriple: library.func(
      "int LLVMGetTargetFromTriple(const char *triple, _Out_ void **target, _Out_ void **message)",
    ),
    CreateTargetMachine: library.func(
      "void *LLVMCreateTargetMachine(void *target, const char *triple, const char *cpu, const char *features, int level, int reloc, int model)",
    ),
    DisposeTargetMachine: library.func("void LLVMDisposeTargetMachine(void *machine)"),
    TargetMachineEmitToMemoryBuffer: library.func(
      "int LLVMTargetMachineEmitToMemoryBuffer(void *machine, void *module, int type, _Out_ void **message, _Out_ void **buffer)",
    ),
    CreatePassBuilderOptions: library.func("void *LLVMCreatePassBuilderOptions(void)"),
    PassBuilderOptionsSetLoopVectorization: library.func(
      "void LLVMPassBuilderOptionsSetLoopVectorization(void *options, int on)",
    ),
    PassBuilderOptionsSetSLPVectorization: library.func(
      "void LLVMPassBuilderOptionsSetSLPVectorization(void *options, int on)",
    ),
    PassBuilderOptionsSetLoopInterleaving: library.func(
      "void LLVMPassBuilderOptionsSetLoopInterleaving(void *options, int on)",
    ),
    DisposePassBuilderOptions: library.func("void LLVMDisposePassBuilderOptions(void *options)"),
    RunPasses: library.func(
      "void *LLVMRunPasses(void *module, const char *passes, void *machine, void *options)",
    ),
    GetFirstFunction: library.func("void *LLVMGetFirstFunction(void *module)"),
    GetNextFunction: library.func("void *LLVMGetNextFunction(void *of)"),
    GetFirstBasicBlock: library.func("void *LLVMGetFirstBasicBlock(void *of)"),
    GetNextBasicBlock: library.func("void *LLVMGetNextBasicBlock(void *of)"),
    GetBasicBlockTerminator: library.func("void *LLVMGetBasicBlockTerminator(void *block)"),
    GetNumSuccessors: library.func("uint32_t LLVMGetNumSuccessors(void *terminator)"),
    IsABranchInst: library.func("void *LLVMIsABranchInst(void *value)"),
    GetCondition: library.func("void *LLVMGetCondition(void *branch)"),
    IsAICmpInst: library.func("void *LLVMIsAICmpInst(void *value)"),
    GetICmpPredicate: library.func("int LLVMGetICmpPredicate(void *compare)"),
    GetOperand: library.func("void *LLVMGetOperand(void *value, uint32_t at)"),
    GetFirstUse: library.func("void *LLVMGetFirstUse(void *value)"),
    GetNextUse: library.func("void *LLVMGetNextUse(void *use)"),
    GetUser: library.func("void *LLVMGetUser(void *use)"),
    IsConstant: library.func("int LLVMIsConstant(void *value)"),
    GetIntTypeWidth: library.func("uint32_t LLVMGetIntTypeWidth(void *type)"),
    TypeOf: library.func("void *LLVMTypeOf(void *value)"),
    GetTypeKind: library.func("int LLVMGetTypeKind(void *type)"),
    GetErrorMessage: library.func("void *LLVMGetErrorMessage(void *error)"),
    DisposeErrorMessage: library.func("void LLVMDisposeErrorMessage(void *message)"),
    DisposeMessage: library.func("void LLVMDisposeMessage(void *message)"),
    InstallFatalErrorHandler: library.func("void LLVMInstallFatalErrorHandler(void *handler)"),
    ParseCommandLineOptions: library.func(
      "void LLVMParseCommandLineOptions(int count, const char **options, const char *overview)",
    ),
  };
}

let found: LlvmFound | undefined;

/** libLLVM, searched and loaded at the first use. */
export function libllvm(): LlvmFound {
  found ??= search(process.env["XDPL_LLVM"]);
  return found;
}

/** Loads the first libLLVM that will do; `override` is the only one tried when it is given. */
export function search(override: string | undefined): LlvmFound {
  const tried: string[] = [];
  for (const name of candidates(override)) {
    let library: ReturnType<typeof koffi.load>;
    try {
      library = koffi.load(name);
    } catch {
      tried.push(`${name}: can't be loaded`);
      continue;
    }
    try {
      return { ok: true, llvm: bind(name, library) };
    } catch (failure) {
      tried.push(`${name}: ${failure instanceof Error ? failure.message : String(failure)}`);
    }
  }
  return { ok: false, missing: { message: "libLLVM can't be loaded", tried, remedy } };
}
