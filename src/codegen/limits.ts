/** A value that decides how often a loop runs, with the mask that shows its limit to the kernel. */
import type { Emitter } from "./emitter.js";
import { assign } from "./emitter.js";
import type { Rep } from "./facts.js";
import { opaque } from "./opaque.js";

export function limited(e: Emitter, text: string, rep: Rep, key: string): string {
  const mask = e.bounds.limits.get(key);
  if (mask === undefined || rep === "ptr" || rep === "i1") return text;
  // LLVM knows that the mask changes nothing, and would leave it out.
  return assign(e, `and ${rep} ${opaque(e, text, rep)}, ${mask}`);
}
