/**
 * The in-language verifier: what passes here, the kernel accepts. It proves over the optimised IR
 *
 * - packet accesses inside a checked part of a packet that has not moved since; offsets in packets small enough;
 * - accesses to map values, records, globals and stack inside their size, through pointers that are not null;
 * - `bounded` obligations (indices);
 * - loops that end, within what a kernel follows; stack, call depth, no recursion;
 * - ring-buffer records handed over once on every path;
 * - helpers that the kind of program and its license allow; program arrays of one kind of programs;
 * - that the kernel comes to the end of each program with at most half of the steps that it allows.
 *
 * It is conservative: what it cannot prove is an error, also where a kernel would find out by walking each path.
 */
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { BlockId, FunctionId, IrFunction, IrModule, ValueId } from "../ir/ir.js";
import { packetMovers } from "../ir/optimize/effects.js";
import { checkAccesses } from "./access.js";
import { costsOf, type Cost } from "./cost/index.js";
import { checkBounded, checkPacketOffset, packetOffsetMax, proofOf } from "./bounds.js";
import { checkEnvironment } from "./environment.js";
import { isFault } from "./fault.js";
import { indexFunction, type FunctionIndex } from "./flow/index-function.js";
import { kernelRanges } from "./flow/kernel.js";
import { analyseFlow, type FlowResult, type Observer } from "./flow/sweep.js";
import { loopFacts } from "./loops.js";
import type { BoundProof, FunctionProofs, HeavyLoop, Proofs, RangeAt } from "./proofs.js";
import { rangeFacts, type RangeFact } from "./ranges.js";
import { checkRecords } from "./records.js";
import { checkCalls, frameSize } from "./stack.js";

export { isFault } from "./fault.js";
export { forgetful } from "./cost/forget.js";
export { roundedCost } from "./cost/index.js";
export type { HeavyLoop, Proofs } from "./proofs.js";
export { bitsText, factText, rangeFactsAt, sourceWord } from "./ranges.js";
export type { RangeFact } from "./ranges.js";

export interface VerifyResult {
  readonly proofs: Proofs;
  readonly diagnostics: readonly Diagnostic[];
  /** The loops by which it is too much for the kernel, those inside others first. */
  readonly heavy: readonly HeavyLoop[];
  readonly rangeAt: RangeAt;
  /** What is proven of each value, by its source; computed when asked for. */
  readonly ranges: () => readonly RangeFact[];
  /** What each program costs the kernel's verifier, by its function; computed when asked for. */
  readonly costs: () => ReadonlyMap<FunctionId, Cost>;
}

export function verify(module: IrModule): VerifyResult {
  const diagnostics: Diagnostic[] = [...checkCalls(module), ...checkEnvironment(module)];
  const movers = packetMovers(module);
  const functions = new Map<FunctionId, FunctionProofs>();
  const flows = new Map<FunctionId, FlowResult>();
  const indexes = new Map<FunctionId, FunctionIndex>();
  const heavy: HeavyLoop[] = [];
  for (const fn of module.functions) {
    const { proofs, flow, index, found, heavy: slow } = verifyFunction(fn, module, movers);
    heavy.push(...slow);
    functions.set(fn.id, proofs);
    flows.set(fn.id, flow);
    indexes.set(fn.id, index);
    diagnostics.push(...found);
  }
  const costs = costsOf(module, (fn) => indexes.get(fn.id), functions);
  // What is not proven to end has no cost.
  if (diagnostics.length === 0) {
    const dear = costs.check();
    diagnostics.push(...dear.found);
    heavy.push(...dear.heavy);
    for (const [id, known] of functions) functions.set(id, { ...known, paced: costs.paced(id) });
  }
  const rangeAt: RangeAt = (fn, block, value) => flows.get(fn)?.rangeAt(block, value);
  return {
    proofs: { functions },
    diagnostics: distinct(diagnostics),
    heavy,
    rangeAt,
    ranges: () => rangeFacts(module, flows),
    costs: costs.all,
  };
}

function verifyFunction(
  fn: IrFunction,
  module: IrModule,
  movers: ReadonlySet<number>,
): {
  proofs: FunctionProofs;
  flow: FlowResult;
  index: FunctionIndex;
  found: Diagnostic[];
  heavy: readonly HeavyLoop[];
} {
  const index = indexFunction(fn);
  const kernelRange = kernelRanges(index);
  const loops = loopFacts(index);
  const found: Diagnostic[] = [];
  const bounded = new Map<ValueId, BoundProof>();
  const offsets = new Map<ValueId, BoundProof>();
  const report = (one: Diagnostic | undefined): void => {
    if (one) found.push(one);
  };
  const observer: Observer = {
    instruction: (one, place) => {
      loops.observer.instruction(one, place);
      found.push(...checkAccesses(one, place));
      if (one.kind === "bounded") {
        report(checkBounded(one, place));
        bounded.set(one.id, proofOf(one.value, one.max, place, kernelRange));
      } else if (one.kind === "pointer-add") {
        const packet = one.type.region === "packet";
        if (packet) report(checkPacketOffset(one, place));
        offsets.set(one.id, proofOf(one.offset, packet ? packetOffsetMax : 0n, place, kernelRange));
      }
    },
    end: () => undefined,
    edge: loops.observer.edge,
    defined: () => undefined,
  };
  const flow = analyseFlow(index, module, movers, observer);
  for (const edge of flow.loops.irreducible) {
    const span = index.block(edge.from)?.terminator.span ?? fn.span;
    report(diagnostic("XD4201", span, "this loop is entered in its middle", { label: "not proven to end" }));
  }
  const proven = loops.prove(flow);
  found.push(...proven.found, ...checkRecords(index, flow));
  const unreachable = new Set(flow.cfg.order.filter((id) => !flow.reached.has(id)));
  const stack = frameSize(fn);
  const proofs = { bounded, offsets, loops: proven.loops, paced: new Set<BlockId>(), stack, unreachable };
  return { proofs, flow, index, found, heavy: proven.heavy };
}

/** One diagnostic for a place and a code: inlined functions repeat theirs. */
function distinct(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return found.filter((one) => {
    // What is read of a layer, and what the layer's own expressions read, is one mistake.
    const place = isFault(one, "moved") ? "" : `${one.span.file.path} ${one.span.start} ${one.span.end}`;
    const key = `${one.code} ${place} ${one.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
