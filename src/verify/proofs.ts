/**
 * What the verifier hands to code generation. Values are canonical (`src/ir/ir.ts`), seen as 64 bits: an `i32` of -1
 * has the unsigned range 2^64-1 and the signed range -1.
 */
import type { Span } from "../base/span.js";
import type { Loop } from "../ir/dominators.js";
import type { BlockId, FunctionId, ValueId } from "../ir/ir.js";
import type { Range } from "./range/range.js";

export interface Proofs {
  readonly functions: ReadonlyMap<FunctionId, FunctionProofs>;
}

export interface FunctionProofs {
  /** By the id of a `bounded`. */
  readonly bounded: ReadonlyMap<ValueId, BoundProof>;
  /** By the id of a `pointer-add`: of its offset. */
  readonly offsets: ReadonlyMap<ValueId, BoundProof>;
  /** By the header block of the loop. */
  readonly loops: ReadonlyMap<BlockId, LoopProof>;
  /** The heads of loops in which the kernel has to be made to keep a state in each turn (cost/pace.ts). */
  readonly paced: ReadonlySet<BlockId>;
  /** Bytes of stack of this function's own frame, estimated. */
  readonly stack: number;
  /** Blocks that ranges prove to be never reached. */
  readonly unreachable: ReadonlySet<BlockId>;
}

/** So much a kernel walks through in a loop before it keeps a state (`is_state_visited`, kernel/bpf/verifier.c). */
export const jumpsInTurn = 20;
export const instructionsInTurn = 100;

export interface BoundProof {
  /** What holds of the value at this place: `umin`..`umax`, `smin`..`smax`, and the bits known. */
  readonly range: Range;
  /**
   * How the kernel, which is not relational and forgets through byte swaps, `%` and merged copies, comes to know
   * `range.umax`:
   * - `"definition"`: from the arithmetic that gives the value (a narrow load, a mask, a shift). Nothing to emit.
   * - `"guard"`: from a comparison of this very value with a constant on every path. Keep the guard on one register.
   * - `"none"`: it would not. Emit a clamp to `range.umax` at the use; its failing edge is dead.
   */
  readonly kernel: "definition" | "guard" | "none";
  /** `kernel` is `"definition"`: no clamp is needed, whatever LLVM does. */
  readonly kernelKnows: boolean;
}

export interface LoopProof {
  readonly header: BlockId;
  /** How often the back edges are taken at most, in one entry of the loop. */
  readonly trips: bigint;
  /** The value that bounds it. */
  readonly counter: ValueId;
  /** What decides how often it runs and is no constant: the other sides of its exits' comparisons, where values start. */
  readonly limits: readonly LoopLimit[];
}

/** A loop of which the kernel would have to follow too much. */
export interface HeavyLoop {
  /** Of what decides whether it goes on. */
  readonly span: Span;
  /** How often its head is passed at most, in one entry. */
  readonly turns: bigint;
}

/** The kernel walks on until it knows that a loop ends: what it does not see of `max` has to be shown to it. */
export type LoopLimit =
  /** The `side` of a comparison on which the loop is left. */
  | {
      readonly kind: "exit";
      readonly compare: ValueId;
      readonly side: "left" | "right";
      readonly value: ValueId;
      readonly max: bigint;
    }
  /** A comparison with a constant on `side`, which a counter that does not start from one comes to. */
  | {
      readonly kind: "until";
      readonly compare: ValueId;
      readonly side: "left" | "right";
      readonly counter: ValueId;
    }
  /** What the phi of the loop's head is when the loop is entered from `block`. */
  | {
      readonly kind: "start";
      readonly phi: ValueId;
      readonly block: BlockId;
      readonly value: ValueId;
      readonly max: bigint;
    };

/** How often the head of each loop is passed at most, with the turns of the loops around it; in the order of `loops`. */
export function turnsOf(loops: readonly Loop[], proofs: FunctionProofs | undefined): readonly number[] {
  const turns: number[] = [];
  for (const { header, parent } of loops) {
    const own = Number(proofs?.loops.get(header)?.trips ?? 0n) + 1;
    turns.push(own * (parent === undefined ? 1 : (turns[parent] ?? 1)));
  }
  return turns;
}

/** What is known of a value in a block; undefined for pointers and in blocks never reached. */
export type RangeAt = (fn: FunctionId, block: BlockId, value: ValueId) => Range | undefined;
