/**
 * What a branch taken says of values, in the blocks that its edge dominates: truth values that are decided, integers
 * that equal a constant, packet bounds that hold or fail.
 */
import type { BlockId, Instruction, IrInt, Terminator, ValueId } from "../ir.js";
import { compareKey } from "./keys.js";
import { scope } from "./scope.js";

export interface Facts {
  /** The value that stands for `value` here: a constant, or itself. */
  readonly known: (value: ValueId) => ValueId;
  /** Whether a comparison of this key is decided here. */
  readonly decided: (key: number) => boolean | undefined;
  /** Whether `size` bytes from the pointer are known to be inside, or not to be. */
  readonly inside: (pointer: ValueId, size: number) => boolean | undefined;
  /** Takes in what holds on the edge to `target`, which has no other predecessor, or on this edge alone. */
  readonly assume: (terminator: Terminator, target: BlockId) => void;
  readonly mark: () => readonly number[];
  readonly undo: (mark: readonly number[]) => void;
}

export interface FactContext {
  readonly definition: (value: ValueId) => Instruction | undefined;
  readonly constant: (type: IrInt, value: bigint) => ValueId;
  readonly typeOf: (value: ValueId) => IrInt | undefined;
}

export const truth: IrInt = { kind: "int", bits: 1, signed: false };

export function makeFacts(context: FactContext): Facts {
  const values = scope<ValueId, ValueId>();
  const keys = scope<number, boolean>();
  const extents = scope<ValueId, number>();
  const failures = scope<ValueId, number>();

  const constantOf = (value: ValueId): bigint | undefined => {
    const found = context.definition(value);
    return found?.kind === "constant" ? found.value : undefined;
  };

  /** A packet pointer as a pointer and a constant number of bytes behind it. */
  const place = (pointer: ValueId): { root: ValueId; offset: number } => {
    let root = pointer;
    let offset = 0;
    for (
      let found = context.definition(root);
      found?.kind === "pointer-add";
      found = context.definition(root)
    ) {
      const by = constantOf(found.offset);
      if (by === undefined || by > 0x7fffn) break;
      offset += Number(by);
      root = found.pointer;
    }
    return { root, offset };
  };

  const learn = (condition: ValueId, holds: boolean): void => {
    const work: { value: ValueId; is: boolean }[] = [{ value: condition, is: holds }];
    for (let next = work.pop(); next; next = work.pop()) {
      const { value, is } = next;
      if (constantOf(value) !== undefined) continue;
      values.set(value, context.constant(truth, is ? 1n : 0n));
      const found = context.definition(value);
      if (!found) continue;
      if (found.kind === "binary" && found.op === (is ? "and" : "or")) {
        work.push({ value: found.left, is }, { value: found.right, is });
      } else if (found.kind === "binary" && found.op === "xor" && constantOf(found.right) === 1n) {
        work.push({ value: found.left, is: !is });
      } else if (found.kind === "compare") {
        const { key, positive } = compareKey(found);
        keys.set(key, is === positive);
        if (found.op === (is ? "eq" : "ne")) equate(found.left, found.right);
      } else if (found.kind === "packet-check") {
        const { root, offset } = place(found.pointer);
        const size = offset + found.size;
        if (is) extents.set(root, Math.max(size, extents.get(root) ?? 0));
        else failures.set(root, Math.min(size, failures.get(root) ?? Infinity));
      }
    }
  };

  const equate = (left: ValueId, right: ValueId): void => {
    if (constantOf(right) !== undefined && constantOf(left) === undefined) values.set(left, right);
    else if (constantOf(left) !== undefined && constantOf(right) === undefined) values.set(right, left);
  };

  return {
    known: (value) => values.get(value) ?? value,
    decided: (key) => keys.get(key),
    inside: (pointer, size) => {
      const { root, offset } = place(pointer);
      if (offset + size <= (extents.get(root) ?? 0)) return true;
      return offset + size >= (failures.get(root) ?? Infinity) ? false : undefined;
    },
    assume: (terminator, target) => {
      if (terminator.kind === "branch" && terminator.then !== terminator.otherwise) {
        learn(terminator.condition, terminator.then === target);
      } else if (terminator.kind === "switch" && terminator.otherwise !== target) {
        const cases = terminator.cases.filter((one) => one.target === target);
        const type = context.typeOf(terminator.value);
        const only = cases.length === 1 ? cases[0] : undefined;
        if (only && type) values.set(terminator.value, context.constant(type, only.value));
      }
    },
    mark: () => [values.mark(), keys.mark(), extents.mark(), failures.mark()],
    undo: (mark) => {
      values.undo(mark[0] ?? 0);
      keys.undo(mark[1] ?? 0);
      extents.undo(mark[2] ?? 0);
      failures.undo(mark[3] ?? 0);
    },
  };
}
