/**
 * What the types and the lowering already keep every script from. Where it is not proven all the same, the compiler
 * made wrong code: it says so at the line it made it of, before the kernel would refuse it.
 */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Related } from "../diagnostics/diagnostic.js";

export const faults = {
  bytes: "these packet bytes are not proven to be there",
  memory: "this may reach outside of its memory",
  moved: "what was found in the packet before it moved is used after",
  tailCall: "a tail call is made below too much stack",
  depth: "calls go too deep",
  recursion: "a function calls itself",
  lost: "a record is not handed over on every path",
  released: "a record is used after it was handed over",
} as const;

export type FaultKind = keyof typeof faults;

const code = "XD4901";

export function fault(
  kind: FaultKind,
  span: Span,
  details: {
    readonly label: string;
    readonly notes?: readonly string[];
    readonly related?: readonly Related[];
  },
): Diagnostic {
  return diagnostic(code, span, faults[kind], {
    ...details,
    notes: [
      ...(details.notes ?? []),
      "a fault of xdpl's, not of the script: please report it with the script",
    ],
  });
}

export function isFault(one: Diagnostic, kind: FaultKind): boolean {
  return one.code === code && one.message === faults[kind];
}
