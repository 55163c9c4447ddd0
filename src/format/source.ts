/** A parsed text, with what the printer asks of it: parents, lists, and the comments of each node. */
import type { SourceFile, Span } from "../base/span.js";
import type { Module } from "../syntax/ast.js";
import type { Comment } from "../syntax/lexer.js";
import { bodiesOf, type ItemList, listsOf } from "./item-lists.js";
import { makeParts } from "./parts.js";
import { readTokens, type Tokens } from "./tokens.js";
import { type Branch, childrenOf, type FormatComment, type FormatNode, type Parts } from "./tree.js";

/** A comment where it will be printed. */
export interface Placed {
  readonly comment: FormatComment;
  /** Leading: a line break follows. Trailing: it stands on a line of its own. */
  readonly line: boolean;
  /** A blank line follows (leading), or stands before (trailing, dangling). */
  readonly blank: boolean;
  /** It did not stand here, but somewhere inside the node. */
  readonly moved: boolean;
}

export interface PlacedComments {
  readonly leading: Placed[];
  readonly trailing: Placed[];
  /** In an empty list, or before `else`; by the list's key. */
  readonly dangling: Map<string, Placed[]>;
}

export interface Source {
  readonly text: string;
  readonly module: Module;
  readonly tree: Branch;
  readonly tokens: Tokens;
  readonly parts: Parts;
  readonly parents: ReadonlyMap<FormatNode, FormatNode>;
  readonly lists: ReadonlyMap<FormatNode, readonly ItemList[]>;
  /** Items of lists. */
  readonly items: ReadonlySet<FormatNode>;
  /** Statements without a list around them: the body of an `if`, of a function, and so on. */
  readonly bodies: ReadonlySet<FormatNode>;
  readonly placed: Map<FormatNode, PlacedComments>;
}

/** What Prettier gets from the parser: it hands out the comments, and prints from here. */
export interface Root {
  readonly kind: "root";
  readonly span: Span;
  readonly source: Source;
  readonly comments: FormatComment[];
}

export function makeRoot(file: SourceFile, module: Module, comments: readonly Comment[]): Root {
  const source = makeSource(file, module);
  return { kind: "root", span: module.span, source, comments: describeComments(file.text, comments) };
}

function makeSource(file: SourceFile, module: Module): Source {
  const tokens = readTokens(file);
  const parts = makeParts(tokens);
  const parents = new Map<FormatNode, FormatNode>();
  const lists = new Map<FormatNode, readonly ItemList[]>();
  const items = new Set<FormatNode>();
  const bodies = new Set<FormatNode>();
  const visit = (node: FormatNode): Branch => {
    const own = listsOf(node, parts, tokens);
    if (own.length > 0) lists.set(node, own);
    for (const list of own) for (const item of list.items) items.add(item);
    for (const body of bodiesOf(node)) bodies.add(body);
    const children = childrenOf(node, parts);
    for (const child of children) parents.set(child, node);
    return { kind: "branch", span: node.span, node, children: children.map(visit) };
  };
  const tree = visit(module);
  return { text: file.text, module, tree, tokens, parts, parents, lists, items, bodies, placed: new Map() };
}

/** Comments with nothing but blanks between them on one line share what is before and behind them. */
function describeComments(text: string, comments: readonly Comment[]): FormatComment[] {
  const glued = comments.map(({ span }, i) => {
    const before = comments[i - 1];
    return before !== undefined && skipBlanks(text, before.span.end) === span.start;
  });
  const starts: boolean[] = [];
  for (const [i, { span }] of comments.entries())
    starts[i] = glued[i] === true ? starts[i - 1] === true : lineStart(text, span.start) !== undefined;
  const ends: boolean[] = [];
  for (const [i, { span }] of [...comments.entries()].reverse())
    ends[i] = glued[i + 1] === true ? ends[i + 1] === true : lineEnd(text, span.end) !== undefined;
  return comments.map(({ text: own, span }, i) => ({
    kind: "comment",
    text: own.trimEnd(),
    span,
    block: own.startsWith("/*"),
    startsLine: starts[i] === true,
    endsLine: ends[i] === true,
    isLast: glued[i + 1] !== true && ends[i] === true,
  }));
}

const blanks: ReadonlySet<string | undefined> = new Set([" ", "\t", "\r"]);

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (blanks.has(text[at])) at++;
  return at;
}

/** Where the line of `at` starts, if nothing stands before `at` on it. */
function lineStart(text: string, from: number): number | undefined {
  let at = from;
  while (at > 0 && blanks.has(text[at - 1])) at--;
  return at === 0 || text[at - 1] === "\n" ? at : undefined;
}

/** Where the line of `at` ends, behind its line break, if nothing more stands on it. */
function lineEnd(text: string, from: number): number | undefined {
  const at = skipBlanks(text, from);
  return at === text.length || text[at] === "\n" ? at + 1 : undefined;
}

/** An empty line stands right before the line of `at`, on which `at` is the first. */
export function blankBefore(text: string, at: number): boolean {
  const start = lineStart(text, at);
  return start !== undefined && start > 0 && (lineStart(text, start - 1) ?? 0) > 0;
}

/** An empty line follows the line of `at`, which has nothing more on it. */
export function blankAfter(text: string, at: number): boolean {
  const end = lineEnd(text, at);
  return end !== undefined && end < text.length && lineEnd(text, end) !== undefined;
}
