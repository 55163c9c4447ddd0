/** Which child of a node is printed first, and which last. */
import type { Source } from "./source.js";
import type { FormatNode } from "./tree.js";

/** The child that a node starts with, if it starts with one. */
export function firstIn(node: FormatNode): FormatNode | undefined {
  switch (node.kind) {
    case "binary":
      return node.left;
    case "range":
      return node.from;
    case "member-access":
    case "index":
      return node.object;
    case "call":
      return node.callee;
    case "cast":
    case "coalesce-exit":
      return node.value;
    case "conditional":
      return node.condition;
    case "nullable-type":
      return node.inner;
    case "array-type":
      return node.element;
    case "named-type":
    case "parameter":
    case "field":
    case "header-field":
    case "import-name":
    case "member":
    case "object-field":
    case "continues-field":
      return node.name;
    case "binding":
      return node.field;
    case "parent":
      return node.header;
    case "expression-statement":
      return node.expression;
    case "assign":
      return node.target;
    case "variable-statement":
      return node.declaration;
    default:
      return undefined;
  }
}

/** The child that a node ends with, if it ends with one. */
export function lastIn(node: FormatNode): FormatNode | undefined {
  switch (node.kind) {
    case "binary":
      return node.right;
    case "range":
      return node.to;
    case "member-access":
      return node.member;
    case "cast":
      return node.type;
    case "unary":
      return node.operand;
    case "conditional":
      return node.otherwise;
    case "coalesce-exit":
      return node.exit;
    case "object-field":
    case "continues-field":
    case "member":
      return node.value ?? node.name;
    case "binding":
      return node.name ?? node.field;
    case "import-name":
      return node.alias ?? node.name;
    case "parameter":
      return node.type ?? node.name;
    default:
      return undefined;
  }
}

export function isStatement(node: FormatNode): boolean {
  switch (node.kind) {
    case "block":
    case "variable-statement":
    case "destructuring":
    case "expression-statement":
    case "assign":
    case "if":
    case "for":
    case "for-of":
    case "while":
    case "switch":
    case "return":
    case "break":
    case "continue":
    case "empty":
      return true;
    default:
      return false;
  }
}

/** The node has lines for itself, so that a comment at its end does not need to break what is around. */
export function ownsLines(node: FormatNode, source: Source): boolean {
  if (source.bodies.has(node)) return true;
  const parent = source.parents.get(node);
  switch (parent?.kind) {
    case undefined:
    case "module":
    case "block":
    case "struct":
    case "enum":
    case "case":
      return true;
    case "header":
      return node.kind !== "parent";
    case "switch":
      return node.kind === "case";
    default:
      return false;
  }
}
