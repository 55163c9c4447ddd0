import { assertNever } from "../base/invariant.js";
import type { Block, BlockId, Branch, Return, Switch, Terminator, ValueId } from "../ir/ir.js";
import { cfgOf, successorsOf } from "../ir/cfg.js";
import { startKey } from "./bounds.js";
import type { Emitter, Operand } from "./emitter.js";
import type { Rep } from "./facts.js";
import { as, assign, factOf, literal, operand, perform, setSpan } from "./emitter.js";
import { emitLatch } from "./latches.js";
import { limited } from "./limits.js";
import { opaqueHere } from "./opaque.js";

/** Module metadata that every module has: weights of the branches that are hardly ever taken. */
export const weightsFirstUnlikely = `!{!"branch_weights", i32 1, i32 2000}`;
export const weightsSecondUnlikely = `!{!"branch_weights", i32 2000, i32 1}`;

export const labelOf = (block: BlockId): string => `b${block}`;

/** What flows into the phis of the blocks that follow, by block: printed when every block has been. */
export type PhiInputs = Map<BlockId, Map<BlockId, readonly string[]>>;

/**
 * Converts the inputs of the successors' phis, in this block, and remembers them with the label that is then the
 * block's last.
 */
export function collectPhiInputs(
  e: Emitter,
  block: Block,
  blocks: ReadonlyMap<BlockId, Block>,
  inputs: PhiInputs,
): void {
  for (const next of successorsOf(block.terminator)) {
    const phis = blocks.get(next)?.phis ?? [];
    if (phis.length === 0) continue;
    const texts = phis.map((phi) => {
      const input = phi.inputs.find((one) => one.block === block.id);
      const { rep } = factOf(e, phi.id);
      const text =
        input === undefined ? missing(rep) : phiInput(e, phi.id, block, next, operand(e, input.value), rep);
      // LLVM wants an entry for each edge, and a switch may have several to one block.
      return Array<string>(edgesTo(block.terminator, next)).fill(`[ ${text}, %${e.label} ]`).join(", ");
    });
    const known = inputs.get(next) ?? new Map<BlockId, readonly string[]>();
    known.set(block.id, texts);
    inputs.set(next, known);
  }
}

function phiInput(e: Emitter, phi: ValueId, from: Block, to: BlockId, value: Operand, rep: Rep): string {
  const text = limited(e, as(e, value, rep), rep, startKey(phi, from.id));
  const { constant } = value.fact;
  if (rep === "ptr") return text;
  if (constant === undefined) return isCounter(e, from, to, phi, rep) ? opaqueHere(e, text, rep) : text;
  if (!e.bounds.choices.has(phi) && !isCase(e, from, to, constant)) return text;
  if (rep === "i1") return assign(e, `trunc i64 ${opaqueHere(e, as(e, value, "i64"))} to i1`);
  if (rep === "i32" && !e.module.alu32)
    return assign(e, `trunc i64 ${opaqueHere(e, as(e, value, "i64"))} to i32`);
  return opaqueHere(e, text, rep);
}

/** Blocks in a row that do nothing. */
const mostEmpty = 4;
const isEmpty = ({ instructions, terminator }: Block): boolean =>
  instructions.length === 0 && terminator.kind === "jump";

/**
 * Whether it is what a loop counts, at the end of a turn. LLVM counts in other ways if it likes those better (`w0 - -w7`, by
 * LSR), and kernels before 6.18 know nothing of a negated number: where it has done so, each count is hidden from it.
 */
function isCounter(e: Emitter, from: Block, loop: BlockId, phi: ValueId, rep: Rep): boolean {
  if (e.module.care !== "all" || (rep !== "i64" && rep !== "i32")) return false;
  const { blocks, position } = cfgOf(e.fn.blocks);
  if ((position[from.id] ?? 0) < (position[loop] ?? 0)) return false;
  const inputs = blocks[loop]?.phis.find((one) => one.id === phi)?.inputs ?? [];
  return inputs.some((one) => factOf(e, one.value).constant !== undefined);
}

/**
 * Whether a loop starts to count from a constant of which the way to it has just said that something is equal to it.
 * LLVM makes a `switch` of such comparisons and puts what it is of in the place of the constant, or computes it anew from
 * its parts, of which the kernel knows nothing: for the kernel the loop does not end.
 */
