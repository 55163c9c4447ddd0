/**
 * Jumps to the next instruction, so many that the kernel keeps a state in each turn of a loop (verify/cost/pace.ts). It takes
 * them out of what it has accepted: at run time there are none.
 */
import { jumpsInTurn } from "../verify/proofs.js";
import { attributes } from "./attributes.js";
import { perform, type Emitter } from "./emitter.js";

const jumps = Array.from({ length: jumpsInTurn }, () => "goto +0").join("\\0A");

export function emitPace(e: Emitter): void {
  perform(e, `call void asm sideeffect "${jumps}", ""() ${attributes.still}`);
}
