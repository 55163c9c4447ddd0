/** What the proofs say that a value can be, at a place of the text. */
import type { Span } from "../base/span.js";
import type { IrFunction, IrInt, ValueId } from "../ir/ir.js";
import { join, type Range } from "../verify/range/range.js";
import type { Proven } from "../pipeline.js";
import type { RangeFact } from "../verify/index.js";
import type { ProgramProof } from "./proofs.js";

interface Found {
  readonly range: Range;
  readonly type: IrInt;
}

/** `0..63`, over all programs and all ways that lead there; undefined when nothing more is known than the type says. */
export function rangeText(proofs: readonly ProgramProof[], span: Span): string | undefined {
  let all: Found | undefined;
  for (const proof of proofs) {
    const then = proof.then(span);
    const { ir, verified } = proof.proven;
    if (!then || !ir || !verified) continue;
    for (const fn of ir.functions) {
      for (const { block, value, type } of valuesAt(fn, then)) {
        const range = verified.rangeAt(fn.id, block, value);
        // Not reached, which the diagnostics say.
        if (!range) continue;
        all = all ? { range: join(all.range, range), type: wider(all.type, type) } : { range, type };
      }
    }
  }
  return all && shown(all);
}

/** What the compiler tells of this very text: checks and what they prove. */
export function factsAt(proofs: readonly ProgramProof[], span: Span): readonly RangeFact[] {
  const found = new Map<string, RangeFact>();
  for (const { proven, then } of proofs) {
    const at = then(span);
    if (!at || !proven.verified) continue;
    const facts = factsOf.get(proven) ?? proven.verified.ranges();
    factsOf.set(proven, facts);
    for (const one of facts) {
      const same = one.span.file === at.file && one.span.start === at.start && one.span.end === at.end;
      if (same) found.set(`${one.name} ${String(one.holds)}`, one);
    }
  }
  return [...found.values()];
}

const factsOf = new WeakMap<Proven, readonly RangeFact[]>();

interface ValueAt {
  readonly block: number;
  readonly value: ValueId;
  readonly type: IrInt;
}

/** What was computed for this very text. */
function* valuesAt(fn: IrFunction, { file, start, end }: Span): Generator<ValueAt> {
  for (const block of fn.blocks) {
    let last: ValueAt | undefined;
    for (const one of block.instructions) {
      const { span } = one;
      if (span.file !== file || span.start !== start || span.end !== end) continue;
      if (!("type" in one) || !("id" in one) || typeof one.id !== "number") continue;
      const { type } = one;
      // Loads, swaps and conversions of one value share its text: the last of them is the value.
      if (typeof type === "object" && type.kind === "int") last = { block: block.id, value: one.id, type };
    }
    if (last) yield last;
  }
}

function wider(a: IrInt, b: IrInt): IrInt {
  return a.bits >= b.bits ? a : b;
}

function shown({ range, type }: Found): string | undefined {
  const { signed, bits } = type;
  if (bits === 1) return undefined;
  const [low, high] = signed ? [range.smin, range.smax] : [range.umin, range.umax];
  const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (low <= least && high >= most) return undefined;
  return low === high ? `${low}` : `${low}..${high}`;
}
