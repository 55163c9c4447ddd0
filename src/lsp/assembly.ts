/** The instructions of a program beside its source: `xdpl/assembly`. */
import { RequestType } from "vscode-languageserver/node";
import type { ListedFunction } from "../llvm/assembly.js";
import { generateModule } from "../pipeline.js";
import type { Compiled, Compiler } from "./compile-worker.js";
import type { ProgramProof } from "./proofs.js";

export interface AssemblyParams {
  readonly uri: string;
  /** All programs of the script unless told. */
  readonly program?: string;
}

export interface AssemblyResult {
  readonly functions: readonly ListedFunction[];
  /** Why there are none. */
  readonly problem?: string;
}

export const assemblyRequest: RequestType<AssemblyParams, AssemblyResult, void> = new RequestType(
  "xdpl/assembly",
);

export interface Assembler {
  readonly listing: (proof: ProgramProof) => Promise<Compiled>;
}

/** What was compiled once is kept for as long as the same is proven. */
export function createAssembler(compiler: Compiler): Assembler {
  const kept = new Map<string, { readonly fingerprint: string; readonly result: Promise<Compiled> }>();
  return {
    listing: (proof) => {
      const { path } = proof.program.declaration.span.file;
      const key = `${path} ${proof.program.name}`;
      const before = kept.get(key);
      if (before?.fingerprint === proof.fingerprint) return before.result;
      const { ir, verified } = proof.proven;
      if (!ir || !verified) return Promise.resolve({ ok: false, problem: "The script has errors." });
      const result = compiler.compile(generateModule(ir, verified, "v3"), "v3");
      kept.set(key, { fingerprint: proof.fingerprint, result });
      // Kept for the programs in sight, not for all that were ever written.
      if (kept.size > 200) kept.delete(kept.keys().next().value ?? "");
      return result;
    },
  };
}
