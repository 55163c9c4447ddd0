/**
 * Tidies the graph: drops unreachable blocks and the phi inputs that came from them, joins a block with its only
 * successor, and takes out empty blocks. Leaves the blocks in reverse postorder, numbered from 0.
 */
import type { Block, BlockId, Instruction, IrFunction, Phi, Terminator, ValueId } from "../ir.js";
import { mapTerminator } from "../operands.js";
import { cfgOf, forEachOperand, shareCfg, terminatorOperand } from "../cfg.js";
import { renameFunction, replacements } from "./rewrite.js";

export function clean(fn: IrFunction): IrFunction {
  return renumber(skipEmpty(joinChains(dropUnreachable(fn))));
}

/**
 * As {@link clean}, for what a pass made of a clean function: most leave the graph as it was, and then all that is known
 * of the graph holds on.
 */
export function cleanAfter(before: IrFunction, after: IrFunction): IrFunction {
  if (!sameGraph(before.blocks, after.blocks)) return clean(after);
  shareCfg(before.blocks, after.blocks);
  return after;
}

function sameGraph(before: readonly Block[], after: readonly Block[]): boolean {
  if (before.length !== after.length) return false;
  for (let at = 0; at < before.length; at++) {
    const [a, b] = [before[at], after[at]];
    if (a === b) continue;
    if (!a || !b || a.id !== b.id || a.phis.length !== b.phis.length) return false;
    if (!sameTargets(a.terminator, b.terminator)) return false;
    // A block that only jumps may go.
    if (b.instructions.length === 0 && b.terminator.kind === "jump") return false;
    for (let phi = 0; phi < a.phis.length; phi++) {
      if (a.phis[phi]?.inputs.length !== b.phis[phi]?.inputs.length) return false;
    }
  }
  return true;
}

function sameTargets(a: Terminator, b: Terminator): boolean {
  if (a === b) return true;
  if (a.kind === "jump") return b.kind === "jump" && a.target === b.target;
  if (a.kind === "branch") return b.kind === "branch" && a.then === b.then && a.otherwise === b.otherwise;
  return a.kind === b.kind && a.kind !== "switch";
}

/**
 * Only the reachable blocks, and in phis only inputs from blocks that are predecessors. With `collapse`, a phi of one
 * input is replaced by it.
 */
export function dropUnreachable(fn: IrFunction, collapse = true): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const changes = replacements();
  let changed = cfg.order.length !== fn.blocks.length;
  const blocks: Block[] = [];
  for (const block of fn.blocks) {
    if (cfg.position[block.id] === -1) continue;
    if (block.phis.length === 0) {
      blocks.push(block);
      continue;
    }
    const predecessors = new Set(cfg.predecessors[block.id]);
    const phis: Phi[] = [];
    for (const phi of block.phis) {
      const kept =
        phi.inputs.length === predecessors.size
          ? phi
          : { ...phi, inputs: phi.inputs.filter((input) => predecessors.has(input.block)) };
      const only = collapse && kept.inputs.length === 1 ? kept.inputs[0]?.value : undefined;
      if (only === undefined || only === phi.id) phis.push(kept);
      else changes.set(phi.id, only);
      if (kept !== phi || only !== undefined) changed = true;
    }
    blocks.push(changed ? { ...block, phis } : block);
  }
  if (!changed) return fn;
  const after = renameFunction(fn, blocks, changes);
  if (blocks.length === fn.blocks.length) shareCfg(fn.blocks, after.blocks);
  return after;
}

/** A block whose only successor has no other predecessor becomes one block with it. */
function joinChains(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const joined = new Map<BlockId, BlockId>();
  const blocks: Block[] = [];
  for (const id of cfg.order) {
    if (joined.has(id)) continue;
    let block = cfg.blocks[id];
    if (!block) continue;
    let grown: Instruction[] | undefined;
    for (;;) {
      const terminator: Terminator = block.terminator;
      if (terminator.kind !== "jump" || terminator.target === id) break;
      const next: Block | undefined = cfg.blocks[terminator.target];
      if (!next || cfg.predecessors[next.id]?.length !== 1 || next.phis.length > 0 || next.id === cfg.entry)
        break;
      grown ??= [...block.instructions];
      for (const one of next.instructions) grown.push(one);
      joined.set(next.id, id);
      block = next;
    }
    const first = cfg.blocks[id];
    if (first)
      blocks.push(
        grown ? { id, phis: first.phis, instructions: grown, terminator: block.terminator } : first,
      );
  }
  if (joined.size === 0) return fn;
  // The block that ends a chain is now called by its first: phis after it must say so.
  const owner = (id: BlockId): BlockId => joined.get(id) ?? id;
  return { ...fn, blocks: blocks.map((block) => renamePredecessors(block, owner)) };
}

function renamePredecessors(block: Block, owner: (id: BlockId) => BlockId): Block {
  if (block.phis.every((phi) => phi.inputs.every((input) => owner(input.block) === input.block)))
    return block;
  const phis = block.phis.map((phi) => ({
    ...phi,
    inputs: phi.inputs.map((input) => ({ block: owner(input.block), value: input.value })),
  }));
  return { ...block, phis };
}

