/** Removes values that nothing needs, and stores to stack memory that nothing reads. */
import { forEachOperand, terminatorOperand } from "../cfg.js";
import type { Instruction, IrFunction, Phi, ValueId } from "../ir.js";
import { hasSideEffects } from "./effects.js";

export function removeDead(fn: IrFunction): IrFunction {
  const definitions: (Instruction | Phi | undefined)[] = [];
  for (const block of fn.blocks) {
    for (const phi of block.phis) definitions[phi.id] = phi;
    for (const one of block.instructions) definitions[one.id] = one;
  }
  const unread = unreadSlots(fn, definitions);
  const effective = (one: Instruction): boolean => {
    if ((one.kind === "store" || one.kind === "zero") && unread.has(one.pointer)) return false;
    return hasSideEffects(one);
  };

  const live = new Uint8Array(definitions.length);
  const work: ValueId[] = [];
  const need = (value: ValueId): void => {
    if (live[value] !== 0) return;
    live[value] = 1;
    work.push(value);
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) if (effective(one)) need(one.id);
    const operand = terminatorOperand(block.terminator);
    if (operand !== undefined) need(operand);
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const one = definitions[value];
    if (!one) continue;
    if (one.kind === "phi") for (const input of one.inputs) need(input.value);
    else forEachOperand(one, need);
  }

  const isLive = (one: Instruction | Phi): boolean => live[one.id] === 1;
  let changed = false;
  const blocks = fn.blocks.map((block) => {
    if (block.phis.every(isLive) && block.instructions.every(isLive)) return block;
    changed = true;
    return { ...block, phis: block.phis.filter(isLive), instructions: block.instructions.filter(isLive) };
  });
  if (!changed) return fn;
  const names = new Map(
    [...fn.names].filter(([value]) => live[value] === 1 || definitions[value] === undefined),
  );
  return { ...fn, blocks, names };
}

/** Stack slots that are only ever written: their address goes nowhere but into stores. */
function unreadSlots(
  fn: IrFunction,
  definitions: readonly (Instruction | Phi | undefined)[],
): ReadonlySet<ValueId> {
  const slots = new Set<ValueId>();
  for (const one of definitions) if (one?.kind === "stack-slot") slots.add(one.id);
  if (slots.size === 0) return slots;
  for (const block of fn.blocks) {
    for (const phi of block.phis) for (const input of phi.inputs) slots.delete(input.value);
    for (const one of block.instructions) {
      if (one.kind === "store") slots.delete(one.value);
      else if (one.kind !== "zero") forEachOperand(one, (value) => slots.delete(value));
    }
  }
  return slots;
}
