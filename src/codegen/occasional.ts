/**
 * Blocks that some turns of a long loop pass and others do not. What a kernel's verifier finds on the stack at the head of
 * the loop depends on whether they were passed before. It keeps few states, so it walks from each turn in which one is
 * passed for the first time to the loop's end: with 1024 turns of ten instructions that is more than a kernel allows. Where
 * the same bytes were written before the loop, the stack is the same from the first turn on.
 */
import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../ir/dominators.js";
import type { BlockId, IrFunction } from "../ir/ir.js";
import { turnsOf, type FunctionProofs } from "../verify/proofs.js";

/** With fewer turns, the walks back are not worth an instruction. */
const manyTurns = 64;

const none: ReadonlySet<BlockId> = new Set();

export function occasionalBlocks(fn: IrFunction, proofs: FunctionProofs | undefined): ReadonlySet<BlockId> {
  if (proofs === undefined || proofs.loops.size === 0) return none;
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const { loops } = loopsOf(cfg, dominators);
  const turns = turnsOf(loops, proofs);
  const found = new Set<BlockId>();
  for (const [at, { latches, body }] of loops.entries()) {
    if ((turns[at] ?? 1) < manyTurns) continue;
    for (const block of body)
      if (!latches.every((latch) => dominators.dominates(block, latch))) found.add(block);
  }
  return found;
}
