/** A loop that is too much for the kernel, with a smaller number in its condition: the largest that is known to do. */
import type { Span } from "../../base/span.js";
import type { Fix } from "../../diagnostics/diagnostic.js";
import { valueLimit } from "../../ir/cfg.js";
import { mapOperands } from "../../ir/operands.js";
import type { BlockId, Instruction, IrFunction, ValueId } from "../../ir/ir.js";
import type { FunctionIndex } from "../flow/index-function.js";

/** A fix for the loop of this header; `isCheap` says it of a function in which the loop has so many turns. */
export function fewerTurns(
  index: FunctionIndex,
  header: BlockId,
  isCheap: (fn: IrFunction, turns: bigint) => boolean,
): Fix | undefined {
  const condition = index.block(header)?.terminator.span;
  const number = condition && onlyNumber(condition);
  if (!number) return undefined;
  let least = 0n;
  // From below: a walk through few turns is short. A power of two is easier to remember than what just does.
  for (let turns = 1n; turns < number.value; turns *= 2n) {
    const fn = withNumber(index, condition, number.value, turns);
    if (!fn || !isCheap(fn, turns)) break;
    least = turns;
  }
  if (least < 2n) return undefined;
  const text = `${least}`;
  const { start } = number.span;
  const whole = condition.file.text.slice(condition.start, start) + text;
  const rest = condition.file.text.slice(number.span.end, condition.end);
  return { title: `give the loop fewer turns: \`${whole}${rest}\``, edits: [{ span: number.span, text }] };
}

/** The number in `i < 200` and `i < min(length, 200)`. */
function onlyNumber({ file, start, end }: Span): { readonly value: bigint; readonly span: Span } | undefined {
  const found = [...file.text.slice(start, end).matchAll(/(?<![\w.])\d[\d_]*(?![\w.])/g)];
  const [one] = found;
  if (!one || found.length > 1) return undefined;
  const from = start + one.index;
  return {
    value: BigInt(one[0].replaceAll("_", "")),
    span: { file, start: from, end: from + one[0].length },
  };
}

/** The function with another constant in what the condition is made of; undefined where the constant is not seen there. */
function withNumber(
  index: FunctionIndex,
  condition: Span,
  before: bigint,
  after: bigint,
): IrFunction | undefined {
  const { fn } = index;
  let next = valueLimit(fn);
  let changed = false;
  const within = ({ span }: Instruction): boolean =>
    span.file === condition.file && span.start >= condition.start && span.end <= condition.end;
  const blocks = fn.blocks.map((block) => {
    const instructions = block.instructions.flatMap((one): readonly Instruction[] => {
      if (one.kind === "constant" || !within(one)) return [one];
      const made: Instruction[] = [];
      const mapped = mapOperands(one, (value: ValueId) => {
        const type = index.intType(value);
        if (index.constantOf(value) !== before) return value;
        made.push({ kind: "constant", id: next, span: one.span, type, value: after });
        return next++;
      });
      changed ||= made.length > 0;
      return [...made, mapped];
    });
    return { ...block, instructions };
  });
  return changed ? { ...fn, blocks } : undefined;
}
