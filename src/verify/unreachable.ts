import type { BlockId, IrFunction } from "../ir/ir.js";

/**
 * The function with nothing in the blocks that ranges prove to be never reached. The kernel may not see that they
 * aren't, and what ranges prove of the values there (nothing is too large where nothing is) it would not find.
 */
export function withoutUnreachable(
  fn: IrFunction,
  unreachable: ReadonlySet<BlockId> | undefined,
): IrFunction {
  if (unreachable === undefined || unreachable.size === 0) return fn;
  return {
    ...fn,
    blocks: fn.blocks.map((block) =>
      unreachable.has(block.id)
        ? {
            ...block,
            phis: [],
            instructions: [],
            terminator: { kind: "unreachable", span: block.terminator.span },
          }
        : {
            ...block,
            phis: block.phis.map((phi) => ({
              ...phi,
              inputs: phi.inputs.filter((one) => !unreachable.has(one.block)),
            })),
          },
    ),
  };
}
