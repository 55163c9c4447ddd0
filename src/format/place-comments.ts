/**
 * Where comments go. Prettier finds the smallest node around a comment; from there:
 *
 * - Between the items of a list, a comment stays where it is: on a line of its own, at the end of an item's line, or
 *   before an item.
 * - Elsewhere a block comment stays between the tokens it stands between, as part of the line.
 * - Elsewhere a line comment stays where the printer can break the line: behind an operator, in a choice, behind `=`.
 *   All others would end up at another place each time they were formatted; they go up to the item they are in.
 *
 * So every comment is printed where it will be found again: formatting twice is formatting once.
 */
import type { IfStatement } from "../syntax/ast.js";
import { bodiesOf, type ItemList } from "./item-lists.js";
import { firstIn, isStatement, lastIn, ownsLines } from "./positions.js";
import { blankAfter, blankBefore, type Placed, type PlacedComments, type Source } from "./source.js";
import { tokenAfter, tokenBefore, type Token } from "./tokens.js";
import type { FormatComment, FormatNode } from "./tree.js";

/** A comment and what stands around it, smallest node first. */
export interface Place {
  readonly comment: FormatComment;
  readonly around: FormatNode;
  /** The children of `around` right before and behind the comment. */
  readonly before: FormatNode | undefined;
  readonly after: FormatNode | undefined;
}

export function placeComment(place: Place, source: Source): void {
  const { comment, around } = place;
  const { start, end } = comment.span;
  if (insideTemplate(around, source) !== undefined) {
    if (comment.block) inLine(place, source);
    else toItem(place, source);
    return;
  }
  const list = source.lists.get(around)?.find(({ open, close }) => open <= start && end <= close);
  if (list !== undefined && inList(place, list, source)) return;
  if (around.kind === "if" && beforeElse(place, around, source)) return;
  if (comment.block) inLine(place, source);
  else if (!stays(place, source)) toItem(place, source);
}

// ---- in a list ----

function inList(place: Place, list: ItemList, source: Source): boolean {
  const { comment, around } = place;
  const { start, end } = comment.span;
  const before = list.items.findLast(({ span }) => span.end <= start);
  const after = list.items.find(({ span }) => span.start >= end);
  if (before === undefined && after === undefined) {
    if (around.kind === "for") return false;
    dangle(around, list.key, comment, source);
  } else if (before === undefined && followsLabel(place, source)) {
    dangle(around, list.key, comment, source);
  } else if (after !== undefined && leads(comment, before, after, source)) {
    lead(after, comment, comment.isLast, source);
  } else if (before !== undefined) trail(before, comment, comment.startsLine, source);
  return true;
}

/** `case A: // …` */
function followsLabel({ comment, around }: Place, source: Source): boolean {
  if (around.kind !== "case" || comment.startsLine || !comment.endsLine) return false;
  return !around.tests.some((test) => endsWithLine(test, source));
}

/** The comment belongs to what follows. */
function leads(
  comment: FormatComment,
  before: FormatNode | undefined,
  after: FormatNode,
  source: Source,
): boolean {
  if (before === undefined || comment.startsLine) return true;
  return !comment.endsLine && startsNext(comment, after, source);
}

/** Nothing but parentheses stands between the comment and the node. */
function startsNext(comment: FormatComment, after: FormatNode, { tokens }: Source): boolean {
  let next = tokenAfter(tokens, comment.span.end);
  while (next !== undefined && next.text === "(" && next.start < after.span.start)
    next = tokenAfter(tokens, next.end);
  return next?.start === after.span.start;
}

// ---- in a line ----

function inLine(place: Place, source: Source): void {
  const { comment, around, before, after } = place;
  if (after !== undefined && (before === undefined || startsNext(comment, after, source)))
    lead(outermost(after, firstIn, source), comment, false, source);
  else if (before !== undefined) trail(outermost(before, lastIn, source), comment, false, source);
  else trail(around, comment, false, source);
}

