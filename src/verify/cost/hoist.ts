/**
 * What LLVM computes once in front of a loop, though the script says it in each turn (LICM): the
 * kernel then knows in the next turn what a comparison of it has said in this one, and follows each such way by itself.
 */
import { cfgOf, forEachOperand } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type {
  BinaryOp,
  BlockId,
  GlobalId,
  Instruction,
  IrFunction,
  Load,
  Region,
  ValueId,
} from "../../ir/ir.js";
import { hasSideEffects } from "../../ir/optimize/effects.js";

/** The function with those instructions in front of their loops; the same one where there are none. */
export function hoistInvariants(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const tree = dominatorsOf(cfg);
  const { loops } = loopsOf(cfg, tree);
  if (loops.length === 0) return fn;
  const [regions, globals] = [regionsOf(fn), globalsOf(fn)];
  const homes = new Map<ValueId, BlockId>();
  const constants = new Map<ValueId, bigint>();
  const instructions = new Map<BlockId, Instruction[]>();
  for (const block of fn.blocks) {
    instructions.set(block.id, [...block.instructions]);
    for (const one of block.phis) homes.set(one.id, block.id);
    for (const one of block.instructions) {
      homes.set(one.id, block.id);
      if (one.kind === "constant") constants.set(one.id, one.value);
    }
  }
  const divides = (value: ValueId): boolean => (constants.get(value) ?? 0n) > 0n;
  let changed = false;
  // From the inside: what leaves an inner loop may leave the one around it as well.
  for (const loop of loops.toReversed()) {
    const before = (cfg.predecessors[loop.header] ?? []).filter((one) => !loop.body.has(one));
    const [front] = before;
    const target = front === undefined || before.length > 1 ? undefined : instructions.get(front);
    if (front === undefined || !target) continue;
    const outside = (value: ValueId): boolean => {
      const home = homes.get(value);
      return home === undefined || !loop.body.has(home);
    };
    const loads = loadsOf(loop, fn, regions, globals);
    for (const id of cfg.order) {
      const here = loop.body.has(id) ? instructions.get(id) : undefined;
      if (!here) continue;
      const always = id === loop.header || loop.latches.every((latch) => tree.dominates(id, latch));
      const kept = here.filter((one) => {
        let invariant = one.kind === "load" ? loads.mayLeave(one, always) : isFree(one, divides);
        if (invariant) forEachOperand(one, (value) => (invariant &&= outside(value)));
        if (!invariant) return true;
        target.push(one);
        homes.set(one.id, front);
        return false;
      });
      if (kept.length === here.length) continue;
      instructions.set(id, kept);
      changed = true;
    }
  }
  if (!changed) return fn;
  return {
    ...fn,
    blocks: fn.blocks.map((block) => ({
      ...block,
      instructions: instructions.get(block.id) ?? block.instructions,
    })),
  };
}

interface Loads {
  /** `always`: it is made in each turn. */
  readonly mayLeave: (one: Load, always: boolean) => boolean;
}

type Regions = ReadonlyMap<ValueId, Region>;

/** By pointer, the global into which it is known to point. */
type Globals = ReadonlyMap<ValueId, GlobalId>;

function globalsOf(fn: IrFunction): Globals {
  const globals = new Map<ValueId, GlobalId>();
  for (const { instructions } of fn.blocks)
    for (const one of instructions) {
      const global =
        one.kind === "global-address"
          ? one.global
          : one.kind === "pointer-add"
            ? globals.get(one.pointer)
            : undefined;
      if (global !== undefined) globals.set(one.id, global);
    }
  return globals;
}

function regionsOf(fn: IrFunction): Regions {
  const regions = new Map<ValueId, Region>();
  for (const { phis, instructions } of fn.blocks)
    for (const one of [...phis, ...instructions])
      if ("type" in one && one.type?.kind === "pointer") regions.set(one.id, one.type.region);
  return regions;
}

/**
 * What is read in each turn and never written in the loop is read once, if nothing is called between that may write it. Of
 * globals LLVM knows that they are there; the code generator has them read again where a map is looked up (memory.ts).
 */
function loadsOf(loop: Loop, fn: IrFunction, regions: Regions, globals: Globals): Loads {
  const written = new Set<Region | GlobalId | undefined>();
  /** Two globals are never the same: LLVM knows which one is written. */
  const place = (pointer: ValueId): Region | GlobalId | undefined =>
    globals.get(pointer) ?? regions.get(pointer);
  let [calls, lookups] = [false, false];
  for (const { id, instructions } of fn.blocks) {
    if (!loop.body.has(id)) continue;
    for (const one of instructions) {
      if (one.kind === "store" || one.kind === "zero" || one.kind === "atomic")
        written.add(place(one.pointer));
      else if (one.kind === "copy") written.add(place(one.to));
      else if (one.kind === "map-lookup") lookups = true;
      else if (hasSideEffects(one) || one.kind === "helper") calls = true;
    }
  }
  return {
    mayLeave: (one, always) => {
      const region = regions.get(one.pointer);
      if (one.apart || calls || written.has(region) || written.has(globals.get(one.pointer))) return false;
      return region === "global" ? !lookups : always && (region === "packet" || region === "map-value");
    },
  };
}

/** LLVM may compute it where it is not asked for, what is opaque to its optimiser (MachineLICM) as well. */
function isFree(one: Instruction, divides: (by: ValueId) => boolean): boolean {
  switch (one.kind) {
    case "convert":
    case "swap-bytes":
    case "pointer-add":
    case "pointer-difference":
    case "global-address":
    case "map-address":
    case "context-load":
    case "bounded":
    case "constant":
      return true;
    case "binary":
      return !isDivision(one.op) || divides(one.right);
    default:
      return false;
  }
}

const isDivision = (op: BinaryOp): boolean =>
  op === "udiv" || op === "urem" || op === "sdiv" || op === "srem";
