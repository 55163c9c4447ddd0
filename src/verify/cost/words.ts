/** What is said of a program that is too much for the kernel: where the steps are made, and what makes so many of them. */
import type { Span } from "../../base/span.js";
import { diagnostic, type Diagnostic, type Fix, type Related } from "../../diagnostics/diagnostic.js";
import { cfgOf } from "../../ir/cfg.js";
import { dominatorsOf, loopsOf, type Loop } from "../../ir/dominators.js";
import type { BlockId, ValueId } from "../../ir/ir.js";
import { countText, loopSpan, nameOf } from "../explain.js";
import type { FunctionIndex } from "../flow/index-function.js";
import type { FunctionProofs, HeavyLoop } from "../proofs.js";
import type { Limits, Walked } from "./walk.js";

/** Of all steps, what a loop must make to be named as where they come from. */
const mostOfAll = 0.5;

export function tooMuch(
  index: FunctionIndex,
  walked: Walked,
  proofs: FunctionProofs | undefined,
  limits: Limits,
  fewer: (header: BlockId) => Fix | undefined,
): { readonly found: Diagnostic; readonly heavy: HeavyLoop | undefined } {
  const { fn } = index;
  const hot = hottestLoop(index, walked);
  const trips = hot && proofs?.loops.get(hot.loop.header)?.trips;
  const span = hot ? loopSpan(index, hot.loop.header) : firstLine(fn.span);
  const what = hot ? "this loop is" : `\`${fn.name}\` is`;
  const pending = walked.pending > limits.pending;
  const counters = new Set([...(proofs?.loops.values() ?? [])].map((one) => one.counter));
  const apart = apartFrom(index, walked, counters, hot?.loop.body);
  const notes = [
    pending
      ? "a kernel follows one side of each branch and keeps the other for later; it gives up when more than 8192 wait"
      : "a kernel follows every turn of a loop, and every way that it cannot tell to be like one it has seen; it gives up after 1000000 instructions",
  ];
  const share = walked.byBlock.reduce((sum, one) => sum + one, 0);
  if (hot) {
    const percent = Math.round((100 * hot.steps) / Math.max(share, 1));
    notes.unshift(
      `${percent} % of the instructions it walks through are in this loop${trips === undefined ? "" : `, of up to ${countText(trips)} turns`}`,
    );
  }
  const found = diagnostic("XD4203", span, `${what} too much for the kernel to follow`, {
    label: pending
      ? `more than ${limits.pending} branches of which a side waits`
      : walked.exceeded
        ? `more than ${limits.processed} instructions to walk through`
        : `the ways through it multiply: ${Math.round(walked.processed)} instructions to walk through, or many more`,
    related: apart.related,
    notes,
    fixes: fixesFor(hot && (() => fewer(hot.loop.header)), apart),
  });
  return { found, heavy: trips === undefined ? undefined : { span, turns: trips + 1n } };
}

interface Apart {
  readonly related: readonly Related[];
  readonly layers: boolean;
  readonly named: string | undefined;
}

/** The values that kept states apart most often. */
function apartFrom(
  index: FunctionIndex,
  { apart }: Walked,
  counters: ReadonlySet<ValueId>,
  body: ReadonlySet<BlockId> | undefined,
): Apart {
  const counted = [...apart]
    .filter(([value]) => !counters.has(value))
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 8);
  const layers = counted.some(([value]) => isLayer(index, value));
  const seen = new Set<string>();
  const related: Related[] = [];
  let named: string | undefined;
  for (const [value] of counted) {
    const one = index.definition(value);
    if (!one || related.length >= 2) continue;
    const name = nameOf(value, index);
    const place = `${one.span.file.path} ${one.span.start}`;
    if (name === undefined || seen.has(place) || seen.has(name)) continue;
    seen.add(place).add(name);
    const phi = one.kind === "phi";
    if (isLayer(index, value)) {
      related.push({ span: one.span, message: "whether this is there, and where, differs by the way here" });
    } else if (phi && body?.has(index.home(value)) === true) {
      named ??= /^`\w+`$/.test(name) ? name : undefined;
      related.push({
        span: one.span,
        message: `${name} differs from turn to turn, and decides something later`,
      });
    } else if (phi) {
      related.push({
        span: one.span,
        message: `${name} differs by the way here, and decides something later`,
      });
    }
  }
  return { related, layers, named };
}

/** Of ways that meet: where a layer is, or whether it was looked for and found. What only adds to a place finds none. */
function isLayer(index: FunctionIndex, value: ValueId): boolean {
  const type = index.typeOf(value);
  const one = index.definition(value);
  if (one?.kind !== "phi") return false;
  if (type?.kind === "pointer") return type.region === "packet";
  return type?.kind === "int" && type.bits === 8 && !index.fn.names.has(value);
}

function fixesFor(fewer: (() => Fix | undefined) | undefined, { layers, named }: Apart): readonly Fix[] {
  const fixes: Fix[] = [];
  const add = (title: string): void => {
    fixes.push({ title, edits: [] });
  };
  if (layers && fewer)
    add("look for layers before the loop, `const tcp = pkt.tcp;`, and write to the packet behind it");
  else if (layers)
    add("look for fewer layers on one way: `return` where one is missing, before the next is looked for");
  if (named !== undefined)
    add(`keep ${named.replaceAll("`", "")} in a map, where the kernel does not follow its value`);
  const bound = fewer?.();
  if (bound) fixes.push(bound);
  else if (fewer) add("give the loop fewer turns, or fewer branches in each");
  else add("hand over to a second program in the middle: `stages.call(pkt, 1)` of a `ProgramArray`");
  return fixes;
}

/** The outermost loop that makes most of the steps. */
function hottestLoop(
  index: FunctionIndex,
  { byBlock }: Walked,
): { readonly loop: Loop; readonly steps: number } | undefined {
  const cfg = cfgOf(index.fn.blocks);
  const all = byBlock.reduce((sum, one) => sum + one, 0);
  let hottest: { loop: Loop; steps: number } | undefined;
  for (const loop of loopsOf(cfg, dominatorsOf(cfg)).loops) {
    let steps = 0;
    for (const id of loop.body) steps += byBlock[id] ?? 0;
    // A loop of the standard library is none that the script could change.
    const own = loopSpan(index, loop.header).file === index.fn.span.file;
    if (own && steps > mostOfAll * all && steps > (hottest?.steps ?? 0)) hottest = { loop, steps };
  }
  return hottest;
}

/** `xdp name(pkt) {` of a declaration. */
function firstLine(span: Span): Span {
  const line = span.file.text.indexOf("\n", span.start);
  return line < 0 || line >= span.end ? span : { ...span, end: line };
}
