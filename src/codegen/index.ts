/** IR to the text of an LLVM module: code, maps, globals, debug info and metadata of a BPF object. */
export { generate } from "./generate.js";
export type { GenerateOptions } from "./generate.js";
