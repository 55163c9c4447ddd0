/** Obligations on integers: `bounded` values and offsets of pointers. */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Fix } from "../diagnostics/diagnostic.js";
import type { Bounded, PointerAdd, ValueId } from "../ir/ir.js";
import { describe, knownOf, rangeText, relatedOrigin, sourceText } from "./explain.js";
import type { Place } from "./flow/sweep.js";
import { clueOf } from "./guards.js";
import { bare, indexFixes } from "./index-fixes.js";
import type { BoundProof } from "./proofs.js";
import { meet, unsignedRange, type Range } from "./range/range.js";

/**
 * The kernel finds the bytes of a check only while the greatest offset and what is added to it stay within 0xffff
 * (MAX_PACKET_OFF, `find_good_pkt_pointers`): a full 16-bit offset is refused by every kernel. This leaves 16 KiB to add.
 */
export const packetOffsetMax: bigint = 0xbfffn;

export function proofOf(
  value: ValueId,
  limit: bigint,
  place: Place,
  kernelRange: (value: ValueId) => Range,
): BoundProof {
  const range = place.known.range(value);
  const needed = limit > range.umax ? limit : range.umax;
  const byArithmetic = kernelRange(value);
  const guard = place.known.guard(value);
  const guarded = guard && (meet(byArithmetic, guard) ?? byArithmetic);
  const kernel =
    byArithmetic.umax <= needed ? "definition" : guarded && guarded.umax <= needed ? "guard" : "none";
  return { range, kernel, kernelKnows: kernel === "definition" };
}

export function checkBounded(one: Bounded, place: Place): Diagnostic | undefined {
  const { index } = place.known;
  const range = place.known.range(one.value);
  if (range.umax <= one.max) return undefined;
  const type = index.intType(one.value);
  const name = sourceText(one.span) ?? describe(one.value, index);
  const never = meet(range, unsignedRange(0n, one.max)) === undefined;
  const clue = clueOf(one.value, one.max, one.span, place);
  const known = rangeText(range, type);
  return diagnostic(
    "XD4101",
    one.span,
    never ? `${name} is never ${one.what}` : `${name} is not proven to be ${one.what}`,
    {
      label: `${known} here, at most ${one.max} is allowed`,
      notes: knownOf(one.value, place),
      related: [...relatedOrigin(one.value, index, range, one.span), ...(clue ? [clue.related] : [])],
      fixes: never ? [] : indexFixes(one, index, clue?.fix),
    },
  );
}

export function checkPacketOffset(one: PointerAdd, place: Place): Diagnostic | undefined {
  const { index } = place.known;
  const range = place.known.range(one.offset);
  if (range.umax <= packetOffsetMax) return undefined;
  const name = sourceText(one.span) ?? describe(one.offset, index);
  const known = rangeText(range, index.intType(one.offset));
  const largest = largestPart(one.offset, place);
  const part = largest && largest.span !== one.span ? sourceText(largest.span) : undefined;
  return diagnostic("XD4103", one.span, `${name} may lie too far behind the packet's start`, {
    label: `${known} bytes behind it, at most ${packetOffsetMax} are allowed`,
    notes: [
      `every kernel refuses places in packets that may be more than ${packetOffsetMax} bytes behind the start`,
    ],
    related: largest && part ? [{ span: largest.span, message: `${part} is ${largest.known} here` }] : [],
    fixes: largest && part && largest.span.file === one.span.file ? [boundOf(largest.span, bare(part))] : [],
  });
}

/** What no header needs to be longer than, and no packet without jumbo frames is. */
const longHeader = 1500;

function boundOf(span: Span, text: string): Fix {
  const by = `min(${text}, ${longHeader})`;
  return { title: `bound it: \`${by}\``, edits: [{ span, text: by }] };
}

/** Of the lengths that an offset is the sum of, the one that may be largest. */
function largestPart(
  offset: ValueId,
  { known }: Place,
): { readonly span: Span; readonly known: string } | undefined {
  for (let at = offset; ;) {
    const one = known.index.definition(at);
    if (one?.kind === "convert" || one?.kind === "bounded") at = one.value;
    else if (one?.kind === "binary" && one.op === "add")
      at = known.range(one.left).umax >= known.range(one.right).umax ? one.left : one.right;
    else return one && { span: one.span, known: rangeText(known.range(at), known.index.intType(at)) };
  }
}