function isCase(e: Emitter, from: Block, loop: BlockId, constant: bigint): boolean {
  const { blocks, position, predecessors } = cfgOf(e.fn.blocks);
  const place = (id: BlockId): number => position[id] ?? 0;
  if (!(predecessors[loop] ?? []).some((one) => place(one) >= place(loop))) return false;
  let [block, target] = [from, loop];
  for (let empty = 0; empty < mostEmpty && isEmpty(block); empty++) {
    const [before, other] = predecessors[block.id] ?? [];
    const above = before === undefined || other !== undefined ? undefined : blocks[before];
    if (!above) return false;
    [block, target] = [above, block.id];
  }
  const { instructions, terminator } = block;
  if (terminator.kind === "switch")
    return terminator.cases.some((one) => one.target === target && one.value === constant);
  if (terminator.kind !== "branch") return false;
  const compare = instructions.find((one) => one.id === terminator.condition);
  if (compare?.kind !== "compare" || factOf(e, compare.right).constant !== constant) return false;
  return compare.op === (terminator.then === target ? "eq" : "ne");
}

/** What an input that the IR does not name stands for; the validator lets none through. */
function missing(rep: Rep): string {
  return rep === "ptr" ? "null" : "0";
}

function edgesTo(terminator: Terminator, target: BlockId): number {
  if (terminator.kind !== "switch") return 1;
  const all = [...terminator.cases.map((one) => one.target), terminator.otherwise];
  return all.filter((one) => one === target).length;
}

export function emitTerminator(e: Emitter, from: BlockId, one: Terminator): void {
  setSpan(e, one.span);
  switch (one.kind) {
    case "jump":
      if (e.latches.has(from)) return emitLatch(e, labelOf(one.target));
      perform(e, `br label %${labelOf(one.target)}`);
      return;
    case "branch":
      emitBranch(e, one);
      return;
    case "switch":
      emitSwitch(e, one);
      return;
    case "return":
      emitReturn(e, one);
      return;
    case "unreachable":
      // LLVM's `unreachable` would let control run on into what lies behind.
      e.leaves = true;
      perform(e, "br label %leave");
      return;
    default:
      assertNever(one, "terminator");
  }
}

function emitBranch(e: Emitter, one: Branch): void {
  if (one.then === one.otherwise) {
    perform(e, `br label %${labelOf(one.then)}`);
    return;
  }
  const condition = as(e, operand(e, one.condition), "i1");
  const weights = one.unlikely === undefined ? "" : `, !prof ${one.unlikely === "then" ? "!0" : "!1"}`;
  perform(e, `br i1 ${condition}, label %${labelOf(one.then)}, label %${labelOf(one.otherwise)}${weights}`);
}

/** LLVM makes a tree of compares of it: tables are forbidden by the function's attribute. */
function emitSwitch(e: Emitter, one: Switch): void {
  const value = operand(e, one.value);
  const rep = value.rep === "i1" ? "i1" : value.bits === 32 && e.module.alu32 ? "i32" : "i64";
  const text = as(e, value, rep);
  const type = rep;
  const cases = one.cases.map(
    (each) => `${type} ${literal(each.value, rep)}, label %${labelOf(each.target)}`,
  );
  perform(e, `switch ${type} ${text}, label %${labelOf(one.otherwise)} [ ${cases.join(" ")} ]`);
}

function emitReturn(e: Emitter, one: Return): void {
  const type = returnType(e);
  if (type === "void") {
    perform(e, "ret void");
    return;
  }
  const value = one.value === undefined ? undefined : operand(e, one.value);
  const constant = value === undefined ? 0n : value.fact.constant;
  if (value !== undefined && constant === undefined) perform(e, `ret ${type} ${as(e, value, type)}`);
  else perform(e, `ret ${type} ${returnedConstant(e, constant ?? 0n, type)}`);
}

/** Where failed clamps and blocks proven unreachable go: out of the program, with 0. */
export function emitLeave(e: Emitter): void {
  const type = returnType(e);
  perform(e, type === "void" ? "ret void" : `ret ${type} ${returnedConstant(e, 0n, type)}`);
}

/**
 * A constant as LLVM may not see it. Otherwise it merges all returns into one and sets the result register before
 * each branch that leads there, an instruction on every path; this way a path that drops jumps to a block that does.
 */
function returnedConstant(e: Emitter, value: bigint, type: "i32" | "i64"): string {
  const wide = type === "i64" || !e.module.alu32;
  const result = opaqueHere(e, literal(value, wide ? "i64" : "i32"), wide ? "i64" : "i32");
  return wide && type === "i32" ? assign(e, `trunc i64 ${result} to i32`) : result;
}

export function returnType(e: Emitter): "i32" | "i64" | "void" {
  if (e.fn.linkage === "program") return "i32";
  return e.fn.result === undefined && e.fn.linkage !== "callback" ? "void" : "i64";
}
