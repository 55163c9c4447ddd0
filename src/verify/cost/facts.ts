/** What is known on the path that is walked, with the way back to the last place where another was left. */
import { apartSums } from "../../ir/apart-sums.js";
import type { CompareOp, Instruction, IrType, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";
import { copiesIn } from "./copies.js";
import { computed, decide, mirrored, narrowed, type Bounds, type Interval } from "./intervals.js";
import type { Values } from "./values.js";

/** A pointer is null, may be, or is not. */
export const isNullPointer = 0;
const mayBeNull = 1;
const notNull = 2;

/** The family of pointers that were made of the packet's start by adding constants. */
const packetStart = 0;

export interface Facts {
  /** Of integers the bounds; of pointers whether they are null, and the fixed distance from where `family` starts. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /**
   * Of pointers: what they were made of. Those into packets have one of 0 and more, the rest one for each object. Of integer
   * phis: one more than the value that they are a copy of, or 0.
   */
  readonly family: Int32Array;
  /** Of pointers: the bounds of the distances that are no constants. */
  readonly nearest: Float64Array;
  readonly farthest: Float64Array;
  /** Of families of packet pointers: how many bytes are known to be there. */
  readonly extents: Float64Array;
  readonly compute: (one: Instruction) => void;
  /** Gives phis the values of their inputs, all at once. */
  readonly takePhis: (phis: readonly ValueId[], inputs: readonly ValueId[]) => void;
  /** 0 or 1 where the kernel knows the condition here. */
  readonly decided: (condition: ValueId) => 0 | 1 | undefined;
  readonly assume: (condition: ValueId, holds: boolean) => void;
  readonly setInteger: (value: ValueId, least: number, most: number) => void;
  readonly interval: (value: ValueId) => Interval;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
}

const kinds = { integer: 0, pointer: 1, extent: 2 } as const;

export function makeFacts(index: FunctionIndex, { limit, roots, distances, followed }: Values): Facts {
  const low = new Float64Array(limit + 1);
  const high = new Float64Array(limit + 1);
  const family = new Int32Array(limit + 1);
  const nearest = new Float64Array(limit + 1);
  const farthest = new Float64Array(limit + 1);
  const extents = new Float64Array(limit + 2);
  /** What was overwritten, and where: records that end in their kind. */
  let trail = new Float64Array(1 << 12);
  let top = 0;
  const room = (): void => {
    if (top + 8 < trail.length) return;
    const larger = new Float64Array(trail.length * 4);
    larger.set(trail);
    trail = larger;
  };
  const out: Bounds = { least: 0, most: 0 };
  let scratch = new Float64Array(64);

  const root = (value: ValueId): ValueId => roots[value] ?? value;
  const apart = apartSums(index.fn);
  const copies = copiesIn(index, root);

  /** What integers can be by their types. */
  const leastOf = new Float64Array(limit);
  const mostOf = new Float64Array(limit);
  for (const { instructions } of index.fn.blocks)
    for (const one of instructions) {
      if ("type" in one && one.type?.kind === "int" && followed[one.id] === 1)
        [leastOf[one.id], mostOf[one.id]] = typeBounds(one.type);
      if (one.kind === "constant") low[one.id] = high[one.id] = Number(one.value);
      else if (one.kind === "null") family[one.id] = -1;
    }
  for (const { id, type } of index.fn.parameters) {
    if (type.kind === "int") [low[id], high[id]] = typeBounds(type);
    else low[id] = type.nullable ? mayBeNull : notNull;
  }

  const setInteger = (value: ValueId, least: number, most: number): void => {
    const [before, after] = [low[value] ?? 0, high[value] ?? 0];
    if (before === least && after === most) return;
    room();
    trail[top++] = before;
    trail[top++] = after;
    trail[top++] = value;
    trail[top++] = kinds.integer;
    low[value] = least;
    high[value] = most;
  };
  const setPointer = (
    value: ValueId,
    presence: number,
    distance: number,
    of: number,
    near: number,
    far: number,
  ): void => {
    if (
      low[value] === presence &&
      high[value] === distance &&
      family[value] === of &&
      nearest[value] === near &&
      farthest[value] === far
    )
      return;
    room();
    trail[top++] = low[value] ?? 0;
    trail[top++] = high[value] ?? 0;
    trail[top++] = family[value] ?? 0;
    trail[top++] = nearest[value] ?? 0;
    trail[top++] = farthest[value] ?? 0;
    trail[top++] = value;
    trail[top++] = kinds.pointer;
    low[value] = presence;
    high[value] = distance;
    family[value] = of;
    nearest[value] = near;
    farthest[value] = far;
  };
  const setExtent = (of: number, size: number): void => {
    if (extents[of] === size) return;
    room();
    trail[top++] = extents[of] ?? 0;
    trail[top++] = of;
    trail[top++] = kinds.extent;
    extents[of] = size;
  };

  const interval = (value: ValueId): Interval => {
    const at = root(value);
    return [low[at] ?? 0, high[at] ?? 0];
  };
  /** The fixed distance of a pointer from its family's start. */
  const distance = (value: ValueId): number => (high[root(value)] ?? 0) + (distances[value] ?? 0);

  const compute: Facts["compute"] = (one) => {
    switch (one.kind) {
      case "binary": {
        const [left, right] = [root(one.left), root(one.right)];
        computed(one.op, low[left] ?? 0, high[left] ?? 0, low[right] ?? 0, high[right] ?? 0, out);
        setFitted(one.id, out.least, out.most);
        return;
      }
      case "convert": {
        const from = root(one.value);
        setFitted(one.id, low[from] ?? 0, high[from] ?? 0);
        return;
      }
      case "bounded": {
        const [least, most] = interval(one.value);
        setInteger(one.id, Math.max(least, 0), Math.min(most, Number(one.max)));
        return;
      }
      case "compare":
      case "is-null": {
        const known = comparison(one);
        setInteger(one.id, known ?? 0, known ?? 1);
        return;
      }
      case "select":
        choose(one, decidedOf(one.condition));
        return;
      case "packet-pointer":
        setPointer(one.id, notNull, 0, one.which === "data" ? packetStart : -1, 0, 0);
        if (one.which === "data") setExtent(packetStart, 0);
        return;
      case "pointer-add": {
        if (root(one.id) !== one.id) return;
        const base = root(one.pointer);
        const [least, most] = interval(one.offset);
        const inPacket = (family[base] ?? 0) >= 0;
        if (inPacket && least === most) {
          // A number that is known is part of the distance: a check of this pointer is one of the base, too.
          const whole = distance(one.pointer) + least;
          const [near, far] = [nearest[base] ?? 0, farthest[base] ?? 0];
          setPointer(one.id, low[base] ?? notNull, whole, family[base] ?? 0, near, far);
          return;
        }
        const of = inPacket ? one.id + 1 : (family[base] ?? 0);
        if (inPacket) setExtent(of, 0);
        const [near, far] = [(nearest[base] ?? 0) + least, (farthest[base] ?? 0) + most];
        setPointer(one.id, low[base] ?? notNull, distance(one.pointer), of, near, far);
        return;
      }
      case "map-lookup":
        setPointer(one.id, one.type.nullable ? mayBeNull : notNull, 0, -2 - one.map, 0, 0);
        return;
      default:
        if (!("type" in one) || one.type === undefined) return;
        if (one.type.kind === "int") setInteger(one.id, leastOf[one.id] ?? 0, mostOf[one.id] ?? 0);
        else setPointer(one.id, one.type.nullable ? mayBeNull : notNull, 0, -1, 0, 0);
    }
  };

  const setFitted = (id: ValueId, least: number, most: number): void => {
    const from = leastOf[id] ?? 0;
    const to = mostOf[id] ?? 0;
    if (least >= from && most <= to) setInteger(id, least, most);
    else setInteger(id, from, to);
  };

  /** Takes a side of a choice, or where none is given what holds of both. */
  const choose = (one: Instruction & { readonly kind: "select" }, side: 0 | 1 | undefined): void => {
    const taken = side === 1 ? one.then : one.otherwise;
    if (one.type.kind === "pointer") {
      copyPointer(one.id, taken);
      return;
    }
    const [a, b] = [interval(one.then), interval(one.otherwise)];
    if (side === undefined) setInteger(one.id, Math.min(a[0], b[0]), Math.max(a[1], b[1]));
    else setInteger(one.id, ...(side === 1 ? a : b));
  };

  const copyPointer = (id: ValueId, from: ValueId): void => {
    const at = root(from);
    setPointer(id, low[at] ?? 0, distance(from), family[at] ?? 0, nearest[at] ?? 0, farthest[at] ?? 0);
  };

  const comparison = (one: Instruction): 0 | 1 | undefined => {
    if (one.kind === "is-null") {
      const state = low[root(one.pointer)] ?? mayBeNull;
      return state === isNullPointer ? 1 : state === notNull ? 0 : undefined;
    }
    if (one.kind !== "compare") return undefined;
    const [left, right] = [root(one.left), root(one.right)];
    return decide(one.op, low[left] ?? 0, high[left] ?? 0, low[right] ?? 0, high[right] ?? 0);
  };

  const decidedOf = (condition: ValueId): 0 | 1 | undefined => {
    const at = root(condition);
    const one = index.definition(at);
    if (one?.kind === "constant") return one.value === 0n ? 0 : 1;
    const [least, most] = [low[at] ?? 0, high[at] ?? 1];
    if (least === most && one?.kind !== "packet-check") return least === 0 ? 0 : 1;
    return one && one.kind !== "phi" && one.kind !== "parameter" ? comparison(one) : undefined;
  };

  const narrow = (op: CompareOp, holds: boolean, value: ValueId, other: ValueId): void => {
    const at = root(value);
    if (index.constantOf(at) !== undefined) return;
    const [least, most] = narrowed(op, holds, interval(value), interval(other));
    if (least > most) return;
    setInteger(at, least, most);
    narrowSummand(at);
    narrowCopied(at);
  };

  /** Copies in registers share what is known of them. */
  const narrowCopied = (copy: ValueId): void => {
    if (!copies.has(copy)) return;
    const from = (family[copy] ?? 0) - 1;
    if (from < 0) return;
    const least = Math.max(low[from] ?? 0, low[copy] ?? 0);
    const most = Math.min(high[from] ?? 0, high[copy] ?? 0);
    if (least <= most) setInteger(from, least, most);
  };

  /** From 6.12 on kernels remember what a sum with a number that they know was made of (`sync_linked_regs`). */
  const narrowSummand = (sum: ValueId): void => {
    const one = index.definition(sum);
    if (one?.kind !== "binary" || one.op !== "add" || apart.has(sum)) return;
    const sides = [root(one.left), root(one.right)];
    const known = sides.findIndex((side) => low[side] === high[side]);
    const [by, other] = [sides[known], sides[1 - known]];
    if (by === undefined || other === undefined || index.constantOf(other) !== undefined) return;
    const least = Math.max(low[other] ?? 0, (low[sum] ?? 0) - (low[by] ?? 0));
    const most = Math.min(high[other] ?? 0, (high[sum] ?? 0) - (low[by] ?? 0));
    if (least <= most) setInteger(other, least, most);
  };

  const assume: Facts["assume"] = (condition, holds) => {
    const at = root(condition);
    const one = index.definition(at);
    if (!one || one.kind === "constant") return;
    if (one.kind !== "packet-check") setInteger(at, holds ? 1 : 0, holds ? 1 : 0);
    switch (one.kind) {
      case "compare":
        narrow(one.op, holds, one.left, one.right);
        narrow(mirrored[one.op], holds, one.right, one.left);
        return;
      case "is-null": {
        const pointer = root(one.pointer);
        setPointer(
          pointer,
          holds ? isNullPointer : notNull,
          high[pointer] ?? 0,
          family[pointer] ?? 0,
          nearest[pointer] ?? 0,
          farthest[pointer] ?? 0,
        );
        return;
      }
      case "packet-check": {
        const of = family[root(one.pointer)] ?? 0;
        if (holds && of >= 0) setExtent(of, Math.max(extents[of] ?? 0, distance(one.pointer) + one.size));
        return;
      }
      case "binary":
        if (one.op === (holds ? "and" : "or")) {
          assume(one.left, holds);
          assume(one.right, holds);
        }
        return;
      default:
        return;
    }
  };

  const takePhis: Facts["takePhis"] = (phis, inputs) => {
    const count = phis.length;
    if (scratch.length < count * 5) scratch = new Float64Array(count * 10);
    // All at once: one may be another's input.
    for (let i = 0; i < count; i++) {
      const input = inputs[i] ?? 0;
      const at = root(input);
      scratch[5 * i] = low[at] ?? 0;
      scratch[5 * i + 1] = (high[at] ?? 0) + (distances[input] ?? 0);
      scratch[5 * i + 2] = family[at] ?? 0;
      scratch[5 * i + 3] = nearest[at] ?? 0;
      scratch[5 * i + 4] = farthest[at] ?? 0;
    }
    for (let i = 0; i < count; i++) {
      const phi = phis[i] ?? 0;
      const [a, b] = [scratch[5 * i] ?? 0, scratch[5 * i + 1] ?? 0];
      const input = root(inputs[i] ?? 0);
      if (copies.has(phi)) setPointer(phi, a, b, copies.get(phi)?.has(input) === true ? input + 1 : 0, 0, 0);
      else if (index.typeOf(phi)?.kind === "int") setInteger(phi, a, b);
      else setPointer(phi, a, b, scratch[5 * i + 2] ?? 0, scratch[5 * i + 3] ?? 0, scratch[5 * i + 4] ?? 0);
    }
  };

  const undo = (mark: number): void => {
    while (top > mark) {
      const kind = trail[--top];
      const value = trail[--top] ?? 0;
      if (kind === kinds.extent) {
        extents[value] = trail[--top] ?? 0;
        continue;
      }
      if (kind === kinds.pointer) {
        farthest[value] = trail[--top] ?? 0;
        nearest[value] = trail[--top] ?? 0;
        family[value] = trail[--top] ?? 0;
      }
      high[value] = trail[--top] ?? 0;
      low[value] = trail[--top] ?? 0;
    }
  };

  return {
    low,
    high,
    family,
    nearest,
    farthest,
    extents,
    compute,
    takePhis,
    decided: decidedOf,
    assume,
    setInteger,
    interval,
    mark: () => top,
    undo,
  };
}

function typeBounds(type: IrType): [number, number] {
  if (type.kind !== "int") return [0, 0];
  if (type.signed) return [-(2 ** (type.bits - 1)), 2 ** (type.bits - 1) - 1];
  return type.bits > 53 ? [0, Infinity] : [0, 2 ** type.bits - 1];
}
