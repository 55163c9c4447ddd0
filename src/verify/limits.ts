/**
 * What decides how often a loop runs and is no constant. The kernel walks through a loop turn for turn until it sees
 * that it ends; where it does not know as much of a limit as is proven (it knows nothing of `n % 3`), it has to be shown.
 */
import type { BlockId, Instruction, ValueId } from "../ir/ir.js";
import type { Loop } from "../ir/dominators.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { FlowResult } from "./flow/sweep.js";
import type { LoopLimit } from "./proofs.js";

/** Limits past this are not shown: no loop that the kernel follows runs as often. */
const largestLimit = 1n << 31n;

/** `counter` is the phi of the loop's head that the proof counts by. */
export function limitsOf(
  loop: Loop,
  counter: ValueId,
  flow: FlowResult,
  index: FunctionIndex,
): readonly LoopLimit[] {
  const limits: LoopLimit[] = [];
  const maxOf = (block: BlockId, value: ValueId): bigint | undefined => {
    if (index.constantOf(value) !== undefined || index.typeOf(value)?.kind !== "int") return undefined;
    const max = flow.rangeAt(block, value)?.umax;
    return max !== undefined && max < largestLimit ? max : undefined;
  };
  const head = index.block(loop.header)?.phis.find((phi) => phi.id === counter);
  const starts = head?.inputs.filter((one) => !loop.latches.includes(one.block)) ?? [];
  const startsAnywhere = starts.some((one) => index.constantOf(one.value) === undefined);
  for (const id of loop.body) {
    const compare = flow.reached.has(id) ? exitCompare(id, loop, index) : undefined;
    if (!compare) continue;
    // What the counter is compared with is the limit.
    const left = isBehind(counter, compare.left, index);
    if (left === isBehind(counter, compare.right, index)) continue;
    const side = left ? "right" : "left";
    const value = compare[side];
    const max = maxOf(id, value);
    if (max !== undefined) limits.push({ kind: "exit", compare: compare.id, side, value, max });
    else if (startsAnywhere && index.constantOf(value) !== undefined)
      limits.push({ kind: "until", compare: compare.id, side, counter });
  }
  for (const { block, value } of starts) {
    const max = maxOf(block, value);
    if (max !== undefined) limits.push({ kind: "start", phi: counter, block, value, max });
  }
  return limits;
}

/** The comparison that ends a block from which the loop is left. */
function exitCompare(
  id: BlockId,
  loop: Loop,
  index: FunctionIndex,
): (Instruction & { readonly kind: "compare" }) | undefined {
  const terminator = index.block(id)?.terminator;
  if (terminator?.kind !== "branch") return undefined;
  if (loop.body.has(terminator.then) && loop.body.has(terminator.otherwise)) return undefined;
  const compare = index.definition(terminator.condition);
  return compare?.kind === "compare" ? compare : undefined;
}

const most = 16;

/** Whether a value is computed from the counter. */
function isBehind(counter: ValueId, value: ValueId, index: FunctionIndex): boolean {
  const seen = new Set<ValueId>([value]);
  for (const at of seen) {
    if (seen.size > most) break;
    const one = index.definition(at);
    if (one?.kind === "convert" || one?.kind === "bounded") seen.add(one.value);
    else if (one?.kind === "binary") seen.add(one.left).add(one.right);
  }
  return seen.has(counter);
}
