/**
 * A function as the walk of the cost model needs it: of each block what it costs, what has to be computed in it, and
 * which followed values are alive where it starts.
 */
import { codeOrder } from "../../ir/block-order.js";
import { cfgOf, forEachOperand, isCall, terminatorOperand } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { BlockId, Branch, Instruction, Terminator, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { conditionOf, forksOf } from "./forks.js";
import { jumpsInTurn } from "../proofs.js";
import { valuesOf, type Values } from "./values.js";
import { phiWeight, terminatorWeight, weightOf } from "./weights.js";

/** An instruction to compute; what it and those before it cost, from the last step on. */
export interface Step {
  readonly one: Instruction;
  /** The condition, where it becomes a branch. */
  readonly condition: ValueId | undefined;
  /** Branches inside it of which the kernel knows neither side. */
  readonly forks: number;
  readonly weight: number;
  readonly jumps: number;
}

export interface BlockPlan {
  readonly id: BlockId;
  /** Followed phis, and by the block one comes from their inputs in the same order. */
  readonly phis: readonly ValueId[];
  readonly inputs: ReadonlyMap<BlockId, readonly ValueId[]>;
  readonly steps: readonly Step[];
  /** Of what follows the last step. */
  readonly weight: number;
  readonly jumps: number;
  readonly terminator: Terminator;
  /** The block that the kernel walks into first where both are possible. */
  readonly next: BlockId | undefined;
  /** The side of its branch, in a loop, after which there is most to walk when the kernel takes it first. */
  readonly worstFirst: "then" | "otherwise" | undefined;
  /** Followed values that are alive behind the phis. */
  readonly integers: readonly ValueId[];
  readonly pointers: readonly ValueId[];
}

export interface FunctionPlan {
  readonly entry: BlockId;
  readonly values: Values;
  readonly blocks: readonly (BlockPlan | undefined)[];
  /** About how many instructions it has. */
  readonly size: number;
}

/** Loops, by their heads. */
export interface Loops {
  /** The kernel is made to keep a state in each turn (pace.ts). */
  readonly paced: ReadonlySet<BlockId>;
  /** Of so many turns that what waits in each of them may be too much. */
  readonly long: ReadonlySet<BlockId>;
}

export function planFunction(index: FunctionIndex, marked: Loops): FunctionPlan {
  const { fn } = index;
  const cfg = cfgOf(fn.blocks);
  const values = valuesOf(index);
  const { followed } = values;
  const live = liveValues(index, values);
  const blocks: (BlockPlan | undefined)[] = cfg.blocks.map(() => undefined);
  const order = codeOrder(fn);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  let size = 0;
  order.forEach((id, at) => {
    const block = cfg.blocks[id];
    if (!block || cfg.position[id] === -1) return;
    const steps: Step[] = [];
    let jumps = marked.paced.has(id) ? jumpsInTurn : 0;
    let weight = phiWeight(block.phis.length) + jumps;
    for (const one of block.instructions) {
      weight += weightOf(one);
      if (isCall(one)) jumps++;
      if (!isStep(one, followed, index)) continue;
      size += weight;
      steps.push({ one, condition: conditionOf(one, index), forks: forksOf(one, index), weight, jumps });
      weight = 0;
      jumps = 0;
    }
    weight += terminatorWeight(block.terminator);
    size += weight;
    const phis = block.phis.filter((phi) => followed[phi.id] === 1);
    const inputs = new Map<BlockId, ValueId[]>();
    for (const from of phis.length > 0 ? (cfg.predecessors[block.id] ?? []) : [])
      inputs.set(
        from,
        phis.map((phi) => phi.inputs.find((one) => one.block === from)?.value ?? phi.id),
      );
    const alive = live[block.id] ?? [];
    blocks[block.id] = {
      id: block.id,
      phis: phis.map((phi) => phi.id),
      inputs,
      steps,
      weight,
      jumps: jumps + 1,
      terminator: block.terminator,
      next: order[at + 1],
      worstFirst: worstFirst(block.terminator, loops[innermost[id] ?? -1], marked, values.roots, index),
      integers: alive.filter((value) => index.typeOf(value)?.kind === "int"),
      pointers: alive.filter((value) => index.typeOf(value)?.kind === "pointer"),
    };
  });
  return { entry: cfg.entry, values, blocks, size };
}

/** In a loop of many turns a side that leaves it waits in each of them. */
function worstFirst(
  terminator: Terminator,
  loop: Loop | undefined,
  { long }: Loops,
  roots: Int32Array,
  index: FunctionIndex,
): BlockPlan["worstFirst"] {
  if (terminator.kind !== "branch" || !loop) return undefined;
  const stays = loop.body.has(terminator.then);
  if (stays === loop.body.has(terminator.otherwise)) return sideThatTells(terminator, loop, roots, index);
  return !long.has(loop.header) ? undefined : stays ? "then" : "otherwise";
}

/**
 * The side of a branch that tells which value something has that all turns have. What a kernel finds behind it is no help for
 * the other side, and it lets that go before the other side's turn comes.
 */
function sideThatTells(
  { condition, then, otherwise }: Branch,
  loop: Loop,
  roots: Int32Array,
  index: FunctionIndex,
): "then" | "otherwise" | undefined {
  if (!loop.body.has(then) || !loop.body.has(otherwise)) return undefined;
  const ofAllTurns = (value: ValueId): boolean => !loop.body.has(index.home(roots[value] ?? value));
  const one = index.definition(roots[condition] ?? condition);
  if (one?.kind === "is-null") return ofAllTurns(one.pointer) ? "then" : undefined;
  if (one?.kind !== "compare" || (one.op !== "eq" && one.op !== "ne")) return undefined;
  if (!ofAllTurns(one.left) || !ofAllTurns(one.right)) return undefined;
  return one.op === "eq" ? "then" : "otherwise";
}

function isStep(one: Instruction, followed: Uint8Array, index: FunctionIndex): boolean {
  if (one.kind === "call" || one.kind === "function-address") return true;
  if (one.kind === "constant" || one.kind === "null") return false;
  if (forksOf(one, index) > 0) return true;
  return followed[one.id] === 1 || conditionOf(one, index) !== undefined;
}

/** By block, the followed values that are alive behind its phis: each is followed from its uses up to where it is made. */
function liveValues(
  index: FunctionIndex,
  { roots, followed }: Values,
): readonly (readonly ValueId[] | undefined)[] {
  const { fn } = index;
  const cfg = cfgOf(fn.blocks);
  const uses = new Map<ValueId, BlockId[]>();
  const use = (value: ValueId, block: BlockId): void => {
    const root = roots[value] ?? value;
    if (followed[root] !== 1) return;
    const list = uses.get(root);
    if (!list) uses.set(root, [block]);
    else if (list.at(-1) !== block) list.push(block);
  };
  for (const { id, phis, instructions, terminator } of fn.blocks) {
    for (const phi of phis) for (const input of phi.inputs) use(input.value, input.block);
    const here = (value: ValueId): void => use(value, id);
    for (const one of instructions)
      if (one.kind !== "pointer-add" || roots[one.id] === one.id) forEachOperand(one, here);
    const last = terminatorOperand(terminator);
    if (last === undefined) continue;
    here(last);
    // A comparison is made where it is asked for.
    const compare = index.definition(last);
    if (compare?.kind === "compare") forEachOperand(compare, here);
  }
  const live: (ValueId[] | undefined)[] = cfg.blocks.map(() => undefined);
  const seen = new Int32Array(cfg.blocks.length).fill(-1);
  const work: BlockId[] = [];
  for (const [value, blocks] of uses) {
    const made = index.definition(value);
    if (made?.kind === "constant") continue;
    const home = index.home(value);
    for (const block of blocks) {
      if (seen[block] === value) continue;
      seen[block] = value;
      work.push(block);
    }
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (block === home && made?.kind !== "phi") continue;
      const list = live[block];
      if (list) list.push(value);
      else live[block] = [value];
      if (block === home) continue;
      for (const before of cfg.predecessors[block] ?? []) {
        if (seen[before] === value) continue;
        seen[before] = value;
        work.push(before);
      }
    }
  }
  return live;
}
