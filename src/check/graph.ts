/** The protocol graph as one module sees it: which layers can stand inside which. */
import { packetFacts } from "../kernel/programs.js";
import { lookup, visible } from "../resolve/index.js";
import type { Context, HeaderGraphCache } from "./context.js";
import type { Header } from "./types.js";

/** Headers a module can name, by layer name. */
export function layersInSight(cx: Context): HeaderGraphCache {
  const known = cx.root.graphs.get(cx.module);
  if (known) return known;
  const byLayer = new Map<string, Header>();
  for (const [, { declaration }] of visible(cx.root.resolved, cx.module)) {
    const header = cx.root.headers.get(declaration);
    if (header) byLayer.set(header.layer, header);
  }
  const cache: HeaderGraphCache = { byLayer, inside: new Map() };
  cx.root.graphs.set(cx.module, cache);
  return cache;
}

/** The header every packet of a hook starts with. */
export function rootHeader(cx: Context, hook: string): Header | undefined {
  const name = packetFacts(hook)?.root;
  const binding = name === undefined ? undefined : lookup(cx.root.resolved, cx.module, name);
  const named = binding && cx.root.headers.get(binding.declaration);
  if (named) return named;
  return [...layersInSight(cx).byLayer.values()].find((header) => header.parents.length === 0);
}

/** Headers that may directly follow one. */
function children(cx: Context, header: Header): readonly Header[] {
  const found: Header[] = [];
  const after = header.continues ? [header, header.continues.header] : [header];
  for (const other of cx.root.headers.values()) {
    if (other.parents.some((parent) => after.includes(parent.header))) found.push(other);
  }
  if (header.next) found.push(header.next);
  return found;
}

/** Every header that can stand somewhere inside one. */
export function insideOf(cx: Context, header: Header): ReadonlySet<Header> {
  const { inside } = layersInSight(cx);
  const known = inside.get(header);
  if (known) return known;
  const found = new Set<Header>();
  const queue = [header];
  for (let one = queue.pop(); one; one = queue.pop()) {
    for (const child of children(cx, one)) {
      if (found.has(child)) continue;
      found.add(child);
      queue.push(child);
    }
  }
  inside.set(header, found);
  return found;
}
