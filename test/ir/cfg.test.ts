import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cfgOf } from "../../src/ir/cfg.js";
import { dominatorsOf, loopsOf } from "../../src/ir/dominators.js";
import type { Block } from "../../src/ir/ir.js";
import { span } from "../support/ir.js";
import { processorTime } from "../support/time.js";

function graph(edges: readonly (readonly number[])[]): Block[] {
  return edges.map((targets, id): Block => {
    const [first, second] = targets;
    if (first === undefined)
      return { id, phis: [], instructions: [], terminator: { kind: "return", value: undefined, span } };
    if (second === undefined)
      return { id, phis: [], instructions: [], terminator: { kind: "jump", target: first, span } };
    const terminator = {
      kind: "branch",
      condition: 0,
      then: first,
      otherwise: second,
      unlikely: undefined,
      span,
    } as const;
    return { id, phis: [], instructions: [], terminator };
  });
}

/** By the definition: `above` dominates `below` when the entry cannot reach `below` without `above`. */
function dominatesSlowly(edges: readonly (readonly number[])[], above: number, below: number): boolean {
  const seen = new Set<number>();
  const work = above === 0 ? [] : [0];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (seen.has(at) || at === above) continue;
    seen.add(at);
    work.push(...(edges[at] ?? []));
  }
  return !seen.has(below);
}

describe("control flow", () => {
  it("finds dominators as their definition does", () => {
    const arbitrary = fc.integer({ min: 1, max: 14 }).chain((n) =>
      fc.array(fc.array(fc.integer({ min: n > 1 ? 1 : 0, max: n - 1 }), { maxLength: 2 }), {
        minLength: n,
        maxLength: n,
      }),
    );
    fc.assert(
      fc.property(arbitrary, (edges) => {
        const cfg = cfgOf(graph(edges));
        const dominators = dominatorsOf(cfg);
        for (const above of cfg.order) {
          for (const below of cfg.order) {
            expect(dominators.dominates(above, below)).toBe(dominatesSlowly(edges, above, below));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives predecessors before their successors, back edges apart", () => {
    const cfg = cfgOf(graph([[1, 2], [3], [3], [1, 4], []]));
    expect(cfg.order).toEqual(
      [0, 2, 1, 3, 4]
        .filter((id) => cfg.order.includes(id))
        .sort((a, b) => (cfg.position[a] ?? 0) - (cfg.position[b] ?? 0)),
    );
    expect(cfg.position[4]).toBe(4);
  });

  it("finds nested loops and irreducible edges", () => {
    // 1 is an outer header, 2 an inner one that loops on itself.
    const cfg = cfgOf(graph([[1], [2, 5], [2, 3], [1, 4], [5], []]));
    const { loops, innermost, irreducible } = loopsOf(cfg, dominatorsOf(cfg));
    expect(loops.map((one) => [one.header, [...one.body].sort(), one.parent])).toEqual([
      [1, [1, 2, 3], undefined],
      [2, [2], 0],
    ]);
    expect(innermost[2]).toBe(1);
    expect(irreducible).toEqual([]);
    const crossed = cfgOf(graph([[1, 2], [2], [1, 3], []]));
    expect(loopsOf(crossed, dominatorsOf(crossed)).irreducible).toHaveLength(1);
  });

  it("stays fast on a chain of fifty thousand blocks that all leave to one", () => {
    const n = 50_000;
    const edges = Array.from({ length: n }, (_, at) =>
      at < n - 2 ? [n - 1, at + 1] : at === n - 2 ? [n - 1] : [],
    );
    const begun = processorTime();
    const dominators = dominatorsOf(cfgOf(graph(edges)));
    expect(dominators.immediate[n - 1]).toBe(0);
    expect(processorTime() - begun).toBeLessThan(2000);
  });
});
