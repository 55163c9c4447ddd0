/** Lists: between brackets with commas, or an item a line. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import { breaksLine, danglingIn, printInline, printLines } from "./comments.js";
import { type Context, listOf } from "./context.js";
import type { ListKey } from "./item-lists.js";
import { blankBefore } from "./source.js";
import type { FormatNode } from "./tree.js";

const { fill, group, hardline, ifBreak, indent, line, softline } = builders;

export interface ListStyle {
  readonly open: string;
  readonly close: string;
  /** Blanks inside the brackets when the list is on one line. */
  readonly spaced?: boolean;
  /** As many items on a line as fit, for numbers and addresses. */
  readonly filled?: boolean;
  readonly broken?: boolean;
  /** No comma behind the last item of a broken list. */
  readonly bare?: boolean;
}

/** Where an item starts, the comments before it included. */
function startOf(node: FormatNode, { source }: Context): number {
  const first = source.placed.get(node)?.leading.find(({ moved }) => !moved);
  return Math.min(node.span.start, first?.comment.span.start ?? node.span.start);
}

/** An empty line stands before the item. */
function hasBlankBefore(node: FormatNode, cx: Context): boolean {
  return blankBefore(cx.source.text, startOf(node, cx));
}

/** `[a, b]`: on one line, or each item on its own, with a comma behind the last. */
export function commaList(node: FormatNode, key: ListKey, style: ListStyle, cx: Context): Doc {
  const { open, close } = style;
  const items = listOf(cx, node, key)?.items ?? [];
  if (items.length === 0) {
    const found = danglingIn(node, key, cx);
    if (found.length === 0) return open + close;
    if (found.some(({ comment }) => !comment.block))
      return [open, indent([hardline, printLines(found, cx)]), hardline, close];
    return [open, printInline(found, cx), close];
  }
  const edge = style.spaced === true ? line : softline;
  const body = style.filled === true && items.length > 1 && !items.some((item) => hasLines(item, cx));
  return group(
    [
      open,
      indent([edge, body ? filledItems(items, cx) : commaItems(items, cx)]),
      style.bare === true ? "" : ifBreak(","),
      edge,
      close,
    ],
    {
      shouldBreak: style.broken === true,
    },
  );
}

function hasLines(item: FormatNode, cx: Context): boolean {
  return breaksLine(item, "leading", cx) || breaksLine(item, "trailing", cx);
}

function commaItems(items: readonly FormatNode[], cx: Context): Doc[] {
  return items.map((item, i) => {
    if (i === 0) return cx.print(item);
    return [",", line, hasBlankBefore(item, cx) ? softline : "", cx.print(item)];
  });
}

function filledItems(items: readonly FormatNode[], cx: Context): Doc {
  const docs: Doc[] = [];
  for (const [i, item] of items.entries()) {
    if (i > 0) docs.push(hasBlankBefore(item, cx) ? [hardline, hardline] : line);
    docs.push(i === items.length - 1 ? cx.print(item) : [cx.print(item), ","]);
  }
  return fill(docs);
}

/** Items on lines of their own; of empty lines between two, one stays. */
export function itemLines(items: readonly FormatNode[], cx: Context): Doc {
  return items.map((item, i) => {
    if (i === 0) return cx.print(item);
    return [hardline, hasBlankBefore(item, cx) ? hardline : "", cx.print(item)];
  });
}

/** `{`, lines, `}`. */
export function braces(node: FormatNode, cx: Context, print: typeof itemLines = itemLines): Doc {
  const items = listOf(cx, node, "items")?.items ?? [];
  if (items.length > 0) return ["{", indent([hardline, print(items, cx)]), hardline, "}"];
  const found = danglingIn(node, "items", cx);
  return found.length === 0 ? "{}" : ["{", indent([hardline, printLines(found, cx)]), hardline, "}"];
}

/** Fields: those that share a line go on sharing it. */
export function fieldLines(items: readonly FormatNode[], cx: Context): Doc {
  const docs: Doc[] = [];
  let run: Doc[] = [];
  for (const [i, item] of items.entries()) {
    const previous = items[i - 1];
    if (previous !== undefined) {
      if (shareLine(previous, item, cx)) run.push(line);
      else {
        docs.push(fill(run), hardline, hasBlankBefore(item, cx) ? hardline : "");
        run = [];
      }
    }
    run.push(cx.print(item));
  }
  docs.push(fill(run));
  return docs;
}

function shareLine(first: FormatNode, second: FormatNode, cx: Context): boolean {
  if (breaksLine(first, "trailing", cx) || breaksLine(second, "leading", cx)) return false;
  return !cx.source.text.slice(first.span.end, second.span.start).includes("\n");
}
