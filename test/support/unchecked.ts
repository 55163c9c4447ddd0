/**
 * Objects of scripts that the compiler refuses: what would the kernel have said? The passes are called as
 * `src/pipeline.ts` does, but go on whatever they find. For tests only: no command can do this.
 */
import type { SourceFile } from "../../src/base/span.js";
import { check } from "../../src/check/index.js";
import { generate } from "../../src/codegen/index.js";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.js";
import { fileHost } from "../../src/host.js";
import type { IrModule } from "../../src/ir/ir.js";
import { lower } from "../../src/ir/lower/index.js";
import { optimize } from "../../src/ir/optimize/index.js";
import { compileModule } from "../../src/llvm/index.js";
import { resolve } from "../../src/resolve/index.js";
import { parse } from "../../src/syntax/index.js";
import { verify, type Proofs, type VerifyResult } from "../../src/verify/index.js";

export interface Unchecked {
  readonly ir: IrModule;
  readonly verified: VerifyResult;
  /** Of names, types and lowering. */
  readonly before: readonly Diagnostic[];
}

/** Throws where the compiler has nothing to make code of, such as a name that does not exist. */
export function analyzeUnchecked(entry: SourceFile): Unchecked {
  let id = 0;
  const { resolved, diagnostics: names } = resolve([entry], fileHost(), parse, { next: () => ++id });
  const { checked, diagnostics: types } = check(resolved);
  const lowered = lower(checked, { endian: "little" });
  const ir = optimize(lowered.module, "little");
  return { ir, verified: verify(ir), before: [...names, ...types, ...lowered.diagnostics] };
}

/** Proofs as if every index were in range: the code generator adds no clamp of its own where the check is off. */
function trusting(ir: IrModule, proofs: Proofs): Proofs {
  const functions = new Map(proofs.functions);
  for (const fn of ir.functions) {
    const known = functions.get(fn.id);
    if (!known) continue;
    const bounded = new Map(known.bounded);
    for (const one of fn.blocks.flatMap((block) => block.instructions)) {
      const proof = bounded.get(one.id);
      if (one.kind !== "bounded" || !proof || proof.range.umax <= one.max) continue;
      bounded.set(one.id, { ...proof, kernel: "definition", kernelKnows: true });
    }
    functions.set(fn.id, { ...known, bounded });
  }
  return { functions };
}

export function uncheckedObject(entry: SourceFile): Uint8Array {
  const { ir, verified } = analyzeUnchecked(entry);
  const text = generate(ir, { cpu: "v3", endian: "little", proofs: trusting(ir, verified.proofs) });
  const compiled = compileModule(text, { cpu: "v3", endian: "little", emit: "object" });
  if (!compiled.ok) throw new Error(`LLVM: ${compiled.message}`);
  return compiled.bytes;
}
