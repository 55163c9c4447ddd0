/**
 * Loops in which the kernel is made to keep a state in each turn. It keeps none in a loop before it has walked 20 branches or
 * 100 instructions since the last one, and ways through the loop are found to be alike only where one is kept: the ways
 * through the turns between multiply. How often they do so in fact hangs on where the states happen to fall; a loop in
 * which they could do so too often has {@link jumpsInTurn} branches of its own in each turn. Those lead to the next instruction:
 * the kernel counts them, and takes them out of the program when it has accepted it (`opt_remove_nops`).
 */
import { cfgOf, isCall, successorsOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { BlockId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { instructionsInTurn, jumpsInTurn, turnsOf, type FunctionProofs } from "../proofs.js";
import { conditionOf, forksOf } from "./forks.js";
import { terminatorWeight, weightOf } from "./weights.js";

/** Of the instructions that are counted here LLVM leaves as many at least. */
const leftByLlvm = 0.6;

/** What may be walked through between states before they are kept in each turn. */
const most = 50_000;

/** What the branches themselves may add, each once for each turn. */
const mostAdded = 60_000;

/** An inner loop is left in the middle of any turn: how many of those are told apart, however many there are. */
const mostExits = 8;

/** What is more is as bad as this. */
const farTooMany = 1e12;

interface Turn {
  /** How many ways lead from the head to the next turn. */
  readonly ways: number;
  /** What one of them walks through at least. */
  readonly jumps: number;
  readonly instructions: number;
  /** All instructions of the body, each once for every turn of the loops in it. */
  readonly size: number;
}

export interface Paced {
  /** The heads of such loops. */
  readonly loops: ReadonlySet<BlockId>;
  /** In no other loop the ways may multiply. */
  readonly complete: boolean;
}

export const unpaced: Paced = { loops: new Set(), complete: false };

export function pacedLoops(index: FunctionIndex, proofs: FunctionProofs): Paced {
  const cfg = cfgOf(index.fn.blocks);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  const paced = new Set<BlockId>();
  let complete = true;
  const turns = turnsOf(loops, proofs);
  const ownTurns = (at: number): number => {
    const parent = loops[at]?.parent;
    return (turns[at] ?? 1) / (parent === undefined ? 1 : (turns[parent] ?? 1));
  };
  /** By loop: by what the ways multiply that leave it. */
  const factors: number[] = [];
  const weights = new Map(
    index.fn.blocks.map(({ id, instructions, terminator }) => {
      const own = instructions.reduce((sum, one) => sum + weightOf(one), terminatorWeight(terminator));
      return [id, own];
    }),
  );

  const turnOf = (loop: Loop, at: number): Turn => {
    const ways = new Map<BlockId, number>([[loop.header, 1]]);
    const jumps = new Map<BlockId, number>([[loop.header, 0]]);
    const walked = new Map<BlockId, number>([[loop.header, 0]]);
    let size = 0;
    for (const id of cfg.order) {
      const block = loop.body.has(id) ? cfg.blocks[id] : undefined;
      if (!block || !ways.has(id)) continue;
      let here = ways.get(id) ?? 0;
      let calls = 0;
      for (const one of block.instructions) {
        if (conditionOf(one, index) !== undefined) here *= 2;
        here *= 2 ** forksOf(one, index);
        if (isCall(one)) calls++;
      }
      const weight = weights.get(id) ?? 0;
      const inner = innermost[id];
      size += weight * (inner === undefined ? 1 : (turns[inner] ?? 1) / (turns[at] ?? 1));
      const { terminator } = block;
      const branches = calls + (terminator.kind === "branch" || terminator.kind === "switch" ? 1 : 0);
      ways.set(id, Math.min(here, farTooMany));
      for (const to of new Set(successorsOf(terminator))) {
        // Ways back are those of this loop, counted below, or of one in it, which has its factor.
        if ((cfg.position[to] ?? 0) <= (cfg.position[id] ?? 0) || !loop.body.has(to)) continue;
        let out = here;
        for (let left = innermost[id]; left !== undefined && left !== at; left = loops[left]?.parent)
          if (loops[left]?.body.has(to) === false) out *= factors[left] ?? 1;
        ways.set(to, Math.min((ways.get(to) ?? 0) + out, farTooMany));
        const least = (of: Map<BlockId, number>, more: number): unknown =>
          of.set(to, Math.min(of.get(to) ?? Infinity, (of.get(id) ?? 0) + more));
        least(jumps, branches);
        least(walked, weight);
      }
    }
    const latches = loop.latches.filter((one) => ways.has(one));
    const least = (of: ReadonlyMap<BlockId, number>): number =>
      Math.min(...latches.map((one) => of.get(one) ?? 0));
    return {
      ways: latches.reduce((sum, one) => sum + (ways.get(one) ?? 0), 0),
      jumps: 1 + least(jumps),
      instructions: least(walked) + Math.min(...latches.map((one) => weights.get(one) ?? 0)),
      size,
    };
  };

  // From the inside: the ways that leave an inner loop are ways through a turn of the one around it.
  for (let at = loops.length - 1; at >= 0; at--) {
    const loop = loops[at];
    if (!loop) continue;
    const own = ownTurns(at);
    const { ways, jumps, instructions, size } = turnOf(loop, at);
    const between = Math.min(
      own,
      Math.ceil(jumpsInTurn / jumps),
      Math.ceil(instructionsInTurn / Math.max(1, instructions * leftByLlvm)),
    );
    const multiplied = Math.min(farTooMany, ways ** between);
    const inAll = turns[at] ?? 1;
    const tooMuch = ways > 1 && between > 1 && (multiplied * size * inAll) / between > most;
    const pays = inAll * jumpsInTurn <= mostAdded;
    if (tooMuch && pays) paced.add(loop.header);
    else if (tooMuch) complete = false;
    factors[at] = Math.min(own, mostExits) * (tooMuch && pays ? ways : multiplied);
  }
  return { loops: paced, complete };
}
