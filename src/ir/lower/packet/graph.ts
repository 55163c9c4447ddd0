/**
 * The protocol graph, asked from one layer (or from the packet's start): which headers may follow, and how deep.
 * An edge whose child is no deeper than its parent starts an inner packet and is not followed from here.
 */
import { defined } from "../../../base/invariant.js";
import type { Header } from "../../../check/types.js";
import type { Expression } from "../../../syntax/ast.js";

/** A way from a header to one that follows it. */
export interface Edge {
  readonly from: Header;
  readonly to: Header;
  readonly when: Expression | undefined;
}

export interface Graph {
  readonly headers: readonly Header[];
  /** In declaration order, continuing headers included. */
  readonly children: ReadonlyMap<Header, readonly Edge[]>;
  /** The tags and extension headers that may stand between a header and its next layer. */
  readonly continuations: ReadonlyMap<Header, readonly Edge[]>;
}

export function protocolGraph(headers: readonly Header[]): Graph {
  const children = new Map<Header, Edge[]>(headers.map((one) => [one, []]));
  const continuations = new Map<Header, Edge[]>(headers.map((one) => [one, []]));
  for (const to of headers) {
    for (const parent of to.parents) {
      const edge: Edge = { from: parent.header, to, when: parent.when };
      if (to.continues?.header === parent.header)
        defined(continuations.get(parent.header), "header").push(edge);
      else defined(children.get(parent.header), "header").push(edge);
    }
  }
  for (const from of headers) {
    if (from.next) defined(children.get(from), "header").push({ from, to: from.next, when: undefined });
  }
  return { headers, children, continuations };
}

/** How deep each header lies below `root`, which is at 0; a tag or extension header is half a step below its owner. */
export function depthsFrom(graph: Graph, root: Header): ReadonlyMap<Header, number> {
  const depths = new Map<Header, number>([[root, 0]]);
  let frontier: Header[] = [root];
  // What follows a tag is what follows its owner.
  if (root.continues) {
    for (const edge of followers(graph, root)) if (!depths.has(edge.to)) addDepth(edge.to, 1);
    for (const edge of graph.continuations.get(root.continues.header) ?? []) {
      if (!depths.has(edge.to)) depths.set(edge.to, 0.5);
    }
  }
  function addDepth(header: Header, depth: number): void {
    depths.set(header, depth);
    frontier.push(header);
  }
  for (let depth = 0; frontier.length > 0; depth++) {
    const level = frontier;
    frontier = [];
    for (const header of level) {
      const own = defined(depths.get(header), "depth");
      for (const edge of graph.continuations.get(header) ?? []) {
        if (!depths.has(edge.to)) depths.set(edge.to, own + 0.5);
      }
      for (const edge of followers(graph, header))
        if (!depths.has(edge.to)) addDepth(edge.to, Math.floor(own) + 1);
    }
  }
  return depths;
}

/** The edges out of a header; out of a tag, those of the header it continues. */
export function followers(graph: Graph, header: Header): readonly Edge[] {
  const own = graph.children.get(header) ?? [];
  return header.continues ? [...own, ...(graph.children.get(header.continues.header) ?? [])] : own;
}
