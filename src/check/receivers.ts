/** Maps where they may stand: before `.`, before `[`, right of `in`, after `of`, in `redirect`. */
import type { Expression } from "../syntax/ast.js";
import type { MapSymbol } from "./checked.js";
import { setType, type Context } from "./context.js";
import { symbolOf } from "./declarations.js";
import { findName } from "./lookup.js";

/** The map a name means, recorded; undefined when the expression is no map's name. */
export function mapReceiver(cx: Context, node: Expression): MapSymbol | undefined {
  if (node.kind !== "identifier") return undefined;
  const found = findName(cx, node.name);
  if (found?.kind !== "binding" || found.binding.declaration.kind !== "variable") return undefined;
  if (found.binding.declaration.value?.kind !== "new") return undefined;
  const symbol = symbolOf(cx.root, found.binding);
  if (symbol?.kind !== "map") return undefined;
  cx.root.tables.symbols.set(node.id, symbol);
  setType(cx, node, symbol.type);
  return symbol;
}

/** Whether the name is that of a map whose declaration was wrong: nothing more is said of it. */
export function isBrokenMap(cx: Context, node: Expression): boolean {
  if (node.kind !== "identifier") return false;
  const found = findName(cx, node.name);
  if (found?.kind !== "binding" || found.binding.declaration.kind !== "variable") return false;
  return found.binding.declaration.value?.kind === "new" && symbolOf(cx.root, found.binding) === undefined;
}
