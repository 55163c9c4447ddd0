/** Edges, operands and block orders of the IR: what every pass over a function starts from. */
import { assertNever } from "../base/invariant.js";
import type { Block, BlockId, Instruction, IrFunction, MemoryOperand, Terminator, ValueId } from "./ir.js";

/** Calls `visit` for every value that `one` reads, in a fixed order, repetitions included. */
export function forEachOperand(one: Instruction, visit: (value: ValueId) => void): void {
  switch (one.kind) {
    case "constant":
    case "null":
    case "stack-slot":
    case "global-address":
    case "map-address":
    case "function-address":
    case "field-info":
      return;
    case "binary":
    case "compare":
    case "pointer-difference":
      visit(one.left);
      visit(one.right);
      return;
    case "convert":
    case "swap-bytes":
    case "forget":
    case "bounded":
      visit(one.value);
      return;
    case "select":
      visit(one.condition);
      visit(one.then);
      visit(one.otherwise);
      return;
    case "kernel-load":
      visit(one.address);
      return;
    case "is-null":
    case "address-of":
    case "load":
    case "zero":
      visit(one.pointer);
      return;
    case "context-load":
    case "packet-pointer":
      visit(one.context);
      return;
    case "packet-check":
      visit(one.pointer);
      visit(one.end);
      return;
    case "pointer-add":
      visit(one.pointer);
      visit(one.offset);
      return;
    case "store":
    case "atomic":
      visit(one.pointer);
      visit(one.value);
      return;
    case "copy":
      visit(one.to);
      visit(one.from);
      return;
    case "map-lookup":
    case "map-delete":
      forEachMemoryOperand(one.key, visit);
      return;
    case "map-update":
      forEachMemoryOperand(one.key, visit);
      forEachMemoryOperand(one.value, visit);
      return;
    case "helper":
      for (const argument of one.arguments) {
        if (argument.kind === "value") visit(argument.value);
        else forEachMemoryOperand(argument.memory, visit);
      }
      return;
    case "call":
      for (const argument of one.arguments) visit(argument);
      return;
    default:
      assertNever(one, "instruction");
  }
}

function forEachMemoryOperand(memory: MemoryOperand, visit: (value: ValueId) => void): void {
  if (memory.kind === "pointer") visit(memory.pointer);
  else for (const part of memory.parts) visit(part.value);
}

/** The value a terminator reads, if any. */
export function terminatorOperand(terminator: Terminator): ValueId | undefined {
  switch (terminator.kind) {
    case "branch":
      return terminator.condition;
    case "switch":
    case "return":
      return terminator.value;
    case "jump":
    case "unreachable":
      return undefined;
    default:
      return assertNever(terminator, "terminator");
  }
}

/** Whether it becomes a call: of a helper, of a function, or of what a map does. */
export function isCall({ kind }: Instruction): boolean {
  return (
    kind === "helper" ||
    kind === "call" ||
    kind === "map-lookup" ||
    kind === "map-update" ||
    kind === "map-delete"
  );
}

/** The blocks a terminator may go to, each once. */
export function successorsOf(terminator: Terminator): readonly BlockId[] {
  switch (terminator.kind) {
    case "jump":
      return [terminator.target];
    case "branch":
      return terminator.then === terminator.otherwise
        ? [terminator.then]
        : [terminator.then, terminator.otherwise];
    case "switch":
      return [...new Set([...terminator.cases.map((one) => one.target), terminator.otherwise])];
    case "return":
    case "unreachable":
      return [];
    default:
      return assertNever(terminator, "terminator");
  }
}

/** The control flow of one function. Arrays are indexed by block id; unreachable blocks have no position. */
export interface Cfg {
  readonly entry: BlockId;
  readonly blocks: readonly (Block | undefined)[];
  readonly successors: readonly (readonly BlockId[])[];
  /** Reachable predecessors, each once, in block order. */
  readonly predecessors: readonly (readonly BlockId[])[];
  /** Reachable blocks in reverse postorder: back edges apart, predecessors come first. */
  readonly order: readonly BlockId[];
  /** A block's place in `order`, -1 when it is unreachable. */
  readonly position: readonly number[];
}

/** Functions are never changed in place: the passes that look at the same one share what is found here. */
const known = new WeakMap<readonly Block[], Cfg>();

export function cfgOf(blocks: readonly Block[]): Cfg {
  let cfg = known.get(blocks);
  if (!cfg) known.set(blocks, (cfg = makeCfg(blocks)));
  return cfg;
}

/** For blocks with the ids, the order and the edges that `before` has: what is found of edges holds of both. */
export function shareCfg(before: readonly Block[], after: readonly Block[]): void {
  const of = cfgOf(before);
  const byId: (Block | undefined)[] = of.blocks.map(() => undefined);
  for (const block of after) byId[block.id] = block;
  known.set(after, { ...of, blocks: byId });
}

const nowhere: readonly BlockId[] = [];

function makeCfg(blocks: readonly Block[]): Cfg {
  let limit = 0;
  for (const { id } of blocks) if (id >= limit) limit = id + 1;
  const byId: (Block | undefined)[] = [];
  const successors: (readonly BlockId[])[] = [];
  const predecessors: BlockId[][] = [];
  const position: number[] = [];
  for (let id = 0; id < limit; id++) {
    byId.push(undefined);
    successors.push(nowhere);
    predecessors.push([]);
    position.push(-1);
  }
  for (const block of blocks) {
    byId[block.id] = block;
    successors[block.id] = successorsOf(block.terminator);
  }
  const entry = blocks[0]?.id ?? 0;
  const order = reversePostorder(entry, successors);
  for (let at = 0; at < order.length; at++) position[order[at] ?? 0] = at;
  for (const block of blocks) {
    if (position[block.id] === -1) continue;
    for (const next of successors[block.id] ?? []) predecessors[next]?.push(block.id);
  }
  return { entry, blocks: byId, successors, predecessors, order, position };
}

/** Without recursion: generated scripts have chains of tens of thousands of blocks. */
function reversePostorder(entry: BlockId, successors: readonly (readonly BlockId[])[]): BlockId[] {
  const postorder: BlockId[] = [];
  if (successors.length === 0) return postorder;
  const seen = new Uint8Array(successors.length);
  const taken = new Int32Array(successors.length);
  const stack: BlockId[] = [entry];
  seen[entry] = 1;
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const targets = successors[top] ?? nowhere;
    // The last successor first, so that in the final order the first one (`then`) follows its branch.
    const at = taken[top] ?? 0;
    const target = targets[targets.length - 1 - at];
    if (target === undefined) {
      postorder.push(top);
      stack.pop();
      continue;
    }
    taken[top] = at + 1;
    if (seen[target] === 1 || target >= successors.length) continue;
    seen[target] = 1;
    stack.push(target);
  }
  return postorder.reverse();
}

/** One more than the largest value id in use: the first that is free, and the length of an array by value. */
export function valueLimit(fn: IrFunction): number {
  let greatest = -1;
  const see = (list: readonly { readonly id: ValueId }[]): void => {
    for (let at = 0; at < list.length; at++) {
      const id = list[at]?.id ?? -1;
      if (id > greatest) greatest = id;
    }
  };
  see(fn.parameters);
  for (const { phis, instructions } of fn.blocks) {
    see(phis);
    see(instructions);
  }
  return greatest + 1;
}
