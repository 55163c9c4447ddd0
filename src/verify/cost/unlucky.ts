/**
 * Loops that ask in each turn for what the last ones have left, and go on either way: how something that stays as it is
 * compares with what changes (`i < length`), or what a variable is that some turns leave as it is (`size == 255`). On
 * the first way through them the kernel asks that of one turn after the other, and learns more of it each time. Each
 * other side has one value left, and most turns still before it: it is like a state of the first way, or not, by the
 * turns at whose start the kernel has kept one, which hangs on an instruction more or less.
 */
import { cfgOf, successorsOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { BlockId, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { conditionOf } from "./plan.js";
import { valuesOf } from "./values.js";

/** The heads of such loops. */
export function unluckyLoops(index: FunctionIndex): ReadonlySet<BlockId> {
  const cfg = cfgOf(index.fn.blocks);
  const { loops, innermost } = loopsOf(cfg, dominatorsOf(cfg));
  const found = new Set<BlockId>();
  if (loops.length === 0) return found;
  const { roots } = valuesOf(index);
  const rootOf = (value: ValueId): ValueId => roots[value] ?? value;
  for (const { id, instructions, terminator } of index.fn.blocks) {
    const loop = loops[innermost[id] ?? -1];
    if (!loop) continue;
    const ask = (condition: ValueId): void => {
      const compare = index.definition(rootOf(condition));
      if (compare?.kind !== "compare") return;
      const sides = [rootOf(compare.left), rootOf(compare.right)];
      if (sides.some((one) => index.constantOf(one) !== undefined)) {
        if (sides.some((one) => isLeft(index, loop, one))) found.add(loop.header);
      } else if (sides.filter((one) => loop.body.has(index.home(one))).length === 1) found.add(loop.header);
    };
    for (const one of instructions) {
      const condition = conditionOf(one, index);
      if (condition !== undefined) ask(condition);
    }
    const stays = successorsOf(terminator).every((to) => loop.body.has(to) && to !== loop.header);
    if (!stays) continue;
    if (terminator.kind === "branch") ask(terminator.condition);
    else if (terminator.kind === "switch" && isLeft(index, loop, rootOf(terminator.value)))
      found.add(loop.header);
  }
  return found;
}

/** Whether a value comes from the turn before, which may have left it as it was. */
function isLeft(index: FunctionIndex, loop: Loop, value: ValueId): boolean {
  let at = value;
  for (
    let one = index.definition(at);
    one?.kind === "convert" || one?.kind === "bounded";
    one = index.definition(at)
  )
    at = one.value;
  const head = index.definition(at);
  if (head?.kind !== "phi" || index.home(at) !== loop.header) return false;
  const next = head.inputs.filter((one) => loop.latches.includes(one.block)).map((one) => one.value);
  const seen = new Set(next);
  for (const each of seen) {
    if (each === at) return true;
    const one = index.definition(each);
    if (one?.kind === "phi" && loop.body.has(index.home(each)))
      for (const input of one.inputs) seen.add(input.value);
    else if (one?.kind === "select") seen.add(one.then).add(one.otherwise);
    else if (one?.kind === "convert" || one?.kind === "bounded") seen.add(one.value);
  }
  return false;
}
