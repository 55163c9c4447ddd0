/**
 * Loops of more turns than the kernel's verifier follows: `bpf_loop` (5.17) calls the body, which is then followed once and
 * not once for each turn. Only integers reach such a body, so a loop that reads packets stays a loop.
 */
import { defined } from "../../base/invariant.js";
import type { ForStatement, WhileStatement } from "../../syntax/ast.js";
import type { Span } from "../../base/span.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { callLoop, capture, type Captures } from "./callbacks.js";
import { lowerCondition } from "./conditions.js";
import { lowerStatement } from "./statements.js";
import type { Scope } from "./values.js";

/** BPF_MAX_LOOPS (kernel/bpf/bpf_iter.c). */
const mostTurns = 1n << 23n;

interface Statement {
  readonly id: number;
  readonly span: Span;
}

interface Turns {
  readonly most: bigint;
  readonly captures: Captures;
}

/** Undefined for a loop that is not called, or whose body needs more than integers. */
function turnsOf(
  s: Scope,
  statement: Statement,
  parts: readonly (object | undefined)[],
  values: readonly ValueId[] = [],
): Turns | undefined {
  const most = s.low.called.get(statement.id);
  if (most === undefined || most > mostTurns || ir.ended(s.b)) return undefined;
  const captures = capture(s, parts, values);
  if ("unfit" in captures) {
    s.low.uncalled.set(statement.id, captures.unfit.name);
    return undefined;
  }
  s.low.calledNow.add(statement.id);
  return { most, captures };
}

function callTurns(
  s: Scope,
  { span }: Statement,
  { most, captures }: Turns,
  body: (inside: Scope, turn: ValueId, values: readonly ValueId[]) => void,
): void {
  const loop = {
    span,
    name: "loop_body",
    parameters: [{ name: "turn", type: ir.u64 }],
    body: (inside: Scope, [turn]: readonly ValueId[], values: readonly ValueId[]): void => {
      body(inside, defined(turn, "a parameter"), values);
    },
    call: (target: ValueId, frame: ValueId): void => {
      const [turns, flags] = [ir.constant(s.b, ir.u32, most), ir.constant(s.b, ir.u64, 0)];
      ir.helper(s.b, "bpf_loop", [turns, target, frame, flags], ir.i64);
    },
  };
  callLoop(s, loop, captures);
}

/** False where it has to be lowered as a loop. Its start was lowered before. */
export function callWhile(s: Scope, statement: ForStatement | WhileStatement): boolean {
  const { condition, body } = statement;
  const step = statement.kind === "for" ? statement.step : undefined;
  const turns = turnsOf(s, statement, [condition, body, step]);
  if (!turns) return false;
  callTurns(s, statement, turns, (inside) => {
    const { breakTo } = defined(inside.loops[0], "the loop");
    const within = ir.newBlock(inside.b);
    const after = ir.newBlock(inside.b);
    if (condition) lowerCondition(inside, condition, within, breakTo);
    else ir.jump(inside.b, within);
    ir.enterSealed(inside.b, within);
    if (!ir.ended(inside.b)) lowerStatement({ ...inside, loops: [{ continueTo: after, breakTo }] }, body);
    ir.jump(inside.b, after);
    ir.enterSealed(inside.b, after);
    if (step && !ir.ended(inside.b)) lowerStatement(inside, step);
  });
  return true;
}

/** A loop from `first` to `last`, as {@link callWhile}. `within` has the number in the type of both. */
export function callCounted(
  s: Scope,
  statement: Statement & { readonly body: object },
  [first, last]: readonly [ValueId, ValueId],
  order: "ult" | "ule" | "sle",
  within: (inside: Scope, i: ValueId) => void,
): boolean {
  const turns = turnsOf(s, statement, [statement.body], [first, last]);
  if (!turns) return false;
  const type = ir.intTypeOf(s.b, first);
  callTurns(s, statement, turns, (inside, turn, [from, to]) => {
    const { breakTo } = defined(inside.loops[0], "the loop");
    const start = defined(from, "a value");
    const i = ir.binary(inside.b, "add", start, ir.convert(inside.b, turn, type));
    const block = ir.newBlock(inside.b);
    ir.branch(inside.b, ir.compare(inside.b, order, i, defined(to, "a value")), block, breakTo);
    ir.enterSealed(inside.b, block);
    within(inside, i);
  });
  return true;
}
