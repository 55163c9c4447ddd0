/** `kernelStack()`, `userStack()`: the kernel keeps a stack once, and gives a number for it (`bpf_get_stackid`). */
import { stacksMap } from "../../base/layout.js";
import { forEachNode } from "../../syntax/walk.js";
import type { FunctionSymbol } from "../../check/checked.js";
import { diagnostic } from "../../diagnostics/diagnostic.js";
import type { Span } from "../../base/span.js";
import type { IrMap, MapId } from "../ir.js";
import * as ir from "./builder.js";
import { countLost } from "./lost.js";
import { scalar, valueOf, type Lowering, type Scope, type Val } from "./values.js";

/** Frames of one stack at most: the kernel's own limit (`kernel.perf_event_max_stack`). */
const depth = 127;
/** Different stacks, a kilobyte each. A power of two: the number of a stack is a part of its hash. */
const room = 8192;

/** Another stack stands where this one belongs. */
const collision = -17;

export const stackIntrinsic = "xdpl:stack";

export function makeStacksMap(id: MapId, span: Span): IrMap {
  return {
    id,
    name: stacksMap,
    type: "STACK_TRACE",
    key: { kind: "int", bits: 32, signed: false },
    value: { kind: "array", element: { kind: "int", bits: 64, signed: false }, length: depth },
    maxEntries: room,
    flags: 0,
    pinned: false,
    numa: undefined,
    programs: [],
    span,
  };
}

/** The stack's number, negative when there is none; `flags` as the kernel's helper takes them. */
export function stackNumber(s: Scope, flags: Val): Val {
  if (s.context === undefined) {
    s.low.report(
      diagnostic("XD5102", s.b.span, "A stack cannot be taken inside a loop over a hash map.", {
        label: "the kernel calls the loop's body for each entry",
        fixes: [{ title: "take it into a `const` before the loop", edits: [] }],
      }),
    );
    return scalar(ir.constant(s.b, ir.i64, 0));
  }
  const map = s.low.stacksMap();
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map,
  });
  const number = ir.helper(s.b, "bpf_get_stackid", [s.context, address, valueOf(flags)], ir.i64);
  const lost = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  ir.branch(s.b, ir.compareWith(s.b, "eq", number, collision), lost, after, "then");
  ir.enterSealed(s.b, lost);
  countLost(s, map);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return scalar(number);
}

const known = new WeakMap<FunctionSymbol, boolean>();

/** Whether a function takes a stack, itself or in what it calls: then it is laid out where the context is. */
export function takesStack(low: Lowering, symbol: FunctionSymbol): boolean {
  const before = known.get(symbol);
  if (before !== undefined) return before;
  known.set(symbol, false);
  let found = symbol.intrinsic === stackIntrinsic;
  forEachNode(symbol.body, (node) => {
    const meaning = low.checked.calls.get(node.id);
    if (meaning?.kind === "function" && !found) found = takesStack(low, meaning.symbol);
  });
  known.set(symbol, found);
  return found;
}
