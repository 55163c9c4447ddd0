/** Leaving: `return`, `break`, `continue`, and the compiler's own way out when the kernel refuses something. */
import { invariant } from "../../base/invariant.js";
import type { ReturnStatement } from "../../syntax/ast.js";
import * as ir from "./builder.js";
import { lowerAs } from "./expressions.js";
import type { Scope } from "./values.js";

export function lowerReturn(s: Scope, statement: ReturnStatement): void {
  const { result } = s.frame;
  s.frame.exit(s, statement.value ? lowerAs(s, statement.value, result) : undefined);
}

export function lowerBreak(s: Scope): void {
  const loop = s.loops.at(-1);
  invariant(loop, "break outside a loop");
  ir.jump(s.b, loop.breakTo);
}

export function lowerContinue(s: Scope): void {
  const loop = s.loops.findLast((one) => one.continueTo !== undefined);
  invariant(loop?.continueTo !== undefined, "continue outside a loop");
  ir.jump(s.b, loop.continueTo);
}

/** Ends the whole program: XDP_ABORTED, which is 0, and shows in the `xdp:xdp_exception` tracepoint. */
export function abort(s: Scope): void {
  if (!ir.ended(s.b)) ir.leave(s.b, ir.constant(s.b, s.b.abort.type, s.b.abort.value));
}
