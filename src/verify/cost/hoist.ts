/**
 * What LLVM computes once in front of a loop, though the script says it in each turn (LICM): the
 * kernel then knows in the next turn what a comparison of it has said in this one, and follows each such way by itself.
 */
import { cfgOf, forEachOperand } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../../ir/dominators.js";
import type { BinaryOp, BlockId, Instruction, IrFunction, ValueId } from "../../ir/ir.js";

/** The function with those instructions in front of their loops; the same one where there are none. */
export function hoistInvariants(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const { loops } = loopsOf(cfg, dominatorsOf(cfg));
  if (loops.length === 0) return fn;
  const homes = new Map<ValueId, BlockId>();
  const constants = new Map<ValueId, bigint>();
  const instructions = new Map<BlockId, Instruction[]>();
  for (const block of fn.blocks) {
    instructions.set(block.id, [...block.instructions]);
    for (const one of block.phis) homes.set(one.id, block.id);
    for (const one of block.instructions) {
      homes.set(one.id, block.id);
      if (one.kind === "constant") constants.set(one.id, one.value);
    }
  }
  const divides = (value: ValueId): boolean => (constants.get(value) ?? 0n) > 0n;
  let changed = false;
  // From the inside: what leaves an inner loop may leave the one around it as well.
  for (const loop of loops.toReversed()) {
    const before = (cfg.predecessors[loop.header] ?? []).filter((one) => !loop.body.has(one));
    const [front] = before;
    const target = front === undefined || before.length > 1 ? undefined : instructions.get(front);
    if (front === undefined || !target) continue;
    const outside = (value: ValueId): boolean => {
      const home = homes.get(value);
      return home === undefined || !loop.body.has(home);
    };
    for (const id of cfg.order) {
      const here = loop.body.has(id) ? instructions.get(id) : undefined;
      if (!here) continue;
      const kept = here.filter((one) => {
        let invariant = isFree(one, divides);
        if (invariant) forEachOperand(one, (value) => (invariant &&= outside(value)));
        if (!invariant) return true;
        target.push(one);
        homes.set(one.id, front);
        return false;
      });
      if (kept.length === here.length) continue;
      instructions.set(id, kept);
      changed = true;
    }
  }
  if (!changed) return fn;
  return {
    ...fn,
    blocks: fn.blocks.map((block) => ({
      ...block,
      instructions: instructions.get(block.id) ?? block.instructions,
    })),
  };
}

/** LLVM may compute it where it is not asked for, what is opaque to its optimiser (MachineLICM) as well. */
function isFree(one: Instruction, divides: (by: ValueId) => boolean): boolean {
  switch (one.kind) {
    case "convert":
    case "swap-bytes":
    case "pointer-add":
    case "pointer-difference":
    case "context-load":
    case "bounded":
    case "constant":
      return true;
    case "binary":
      return !isDivision(one.op) || divides(one.right);
    default:
      return false;
  }
}

const isDivision = (op: BinaryOp): boolean =>
  op === "udiv" || op === "urem" || op === "sdiv" || op === "srem";
