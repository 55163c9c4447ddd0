/**
 * Jump threading: where the branch at the end of a block is decided by which predecessor was left (a phi of
 * constants, as the lowering makes them for "which layer was found"), those predecessors get a copy of the block that
 * goes straight on. Blocks that are copied are short, and never loop headers, so loops keep their one entry.
 */
import { cfgOf, valueLimit } from "../cfg.js";
import { dominatorsOf, loopsOf } from "../dominators.js";
import type { BlockId, Instruction, IrFunction, Parameter, Phi, Terminator, ValueId } from "../ir.js";
import { mapTerminator } from "../operands.js";
import { renameInstruction } from "./rewrite.js";
import { repair, type Draft } from "./repair.js";
import { simplifyInstruction } from "./simplify.js";

type Definition = Instruction | Phi | Parameter;

/** Instructions in a block that may be copied, times the number of copies. */
const copyLimit = 14;

export function threadJumps(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const headers = new Set(loopsOf(cfg, dominators).loops.map((loop) => loop.header));
  const definitions: (Definition | undefined)[] = [];
  for (const one of fn.parameters) definitions[one.id] = one;
  const drafts = new Map<BlockId, Draft>();
  let size = 0;
  for (const block of fn.blocks) {
    for (const phi of block.phis) definitions[phi.id] = phi;
    for (const one of block.instructions) definitions[one.id] = one;
    size += block.instructions.length;
    drafts.set(block.id, { ...block });
  }
  let budget = 200 + (size >> 1);
  let nextValue = valueLimit(fn);
  let nextBlock = cfg.blocks.length;
  const variables = new Map<ValueId, Map<BlockId, ValueId>>();

  for (const id of cfg.order) {
    const block = drafts.get(id);
    if (!block || block.phis.length === 0 || id === cfg.entry || headers.has(id)) continue;
    if (block.terminator.kind !== "branch" && block.terminator.kind !== "switch") continue;
    if (block.instructions.length > copyLimit) continue;
    if (block.instructions.some((one) => one.kind === "stack-slot" || one.kind === "call")) continue;
    const groups = groupByTarget(block, definitions);
    if (groups.size === 0) continue;
    const cost = block.instructions.length * groups.size;
    if (cost > copyLimit || cost + groups.size > budget) continue;
    budget -= cost + groups.size;
    for (const [target, from] of groups) split(block, target, from);
  }
  if (variables.size === 0 && nextBlock === cfg.blocks.length) return fn;
  return repair(fn, drafts, variables, nextValue);

  function split(block: Draft, target: BlockId, from: ReadonlySet<BlockId>): void {
    const copy = nextBlock++;
    const to = new Map<ValueId, ValueId>();
    const phis: Phi[] = [];
    const define = (old: ValueId, value: ValueId): void => {
      to.set(old, value);
      let places = variables.get(old);
      if (!places) variables.set(old, (places = new Map([[block.id, old]])));
      places.set(copy, value);
    };
    for (const phi of block.phis) {
      const inputs = phi.inputs.filter((input) => from.has(input.block));
      const only = inputs.length === 1 ? inputs[0] : undefined;
      if (only) {
        define(phi.id, only.value);
        continue;
      }
      const made: Phi = { ...phi, id: nextValue++, inputs };
      definitions[made.id] = made;
      phis.push(made);
      define(phi.id, made.id);
    }
    const instructions = block.instructions.map((one): Instruction => {
      const made = { ...renameInstruction(one, (value) => to.get(value) ?? value), id: nextValue++ };
      definitions[made.id] = made;
      define(one.id, made.id);
      return made;
    });
    const terminator: Terminator = { kind: "jump", target, span: block.terminator.span };
    drafts.set(copy, { id: copy, phis, instructions, terminator });

    block.phis = block.phis.map((phi) => ({
      ...phi,
      inputs: phi.inputs.filter((one) => !from.has(one.block)),
    }));
    for (const one of from) {
      const before = drafts.get(one);
      if (!before) continue;
      before.terminator = mapTerminator(
        before.terminator,
        (value) => value,
        (at) => (at === block.id ? copy : at),
      );
    }
    const next = drafts.get(target);
    if (!next) return;
    next.phis = next.phis.map((phi) => {
      const through = phi.inputs.find((input) => input.block === block.id);
      if (!through) return phi;
      return {
        ...phi,
        inputs: [...phi.inputs, { block: copy, value: to.get(through.value) ?? through.value }],
      };
    });
  }
}

/** The predecessors for which the block's branch is decided, by where it then goes. */
function groupByTarget(
  block: Draft,
  definitions: readonly (Definition | undefined)[],
): Map<BlockId, Set<BlockId>> {
  const groups = new Map<BlockId, Set<BlockId>>();
  const { terminator } = block;
  if (terminator.kind !== "branch" && terminator.kind !== "switch") return groups;
  const condition = terminator.kind === "branch" ? terminator.condition : terminator.value;
  const needed = neededFor(condition, block);
  if (needed === undefined) return groups;
  const inputs = block.phis.map((phi) => new Map(phi.inputs.map((one) => [one.block, one.value])));
  for (const from of inputs[0]?.keys() ?? []) {
    const to = new Map<ValueId, ValueId>();
    block.phis.forEach((phi, at) => to.set(phi.id, inputs[at]?.get(from) ?? phi.id));
    const known = evaluate(to, condition, needed, definitions);
    if (known === undefined) continue;
    const target =
      terminator.kind === "branch"
        ? known === 0n
          ? terminator.otherwise
          : terminator.then
        : (terminator.cases.find((one) => one.value === known)?.target ?? terminator.otherwise);
    if (target === block.id) continue;
    const group = groups.get(target);
    if (group) group.add(from);
    else groups.set(target, new Set([from]));
  }
  return groups;
}

/** The block's own instructions that the condition depends on; undefined when it depends on none of its phis. */
function neededFor(condition: ValueId, block: Draft): readonly Instruction[] | undefined {
  const phis = new Set(block.phis.map((phi) => phi.id));
  const wanted = new Set([condition]);
  const needed: Instruction[] = [];
  for (const one of block.instructions.toReversed()) {
    if (!wanted.has(one.id)) continue;
    needed.push(one);
    renameInstruction(one, (value) => {
      wanted.add(value);
      return value;
    });
  }
  return block.phis.some((phi) => phis.has(phi.id) && wanted.has(phi.id)) ? needed.reverse() : undefined;
}

/** The constant that `condition` is when phis have the values `to`. */
function evaluate(
  to: Map<ValueId, ValueId>,
  condition: ValueId,
  needed: readonly Instruction[],
  definitions: readonly (Definition | undefined)[],
): bigint | undefined {
  const local = new Map<ValueId, Instruction>();
  const definition = (value: ValueId): Definition | undefined => local.get(value) ?? definitions[value];
  for (const one of needed) {
    const renamed = renameInstruction(one, (value) => to.get(value) ?? value);
    const simple = simplifyInstruction(renamed, definition);
    if (typeof simple === "number") to.set(one.id, simple);
    else local.set(one.id, simple);
  }
  const found = definition(to.get(condition) ?? condition);
  return found && "kind" in found && found.kind === "constant" ? found.value : undefined;
}
