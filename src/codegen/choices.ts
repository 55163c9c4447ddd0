/**
 * Phis of constants that are asked for again behind a call, a loop or another branch: whether a layer was found, where the
 * network header starts. LLVM knows which conditions led to which constant. In place of the one value it would carry the
 * results of those comparisons along, each in a register of its own; or make a comparison anew where the value is asked
 * for. The kernel forgets what the first one said (of `x != 7` it remembers nothing), takes the other edge of the second
 * as well, and finds the null of a layer that was not there. Their constants are given to LLVM as values that it does not
 * know.
 *
 * Where next to nothing lies between, LLVM leads each path past the question, which is better; but only past so many of them.
 */
import { cfgOf, isCall } from "../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../ir/dominators.js";
import type { BlockId, Instruction, IrFunction, Phi, ValueId } from "../ir/ir.js";
import type { Fact } from "./facts.js";

/** Among more choices than this LLVM does not lead every path past every comparison. */
const threaded = 16;

/** So many instructions LLVM copies to lead a path past a question (`-jump-threading-threshold`). */
const mostBetween = 6;

/** A phi with one input is that input: what is not reached was left out before. */
function solesOf(fn: IrFunction): ReadonlyMap<ValueId, ValueId> {
  const soles = new Map<ValueId, ValueId>();
  for (const { phis } of fn.blocks)
    for (const { id, inputs } of phis) {
      const [only, more] = inputs;
      if (only && !more) soles.set(id, only.value);
    }
  return soles;
}

const isNothing = (one: Instruction): boolean =>
  one.kind === "constant" || one.kind === "convert" || one.kind === "null" || one.kind === "global-address";

/** `rootOf` gives the value behind widening conversions; `all` keeps every choice that is asked for. */
export function keptChoices(
  fn: IrFunction,
  facts: readonly (Fact | undefined)[],
  rootOf: (value: ValueId) => ValueId,
  all: boolean,
): ReadonlySet<ValueId> {
  const kept = new Set<ValueId>();
  const soles = all ? solesOf(fn) : undefined;
  const source = (value: ValueId): ValueId => {
    const root = rootOf(value);
    const only = soles?.get(root);
    return only === undefined ? root : source(only);
  };
  const choices = choicesOf(fn, facts);
  if (choices.size === 0) return kept;
  const many = [...choices.values()].filter((one) => !isSole(one)).length > threaded;
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const heads = new Set(loopsOf(cfg, dominators).loops.map((loop) => loop.header));
  const calls = new Set(
    fn.blocks.filter((block) => block.instructions.some(isCall)).map((block) => block.id),
  );
  const sizes = new Map(
    fn.blocks.map((block) => [block.id, block.instructions.filter((one) => !isNothing(one)).length]),
  );
  /** What the comparisons with constants compare. */
  const compared = new Map<ValueId, ValueId>();
  for (const { instructions } of fn.blocks)
    for (const one of instructions)
      if (one.kind === "compare" && facts[one.right]?.constant !== undefined)
        compared.set(one.id, source(one.left));
  /** Whether a block ends in a choice that does not follow from where one came from. */
  const parts = (at: BlockId): boolean => {
    const terminator = cfg.blocks[at]?.terminator;
    if (terminator?.kind !== "branch") return terminator?.kind === "switch";
    return !choices.has(compared.get(terminator.condition) ?? terminator.condition);
  };
  /** On any way from one block to another: back from the question, until something is found. */
  const lies = (from: BlockId, to: BlockId): boolean => {
    if (!dominators.dominates(from, to)) return true;
    const seen = new Set([to]);
    let size = 0;
    for (const at of seen) {
      if (at !== to && parts(at)) return true;
      if (calls.has(at)) return true;
      size += sizes.get(at) ?? 0;
      if (size > mostBetween) return true;
      if (at === from) continue;
      if (heads.has(at)) return true;
      for (const before of cfg.predecessors[at] ?? []) seen.add(before);
    }
    return false;
  };
  /** Whether anything lies between a question and where one of the constants comes from that it may find. */
  const isFar = (phi: ValueId, at: BlockId, seen: Set<ValueId>): boolean => {
    const choice = choices.get(phi);
    if (!choice || seen.has(phi)) return false;
    seen.add(phi);
    // Around a loop anything may lie between.
    if (heads.has(choice.block) || lies(choice.block, at)) return true;
    return choice.phi.inputs.some((one) => isFar(one.value, at, seen));
  };
  /** The phis whose constants a phi may hold, itself among them. */
  const keep = (id: ValueId): void => {
    const phi = choices.get(id)?.phi;
    if (!phi || kept.has(id)) return;
    kept.add(id);
    for (const input of phi.inputs) keep(input.value);
  };
  const consider = (value: ValueId, at: BlockId): void => {
    const choice = choices.get(value);
    if (!choice || isSole(choice)) return;
    if (all || many || isFar(value, at, new Set())) keep(value);
  };
  for (const { id, instructions, terminator } of fn.blocks) {
    for (const one of instructions) {
      const value = compared.get(one.id);
      if (value !== undefined) consider(value, id);
    }
    if (terminator.kind === "branch") consider(source(terminator.condition), id);
  }
  return kept;
}

interface Choice {
  readonly phi: Phi;
  readonly block: BlockId;
}

/** What is left of a choice where all but one way to it are never taken: a constant, but not for a choice that it is part of. */
const isSole = ({ phi }: Choice): boolean => phi.inputs.length === 1;

/** The phis that hold nothing but constants, also by way of one another. */
function choicesOf(fn: IrFunction, facts: readonly (Fact | undefined)[]): ReadonlyMap<ValueId, Choice> {
  const found = new Map<ValueId, Choice>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (phi.type.kind === "int" && phi.inputs.length > 0) found.set(phi.id, { phi, block: block.id });
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
