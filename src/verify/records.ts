/** Ring-buffer records: each one reserved is submitted or discarded once on every path, and not used after. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Block, BlockId, HelperCall, Instruction, ValueId } from "../ir/ir.js";
import { forEachOperand } from "../ir/cfg.js";
import { fault } from "./fault.js";
import type { FlowResult } from "./flow/sweep.js";
import type { FunctionIndex } from "./flow/index-function.js";

/** States a record may be in, as a set of bits. */
const none = 1;
const held = 2;
const released = 4;

export function checkRecords(index: FunctionIndex, flow: FlowResult): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const id of flow.cfg.order) {
    for (const one of flow.cfg.blocks[id]?.instructions ?? []) {
      if (one.kind === "helper" && one.helper === "bpf_ringbuf_reserve")
        found.push(...follow(one, index, flow));
    }
  }
  return found;
}

function isRelease(one: Instruction): one is HelperCall {
  return (
    one.kind === "helper" && (one.helper === "bpf_ringbuf_submit" || one.helper === "bpf_ringbuf_discard")
  );
}

function follow(reserve: HelperCall, index: FunctionIndex, flow: FlowResult): Diagnostic[] {
  const home = index.home(reserve.id);
  const starts = new Map<BlockId, number>();
  const found = new Map<string, Diagnostic>();
  const uses = (one: Instruction): boolean => {
    let used = false;
    forEachOperand(one, (value) => (used ||= rootOf(value, index) === reserve.id));
    return used;
  };
  const report = (key: string, make: () => Diagnostic): void => {
    if (!found.has(key)) found.set(key, make());
  };
  const lost = (where: string): void =>
    report("lost", () =>
      fault("lost", reserve.span, {
        label: `still held ${where}`,
        notes: ["a reserved record must be submitted or discarded before the program ends"],
      }),
    );

  const run = (block: Block, from: number, state: number): number => {
    let now = state;
    for (const one of block.instructions.slice(from)) {
      if (one.id === reserve.id) {
        if ((now & held) !== 0) lost("when the next one is reserved");
        // In a loop: a new record under the same name.
        now = none | held;
      }
      if (one.kind === "helper" && one.helper === "bpf_tail_call" && (now & held) !== 0)
        lost("at a tail call");
      if (!uses(one) || one.kind === "is-null") continue;
      if ((now & released) !== 0) {
        report("used", () =>
          fault("released", one.span, {
            label: isRelease(one) ? "handed over twice" : "used after it was handed over",
            related: [{ span: reserve.span, message: "reserved here" }],
          }),
        );
      }
      if (isRelease(one)) now = released;
    }
    return now;
  };

  const work: BlockId[] = [];
  const give = (id: BlockId, state: number): void => {
    const before = starts.get(id) ?? 0;
    if (state === 0 || (before | state) === before) return;
    starts.set(id, before | state);
    work.push(id);
  };
  const leave = (block: Block, state: number): void => {
    const { terminator } = block;
    if (terminator.kind === "return" && (state & held) !== 0) lost("when the program ends");
    for (const next of flow.cfg.successors[block.id] ?? [])
      give(next, onEdge(block, next, state, reserve.id, index));
  };
  const first = index.block(home);
  if (!first) return [];
  const at = first.instructions.findIndex((one) => one.id === reserve.id);
  leave(first, run(first, at + 1, none | held));
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    const block = index.block(id);
    if (!block || !flow.reached.has(id)) continue;
    leave(block, run(block, 0, starts.get(id) ?? 0));
  }
  return [...found.values()];
}

/** On the edge where the pointer is null there is no record; on the other there is. */
function onEdge(block: Block, next: BlockId, state: number, record: ValueId, index: FunctionIndex): number {
  const { terminator } = block;
  if (terminator.kind !== "branch" || terminator.then === terminator.otherwise) return state;
  let condition = index.definition(terminator.condition);
  let isNull = terminator.then === next;
  while (condition?.kind === "binary" && condition.op === "xor" && index.constantOf(condition.right) === 1n) {
    condition = index.definition(condition.left);
    isNull = !isNull;
  }
  if (condition?.kind !== "is-null" || condition.pointer !== record) return state;
  return isNull ? state & ~held & ~released : state & ~none;
}

function rootOf(value: ValueId, index: FunctionIndex): ValueId {
  let at = value;
  for (let one = index.definition(at); one?.kind === "pointer-add"; one = index.definition(at))
    at = one.pointer;
  return at;
}
