/**
 * Loops end, and soon enough for the kernel, which walks through every turn. A loop is bounded by a value that grows
 * (or shrinks) by at least one in every turn without wrapping, and stays below (above) a limit wherever the loop goes
 * on; or by one that a shift or a division makes smaller until it is 0, or one that doubles from a constant.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { BlockId, Instruction, Phi, ValueId } from "../ir/ir.js";
import { cfgOf } from "../ir/cfg.js";
import type { Loop } from "../ir/dominators.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { FlowResult, Observer } from "./flow/sweep.js";
import { tooLong, unbounded } from "./loop-words.js";
import { makeSteps, type Steps } from "./steps.js";
import { limitsOf } from "./limits.js";
import { loopSpan } from "./explain.js";
import type { HeavyLoop, LoopProof } from "./proofs.js";
import { join, type Range } from "./range/range.js";

/** Half of the kernel's limit of processed instructions (BPF_COMPLEXITY_LIMIT_INSNS). */
const workLimit = 500_000n;

/** Ranges of the loop heads' phis: on entry, and where the loop goes on. */
export interface LoopFacts {
  readonly observer: Pick<Observer, "instruction" | "edge">;
  readonly prove: (flow: FlowResult) => {
    readonly loops: ReadonlyMap<BlockId, LoopProof>;
    readonly found: Diagnostic[];
    readonly heavy: readonly HeavyLoop[];
  };
}