/** The largest node that starts (or ends) with this one, within its item. */
function outermost(
  node: FormatNode,
  edge: (node: FormatNode) => FormatNode | undefined,
  { parents, items, bodies }: Source,
): FormatNode {
  let found = node;
  for (;;) {
    const parent = parents.get(found);
    if (parent === undefined || items.has(found) || bodies.has(found) || edge(parent) !== found) return found;
    found = parent;
  }
}

// ---- line comments ----

/** Up to the item that the comment is in. */
function toItem({ comment, around }: Place, source: Source): void {
  const item = itemAround(insideTemplate(around, source) ?? around, source);
  if (endsItem(comment, item, source)) {
    trail(lastStatement(item, source), comment, false, source);
    return;
  }
  const parent = source.parents.get(item);
  // `else // …` before an `if` would not stay there.
  if (parent?.kind === "if" && parent.otherwise === item && item.kind === "if")
    dangle(parent, "else", comment, source, true);
  else lead(item, comment, true, source, true);
}

/** The outermost template around the node. */
function insideTemplate(node: FormatNode, { parents }: Source): FormatNode | undefined {
  let found: FormatNode | undefined;
  for (let at: FormatNode | undefined = node; at !== undefined; at = parents.get(at))
    if (at.kind === "template") found = at;
  return found;
}

function itemAround(node: FormatNode, { parents, items, bodies, module }: Source): FormatNode {
  let found: FormatNode = node;
  while (!items.has(found) && !(bodies.has(found) && isStatement(found))) {
    const parent = parents.get(found);
    if (parent === undefined || parent === module) return found;
    found = parent;
  }
  return found;
}

/** The largest statement that ends with this one: `if (x) f();` ends with `f();`. */
function lastStatement(item: FormatNode, { parents, bodies }: Source): FormatNode {
  let found = item;
  for (;;) {
    const parent = parents.get(found);
    if (parent === undefined || !bodies.has(found) || parent.span.end !== found.span.end) return found;
    found = parent;
  }
}

/** Only closing tokens of the item follow. */
function endsItem(comment: FormatComment, item: FormatNode, { tokens }: Source): boolean {
  let at = comment.span.end;
  for (
    let next: Token | undefined = tokenAfter(tokens, at);
    next !== undefined;
    next = tokenAfter(tokens, at)
  ) {
    if (next.start >= item.span.end) return true;
    if (next.text !== ";" && next.text !== ")") return false;
    at = next.end;
  }
  return true;
}

/** Hangs a line comment where it stands, if the line can break there. */
function stays({ comment, around, before, after }: Place, source: Source): boolean {
  const previous = tokenBefore(source.tokens, comment.span.start)?.text ?? "";
  const next = tokenAfter(source.tokens, comment.span.end);
  if (next?.text === "{" && beforeBraces(comment, around, next, source)) return true;
  const separate = previous !== "(" && next?.text !== ")";
  switch (around.kind) {
    case "binary":
    case "coalesce-exit":
      if (before === undefined || after === undefined || !separate || sticks(around)) return false;
      if (comment.startsLine || endsWithLine(before, source)) lead(after, comment, true, source);
      else trail(before, comment, false, source);
      return true;
    case "conditional":
      if (before === undefined || after === undefined || !separate) return false;
      if (!comment.startsLine && previous !== "?" && previous !== ":") trail(before, comment, false, source);
      else lead(after, comment, true, source);
      return true;
    case "param":
    case "variable":
    case "destructuring":
    case "assign":
    case "member":
    case "header-field":
    case "header-size":
    case "object-field":
    case "continues-field":
      if (after === undefined || !/^(?:.*=|:)$/.test(previous) || !("value" in around)) return false;
      if (after !== around.value) return false;
      lead(after, comment, true, source);
      return true;
    case "return":
      if (
        after === undefined ||
        previous !== "return" ||
        source.parents.get(around)?.kind === "coalesce-exit"
      )
        return false;
      lead(after, comment, true, source);
      return true;
    case "case":
      return inCaseLabels(comment, around.isDefault, before, after, previous, next, source);
    default:
      if (after === undefined || !source.bodies.has(after) || next?.start !== after.span.start) return false;
      lead(after, comment, true, source);
      return true;
  }
}

