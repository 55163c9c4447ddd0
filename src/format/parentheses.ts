/** Which nodes need parentheses: where the grammar asks for them, and where people would have to think. */
import type { BinaryExpression } from "../syntax/ast.js";
import { precedence } from "../syntax/precedence.js";
import type { Source } from "./source.js";
import { firstIn } from "./positions.js";
import type { FormatNode } from "./tree.js";

const bitwise: ReadonlySet<string> = new Set(["&", "|", "^", "<<", ">>"]);
const logical: ReadonlySet<string> = new Set(["&&", "||"]);

export function needsParentheses(node: FormatNode, source: Source): boolean {
  const parent = source.parents.get(node);
  if (parent === undefined) return false;
  if (isTypeArgument(node, parent)) return !standsAmongTypes(node);
  switch (node.kind) {
    case "binary":
      return binaryNeeds(node, parent) || looksGeneric(node, parent, source);
    case "range":
      return parent.kind === "binary"
        ? !(parent.operator === "in" && parent.right === node)
        : isOperand(node, parent);
    case "cast":
      return parent.kind === "cast" ? false : parent.kind === "conditional" ? false : isOperand(node, parent);
    case "coalesce-exit":
    case "conditional":
      return isOperand(node, parent);
    case "unary":
      if (parent.kind === "unary") return parent.operator === node.operator && "+-".includes(node.operator);
      return isObject(node, parent);
    case "number":
    case "address":
    case "prefix":
      return isObject(node, parent);
    case "object":
      return startsStatement(node, source);
    default:
      return false;
  }
}

function isTypeArgument(node: FormatNode, parent: FormatNode): boolean {
  if (parent.kind === "named-type") return node !== parent.name;
  return parent.kind === "call" && parent.typeArguments.some((one) => one === node);
}

/** Types, and expressions that are not read as one: those that do not start with a name, without operators. */
function standsAmongTypes(node: FormatNode): boolean {
  switch (node.kind) {
    case "named-type":
    case "array-type":
    case "nullable-type":
      return true;
    case "binary":
    case "range":
    case "cast":
    case "coalesce-exit":
    case "conditional":
    case "identifier":
      return false;
    default: {
      const first = firstIn(node);
      return first === undefined || standsAmongTypes(first);
    }
  }
}

/** Something binds to the node: `node.x`, `node[i]`, `node(…)`. */
function isObject(node: FormatNode, parent: FormatNode): boolean {
  switch (parent.kind) {
    case "member-access":
    case "index":
      return parent.object === node;
    case "call":
      return parent.callee === node;
    default:
      return false;
  }
}

/** Any operator, or what `isObject` says. */
function isOperand(node: FormatNode, parent: FormatNode): boolean {
  switch (parent.kind) {
    case "binary":
    case "range":
    case "unary":
    case "cast":
      return true;
    case "coalesce-exit":
      return parent.value === node;
    case "conditional":
      return parent.condition === node;
    default:
      return isObject(node, parent);
  }
}

function binaryNeeds(node: BinaryExpression, parent: FormatNode): boolean {
  switch (parent.kind) {
    case "binary": {
      const [outer, inner] = [precedence(parent.operator), precedence(node.operator)];
      if (inner !== outer) return inner < outer || unclear(node.operator, parent.operator);
      return parent.right === node || !flattens(node, parent);
    }
    case "range":
      return precedence(node.operator) < precedence("..") || bitwise.has(node.operator);
    case "coalesce-exit":
      return parent.value === node && logical.has(node.operator);
    case "conditional":
      return false;
    default:
      return isOperand(node, parent);
  }
}

/** The inner operator binds tighter, but who knows that by heart? */
function unclear(inner: string, outer: string): boolean {
  if (bitwise.has(outer)) return true;
  return logical.has(inner) && (outer === "||" || outer === "??");
}

const chained: ReadonlySet<string> = new Set(["??", "||", "&&", "|", "^", "&", "+", "-", "*", "/"]);

/** `a + b - c` is one chain. */
export function flattens(left: BinaryExpression, parent: BinaryExpression): boolean {
  return (
    parent.left === left &&
    precedence(left.operator) === precedence(parent.operator) &&
    chained.has(left.operator) &&
    chained.has(parent.operator)
  );
}

/** `f(a < b, c > (d))` would be read as a call of `a<b, c>`. */
function looksGeneric(node: BinaryExpression, parent: FormatNode, source: Source): boolean {
  if (node.operator !== "<") return false;
  const siblings = source.lists.get(parent)?.find(({ items }) => items.includes(node))?.items ?? [];
  return siblings
    .slice(siblings.indexOf(node) + 1)
    .some(
      (one) =>
        one.kind === "binary" && one.operator.startsWith(">") && startsWithParenthesis(one.right, source),
    );
}

function startsWithParenthesis(node: FormatNode, source: Source): boolean {
  for (let at: FormatNode | undefined = node; at !== undefined; at = firstIn(at))
    if (needsParentheses(at, source)) return true;
  return false;
}

/** A statement that starts with `{` would be a block. */
function startsStatement(node: FormatNode, { parents }: Source): boolean {
  let child = node;
  for (let parent = parents.get(child); parent !== undefined; parent = parents.get(child)) {
    if (firstIn(parent) !== child) return false;
    if (parent.kind === "expression-statement" || parent.kind === "assign") return true;
    child = parent;
  }
  return false;
}
