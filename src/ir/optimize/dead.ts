/** Removes values that nothing needs, and stores to stack memory that nothing reads. */
import { forEachOperand, terminatorOperand } from "../cfg.js";
import type { Instruction, IrFunction, Phi, ValueId } from "../ir.js";
import { hasSideEffects } from "./effects.js";

export function removeDead(fn: IrFunction): IrFunction {
  const definitions = new Map<ValueId, Instruction | Phi>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) definitions.set(phi.id, phi);
    for (const one of block.instructions) definitions.set(one.id, one);
  }
  const unread = unreadSlots(fn, definitions);
  const effective = (one: Instruction): boolean => {
    if ((one.kind === "store" || one.kind === "zero") && unread.has(one.pointer)) return false;
    return hasSideEffects(one);
  };

  const live = new Set<ValueId>();
  const work: ValueId[] = [];
  const need = (value: ValueId): void => {
    if (live.has(value)) return;
    live.add(value);
    work.push(value);
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) if (effective(one)) need(one.id);
    const operand = terminatorOperand(block.terminator);
    if (operand !== undefined) need(operand);
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    const one = definitions.get(value);
    if (!one) continue;
    if (one.kind === "phi") for (const input of one.inputs) need(input.value);
    else forEachOperand(one, need);
  }

  let changed = false;
  const blocks = fn.blocks.map((block) => {
    const phis = block.phis.filter((phi) => live.has(phi.id));
    const instructions = block.instructions.filter((one) => live.has(one.id));
    if (phis.length === block.phis.length && instructions.length === block.instructions.length) return block;
    changed = true;
    return { ...block, phis, instructions };
  });
  if (!changed) return fn;
  const names = new Map([...fn.names].filter(([value]) => live.has(value) || !definitions.has(value)));
  return { ...fn, blocks, names };
}

/** Stack slots that are only ever written: their address goes nowhere but into stores. */
function unreadSlots(
  fn: IrFunction,
  definitions: ReadonlyMap<ValueId, Instruction | Phi>,
): ReadonlySet<ValueId> {
  const slots = new Set<ValueId>();
  for (const [id, one] of definitions) if (one.kind === "stack-slot") slots.add(id);
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
