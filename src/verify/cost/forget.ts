/**
 * Programs of which the kernel would have to follow too much, made such that it knows less. What a loop hands on from turn
 * to turn differs by the way through the turn, and for each number that it knows the kernel follows the rest anew; of
 * what was written to the stack it knows each zero, and of a byte of the packet at a place that it knows, whether it was
 * there. What it does not know is the same on all ways.
 */
import { cfgOf, valueLimit } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../../ir/dominators.js";
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
import { indexFunction, type FunctionIndex } from "../flow/index-function.js";
import type { Proofs } from "../proofs.js";
import { isAtCount, isOnStack, moves } from "./unlucky.js";

const zerosName = "xdpl_zeros";
const zeroSize = 8;

/** The same module where there is nothing to forget. What bounds a loop, or an address, is left as it is. */
export function forgetful(module: IrModule, proofs: Proofs): IrModule {
  const { globals, zero } = withZero(module);
  let changed = false;
  const functions = module.functions.map((fn) => {
    const counters = new Set(
      [...(proofs.functions.get(fn.id)?.loops.values() ?? [])].map((one) => one.counter),
    );
    const after = forgetIn(indexFunction(fn), counters, zero);
    changed ||= after !== fn;
    return after;
  });
  return changed ? { ...module, functions, globals } : module;
}

function withZero({ globals, functions }: IrModule): {
  readonly globals: readonly IrGlobal[];
  readonly zero: GlobalId;
} {
  const layout = (length: number): IrGlobal["layout"] => ({
    kind: "array",
    element: { kind: "int", bits: 8, signed: false },
    length,
  });
  const known = globals.find((one) => one.name === zerosName);
  if (known) {
    const length = Math.max(zeroSize, known.layout.kind === "array" ? known.layout.length : 0);
    return {
      globals: globals.map((one) => (one === known ? { ...one, layout: layout(length) } : one)),
      zero: known.id,
    };
  }
  const id = globals.reduce((most, one) => Math.max(most, one.id + 1), 0);
  const [first] = functions;
  if (!first) return { globals, zero: id };
  const made: IrGlobal = {
    id,
    name: zerosName,
    section: "bss",
    layout: layout(zeroSize),
    initial: { kind: "zero" },
    span: first.span,
  };
  return { globals: [...globals, made], zero: id };
}

function forgetIn(index: FunctionIndex, counters: ReadonlySet<ValueId>, zero: GlobalId): IrFunction {
  const { fn } = index;
  const cfg = cfgOf(fn.blocks);
  const { loops } = loopsOf(cfg, dominatorsOf(cfg));
  if (loops.length === 0) return fn;
  const bounds = boundsOf(index);
  let next = valueLimit(fn);
  const last = new Map<BlockId, Instruction[]>();
  const forget = (value: ValueId, span: Forget["span"]): Forget | undefined => {
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
  const hidden = (block: BlockId, one: Instruction): readonly Instruction[] => {
    if (
      one.kind !== "pointer-add" ||
      !loops.some((loop) => loop.body.has(block) && isAtCount(index, loop, one.id))
    )
      return stored(block, one);
    const made = forget(one.offset, one.span);
    return made ? [made, { ...one, offset: made.id }] : [one];
  };
  const stored = (block: BlockId, one: Instruction): readonly Instruction[] => {
    if (one.kind !== "store" || !isOnStack(index, one.pointer)) return [one];
    if (!loops.some((loop) => loop.body.has(block) && moves(index, loop, one.pointer))) return [one];
    const made = forget(one.value, one.span);
    return made ? [made, { ...one, value: made.id }] : [one];
  };
  const first = next;
  const blocks = fn.blocks.map((block) => ({
    ...block,
    phis: phis.get(block.id) ?? block.phis,
    instructions: [
      ...block.instructions.flatMap((one) => hidden(block.id, one)),
      ...(last.get(block.id) ?? []),
    ],
  }));
  return next === first && last.size === 0 ? fn : { ...fn, blocks };
}

/**
 * Whether a value is one of some constants. There are few ways for those, and whether a layer was found hangs on them: what
 * has no address where it was not.
 */
function isChoice(index: FunctionIndex, value: ValueId): boolean {
  const seen = new Set([value]);
  for (const at of seen) {
    const one = index.definition(at);
    if (one?.kind === "phi") for (const input of one.inputs) seen.add(input.value);
    else if (one?.kind === "select") seen.add(one.then).add(one.otherwise);
    else if (one?.kind === "convert") seen.add(one.value);
    else if (index.constantOf(at) === undefined) return false;
  }
  return true;
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
    if (one?.kind === "phi") for (const input of one.inputs) found.add(input.value);
    else if (one?.kind === "convert" || one?.kind === "bounded") found.add(one.value);
    else if (one?.kind === "binary") found.add(one.left).add(one.right);
    else if (one?.kind === "select") found.add(one.then).add(one.otherwise);
  }
  return found;
}
