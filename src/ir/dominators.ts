/** The dominator tree and the natural loops of a function. */
import type { BlockId, IrFunction } from "./ir.js";
import { cfgOf, type Cfg } from "./cfg.js";

/** Arrays are indexed by block id; unreachable blocks are in no tree. */
export interface Dominators {
  /** The immediate dominator; undefined for the entry and for unreachable blocks. */
  readonly immediate: readonly (BlockId | undefined)[];
  /** The blocks a block immediately dominates, in reverse postorder. */
  readonly children: readonly (readonly BlockId[])[];
  /** How far a block is from the entry in the tree. */
  readonly depth: readonly number[];
  /** Whether every path from the entry to `below` passes `above` (a block dominates itself). */
  readonly dominates: (above: BlockId, below: BlockId) => boolean;
}

/**
 * Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005): simple, and near-linear
 * on the long chains of rules that all leave to one block, where the iterative algorithm is quadratic.
 */
export function dominatorsOf(cfg: Cfg): Dominators {
  let tree = known.get(cfg.order);
  if (!tree) known.set(cfg.order, (tree = makeDominators(cfg)));
  return tree;
}

/** By the order of blocks, which functions with the same edges share. */
const known = new WeakMap<Cfg["order"], Dominators>();

function makeDominators(cfg: Cfg): Dominators {
  const limit = cfg.blocks.length;
  const { vertex, number, parent } = depthFirst(cfg);
  const count = vertex.length;
  const semi = Int32Array.from(parent);
  const label = Int32Array.from({ length: count }, (_, at) => at);
  const ancestor = Int32Array.from(parent);

  /** The node of least semidominator on the linked path above `node`; nodes from `linked` on are linked. */
  const evaluate = (node: number, linked: number): number => {
    if (node < linked) return label[node] ?? node;
    const path: number[] = [];
    for (let at = node; at >= linked; at = ancestor[at] ?? 0) path.push(at);
    let above = path.pop() ?? node;
    const root = ancestor[above] ?? 0;
    for (let at = path.pop(); at !== undefined; at = path.pop()) {
      ancestor[at] = root;
      const best = label[above] ?? above;
      if ((semi[best] ?? 0) < (semi[label[at] ?? at] ?? 0)) label[at] = best;
      above = at;
    }
    return label[node] ?? node;
  };

  for (let node = count - 1; node >= 1; node--) {
    let best = parent[node] ?? 0;
    for (const predecessor of cfg.predecessors[vertex[node] ?? 0] ?? []) {
      const from = evaluate(number[predecessor] ?? 0, node + 1);
      const candidate = from <= node ? from : (semi[from] ?? 0);
      if (candidate < best) best = candidate;
    }
    semi[node] = best;
  }
  const idom = Int32Array.from(parent);
  for (let node = 1; node < count; node++) {
    let at = idom[node] ?? 0;
    while (at > (semi[node] ?? 0)) at = idom[at] ?? 0;
    idom[node] = at;
  }

  const immediate = Array.from<BlockId | undefined>({ length: limit });
  for (let node = 1; node < count; node++) immediate[vertex[node] ?? 0] = vertex[idom[node] ?? 0];
  return treeOf(cfg, immediate);
}

function depthFirst(cfg: Cfg): { vertex: number[]; number: Int32Array; parent: Int32Array } {
  const number = new Int32Array(cfg.blocks.length).fill(-1);
  const vertex: number[] = [];
  const parent: number[] = [];
  const stack: { block: BlockId; from: number }[] =
    cfg.order.length > 0 ? [{ block: cfg.entry, from: 0 }] : [];
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (number[top.block] !== -1) continue;
    const at = vertex.length;
    number[top.block] = at;
    vertex.push(top.block);
    parent.push(top.from);
    for (const next of cfg.successors[top.block] ?? []) {
      if (number[next] === -1) stack.push({ block: next, from: at });
    }
  }
  return { vertex, number, parent: Int32Array.from(parent) };
}

