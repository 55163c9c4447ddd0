/** What of memory that must not be written a script could write: a struct is passed by reference. */
import type { LocalSymbol } from "../../check/checked.js";
import { scalarParts, type Scope } from "./values.js";

interface Node {
  readonly kind: string;
  readonly id: number;
}

/**
 * Whether nothing is done with a local in a part of the syntax tree but reading numbers of it, comparing it, and naming it to
 * methods, those of maps: it is neither assigned to nor handed on as what it is.
 */
export function isOnlyRead(s: Scope, part: object, symbol: LocalSymbol): boolean {
  let found = true;
  const names = (node: unknown): boolean =>
    isNode(node) &&
    (node.kind === "identifier"
      ? s.low.checked.symbols.get(node.id) === symbol
      : (node.kind === "member-access" || node.kind === "index") && "object" in node && names(node.object));
  const visit = (node: unknown, mayStay: boolean): void => {
    if (Array.isArray(node)) for (const one of node) visit(one, mayStay);
    if (!isNode(node)) return;
    if (names(node)) {
      const type = s.low.checked.types.get(node.id);
      if (!mayStay && !(type && scalarParts(type))) found = false;
      if (node.kind === "index" && "index" in node) visit(node.index, false);
      return;
    }
    if (node.kind === "assign" && "target" in node && names(node.target)) found = false;
    const stays = node.kind === "binary" || isMethodCall(node);
    for (const [key, value] of Object.entries(node)) if (key !== "span") visit(value, stays);
  };
  visit(part, false);
  return found;
}

function isNode(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "kind" in node && "id" in node;
}

function isMethodCall(node: Node): boolean {
  return (
    node.kind === "call" && "callee" in node && isNode(node.callee) && node.callee.kind === "member-access"
  );
}