/** `x in [ … ]` is never broken behind `in`. */
export function sticks(node: FormatNode): boolean {
  return node.kind === "binary" && node.operator === "in" && node.right.kind === "list";
}

/** A comment between a head and its `{` goes behind the `{`. */
function beforeBraces(comment: FormatComment, around: FormatNode, brace: Token, source: Source): boolean {
  const owner = bodiesOf(around).find(({ span }) => span.start === brace.start) ?? around;
  if (!braced.has(owner.kind)) return false;
  const list = source.lists.get(owner)?.find(({ open }) => open === brace.end);
  if (list === undefined) return false;
  const first = list.items[0];
  if (first === undefined) dangle(owner, list.key, comment, source, true);
  else lead(first, comment, true, source, true);
  return true;
}

const braced: ReadonlySet<string> = new Set(["block", "struct", "enum", "header", "switch"]);

/** `case A: // …`: the labels of one case stand on lines of their own. */
function inCaseLabels(
  comment: FormatComment,
  isDefault: boolean,
  before: FormatNode | undefined,
  after: FormatNode | undefined,
  previous: string,
  next: Token | undefined,
  source: Source,
): boolean {
  if (before === undefined || isStatement(before)) return false;
  const more = after !== undefined || isDefault;
  if (!more || (previous !== ":" && next?.text !== ":")) return false;
  if (comment.startsLine && !isDefault && after !== undefined && isStatement(after))
    lead(after, comment, true, source, true);
  else trail(before, comment, comment.startsLine, source);
  return true;
}

// ---- else ----

function beforeElse({ comment }: Place, node: IfStatement, source: Source): boolean {
  const { then, otherwise } = node;
  const { start, end } = comment.span;
  if (otherwise === undefined || start < then.span.end || end > otherwise.span.start) return false;
  if (tokenAfter(source.tokens, end)?.text === "else") {
    if (then.kind !== "block" && !comment.startsLine && !endsWithLine(then, source))
      trail(then, comment, false, source);
    else dangle(node, "else", comment, source);
    return true;
  }
  if (comment.block || otherwise.kind !== "if") return false;
  dangle(node, "else", comment, source, true);
  return true;
}

// ---- hanging ----

function placedOf(node: FormatNode, { placed }: Source): PlacedComments {
  const found = placed.get(node) ?? { leading: [], trailing: [], dangling: new Map<string, Placed[]>() };
  placed.set(node, found);
  return found;
}

/** A comment behind the node ends its line already. */
function endsWithLine(node: FormatNode, { placed }: Source): boolean {
  return placed.get(node)?.trailing.some(({ comment, line }) => line || !comment.block) === true;
}

function lead(node: FormatNode, comment: FormatComment, ends: boolean, source: Source, moved = false): void {
  const alone =
    source.parents.get(node) === source.module ||
    (comment.text.includes("\n") && source.items.has(node) && ownsLines(node, source));
  const line = ends || alone || !comment.block;
  const blank = line && !moved && blankAfter(source.text, comment.span.end);
  placedOf(node, source).leading.push({ comment, line, blank, moved });
}

function trail(node: FormatNode, comment: FormatComment, line: boolean, source: Source): void {
  const blank = line && blankBefore(source.text, comment.span.start);
  placedOf(node, source).trailing.push({ comment, line, blank, moved: false });
}

function dangle(node: FormatNode, key: string, comment: FormatComment, source: Source, moved = false): void {
  const { dangling } = placedOf(node, source);
  const line = moved || !comment.block || comment.startsLine;
  const blank = comment.startsLine && blankBefore(source.text, comment.span.start);
  dangling.set(key, [...(dangling.get(key) ?? []), { comment, line, blank, moved }]);
}