/**
 * Predecessors of a block that only jumps go straight to its target, its phis folded into the target's. Not where a
 * predecessor reaches the target already: one edge cannot carry two phi inputs.
 */
function skipEmpty(fn: IrFunction): IrFunction {
  const candidates = fn.blocks.filter(
    (block) =>
      block.id !== fn.blocks[0]?.id &&
      block.instructions.length === 0 &&
      block.terminator.kind === "jump" &&
      block.terminator.target !== block.id,
  );
  if (candidates.length === 0) return fn;
  let uses: ReadonlyMap<number, BlockId> | undefined;
  const outside = (value: ValueId): BlockId | undefined => {
    uses ??= usesBeside(fn, new Set(candidates.flatMap((block) => block.phis.map((phi) => phi.id))));
    return uses.get(value);
  };
  const cfg = cfgOf(fn.blocks);
  const blocks = [...cfg.blocks];
  const sets: (Set<BlockId> | undefined)[] = [];
  const predecessorsOf = (id: BlockId): Set<BlockId> => (sets[id] ??= new Set(cfg.predecessors[id]));
  /** The inputs of phis by predecessor, as they change. */
  const inputs = new Map<ValueId, Map<BlockId, ValueId>>();
  const inputsOf = (phi: Phi): Map<BlockId, ValueId> => {
    let of = inputs.get(phi.id);
    if (!of) inputs.set(phi.id, (of = new Map(phi.inputs.map((one) => [one.block, one.value]))));
    return of;
  };
  let changed = false;

  for (const { id } of candidates) {
    const block = blocks[id];
    if (block?.terminator.kind !== "jump") continue;
    const target = blocks[block.terminator.target];
    const from = [...predecessorsOf(id)];
    const into = predecessorsOf(block.terminator.target);
    if (!target || target.id === id || from.length === 0 || from.includes(id)) continue;
    // Many predecessors times many phis would grow the function.
    if (from.length > 1 && from.length * target.phis.length > 64) continue;
    if (target.phis.length + block.phis.length > 0 && from.some((one) => into.has(one))) continue;
    if (block.phis.some((phi) => outside(phi.id) !== target.id)) continue;
    const own = new Map(block.phis.map((phi) => [phi.id, inputsOf(phi)]));
    for (const phi of target.phis) {
      const inputs = inputsOf(phi);
      const through = inputs.get(id);
      if (through === undefined) continue;
      inputs.delete(id);
      const mine = own.get(through);
      for (const one of from) inputs.set(one, mine?.get(one) ?? through);
    }
    for (const one of from) {
      const before = blocks[one];
      if (!before) continue;
      const go = (to: BlockId): BlockId => (to === id ? target.id : to);
      blocks[one] = { ...before, terminator: mapTerminator(before.terminator, (value) => value, go) };
      into.add(one);
    }
    into.delete(id);
    blocks[id] = undefined;
    changed = true;
  }
  if (!changed) return fn;
  const kept = fn.blocks.flatMap((block): Block[] => {
    const now = blocks[block.id];
    if (!now) return [];
    if (!now.phis.some((phi) => inputs.has(phi.id))) return [now];
    const phis = now.phis.map((phi): Phi => {
      const of = inputs.get(phi.id);
      return of ? { ...phi, inputs: [...of].map(([from, value]) => ({ block: from, value })) } : phi;
    });
    return [{ ...now, phis }];
  });
  return { ...fn, blocks: kept };
}

/** Where each of `values` is used: the block of the only phis that use it, or -1 when other things do. */
function usesBeside(fn: IrFunction, values: ReadonlySet<number>): ReadonlyMap<number, BlockId> {
  const where = new Map<number, BlockId>();
  if (values.size === 0) return where;
  const use = (value: number, block: BlockId): void => {
    if (values.has(value)) where.set(value, (where.get(value) ?? block) === block ? block : -1);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) for (const input of phi.inputs) use(input.value, block.id);
    for (const one of block.instructions) forEachOperand(one, (value) => use(value, -1));
    const operand = terminatorOperand(block.terminator);
    if (operand !== undefined) use(operand, -1);
  }
  return where;
}

/** Blocks in reverse postorder, each id its place. */
function renumber(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  if (
    cfg.order.length === fn.blocks.length &&
    cfg.order.every((id, at) => id === at && fn.blocks[at]?.id === at)
  ) {
    return fn;
  }
  const place = (id: BlockId): BlockId => cfg.position[id] ?? id;
  const blocks = cfg.order.flatMap((id, at): Block[] => {
    const block = cfg.blocks[id];
    if (!block) return [];
    const phis =
      block.phis.length === 0
        ? block.phis
        : block.phis.map((phi) => ({
            ...phi,
            inputs: phi.inputs.map((input) => ({ block: place(input.block), value: input.value })),
          }));
    const terminator = mapTerminator(block.terminator, (value) => value, place);
    return [{ id: at, phis, instructions: block.instructions, terminator }];
  });
  return { ...fn, blocks };
}
