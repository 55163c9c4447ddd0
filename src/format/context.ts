/** What every printer of a construct gets. */
import type { Doc } from "prettier";
import type { Span } from "../base/span.js";
import type { ItemList, ListKey } from "./item-lists.js";
import type { Source } from "./source.js";
import type { FormatComment, FormatNode } from "./tree.js";

export interface Context {
  readonly source: Source;
  /** The comments printed so far. */
  readonly printed: Set<FormatComment>;
  /** A node with its comments, and with parentheses where it needs them. */
  print(node: FormatNode): Doc;
}

/** The text as written. */
export function written({ source }: Context, { span }: { readonly span: Span }): string {
  return source.text.slice(span.start, span.end);
}

export function listOf({ source }: Context, node: FormatNode, key: ListKey): ItemList | undefined {
  return source.lists.get(node)?.find((list) => list.key === key);
}

export function parentOf({ source }: Context, node: FormatNode): FormatNode | undefined {
  return source.parents.get(node);
}
