/**
 * Phis of constants that are compared again after a call or a loop: whether a layer was found, where the network header starts.
 * LLVM knows which conditions led to which constant. In place of the one value it would carry the results of those
 * comparisons along, each in a register of its own; or make a comparison anew where the value is asked for. The
 * kernel forgets over the call what the first one said, takes the other edge of the second as well, and finds the null of
 * a layer that was not there. Their constants are given to LLVM as values that it does not know.
 *
 * Where neither lies between, LLVM leads each path past the comparison, which is better; but only so many of them, and
 * only past so much code, which it copies for each. Past more it tests again what led to the constant, of which the kernel
 * remembers `x == 7` and not `x != 7`.
 */
import { cfgOf, isCall } from "../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../ir/dominators.js";
import type { Block, BlockId, IrFunction, Phi, ValueId } from "../ir/ir.js";
import type { Fact } from "./facts.js";

/** Among more choices than this LLVM does not lead every path past every comparison. */
const threaded = 16;

/** More instructions than these LLVM does not copy (`-jump-threading-threshold` is 6 of its own). */
const copied = 8;

/** `rootOf` gives the value behind widening conversions. */
export function keptChoices(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  rootOf: (value: ValueId) => ValueId,
): ReadonlySet<ValueId> {
  const kept = new Set<ValueId>();
  const choices = choicesOf(fn, facts);
  if (choices.size === 0) return kept;
  const many = choices.size > threaded;
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const { immediate } = dominators;
  const heads = new Set(loopsOf(cfg, dominators).loops.map((loop) => loop.header));
  const calls = new Set(
    fn.blocks.filter((block) => block.instructions.some(isCall)).map((block) => block.id),
  );
  const lies = (from: BlockId, to: BlockId): boolean => {
    let at: BlockId | undefined = to;
    let size = 0;
    while (at !== undefined && at !== from && !calls.has(at) && !heads.has(at)) {
      at = immediate[at];
      if (at !== undefined) size += sizeOf(cfg.blocks[at]);
    }
    return at !== undefined && (calls.has(at) || heads.has(at) || size > copied);
  };
  /** The phis whose constants a phi may hold, itself among them. */
  const keep = (id: ValueId): void => {
    const phi = choices.get(id)?.phi;
    if (!phi || kept.has(id)) return;
    kept.add(id);
    for (const input of phi.inputs) keep(input.value);
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind !== "compare" || facts[one.right]?.constant === undefined) continue;
      const root = rootOf(one.left);
      const choice = choices.get(root);
      // Around a loop anything may lie between.
      if (choice && (many || heads.has(choice.block) || lies(choice.block, block.id))) keep(root);
    }
  }
  return kept;
}

function sizeOf(block: Block | undefined): number {
  return block?.instructions.filter((one) => one.kind !== "constant").length ?? 0;
}

interface Choice {
  readonly phi: Phi;
  readonly block: BlockId;
}

/** The phis that hold nothing but constants, also by way of one another. */
function choicesOf(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlyMap<ValueId, Choice> {
  const found = new Map<ValueId, Choice>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (phi.type.kind === "int" && phi.inputs.length > 1) found.set(phi.id, { phi, block: block.id });
    }
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const [id, { phi }] of found) {
      if (phi.inputs.every((one) => facts[one.value]?.constant !== undefined || found.has(one.value)))
        continue;
      found.delete(id);
      changed = true;
    }
  }
  return found;
}
