/**
 * The syntax tree walked by what it is made of: nodes are objects with a kind, an id and a span. So a kind of node that
 * is new to the language is walked without a change here.
 */
import type {
  Declaration,
  EnumMember,
  Expression,
  FieldCovers,
  HeaderContinues,
  HeaderField,
  HeaderParent,
  Identifier,
  Module,
  ObjectField,
  Parameter,
  Statement,
  StructField,
  SwitchCase,
  TypeNode,
} from "./ast.js";

export type AnyNode =
  | Module
  | Declaration
  | StructField
  | EnumMember
  | HeaderField
  | HeaderParent
  | HeaderContinues
  | FieldCovers
  | Parameter
  | TypeNode
  | Statement
  | SwitchCase
  | Expression
  | ObjectField
  | Identifier;

function isNode(one: object): one is AnyNode {
  return "kind" in one && "id" in one && "span" in one;
}

const apart: ReadonlySet<string> = new Set(["span", "operatorSpan", "file"]);

/** Visits every node below one, itself included, in no promised order; without recursion, for long chains. */
export function forEachNode(start: object | undefined, visit: (node: AnyNode) => void): void {
  const stack: unknown[] = [start];
  while (stack.length > 0) {
    const one = stack.pop();
    if (typeof one !== "object" || one === null) continue;
    if (isNode(one)) visit(one);
    for (const [key, value] of Object.entries(one)) {
      if (typeof value === "object" && !apart.has(key)) stack.push(value);
    }
  }
}

/** The nodes right below one, in the order of the text. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  const found: AnyNode[] = [];
  collect(node, found);
  return found.sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
}

function collect(one: object, found: AnyNode[]): void {
  for (const [key, value] of Object.entries(one)) {
    if (apart.has(key) || typeof value !== "object" || value === null) continue;
    if (isNode(value)) found.push(value);
    else collect(value, found);
  }
}
