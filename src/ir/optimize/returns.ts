/** Blocks that only return the same constant become one: each `return PASS` of a script is not worth its own. */
import type { BlockId, IrFunction } from "../ir.js";
import { mapTerminator } from "../operands.js";

export function mergeReturns(fn: IrFunction): IrFunction {
  const constants = new Map<number, bigint>();
  for (const block of fn.blocks) {
    for (const one of block.instructions) if (one.kind === "constant") constants.set(one.id, one.value);
  }
  const first = new Map<string, BlockId>();
  const merged = new Map<BlockId, BlockId>();
  for (const block of fn.blocks) {
    const { terminator } = block;
    if (terminator.kind !== "return" || block.phis.length > 0 || block.instructions.length > 0) continue;
    const value = terminator.value === undefined ? undefined : constants.get(terminator.value);
    if (terminator.value !== undefined && value === undefined) continue;
    const key = String(value);
    const known = first.get(key);
    if (known === undefined) first.set(key, block.id);
    else merged.set(block.id, known);
  }
  if (merged.size === 0) return fn;
  const blocks = fn.blocks
    .filter((block) => !merged.has(block.id))
    .map((block) => ({
      ...block,
      terminator: mapTerminator(
        block.terminator,
        (value) => value,
        (target) => merged.get(target) ?? target,
      ),
    }));
  return { ...fn, blocks };
}
