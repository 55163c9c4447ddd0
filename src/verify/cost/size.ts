/** What is plainly cheap for the kernel, seen without walking through it: most programs are. */
import { cfgOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { Block, BlockId, FunctionId, Instruction, IrFunction, Phi, ValueId } from "../../ir/ir.js";
import { turnsOf, type FunctionProofs } from "../proofs.js";
import type { Walks } from "./unlucky.js";
import { terminatorWeight, weightOf } from "./weights.js";

export interface Size {
  /** Instructions, each once for every turn of the loops around it. */
  readonly turned: number;
  /** With what is walked through on the way from each branch's other side to a state that was seen. */
  readonly resumed: number;
  /** A loop may be walked through more than once. */
  readonly unlucky: boolean;
  /** There are loops. */
  readonly loops: boolean;
  /** A loop hands on from turn to turn what differs by the way through it: the ways multiply with every turn. */
  readonly carries: boolean;
}

export const nothing: Size = { turned: 0, resumed: 0, carries: false, loops: false, unlucky: false };

/**
 * Where nothing is handed on, no script is known of which the kernel processes more than 160 times as many
 * instructions.
 */
const cheapTurned = 1500;
const cheapLoops = 150;

export function isPlainlyCheap({ turned, carries, loops }: Size): boolean {
  return turned < (loops ? cheapLoops : cheapTurned) && !carries;
}

/**
 * The kernel keeps a state every so many instructions, and no sooner: so far it walks where a side of a branch leads to
 * what it knows. A list of rules is that in each of them, and grows with the rules and no faster. Of a loop's turns this
 * is not said: there the ways do multiply.
 */
const betweenStates = 8;

/** From 6.7 on a callback is walked through again, until nothing in it changes. */
export const callbackWalks = 2;

/** `sizeOf` is asked for the functions that are called; loops of the heads in `unlucky` are walked through more than once. */
export function turnedSize(
  fn: IrFunction,
  proofs: FunctionProofs | undefined,
  sizeOf: (called: FunctionId) => Size,
  unlucky: ReadonlyMap<BlockId, Walks> = new Map(),
): Size {
  const cfg = cfgOf(fn.blocks);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  const turns = turnsOf(loops, proofs);
  let turned = 0;
  let resumed = 0;
  /** How often a loop is walked through. */
  const walks: number[] = [];
  loops.forEach(({ header, parent }, at) => {
    const [turnsAround, around] = parent === undefined ? [1, 1] : [turns[parent] ?? 1, walks[parent] ?? 1];
    const own = unlucky.get(header)?.((turns[at] ?? 1) / turnsAround) ?? 1;
    walks.push(own * around);
  });
  let inLoops = loops.length > 0;
  let isUnlucky = walks.some((times) => times > 1);
  let carries = loops.length > 0 && handsOn(fn, cfg.blocks, loops);
  for (const { id, instructions, terminator } of fn.blocks) {
    let size = terminatorWeight(terminator);
    let ways = loops.length === 0 && terminator.kind === "branch" ? betweenStates : 0;
    for (const one of instructions) {
      size += weightOf(one);
      if (one.kind !== "call" && one.kind !== "function-address") continue;
      const called = sizeOf(one.function);
      const times = one.kind === "call" ? 1 : callbackWalks;
      size += called.turned * times;
      ways += (called.resumed - called.turned) * times;
      carries ||= called.carries;
      inLoops ||= called.loops;
      isUnlucky ||= called.unlucky;
    }
    const loop = innermost[id];
    const times = loop === undefined ? 1 : (turns[loop] ?? 1) * (walks[loop] ?? 1);
    turned += size * times;
    resumed += (size + ways) * times;
  }
  return { turned, resumed, carries, loops: inLoops, unlucky: isUnlucky };
}

/**
 * Whether a loop's head has a value that some ways through a turn change and others leave, or set to constants; or by
 * which they change it is compared with something, after which the kernel knows more of it on one way than on the other.
 */
function handsOn(fn: IrFunction, blocks: readonly (Block | undefined)[], loops: readonly Loop[]): boolean {
  const made = new Map<ValueId, Instruction | Phi>();
  for (const { phis, instructions } of fn.blocks) {
    for (const one of phis) made.set(one.id, one);
    for (const one of instructions) made.set(one.id, one);
  }
  return loops.some(({ header, latches, body }) => {
    const compared = comparedIn(body, blocks, made);
    return (blocks[header]?.phis ?? []).some((phi) => {
      const next = phi.inputs.filter((one) => latches.includes(one.block));
      return next.length > 1 || next.some((one) => differs(one.value, phi.id, made, compared));
    });
  });
}

/** What is compared with constants in a loop, behind conversions. */
function comparedIn(
  body: ReadonlySet<BlockId>,
  blocks: readonly (Block | undefined)[],
  made: ReadonlyMap<ValueId, Instruction | Phi>,
): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  for (const id of body) {
    for (const one of blocks[id]?.instructions ?? []) {
      if (one.kind !== "compare" || made.get(one.right)?.kind !== "constant") continue;
      let value = one.left;
      for (let by = made.get(value); by?.kind === "convert" || by?.kind === "bounded"; by = made.get(value))
        value = by.value;
      found.add(value);
    }
  }
  return found;
}

/** Whether what a turn gives is a choice between values that can be told apart. */
function differs(
  value: ValueId,
  head: ValueId,
  made: ReadonlyMap<ValueId, Instruction | Phi>,
  compared: ReadonlySet<ValueId>,
): boolean {
  const seen = new Set<ValueId>([value]);
  for (const at of seen) {
    const one = made.get(at);
    if (one?.kind === "load" && compared.has(at)) return true;
    if (one?.kind === "phi") {
      if (at === head) continue;
      for (const { value: input } of one.inputs) {
        const kind = made.get(input)?.kind;
        if (input === head || kind === "constant" || kind === "null") return true;
        seen.add(input);
      }
    } else if (one?.kind === "select") return true;
    else if (one?.kind === "convert" || one?.kind === "bounded") seen.add(one.value);
    else if (one?.kind === "binary" && (one.op === "add" || one.op === "sub" || one.op === "and"))
      seen.add(one.left).add(one.right);
  }
  return false;
}
