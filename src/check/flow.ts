/**
 * What is known at one point of a body: an immutable value, joined where paths meet.
 *
 * Facts are kept for paths, written as strings that name every part: `#12;` is the local declared by node 12,
 * `@7;` a map or global, `.tcp;` a member, `[…]` an index. Assigning to a part kills every fact that mentions it.
 * Facts are conservative: what is not known on every incoming path is not known.
 */
import type { Span } from "../base/span.js";
import type { NodeId } from "../syntax/ast.js";

export type Fact = "present" | "null";

/** Why a reference into the packet may not be used any more. */
export interface Death {
  /** The call that moved the packet. */
  readonly span: Span;
  readonly what: string;
}

export interface Flow {
  readonly reachable: boolean;
  readonly facts: ReadonlyMap<string, Fact>;
  /** A local's path → the stable path it was made from. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Locals, by the node id of their name, that may not have a value yet. */
  readonly unassigned: ReadonlySet<NodeId>;
  /** Locals that referred into a packet that has moved. */
  readonly dead: ReadonlyMap<NodeId, Death>;
}

export const startFlow: Flow = {
  reachable: true,
  facts: new Map(),
  aliases: new Map(),
  unassigned: new Set(),
  dead: new Map(),
};

export function unreachable(flow: Flow): Flow {
  return flow.reachable ? { ...flow, reachable: false } : flow;
}

export function localPath(id: NodeId): string {
  return `#${id};`;
}

export function globalPath(id: NodeId): string {
  return `@${id};`;
}

/** Learns a fact of a path and of what is another name for it. */
export function learn(flow: Flow, path: string, fact: Fact): Flow {
  if (flow.facts.get(path) === fact) return flow;
  const facts = new Map(flow.facts);
  facts.set(path, fact);
  const origin = flow.aliases.get(path);
  if (origin !== undefined) facts.set(origin, fact);
  for (const [alias, from] of flow.aliases) if (from === path || from === origin) facts.set(alias, fact);
  return { ...flow, facts };
}

export function addAlias(flow: Flow, local: string, origin: string): Flow {
  const aliases = new Map(flow.aliases);
  aliases.set(local, origin);
  return { ...flow, aliases };
}

/** Forgets all that mentions any of these parts. */
export function forget(flow: Flow, parts: readonly string[]): Flow {
  if (parts.length === 0) return flow;
  const mentions = (path: string): boolean => parts.some((part) => path.includes(part));
  const facts = new Map([...flow.facts].filter(([path]) => !mentions(path)));
  const aliases = new Map([...flow.aliases].filter(([path, origin]) => !mentions(path) && !mentions(origin)));
  if (facts.size === flow.facts.size && aliases.size === flow.aliases.size) return flow;
  return { ...flow, facts, aliases };
}

export function markUnassigned(flow: Flow, id: NodeId): Flow {
  return { ...flow, unassigned: new Set([...flow.unassigned, id]) };
}

export function markAssigned(flow: Flow, id: NodeId): Flow {
  if (!flow.unassigned.has(id) && !flow.dead.has(id)) return flow;
  return {
    ...flow,
    unassigned: new Set([...flow.unassigned].filter((one) => one !== id)),
    dead: new Map([...flow.dead].filter(([one]) => one !== id)),
  };
}

export function markDead(flow: Flow, ids: readonly NodeId[], death: Death): Flow {
  if (ids.length === 0) return flow;
  const dead = new Map(flow.dead);
  for (const id of ids) if (!dead.has(id)) dead.set(id, death);
  return { ...flow, dead };
}

/** What holds whichever way was taken. */
export function join(a: Flow, b: Flow): Flow {
  if (!a.reachable || a === b) return b;
  if (!b.reachable) return a;
  return {
    reachable: true,
    facts: a.facts === b.facts ? a.facts : both(a.facts, b.facts),
    aliases: a.aliases === b.aliases ? a.aliases : both(a.aliases, b.aliases),
    unassigned: a.unassigned === b.unassigned ? a.unassigned : new Set([...a.unassigned, ...b.unassigned]),
    dead: a.dead === b.dead ? a.dead : new Map([...b.dead, ...a.dead]),
  };
}

export function joinAll(first: Flow, rest: readonly Flow[]): Flow {
  return rest.reduce(join, first);
}

function both<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  const shared = new Map<string, V>();
  for (const [key, value] of a) if (b.get(key) === value) shared.set(key, value);
  return shared;
}

/** Whether nothing more is known in `a` than in `b`: the fixed point of a loop. */
export function sameFlow(a: Flow, b: Flow): boolean {
  return (
    a.reachable === b.reachable &&
    a.facts.size === b.facts.size &&
    a.aliases.size === b.aliases.size &&
    a.unassigned.size === b.unassigned.size &&
    a.dead.size === b.dead.size
  );
}
