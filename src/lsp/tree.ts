/**
 * Walking the syntax tree by what it is made of: nodes are objects with a kind, an id and a span. So a kind of node
 * that is new to the language is walked without a change here.
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
} from "../syntax/ast.js";

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

/** The nodes right below one, in the order of the text. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  const found: AnyNode[] = [];
  collect(node, found);
  return found.sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
}

function collect(one: object, found: AnyNode[]): void {
  for (const [key, value] of Object.entries(one)) {
    if (key === "span" || key === "operatorSpan" || key === "file") continue;
    if (typeof value !== "object" || value === null) continue;
    if (isNode(value)) found.push(value);
    else collect(value, found);
  }
}

/** From the module down to the smallest node around an offset; both ends of a node count as inside. */
export function pathAt(module: Module, offset: number): readonly AnyNode[] {
  const path: AnyNode[] = [module];
  for (let node: AnyNode | undefined = module; node;) {
    const inside: readonly AnyNode[] = childrenOf(node).filter(
      ({ span }) => span.start <= offset && offset <= span.end,
    );
    // Of two that touch at the offset, the name counts, else the one behind it.
    node = inside.find((one) => one.kind === "identifier") ?? inside.at(-1);
    if (node) path.push(node);
  }
  return path;
}

/** Every node below one with those above it, the nearest first. */
export function walk(
  node: AnyNode,
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
  parents: readonly AnyNode[] = [],
): void {
  visit(node, parents);
  const below = [node, ...parents];
  for (const child of childrenOf(node)) walk(child, visit, below);
}
