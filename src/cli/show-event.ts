import { assertNever } from "../base/invariant.js";
import { safe } from "../diagnostics/render-width.js";
import { formatDecoded } from "../run/format-value.js";
import type { ProgramEvent } from "../run/print-text.js";

/** An event on one line. */
export function eventLine(event: ProgramEvent): string {
  switch (event.kind) {
    case "print":
      return safe(event.text);
    case "record":
      return `${event.map} ${safe(formatDecoded(event.value))}`;
    case "request":
      return `(${event.action.kind} ${event.action.map})`;
    default:
      return assertNever(event, "event");
  }
}
