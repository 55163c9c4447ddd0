/** The range of an instruction's result from what is known of its operands. */
import type { Binary, Instruction, ValueId } from "../../ir/ir.js";
import { decide } from "../range/compare.js";
import { constantRange, join, meet, typeRange, unsignedRange, type Range } from "../range/range.js";
import { fit, transferBinary } from "../range/transfer.js";
import type { Knowledge } from "./knowledge.js";

/** The greatest offset of a byte in a packet: MAX_PACKET_OFF (kernel/bpf/verifier.c). */
const maxPacket = 0xffffn;

/** Undefined for instructions that yield no integer. */
export function evaluate(one: Instruction, known: Knowledge): Range | undefined {
  switch (one.kind) {
    case "constant":
      return constantRange(one.value);
    case "binary":
      return evaluateBinary(one, known);
    case "compare": {
      const decided = decide(one.op, known.range(one.left), known.range(one.right)) ?? related(one, known);
      return decided === undefined ? typeRange(one.type) : constantRange(decided ? 1n : 0n);
    }
    case "convert":
      return fit(known.range(one.value), one.type);
    case "forget":
      return known.range(one.value);
    case "bounded": {
      // Where it is never in range the script is refused; what follows is looked at as if it were.
      const limit = unsignedRange(0n, one.max);
      return meet(known.range(one.value), limit) ?? limit;
    }
    case "select": {
      if (one.type.kind !== "int") return undefined;
      const condition = known.range(one.condition);
      if (condition.umin === 1n) return known.range(one.then);
      if (condition.umax === 0n) return known.range(one.otherwise);
      const then = under(one.condition, true, one.then, known);
      const otherwise = under(one.condition, false, one.otherwise, known);
      if (then && otherwise) return join(then, otherwise);
      return then ?? otherwise ?? typeRange(one.type);
    }
    case "is-null": {
      const type = known.index.typeOf(one.pointer);
      const not = (type?.kind === "pointer" && !type.nullable) || known.nonNull.get(one.pointer) === true;
      return not ? constantRange(0n) : typeRange(one.type);
    }
    case "packet-check": {
      const { root, offset } = known.index.place(one.pointer);
      return offset + one.size <= (known.extents.get(root) ?? 0) ? constantRange(1n) : typeRange(one.type);
    }
    case "pointer-difference": {
      const left = known.index.definition(one.left);
      const right = known.index.definition(one.right);
      const length =
        left?.kind === "packet-pointer" &&
        left.which === "end" &&
        right?.kind === "packet-pointer" &&
        right.which !== "end";
      return length ? unsignedRange(0n, maxPacket) : typeRange(one.type);
    }
    default:
      return "type" in one && one.type?.kind === "int" ? typeRange(one.type) : undefined;
  }
}

/** The range of `value` where `condition` is so; undefined when it cannot be. */
function under(condition: ValueId, holds: boolean, value: ValueId, known: Knowledge): Range | undefined {
  const mark = known.mark();
  known.assume(condition, holds);
  const found = known.impossible() ? undefined : known.range(value);
  known.undo(mark);
  return found;
}

function evaluateBinary(one: Binary, known: Knowledge): Range {
  const [left, right] = [known.range(one.left), known.range(one.right)];
  const plain = transferBinary(one.op, one.type, left, right);
  if (one.type.signed) return plain;
  if (one.op === "sub") {
    // Known to be at least as great: the difference does not wrap.
    for (const { other, gap } of known.above(one.right)) {
      if (other !== one.left) continue;
      return meet(plain, unsignedRange(gap, left.umax > right.umin ? left.umax - right.umin : gap)) ?? plain;
    }
  }
  if (one.op === "add") {
    return (
      boundedBySum(one.left, one.right, plain, known) ??
      boundedBySum(one.right, one.left, plain, known) ??
      plain
    );
  }
  return plain;
}

/** `x + y` where `y + gap <= z` is known and `x + z` is a value that did not wrap: at most that minus `gap`. */
function boundedBySum(x: ValueId, y: ValueId, plain: Range, known: Knowledge): Range | undefined {
  for (const { other, gap } of known.above(y)) {
    for (const sum of known.index.sumOf(x, other)) {
      const total = known.ranges.get(sum);
      if (!total || !sumFits(sum, known) || total.umax < gap) continue;
      return meet(plain, unsignedRange(0n, total.umax - gap));
    }
  }
  return undefined;
}

/** Whether an unsigned addition cannot have wrapped. */
function sumFits(sum: ValueId, known: Knowledge): boolean {
  const one = known.index.definition(sum);
  if (one?.kind !== "binary" || one.op !== "add" || one.type.signed) return false;
  return known.range(one.left).umax + known.range(one.right).umax <= typeRange(one.type).umax;
}

/** A comparison that a known `a <= b` decides. */
function related(one: Extract<Instruction, { kind: "compare" }>, known: Knowledge): boolean | undefined {
  const le = (low: ValueId, high: ValueId, gap: bigint): boolean =>
    known.above(low).some((relation) => relation.other === high && relation.gap >= gap);
  const { op, left, right } = one;
  switch (op) {
    case "ult":
      return le(left, right, 1n) ? true : le(right, left, 0n) ? false : undefined;
    case "ule":
      return le(left, right, 0n) ? true : le(right, left, 1n) ? false : undefined;
    case "ugt":
      return le(right, left, 1n) ? true : le(left, right, 0n) ? false : undefined;
    case "uge":
      return le(right, left, 0n) ? true : le(left, right, 1n) ? false : undefined;
    case "eq":
      return le(left, right, 1n) || le(right, left, 1n) ? false : undefined;
    case "ne":
      return le(left, right, 1n) || le(right, left, 1n) ? true : undefined;
    default:
      return undefined;
  }
}