export function loopFacts(index: FunctionIndex): LoopFacts {
  const entries = new Map<ValueId, Range>();
  const onward = new Map<ValueId, Range>();
  const phis = new Map<BlockId, readonly Phi[]>();
  for (const block of index.fn.blocks) if (block.phis.length > 0) phis.set(block.id, block.phis);
  const steps = makeSteps(index);
  const { position } = cfgOf(index.fn.blocks);

  const edge: Observer["edge"] = (from, to, place) => {
    const back = (position[from] ?? 0) >= (position[to] ?? 0);
    for (const phi of phis.get(to) ?? []) {
      if (phi.type.kind !== "int") continue;
      const value = back ? phi.id : phi.inputs.find((one) => one.block === from)?.value;
      if (value === undefined) continue;
      const into = back ? onward : entries;
      const range = place.known.range(value);
      const before = into.get(phi.id);
      into.set(phi.id, before ? join(before, range) : range);
    }
  };

  const prove: LoopFacts["prove"] = (flow) => {
    const proofs = new Map<BlockId, LoopProof>();
    const found: Diagnostic[] = [];
    const heavy: HeavyLoop[] = [];
    const work = new Map<Loop, bigint>();
    for (const loop of flow.loops.loops.toReversed()) {
      if (!flow.reached.has(loop.header)) continue;
      const proof = boundOf(loop, flow);
      if (!proof) {
        found.push(unbounded(loop, flow, index, steps));
        continue;
      }
      proofs.set(loop.header, proof);
      let inside = 0n;
      for (const id of loop.body) inside += BigInt(index.block(id)?.instructions.length ?? 0) + 1n;
      for (const inner of flow.loops.loops) {
        if (inner.parent !== undefined && flow.loops.loops[inner.parent] === loop)
          inside += work.get(inner) ?? 0n;
      }
      const total = proof.trips * inside;
      work.set(loop, total);
      if (total <= workLimit) continue;
      found.push(tooLong(loop, proof, inside, workLimit, flow, index));
      heavy.push({ span: loopSpan(index, loop.header), turns: proof.trips + 1n });
    }
    return { loops: proofs, found, heavy };
  };

  const boundOf = (loop: Loop, flow: FlowResult): LoopProof | undefined => {
    let best: LoopProof | undefined;
    for (const phi of phis.get(loop.header) ?? []) {
      const trips = phi.type.kind === "int" ? tripsBy(phi, loop, flow, steps) : undefined;
      if (trips === undefined || (best && best.trips <= trips)) continue;
      best = { header: loop.header, trips, counter: phi.id, limits: [] };
    }
    return best && { ...best, limits: limitsOf(loop, best.counter, flow, index) };
  };

  const tripsBy = (phi: Phi, loop: Loop, flow: FlowResult, by: Steps): bigint | undefined => {
    const range = onward.get(phi.id);
    const entry = entries.get(phi.id);
    // No edge leads back: the loop is left in its first turn.
    if (!range) return 0n;
    if (!entry || phi.type.kind !== "int") return undefined;
    const inputs = phi.inputs
      .filter((one) => loop.latches.includes(one.block))
      .map((one) => equalValue(one.value, one.block, loop, flow));
    const [low, high] = phi.type.signed ? [range.smin, range.smax] : [range.umin, range.umax];
    const [first, last] = phi.type.signed ? [entry.smin, entry.smax] : [entry.umin, entry.umax];
    // Set to what the loop does not go on with: one turn more.
    const outside = (at: bigint | undefined): boolean => at !== undefined && (at < low || at > high);
    if (inputs.every((value) => outside(index.constantOf(value)))) return 1n;
    const changes = inputs.map((value) => by.change(value, phi.id, loop, flow));
    if (changes.every((one) => one !== undefined)) {
      const least = changes.map((one) => one.least).reduce((a, b) => (a < b ? a : b));
      const most = changes.map((one) => one.most).reduce((a, b) => (a > b ? a : b));
      if (least >= 1n) return high < first ? 0n : (high - first) / least + 1n;
      if (most <= -1n) return last < low ? 0n : (last - low) / -most + 1n;
    }
    // Halved while it is not zero: at most as often as it has bits.
    if (!phi.type.signed && low >= 1n && inputs.every((value) => halves(value, phi.id))) {
      return BigInt(entry.umax.toString(2).length);
    }
    // Doubled from a constant: as often as it takes to come past what it is where the loop goes on, without wrapping.
    if (!phi.type.signed && low >= 1n && first === last && first >= 1n) {
      const widest = (1n << BigInt(phi.type.bits)) - 1n;
      const factors = inputs.map((value) => factorOf(value, phi.id));
      if (factors.every((by) => by !== undefined && high * by <= widest)) {
        const least = factors.reduce<bigint>((a, b) => (b !== undefined && b < a ? b : a), widest);
        let trips = 0n;
        for (let at = first; at <= high; at *= least) trips++;
        return trips;
      }
    }
    return undefined;
  };

  /** The value that a constant stands for behind a comparison with it: the optimiser puts the constant in its place. */
  const equalValue = (value: ValueId, block: BlockId, loop: Loop, flow: FlowResult): ValueId => {
    const constant = index.constantOf(value);
    let at = block;
    while (constant !== undefined && at !== loop.header) {
      const [above, ...others] = flow.cfg.predecessors[at] ?? [];
      if (above === undefined || others.length > 0) break;
      const end = index.block(above)?.terminator;
      const test = end?.kind === "branch" ? index.definition(end.condition) : undefined;
      if (end?.kind === "branch" && test?.kind === "compare" && end.then !== end.otherwise) {
        const side = test.op === "eq" ? end.then : test.op === "ne" ? end.otherwise : undefined;
        if (side === at && index.constantOf(test.right) === constant && test.left !== value) return test.left;
      }
      at = above;
    }
    return value;
  };

  /** By how much `x << 1` and `x * 2` multiply: constants of two and more. */
  const factorOf = (value: ValueId, phi: ValueId): bigint | undefined => {
    const one = index.definition(value);
    if (one?.kind !== "binary" || one.left !== phi) return undefined;
    const by = index.constantOf(one.right);
    if (by === undefined) return undefined;
    if (one.op === "mul") return by >= 2n ? by : undefined;
    return one.op === "shl" && by >= 1n && by < BigInt(one.type.bits) ? 1n << by : undefined;
  };

  /** `x >> 1` and `x / 2`: the kernel sees that they shrink. Of `x / 10` and `x & (x - 1)` it does not. */
  const halves = (value: ValueId, phi: ValueId): boolean => {
    const one = index.definition(value);
    if (one?.kind !== "binary" || one.left !== phi) return false;
    const by = index.constantOf(one.right);
    if (by === undefined) return false;
    if (one.op === "lshr") return by >= 1n && by < BigInt(one.type.bits);
    return one.op === "udiv" && by >= 2n && (by & (by - 1n)) === 0n;
  };

  return {
    observer: { instruction: (one: Instruction, place) => steps.note(one, place.known), edge },
    prove,
  };
}
