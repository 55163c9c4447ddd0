/**
 * Makes SSA form whole after blocks were copied: a value now defined in several blocks is read, at each use, from
 * the definition that reaches it, through new phis where paths meet (as in Braun et al. 2013, without recursion).
 */
import { defined } from "../../base/invariant.js";
import { cfgOf } from "../cfg.js";
import type { Block, BlockId, Instruction, IrFunction, IrType, Phi, Terminator, ValueId } from "../ir.js";
import { dropUnreachable } from "./clean.js";
import { renameInstruction, renameTerminator } from "./rewrite.js";

export interface Draft {
  readonly id: BlockId;
  phis: readonly Phi[];
  instructions: readonly Instruction[];
  terminator: Terminator;
}

/** `variables`: for each copied value the value that stands for it at the end of each block that defines it. */
export function repair(
  fn: IrFunction,
  drafts: ReadonlyMap<BlockId, Draft>,
  variables: ReadonlyMap<ValueId, ReadonlyMap<BlockId, ValueId>>,
  firstValue: ValueId,
): IrFunction {
  const whole = dropUnreachable({ ...fn, blocks: [...drafts.values()] }, false);
  const cfg = cfgOf(whole.blocks);
  const types = new Map<ValueId, { type: IrType; phi: Phi | Instruction }>();
  for (const block of fn.blocks) {
    for (const phi of block.phis) if (variables.has(phi.id)) types.set(phi.id, { type: phi.type, phi });
    for (const one of block.instructions) {
      if (variables.has(one.id) && "type" in one && one.type) types.set(one.id, { type: one.type, phi: one });
    }
  }
  const added = new Map<BlockId, Phi[]>();
  const starts = new Map<ValueId, Map<BlockId, ValueId>>();
  const open: { variable: ValueId; block: BlockId; inputs: { block: BlockId; value: ValueId }[] }[] = [];
  let next = firstValue;

  /** What stands for the variable at the end of a block that defines it; that may be another variable, read there. */
  const definedIn = (variable: ValueId, block: BlockId): ValueId | undefined => {
    const value = variables.get(variable)?.get(block);
    return value === undefined || value === variable || !variables.has(value) ? value : atEnd(value, block);
  };

  const atEnd = (variable: ValueId, block: BlockId): ValueId =>
    definedIn(variable, block) ?? atStart(variable, block);

  const atStart = (variable: ValueId, block: BlockId): ValueId => {
    let memo = starts.get(variable);
    if (!memo) starts.set(variable, (memo = new Map()));
    const passed: BlockId[] = [];
    let value: ValueId | undefined;
    for (let at = block; value === undefined;) {
      value = memo.get(at);
      if (value !== undefined) break;
      const from = cfg.predecessors[at] ?? [];
      const only = from.length === 1 ? from[0] : undefined;
      if (only === undefined) {
        value = startPhi(variable, at);
        memo.set(at, value);
        break;
      }
      passed.push(at);
      value = definedIn(variable, only);
      at = only;
    }
    for (const one of passed) memo.set(one, value);
    return value;
  };

  const startPhi = (variable: ValueId, block: BlockId): ValueId => {
    const { type, phi } = defined(types.get(variable), `the type of v${variable}`);
    const inputs: { block: BlockId; value: ValueId }[] = [];
    const made: Phi = { kind: "phi", id: next++, type, inputs, span: phi.span };
    const list = added.get(block);
    if (list) list.push(made);
    else added.set(block, [made]);
    open.push({ variable, block, inputs });
    return made.id;
  };

  const blocks = whole.blocks.map((block): Block => {
    if (cfg.position[block.id] === -1) return block;
    const read = (value: ValueId): ValueId => {
      const places = variables.get(value);
      return !places || places.get(block.id) === value ? value : atStart(value, block.id);
    };
    return {
      id: block.id,
      phis: block.phis.map((phi) => {
        const inputs = phi.inputs.map((input) => ({
          block: input.block,
          value: variables.has(input.value) ? atEnd(input.value, input.block) : input.value,
        }));
        return inputs.some((input, at) => input.value !== phi.inputs[at]?.value) ? { ...phi, inputs } : phi;
      }),
      instructions: block.instructions.map((one) => renameInstruction(one, read)),
      terminator: renameTerminator(block.terminator, read),
    };
  });
  for (let one = open.pop(); one; one = open.pop()) {
    for (const from of cfg.predecessors[one.block] ?? []) {
      one.inputs.push({ block: from, value: atEnd(one.variable, from) });
    }
  }
  return {
    ...whole,
    blocks: blocks.map((block) => {
      const phis = added.get(block.id);
      return phis ? { ...block, phis: [...block.phis, ...phis] } : block;
    }),
  };
}
