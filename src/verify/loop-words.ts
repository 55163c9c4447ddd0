/** What is said of loops that are not proven to end, or not soon enough: why, and what would bound them. */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Fix, type Related } from "../diagnostics/diagnostic.js";
import type { Compare, Phi, ValueId } from "../ir/ir.js";
import type { Loop } from "../ir/dominators.js";
import {
  countText,
  describe,
  loopSpan,
  nameOf,
  rangeText,
  relatedOrigin,
  sourceText,
  typeText,
} from "./explain.js";
import type { FunctionIndex } from "./flow/index-function.js";
import type { FlowResult } from "./flow/sweep.js";
import type { LoopProof } from "./proofs.js";
import type { Steps } from "./steps.js";

/**
 * An eighth of the branches whose other side may wait to be followed (BPF_COMPLEXITY_LIMIT_JMP_SEQ, kernel/bpf/verifier.c):
 * advice is to keep clear of what the cost model refuses.
 */
const pendingBranches = 1024n;
const processedLimit = 1_000_000n;

export function unbounded(loop: Loop, flow: FlowResult, index: FunctionIndex, steps: Steps): Diagnostic {
  const span = loopSpan(index, loop.header);
  const left = exits(loop, flow, index);
  if (left === 0) {
    return diagnostic("XD4201", span, "this loop never ends", {
      label: "nothing leaves it",
      notes: ["its condition is always true, and no `break` or `return` can be reached in it"],
      fixes: limitFix(span, loop, index, true),
    });
  }
  const { notes } = knownOfExits(loop, flow, index);
  const related = exitValues(loop, flow, index).flatMap((value) => whyNot(value, loop, flow, index, steps));
  return diagnostic("XD4201", span, "this loop is not proven to end", {
    label: "how often it runs is not known",
    related: related.slice(0, 2),
    notes: [...notes, "a loop needs a value that grows or shrinks in every turn, and a limit to it"],
    fixes: limitFix(span, loop, index),
  });
}

export function tooLong(
  loop: Loop,
  proof: LoopProof,
  turn: bigint,
  limit: bigint,
  flow: FlowResult,
  index: FunctionIndex,
): Diagnostic {
  const span = loopSpan(index, loop.header);
  const { notes, named } = knownOfExits(loop, flow, index, proof.counter);
  const work = proof.trips * turn;
  const trips = countText(proof.trips);
  const about = work > 10n ** 12n ? "" : `that is about ${work} steps in all, and `;
  // Clear of what the cost model refuses, which counts the ways through a turn as well.
  const most = niceBelow(loop, turn, limit / 4n, index);
  const related = exitValues(loop, flow, index).flatMap((value) => {
    const range = flow.rangeAt(loop.header, value);
    return value === proof.counter || !range || index.constantOf(value) !== undefined
      ? []
      : relatedOrigin(value, index, range, span, describe(value, index));
  });
  const fixes: Fix[] = most === 0n ? [] : lowerFix(span, most);
  if (named !== undefined && most > 0n)
    fixes.push({ title: `check it first: \`if (${named} > ${most}) return …;\``, edits: [] });
  if (fixes.length === 0)
    fixes.push({ title: "give it a smaller limit, or do less in each turn", edits: [] });
  return diagnostic(
    "XD4202",
    span,
    `this loop may run ${trips} times, which is more than the kernel follows`,
    {
      label: `up to ${trips} turns`,
      related: related.slice(0, 1),
      notes: [...notes, `${about}a kernel gives up after ${processedLimit}`],
      fixes,
    },
  );
}

/** How many edges of the loop lead out of it. */
function exits(loop: Loop, flow: FlowResult, index: FunctionIndex): number {
  let count = 0;
  for (const id of loop.body) {
    if (!flow.reached.has(id)) continue;
    if (index.block(id)?.terminator.kind === "return") count++;
    for (const next of flow.cfg.successors[id] ?? [])
      if (!loop.body.has(next) && flow.reached.has(next)) count++;
  }
  return count;
}

/** Why a value that a loop's exit compares bounds nothing. */
function whyNot(
  value: ValueId,
  loop: Loop,
  flow: FlowResult,
  index: FunctionIndex,
  steps: Steps,
): readonly Related[] {
  let at = value;
  let one = index.definition(at);
  while (one?.kind === "convert" || one?.kind === "bounded") one = index.definition((at = one.value));
  if (!one || !("span" in one) || !loop.body.has(index.home(at))) return [];
  const name = nameOf(at, index) ?? "this value";
  if (one.kind === "load" || one.kind === "map-lookup") {
    const message = `${name} is read from memory in every turn, and may be anything then`;
    return [{ span: one.span, message }];
  }
  if (one.kind === "helper")
    return [
      { span: one.span, message: `${name} is asked anew in every turn: it may never say what ends the loop` },
    ];
  if (one.kind !== "phi" || index.home(at) !== loop.header) return [];
  return one.inputs
    .filter((input) => loop.latches.includes(input.block))
    .flatMap((input) => whyLatch(one, input.value, name, loop, flow, index, steps));
}

