/** Replacing values by values throughout a function. */
import { forEachOperand, terminatorOperand } from "../cfg.js";
import type { Block, Instruction, IrFunction, Phi, Terminator, ValueId } from "../ir.js";
import { mapOperands, mapTerminator } from "../operands.js";

/** Which value stands for which; chains are followed and shortened. */
export interface Replacements {
  readonly set: (from: ValueId, to: ValueId) => void;
  readonly resolve: (value: ValueId) => ValueId;
  readonly size: () => number;
}

export function replacements(): Replacements {
  const to = new Map<ValueId, ValueId>();
  const resolve = (value: ValueId): ValueId => {
    if (to.size === 0) return value;
    let end = to.get(value);
    if (end === undefined) return value;
    for (let next = to.get(end); next !== undefined; next = to.get(end)) end = next;
    for (let at = value; at !== end;) {
      const next = to.get(at) ?? end;
      to.set(at, end);
      at = next;
    }
    return end;
  };
  return {
    set: (from, target) => {
      const end = resolve(target);
      if (end !== from) to.set(from, end);
    },
    resolve,
    size: () => to.size,
  };
}

type Rename = (value: ValueId) => ValueId;

/** Like `mapOperands`, but the same object when nothing changes, so that passes can tell. */
export function renameInstruction(one: Instruction, rename: Rename): Instruction {
  let changed = false;
  forEachOperand(one, (value) => {
    if (rename(value) !== value) changed = true;
  });
  return changed ? mapOperands(one, rename) : one;
}

/** The same list when nothing changes. */
function mapSame<T>(list: readonly T[], f: (one: T) => T): readonly T[] {
  let made: T[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const one = list[at] as T;
    const after = f(one);
    if (after !== one) made ??= list.slice(0, at);
    made?.push(after);
  }
  return made ?? list;
}

export function renamePhi(phi: Phi, rename: Rename): Phi {
  return phi.inputs.every((input) => rename(input.value) === input.value)
    ? phi
    : { ...phi, inputs: phi.inputs.map((input) => ({ block: input.block, value: rename(input.value) })) };
}

export function renameTerminator(terminator: Terminator, rename: Rename): Terminator {
  const operand = terminatorOperand(terminator);
  return operand === undefined || rename(operand) === operand
    ? terminator
    : mapTerminator(terminator, rename, (block) => block);
}

function renameBlock(block: Block, rename: Rename): Block {
  const phis = mapSame(block.phis, (phi) => renamePhi(phi, rename));
  const instructions = mapSame(block.instructions, (one) => renameInstruction(one, rename));
  const terminator = renameTerminator(block.terminator, rename);
  return phis === block.phis && instructions === block.instructions && terminator === block.terminator
    ? block
    : { id: block.id, phis, instructions, terminator };
}

/** The function with its values replaced, names handed on to values that have none. */
export function renameFunction(fn: IrFunction, blocks: readonly Block[], changes: Replacements): IrFunction {
  if (changes.size() === 0) return { ...fn, blocks };
  return {
    ...fn,
    blocks: blocks.map((block) => renameBlock(block, changes.resolve)),
    names: renameNames(fn, changes),
  };
}

export function renameNames(fn: IrFunction, changes: Replacements): ReadonlyMap<ValueId, string> {
  const names = new Map(fn.names);
  for (const [value, name] of fn.names) {
    const to = changes.resolve(value);
    if (to !== value && !names.has(to)) names.set(to, name);
  }
  return names;
}
