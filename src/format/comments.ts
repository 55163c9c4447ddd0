/** Comments in print: before a node, behind it, or in an empty list. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type { Context } from "./context.js";
import { ownsLines } from "./positions.js";
import type { Placed } from "./source.js";
import type { FormatComment, FormatNode } from "./tree.js";

const { breakParent, hardline, hardlineWithoutBreakParent, join, lineSuffix, literallineWithoutBreakParent } =
  builders;

/** A node's doc with its comments around it. */
export function withComments(node: FormatNode, doc: Doc, cx: Context): Doc {
  const placed = cx.source.placed.get(node);
  if (placed === undefined) return doc;
  const inline = placed.trailing.filter(isInline);
  const suffixes = placed.trailing.filter((one) => !isInline(one));
  const broken = suffixes.length > 0 && !ownsLines(node, cx.source);
  return [
    ...placed.leading.map((one) => leading(one, cx)),
    doc,
    ...inline.map(({ comment }): Doc => [" ", contents(comment, false, cx)]),
    ...suffixes.map((one, i) => suffix(one, i > 0, cx)),
    broken ? breakParent : "",
  ];
}

/** Behind a node, on its line, and more may follow on that line. */
function isInline({ comment, line }: Placed): boolean {
  return comment.block && !line;
}

function leading({ comment, line, blank }: Placed, cx: Context): Doc {
  const text = contents(comment, line, cx);
  return line ? [text, hardline, blank ? hardline : ""] : [text, " "];
}

/** What stands behind all that is on the line; a second comment has the next line. */
function suffix({ comment, line, blank }: Placed, second: boolean, cx: Context): Doc {
  const text = contents(comment, line, cx);
  return lineSuffix(line || second ? [hardline, blank ? hardline : "", text] : [" ", text]);
}

/** The comments in an empty list, or before `else`. */
export function danglingIn(node: FormatNode, key: string, { source }: Context): readonly Placed[] {
  return source.placed.get(node)?.dangling.get(key) ?? [];
}

/** One below the other, as they stood. */
export function printLines(found: readonly Placed[], cx: Context): Doc {
  return found.map(({ comment, blank }, i) => {
    const before = i === 0 ? "" : blank ? [hardline, hardline] : hardline;
    return [before, contents(comment, true, cx)];
  });
}

/** One behind the other. */
export function printInline(found: readonly Placed[], cx: Context): Doc {
  return join(
    " ",
    found.map(({ comment }) => contents(comment, false, cx)),
  );
}

/** A comment before the node ends with its line, or one behind it does. */
export function breaksLine(node: FormatNode, side: "leading" | "trailing", { source }: Context): boolean {
  const found = source.placed.get(node)?.[side] ?? [];
  return found.some(({ comment, line }) => line || !comment.block);
}

export function hasComments(node: FormatNode, { source }: Context): boolean {
  const placed = source.placed.get(node);
  return placed !== undefined && placed.leading.length + placed.trailing.length > 0;
}

/** The text of a comment. On a line of its own, one with a star before each line is indented anew. */
function contents(comment: FormatComment, line: boolean, cx: Context): Doc {
  cx.printed.add(comment);
  const lines = comment.text.split("\n");
  const starred = line && lines.length > 1 && lines.slice(1).every((one) => /^\s*\*/.test(one));
  if (!starred) return join(literallineWithoutBreakParent, lines);
  const [first = "", ...rest] = lines.map((one) => one.trim());
  return join(hardlineWithoutBreakParent, [first, ...rest.map((one) => ` ${one}`)]);
}

/** `// xdpl-ignore` before an item keeps its text as it is. */
export function isIgnored(node: FormatNode, { source }: Context): boolean {
  const found = source.placed.get(node)?.leading ?? [];
  return found.some(
    ({ comment, moved }) => !moved && /^\/[/*]+\s*(?:prettier|xdpl)-ignore\s*(?:\*\/)?$/.test(comment.text),
  );
}