function whyLatch(
  phi: Phi,
  value: ValueId,
  name: string,
  loop: Loop,
  flow: FlowResult,
  index: FunctionIndex,
  steps: Steps,
  depth = 0,
): readonly Related[] {
  if (value === phi.id) return [{ span: phi.span, message: `${name} is not changed in every turn` }];
  const one = index.definition(value);
  const change = steps.change(value, phi.id, loop, flow);
  if (!one || !("span" in one) || (change && (change.least >= 1n || change.most <= -1n))) return [];
  const { span } = one;
  if (one.kind === "constant") return [{ span, message: `${name} is set to ${one.value} again` }];
  if (one.kind === "phi" && depth < 4 && loop.body.has(index.home(value))) {
    const found = one.inputs.flatMap((input) =>
      whyLatch(phi, input.value, name, loop, flow, index, steps, depth + 1),
    );
    if (found.length > 0) return found.slice(0, 1);
  }
  if (change) return [{ span, message: `${name} may stay as it is: this may add 0` }];
  if (one.kind === "binary" && (one.op === "add" || one.op === "sub" || one.op === "mul" || one.op === "shl"))
    return [
      {
        span,
        message: `may wrap around at ${one.type.bits} bits, so ${name} need not come nearer to the limit`,
      },
    ];
  const type = index.intType(value);
  return [{ span, message: `${name} gets a new \`${typeText(type)}\` here, which may be any` }];
}

/** What is known of the values that decide whether the loop goes on; the first one that has a name. */
function knownOfExits(
  loop: Loop,
  flow: FlowResult,
  index: FunctionIndex,
  but?: ValueId,
): { readonly notes: string[]; readonly named?: string } {
  const notes: string[] = [];
  let named: string | undefined;
  for (const value of exitValues(loop, flow, index)) {
    const range = flow.rangeAt(loop.header, value);
    if (!range || value === but || index.constantOf(value) !== undefined) continue;
    const name = describe(value, index);
    notes.push(`${name} is ${rangeText(range, index.intType(value))} here`);
    // What a turn changes is not kept small by a check before the loop.
    const changes = index.definition(value)?.kind === "phi" && index.home(value) === loop.header;
    if (!changes) named ??= name.startsWith("`") ? name.slice(1, -1) : undefined;
  }
  return named === undefined ? { notes } : { notes, named };
}

/** The values that the loop's exits compare, those of its own condition first. */
function exitValues(loop: Loop, flow: FlowResult, index: FunctionIndex): readonly ValueId[] {
  const values: ValueId[] = [];
  const order = [loop.header, ...[...loop.body].filter((id) => id !== loop.header)];
  for (const id of order) {
    const terminator = index.block(id)?.terminator;
    if (terminator?.kind !== "branch") continue;
    if ((flow.cfg.successors[id] ?? []).every((next) => loop.body.has(next))) continue;
    const condition: Compare | undefined = compareOf(terminator.condition, index);
    if (condition) values.push(condition.left, condition.right);
  }
  return [...new Set(values)].slice(0, 4);
}

function compareOf(condition: ValueId, index: FunctionIndex): Compare | undefined {
  const one = index.definition(condition);
  return one?.kind === "compare" ? one : undefined;
}

/** Turns that look for bytes of the packet: how many are found is one more thing by which the kernel's ways differ. */
const few = 20n;

function looksFor(loop: Loop, index: FunctionIndex): boolean {
  return [...loop.body].some((id) =>
    index.block(id)?.instructions.some((one) => one.kind === "packet-check"),
  );
}

/** The greatest round number of turns that the kernel follows; 0 when not even one is cheap enough. */
function niceBelow(loop: Loop, turn: bigint, limit: bigint, index: FunctionIndex): bigint {
  let branches = 0n;
  for (const id of loop.body) if (index.block(id)?.terminator.kind === "branch") branches++;
  const most = [
    limit / (turn + 2n),
    pendingBranches / (branches + 1n),
    looksFor(loop, index) ? few : limit,
  ].reduce((a, b) => (a < b ? a : b));
  let nice = 0n;
  for (let power = 1n; power <= most; power *= 10n)
    for (const digit of [1n, 2n, 5n]) if (digit * power <= most) nice = digit * power;
  return nice;
}

/** `i < limit` as `i < min(limit, 1000)`, `i < 1_000_000` as `i < 1000`. */
function lowerFix(span: Span, most: bigint): Fix[] {
  const text = span.file.text.slice(span.start, span.end);
  const found = /^([^<>=!&|?]*(?:<=|<|!=)\s*)([^<>=!&|?]+)$/.exec(text);
  const [, before, limit] = found ?? [];
  if (before === undefined || limit === undefined) return [];
  const instead = /^[0-9_]+$/.test(limit) ? `${most}` : `min(${limit}, ${most})`;
  const edit = { span: { file: span.file, start: span.start + before.length, end: span.end }, text: instead };
  return [{ title: `give it a smaller limit: \`${before}${instead}\``, edits: [edit] }];
}

/** `while (c)` as a `for` with a counter of its own. */
function limitFix(span: Span, loop: Loop, index: FunctionIndex, always = false): Fix[] {
  const most = niceBelow(loop, 64n, 1024n, index);
  const { file } = span;
  const whole = file.text.slice(span.start, span.end);
  const endless = /^while \((true|1)\)/.exec(whole);
  const condition = endless ? undefined : sourceText(span)?.slice(1, -1);
  const operand = condition !== undefined && /\|\||\?/.test(condition) ? `(${condition})` : condition;
  const head = `for (let turn = 0; turn < ${most}${endless || always ? "" : ` && ${operand ?? "…"}`}; turn++)`;
  const before = /while \($/.exec(file.text.slice(Math.max(0, span.start - 7), span.start));
  const end = endless ? span.start + endless[0].length : span.end + 1;
  const closed = endless ?? file.text.slice(span.end, end) === ")";
  const start = endless ? span.start : span.start - 7;
  const edits =
    (endless || (before && condition !== undefined)) && closed
      ? [{ span: { file, start, end }, text: head }]
      : [];
  return [{ title: `give it a limit: \`${head}\``, edits }];
}