function treeOf(cfg: Cfg, immediate: readonly (BlockId | undefined)[]): Dominators {
  const limit = cfg.blocks.length;
  const children: BlockId[][] = Array.from({ length: limit }, () => []);
  const depth = Array.from({ length: limit }, () => 0);
  for (const id of cfg.order) {
    const above = immediate[id];
    if (above === undefined) continue;
    children[above]?.push(id);
    depth[id] = (depth[above] ?? 0) + 1;
  }
  const enter = new Int32Array(limit).fill(-1);
  const leave = new Int32Array(limit).fill(-1);
  let clock = 0;
  const stack: { id: BlockId; next: number }[] = cfg.order.length > 0 ? [{ id: cfg.entry, next: 0 }] : [];
  if (stack.length > 0) enter[cfg.entry] = clock++;
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const child = children[top.id]?.[top.next++];
    if (child === undefined) {
      leave[top.id] = clock++;
      stack.pop();
    } else {
      enter[child] = clock++;
      stack.push({ id: child, next: 0 });
    }
  }
  const dominates = (above: BlockId, below: BlockId): boolean => {
    const from = enter[above] ?? -1;
    const to = enter[below] ?? -1;
    return from !== -1 && to !== -1 && from <= to && (leave[below] ?? 0) <= (leave[above] ?? 0);
  };
  return { immediate, children, depth, dominates };
}

/** A natural loop: all blocks that reach a back edge to `header` without leaving through it. */
export interface Loop {
  readonly header: BlockId;
  /** The sources of the back edges. */
  readonly latches: readonly BlockId[];
  readonly body: ReadonlySet<BlockId>;
  /** The index of the innermost loop around this one in `Loops.loops`. */
  readonly parent: number | undefined;
}

export interface Loops {
  /** Outer loops before the loops inside them. */
  readonly loops: readonly Loop[];
  /** By block id, the index of the innermost loop a block is in. */
  readonly innermost: readonly (number | undefined)[];
  /** Back edges into the middle of a cycle: control flow that no source construct gives. */
  readonly irreducible: readonly { readonly from: BlockId; readonly to: BlockId }[];
}

export function loopsOf(cfg: Cfg, dominators: Dominators): Loops {
  const latchesOf = new Map<BlockId, BlockId[]>();
  const irreducible: { from: BlockId; to: BlockId }[] = [];
  for (const from of cfg.order) {
    for (const to of cfg.successors[from] ?? []) {
      if ((cfg.position[to] ?? 0) > (cfg.position[from] ?? 0)) continue;
      if (!dominators.dominates(to, from)) irreducible.push({ from, to });
      else if (latchesOf.has(to)) latchesOf.get(to)?.push(from);
      else latchesOf.set(to, [from]);
    }
  }
  const innermost = Array.from<number | undefined>({ length: cfg.blocks.length });
  const loops: Loop[] = [];
  for (const header of cfg.order) {
    const latches = latchesOf.get(header);
    if (!latches) continue;
    const body = loopBody(cfg, header, latches);
    const index = loops.length;
    loops.push({ header, latches, body, parent: innermost[header] });
    for (const id of body) innermost[id] = index;
  }
  return { loops, innermost, irreducible };
}

function loopBody(cfg: Cfg, header: BlockId, latches: readonly BlockId[]): ReadonlySet<BlockId> {
  const body = new Set<BlockId>([header]);
  const work = [...latches];
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    if (body.has(id)) continue;
    body.add(id);
    work.push(...(cfg.predecessors[id] ?? []));
  }
  return body;
}

/** The blocks of a function that some loop passes again, of which this holds. */
export function blocksInLoops(
  fn: IrFunction,
  holds: (loop: Loop) => boolean = () => true,
): ReadonlySet<BlockId> {
  const cfg = cfgOf(fn.blocks);
  return new Set(
    loopsOf(cfg, dominatorsOf(cfg))
      .loops.filter(holds)
      .flatMap((loop) => [...loop.body]),
  );
}
