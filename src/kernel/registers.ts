/**
 * Where the arguments of a called function, and what it returned, are saved: offsets in the `struct pt_regs` of a probe
 * (arch/x86/include/asm/ptrace.h and arch/arm64/include/uapi/asm/ptrace.h; order of the arguments by each ABI).
 */
import type { Machine } from "./facts.js";

interface Registers {
  readonly arguments: readonly number[];
  readonly result: number;
}

export const registers: Readonly<Record<Machine, Registers>> = {
  x64: { arguments: [112, 104, 96, 88, 72, 64], result: 80 },
  arm64: { arguments: [0, 8, 16, 24, 32, 40, 48, 56], result: 0 },
};
