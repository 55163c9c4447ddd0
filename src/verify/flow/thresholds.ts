/** The values at which widening stops: constants that comparisons and bounds of the function name, and neighbours. */
import type { IrFunction, ValueId } from "../../ir/ir.js";

const limit = 64;

export function thresholdsOf(fn: IrFunction): readonly bigint[] {
  const constants = new Map<ValueId, bigint>();
  for (const block of fn.blocks) {
    for (const one of block.instructions) if (one.kind === "constant") constants.set(one.id, one.value);
  }
  const found = new Set<bigint>([0n, 0xffn, 0x7fffn, 0xffffn, 0xffffffffn]);
  const add = (value: bigint | undefined): void => {
    if (value === undefined || found.size > limit) return;
    for (const near of [value - 1n, value, value + 1n]) found.add(near);
  };
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind === "bounded") add(one.max);
      if (one.kind !== "compare") continue;
      add(constants.get(one.right));
      add(constants.get(one.left));
    }
  }
  return [...found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
