/** The only binding to libLLVM: textual LLVM IR in, BPF objects and assembly out. */
export { compileModule } from "./compile.js";
export type { CompileOptions, CompileResult, Cpu, Endian } from "./compile.js";
export { readAssembly, type ListedFunction, type ListedInstruction } from "./assembly.js";
export { libllvm, oldestLlvm } from "./library.js";
export type { LlvmFound, LlvmMissing } from "./library.js";
export { preloadLlvm } from "./preload.js";
export { compileText, type Care, type Compile } from "./compile-text.js";
