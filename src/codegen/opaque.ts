/**
 * Barriers on integers: empty asm of whose result LLVM may assume nothing, so that a check of it is neither proven away nor
 * moved to a copy (`x - 3 > 4` for `x > 7`, a masked copy checked and the unmasked one used).
 */
import { attributes } from "./attributes.js";
import { assign, type Emitter } from "./emitter.js";
import type { Rep } from "./facts.js";

type Integer = Exclude<Rep, "ptr">;

/** LLVM may still make it elsewhere, share it with one like it, or leave it out. */
export function opaque(e: Emitter, text: string, rep: Integer = "i64"): string {
  return assign(e, `call ${rep} asm "", ${constraints(e, rep)}(${rep} ${text}) ${attributes.pure}`);
}

/** Made where it stands, each time. */
export function opaqueHere(e: Emitter, text: string, rep: Integer = "i64"): string {
  return assign(
    e,
    `call ${rep} asm sideeffect "", ${constraints(e, rep)}(${rep} ${text}) ${attributes.call}`,
  );
}

function constraints(e: Emitter, rep: Integer): string {
  return `"=${rep === "i32" && e.module.alu32 ? "w" : "r"},0"`;
}
