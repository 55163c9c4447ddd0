/**
 * Phis of one block belong together: once a test has told which of the edges into the block can have been taken (a
 * state that says which layer was found), the block's other phis have their values from those edges only, and what
 * was known on those edges holds. The kernel sees the same by walking each path.
 */
import type { BlockId, ValueId } from "../../ir/ir.js";
import { join, meet, type Range } from "../range/range.js";
import { joinInputs, type Edge } from "./edges.js";
import type { FunctionIndex } from "./index-function.js";
import type { Knowledge } from "./knowledge.js";
import { table, type Table } from "./table.js";

export interface Correlations {
  /** Edges into a block that may have been taken; without an entry all of them. */
  readonly possible: Table<readonly Edge[]>;
  /** The value that a phi is here, where only one edge is left. */
  readonly aliases: Table<ValueId>;
  /** Takes in that the phi has this range: some edges may be out. */
  readonly refined: (phi: ValueId, range: Range) => void;
}

/** The edges into a block whose phis may be told apart; undefined for loop heads and wide joins. */
export type EdgesInto = (block: BlockId) => readonly Edge[] | undefined;

export function makeCorrelations(
  index: FunctionIndex,
  known: () => Knowledge,
  edgesInto: EdgesInto,
): Correlations {
  const possible = table<readonly Edge[]>();
  const aliases = table<ValueId>();

  const refined = (phi: ValueId, range: Range): void => {
    const alias = aliases.get(phi);
    if (alias !== undefined) {
      known().refine(alias, range);
      return;
    }
    const block = index.home(phi);
    const before = possible.get(block) ?? edgesInto(block);
    const phis = index.block(block)?.phis ?? [];
    const at = phis.findIndex((one) => one.id === phi);
    if (!before || at < 0) return;
    const left = before.filter((edge) => {
      const input = edge.inputs[at]?.range;
      return !input || meet(input, range) !== undefined;
    });
    if (left.length === before.length) return;
    if (left.length === 0) {
      known().contradict();
      return;
    }
    possible.set(block, left);
    const only = left.length === 1 ? left[0] : undefined;
    phis.forEach((one, place) => {
      const joined = joinInputs(left.flatMap((edge) => edge.inputs[place] ?? []));
      if (!joined) return;
      if (joined.nonNull) known().nonNull.set(one.id, true);
      if (joined.extent > (known().extents.get(one.id) ?? 0)) known().extents.set(one.id, joined.extent);
      if (only) aliases.set(one.id, joined.value);
      if (only && one.type.kind === "int") known().refine(joined.value, known().range(one.id));
      if (joined.range) known().refine(one.id, joined.range);
    });
    inherit(left);
  };

  /** What all the edges left agree on. */
  const inherit = (edges: readonly Edge[]): void => {
    const [first, ...others] = edges;
    if (!first?.facts || others.some((edge) => !edge.facts)) return;
    for (const [value, range] of first.facts.ranges) {
      let joined: Range | undefined = range;
      for (const edge of others) {
        const found: Range | undefined = edge.facts?.ranges.get(value);
        joined = found && joined && join(joined, found);
      }
      if (joined) known().refine(value, joined);
    }
    for (const value of first.facts.nonNull) {
      if (others.every((edge) => edge.facts?.nonNull.has(value))) known().nonNull.set(value, true);
    }
    for (const [root, size] of first.facts.extents) {
      const least = others.reduce((so, edge) => Math.min(so, edge.facts?.extents.get(root) ?? 0), size);
      if (least > (known().extents.get(root) ?? 0)) known().extents.set(root, least);
    }
  };

  return { possible, aliases, refined };
}
