/** What records of ring buffers say. */
import { layoutSize, type Layout, type PrintAction, type PrintMetadata } from "../base/layout.js";
import { withoutStacks, type ShowStacks } from "./stacks.js";
import { decodeValue, formatDecoded, hex, type Decoded } from "./format-value.js";

/** The ring buffer that `print` writes into. */
export const printMap: string = "xdpl_events";

/**
 * What a program told: a line that it printed, a record of one of the script's ring buffers, or that it wants a map
 * shown or emptied.
 */
export type ProgramEvent =
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "record"; readonly map: string; readonly value: Decoded }
  | { readonly kind: "request"; readonly action: PrintAction };

/** One record of the ring buffer `map`. */
export function eventOf(
  map: string,
  layout: Layout | undefined,
  prints: ReadonlyMap<number, PrintMetadata>,
  record: Uint8Array,
  show: ShowStacks = withoutStacks,
): ProgramEvent {
  if (map !== printMap)
    return { kind: "record", map, value: layout ? show(layout, decodeValue(layout, record)) : hex(record) };
  const action = printOf(prints, record)?.action;
  return action ? { kind: "request", action } : { kind: "print", text: formatPrint(prints, record, show) };
}

function printOf(prints: ReadonlyMap<number, PrintMetadata>, record: Uint8Array): PrintMetadata | undefined {
  if (record.length < printHeader) return undefined;
  return prints.get(new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(0, true));
}

/** A record is the format's number in a u32, a u32 of padding, then the arguments in slots. */
const printHeader = 8;

/** Writes what a `print` record says. */
export function formatPrint(
  prints: ReadonlyMap<number, PrintMetadata>,
  record: Uint8Array,
  show: ShowStacks = withoutStacks,
): string {
  const print = printOf(prints, record);
  if (!print) return hex(record);
  let at = printHeader;
  let text = print.parts[0] ?? "";
  for (const [index, layout] of print.args.entries()) {
    const value = show(layout, decodeValue(layout, record.subarray(at, at + layoutSize(layout))));
    // One event, one line: a call after the one that it was made in.
    const isStack = layout.kind === "struct" && layout.stack === true && Array.isArray(value);
    text +=
      (isStack ? value.map(formatDecoded).join(" < ") : formatDecoded(value)) +
      (print.parts[index + 1] ?? "");
    at += slotSize(layout);
  }
  return text;
}

/** Values whole, rounded up to 8 bytes; integers are 64 bits already (`src/ir/lower/print.ts`). */
function slotSize(layout: Layout): number {
  return Math.max(8, (layoutSize(layout) + 7) & ~7);
}
