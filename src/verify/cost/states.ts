/**
 * States in which a block was entered, as the kernel keeps them (`is_state_visited`, kernel/bpf/verifier.c): what comes
 * there again in a state that an older one covers need not be followed. Integers are compared only where their value
 * mattered for what came behind ("precise"), pointers always.
 */
import type { ValueId } from "../../ir/ir.js";
import type { Facts } from "./facts.js";
import type { BlockPlan } from "./plan.js";

export interface State {
  readonly parent: State | undefined;
  /** Its place on the path that was walked. */
  readonly at: number;
  readonly block: BlockPlan;
  /** Bounds of the integers that are alive, in the order of the plan. */
  readonly integers: readonly number[];
  /** Six numbers for each pointer that is alive. */
  readonly pointers: readonly number[];
  /** Integers whose value decided something behind. */
  readonly precise: Set<ValueId>;
  /** How many ways from here are not walked to their end. */
  open: number;
  hits: number;
  misses: number;
}

const perPointer = 6;

export function takeState(block: BlockPlan, facts: Facts, parent: State | undefined, at: number): State {
  const { integers, pointers } = block;
  const values: number[] = [];
  for (let i = 0; i < integers.length; i++) {
    const value = integers[i] ?? 0;
    values.push(facts.low[value] ?? 0, facts.high[value] ?? 0);
  }
  const places: number[] = [];
  for (let i = 0; i < pointers.length; i++) {
    const value = pointers[i] ?? 0;
    const of = facts.family[value] ?? 0;
    places.push(
      facts.low[value] ?? 0,
      facts.high[value] ?? 0,
      of,
      facts.nearest[value] ?? 0,
      facts.farthest[value] ?? 0,
      of >= 0 ? (facts.extents[of] ?? 0) : 0,
    );
  }
  return {
    parent,
    at,
    block,
    integers: values,
    pointers: places,
    precise: new Set(),
    open: 1,
    hits: 0,
    misses: 0,
  };
}

/** Whether all that can happen from here was seen from `old`; otherwise the value that keeps them apart. */
export function differs(old: State, facts: Facts): ValueId | undefined {
  const { integers, pointers } = old.block;
  for (let i = 0; i < pointers.length; i++) {
    const value = pointers[i] ?? 0;
    const base = i * perPointer;
    if (old.pointers[base] !== facts.low[value] || old.pointers[base + 1] !== facts.high[value]) return value;
    const of = facts.family[value] ?? 0;
    const before = old.pointers[base + 2] ?? 0;
    if (of < 0 || before < 0) {
      if (of !== before) return value;
      continue;
    }
    if ((old.pointers[base + 3] ?? 0) > (facts.nearest[value] ?? 0)) return value;
    if ((old.pointers[base + 4] ?? 0) < (facts.farthest[value] ?? 0)) return value;
    if ((old.pointers[base + 5] ?? 0) > (facts.extents[of] ?? 0)) return value;
  }
  for (const value of old.precise) {
    const at = integers.indexOf(value);
    if (at < 0) continue;
    if ((old.integers[2 * at] ?? 0) > (facts.low[value] ?? 0)) return value;
    if ((old.integers[2 * at + 1] ?? 0) < (facts.high[value] ?? 0)) return value;
  }
  return undefined;
}
