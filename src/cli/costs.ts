/** `xdpl check --cost`: how much of what kernels allow each program takes. */
import type { IrModule } from "../ir/ir.js";
import { roundedCost, type VerifyResult } from "../verify/index.js";

export interface ProgramCost {
  readonly program: string;
  /** Instructions that the kernel's verifier will process, about; the kernel gives up after `limit`. */
  readonly processed: number;
  readonly limit: number;
  /** Bytes of its own frame, without what LLVM adds to it. */
  readonly stack: number;
}

/** BPF_COMPLEXITY_LIMIT_INSNS (include/linux/bpf.h). */
const limit = 1_000_000;

export function programCosts(ir: IrModule, { costs, proofs }: VerifyResult): readonly ProgramCost[] {
  const all = costs();
  return ir.programs.map(({ name, function: id }) => ({
    program: name,
    processed: all.get(id)?.processed ?? 0,
    limit,
    stack: proofs.functions.get(id)?.stack ?? 0,
  }));
}

/** `firewall: about 8900 of the 1000000 instructions that a verifier walks through, 64 bytes of stack`. */
export function costText({ program, processed, stack }: ProgramCost): string {
  const bytes = stack === 0 ? "no stack" : `${stack} bytes of stack`;
  return `${program}: about ${roundedCost(processed)} of the ${limit} instructions that a verifier walks through, ${bytes}`;
}
