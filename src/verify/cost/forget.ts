/**
 * Programs of which the kernel would have to follow too much, made such that it knows less. What a loop hands on from turn
 * to turn differs by the way through the turn, and for each number that it knows the kernel follows the rest anew; of
 * what was written to the stack it knows each zero, and of a byte of the packet at a place that it knows, whether it was
 * there. What it does not know is the same on all ways.
 */
import { layoutSize } from "../../base/layout.js";
import type { Span } from "../../base/span.js";
import { cfgOf, valueLimit } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type {
  BlockId,
  Forget,
  GlobalId,
  Instruction,
  IrFunction,
  IrGlobal,
  IrModule,
  Phi,
  ValueId,
} from "../../ir/ir.js";
import { passedOn } from "../../ir/origins.js";
import { zerosGlobal, zerosName } from "../../ir/zeros.js";
import { indexFunction, type FunctionIndex } from "../flow/index-function.js";
import type { Proofs } from "../proofs.js";
import { isAtCount, isChoice, moves } from "./unlucky.js";

const zeroSize = 8;

/** The same module where there is nothing to forget. What bounds a loop is left as it is, and what indices are made of. */
export function forgetful(module: IrModule, proofs: Proofs): IrModule {
  const [first] = module.functions;
  if (!first) return module;
  const { globals, zero } = withZero(module.globals, first.span);
  const functions = module.functions.map((fn) => {
    const loops = [...(proofs.functions.get(fn.id)?.loops.values() ?? [])];
    return forgetIn(indexFunction(fn), new Set(loops.map((one) => one.counter)), zero);
  });
  const changed = functions.some((fn, at) => fn !== module.functions[at]);
  return changed ? { ...module, functions, globals } : module;
}

function withZero(
  globals: readonly IrGlobal[],
  span: Span,
): { readonly globals: readonly IrGlobal[]; readonly zero: GlobalId } {
  const known = globals.find((one) => one.name === zerosName);
  if (!known) {
    const zero = globals.reduce((most, one) => Math.max(most, one.id + 1), 0);
    return { globals: [...globals, zerosGlobal(zero, zeroSize, span)], zero };
  }
  const enough = zerosGlobal(known.id, Math.max(zeroSize, layoutSize(known.layout)), known.span);
  return { globals: globals.map((one) => (one === known ? enough : one)), zero: known.id };
}

function forgetIn(index: FunctionIndex, counters: ReadonlySet<ValueId>, zero: GlobalId): IrFunction {
  const { fn } = index;
  const cfg = cfgOf(fn.blocks);
  const { loops } = loopsOf(cfg, dominatorsOf(cfg));
  if (loops.length === 0) return fn;
  const bounds = boundsOf(index);
  const start = valueLimit(fn);
  let next = start;
  const last = new Map<BlockId, Instruction[]>();
  const forget = (value: ValueId, span: Span): Forget | undefined => {
    const type = index.typeOf(value);
    if (type?.kind !== "int" || type.bits < 8) return undefined;
    return { kind: "forget", id: next++, type, span, value, zero };
  };
  const stays = (phi: Phi, value: ValueId): boolean => value === phi.id || isChoice(index, value);
  const handOn = (phi: Phi, latches: readonly BlockId[]): Phi => {
    if (phi.type.kind !== "int" || counters.has(phi.id) || bounds.has(phi.id)) return phi;
    const inputs = phi.inputs.map((input) => {
      const one =
        latches.includes(input.block) && !stays(phi, input.value) ? forget(input.value, phi.span) : undefined;
      if (!one) return input;
      const list = last.get(input.block);
      if (list) list.push(one);
      else last.set(input.block, [one]);
      return { block: input.block, value: one.id };
    });
    return { ...phi, inputs };
  };
  const phis = new Map(
    loops.map(({ header, latches }) => [
      header,
      (index.block(header)?.phis ?? []).map((phi) => handOn(phi, latches)),
    ]),
  );
  const inLoop = (block: BlockId, holds: (loop: Loop) => boolean): boolean =>
    loops.some((loop) => loop.body.has(block) && holds(loop));
  /** An instruction, behind what the kernel must not know of an operand of it. */
  const without = (block: BlockId, one: Instruction): readonly Instruction[] => {
    if (one.kind === "pointer-add" && inLoop(block, (loop) => isAtCount(index, loop, one.id))) {
      const made = forget(one.offset, one.span);
      return made ? [made, { ...one, offset: made.id }] : [one];
    }
    const isOnStack = one.kind === "store" && index.regionOf(one.pointer) === "stack";
    if (isOnStack && inLoop(block, (loop) => moves(index, loop, one.pointer))) {
      const made = forget(one.value, one.span);
      return made ? [made, { ...one, value: made.id }] : [one];
    }
    return [one];
  };
  const blocks = fn.blocks.map((block) => ({
    ...block,
    phis: phis.get(block.id) ?? block.phis,
    instructions: [
      ...block.instructions.flatMap((one) => without(block.id, one)),
      ...(last.get(block.id) ?? []),
    ],
  }));
  return next === start ? fn : { ...fn, blocks };
}

/** What indices and addresses are computed from. */
function boundsOf(index: FunctionIndex): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  for (const { instructions } of index.fn.blocks) {
    for (const one of instructions) {
      if (one.kind === "bounded") found.add(one.value);
      else if (one.kind === "pointer-add" && index.constantOf(one.offset) === undefined)
        found.add(one.offset);
    }
  }
  for (const value of found) {
    const one = index.definition(value);
    const from = one?.kind === "binary" ? [one.left, one.right] : passedOn(one);
    for (const each of from) found.add(each);
  }
  return found;
}
