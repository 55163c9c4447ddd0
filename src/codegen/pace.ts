/**
 * Jumps to the next instruction, so many that the kernel keeps a state in each turn of a loop (verify/cost/pace.ts). It takes
 * them out of what it has accepted: at run time there are none.
 */
import { jumpsInTurn } from "../verify/proofs.js";
import { attributes } from "./attributes.js";
import type { Block } from "../ir/ir.js";
import { as, operand, perform, type Emitter } from "./emitter.js";

const jumps = Array.from({ length: jumpsInTurn }, () => "goto +0").join("\\0A");

/**
 * At the head of `block`. What counts the turns is in a register there: where all that differs lies in the stack, kernels up to 6.1
 * take the turn for the one before ("infinite loop detected", `states_maybe_looping`).
 */
export function emitPace(e: Emitter, block: Block): void {
  const counter = e.module.proofs?.functions.get(e.fn.id)?.loops.get(block.id)?.counter;
  const counts = block.phis.some(({ id, type }) => id === counter && type.kind === "int" && type.bits > 1);
  const text = counts && counter !== undefined ? as(e, operand(e, counter), "i64") : undefined;
  const [constraint, value] = text === undefined ? ["", ""] : ["r", `i64 ${text}`];
  perform(e, `call void asm sideeffect "${jumps}", "${constraint}"(${value}) ${attributes.still}`);
}
