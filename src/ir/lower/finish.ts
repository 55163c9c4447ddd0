/** The last step of building a function: trivial phis replaced, unreached blocks dropped, blocks in reverse postorder. */
import { defined } from "../../base/invariant.js";
import type { Block, BlockId, Instruction, IrFunction, Terminator, ValueId } from "../ir.js";
import { successorsOf } from "../cfg.js";
import { mapOperands, mapTerminator } from "../operands.js";
import { resolve, type FunctionBuilder } from "./ssa.js";

export function finish(b: FunctionBuilder, shape: Omit<IrFunction, "blocks" | "names">): IrFunction {
  const order = reversePostorder(b);
  const renumbered = new Map<BlockId, BlockId>(order.map((old, at) => [old, at]));
  const rename = (value: ValueId): ValueId => resolve(b, value);
  const blocks = order.map((old): Block => {
    const at = defined(b.blocks[old], `block ${old}`);
    return {
      id: defined(renumbered.get(old), "block number"),
      phis: at.phis
        .filter((phi) => !b.replaced.has(phi.id))
        .map((phi) => ({
          kind: "phi",
          id: phi.id,
          type: phi.type,
          span: phi.span,
          inputs: phi.inputs.flatMap((input) => {
            const from = renumbered.get(input.block);
            return from === undefined ? [] : [{ block: from, value: rename(input.value) }];
          }),
        })),
      instructions: at.instructions.map((one): Instruction => mapOperands(one, rename)),
      terminator: mapTerminator(terminatorOf(b, old), rename, (id) =>
        defined(renumbered.get(id), `block ${id}`),
      ),
    };
  });
  return { ...shape, blocks, names: new Map([...b.names].map(([id, name]) => [rename(id), name])) };
}

/** A block that was left open is one the source cannot reach. */
function terminatorOf(b: FunctionBuilder, id: BlockId): Terminator {
  return b.blocks[id]?.terminator ?? { kind: "unreachable", span: b.span };
}

function reversePostorder(b: FunctionBuilder): BlockId[] {
  const seen = new Set<BlockId>([0]);
  const postorder: BlockId[] = [];
  const stack: { id: BlockId; targets: readonly BlockId[]; next: number }[] = [
    { id: 0, targets: successorsOf(terminatorOf(b, 0)), next: 0 },
  ];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const target = top.targets[top.next++];
    if (target === undefined) {
      postorder.push(top.id);
      stack.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      stack.push({ id: target, targets: [...successorsOf(terminatorOf(b, target))].reverse(), next: 0 });
    }
  }
  return postorder.reverse();
}
