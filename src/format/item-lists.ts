/**
 * Lists of items, the places where comments have a line of their own: declarations, statements, fields, arguments,
 * and the lone expression in the parentheses of an `if`. Broken over lines, each item of a list starts a line.
 */
import { defined } from "../base/invariant.js";
import type { CallExpression, ProgramDeclaration } from "../syntax/ast.js";
import { bracketsAt, type Brackets, indexAfter, tokenBefore, type Tokens } from "./tokens.js";
import type { FormatNode, Parts } from "./tree.js";

export type ListKey = "items" | "arguments" | "types" | "parameters" | "parents" | "head";

export interface ItemList extends Brackets {
  readonly key: ListKey;
  readonly items: readonly FormatNode[];
}

/** The lists of a node, without those inside its children. */
export function listsOf(node: FormatNode, parts: Parts, tokens: Tokens): readonly ItemList[] {
  const list = (items: readonly FormatNode[], index: number, key: ListKey = "items"): ItemList => ({
    ...bracketsAt(tokens, index),
    items,
    key,
  });
  const first = indexAfter(tokens, node.span.start);
  const last = indexAfter(tokens, node.span.end) - 1;
  switch (node.kind) {
    case "module":
      return [{ key: "items", items: node.declarations, open: 0, close: node.span.end }];
    case "import":
      return [list(parts.importNames(node), first + 1)];
    case "struct":
      return [list(node.fields, last)];
    case "enum":
      return [list(node.members, last)];
    case "header": {
      const { parents } = node;
      const start = parents[0]?.span.start;
      const open = start === undefined ? undefined : tokenBefore(tokens, start)?.end;
      const close = parents.at(-1)?.span.end ?? 0;
      const items = list(parts.headerItems(node), last);
      return open === undefined ? [items] : [{ key: "parents", items: parents, open, close }, items];
    }
    case "parent":
      return node.when === undefined ? [] : [list([node.when], last, "head")];
    case "continues": {
      const fields = list(parts.continuesFields(node), indexAfter(tokens, node.header.span.end));
      return node.when === undefined ? [fields] : [fields, list([node.when], last - 1, "head")];
    }
    case "covers":
      return [list(node.parts, first + 1)];
    case "function":
      return [list(node.parameters, indexAfter(tokens, node.name.span.end), "parameters")];
    case "test": {
      const at = indexAfter(tokens, node.name.span.end);
      return tokens[at]?.text === "(" ? [list(node.parameters, at, "parameters")] : [];
    }
    case "program":
      return programLists(node, tokens, list);
    case "named-type": {
      if (node.arguments.length === 0) return [];
      const open = defined(tokens[indexAfter(tokens, node.name.span.end)], "`<`").end;
      return [{ key: "types", items: node.arguments, open, close: node.span.end - 1 }];
    }
    case "call":
      return callLists(node, tokens, list(node.arguments, last, "arguments"));
    case "new":
      return [list(node.arguments, last, "arguments")];
    case "block":
      return [list(node.statements, first)];
    case "list":
      return [list(node.elements, first)];
    case "object":
      return [list(node.fields, first)];
    case "destructuring":
      return [list(parts.bindings(node), first + 1)];
    case "if":
    case "while":
      return [list([node.condition], first + 1, "head")];
    case "for": {
      const items = [node.start, node.condition, node.step].filter((part) => part !== undefined);
      return [list(items, first + 1, "head")];
    }
    case "switch":
      return [list([node.value], first + 1, "head"), list(node.cases, last)];
    case "case": {
      const start = node.body[0]?.span.start;
      const open = start === undefined ? undefined : tokenBefore(tokens, start)?.end;
      return open === undefined ? [] : [{ key: "items", items: node.body, open, close: node.span.end }];
    }
    case "index":
      return [list([node.index], last, "head")];
    default:
      return [];
  }
}

type MakeList = (items: readonly FormatNode[], index: number, key: ListKey) => ItemList;

function programLists(node: ProgramDeclaration, tokens: Tokens, list: MakeList): readonly ItemList[] {
  const lists: ItemList[] = [];
  let at = indexAfter(tokens, node.hook.span.end);
  if (tokens[at]?.text === "(") {
    lists.push(list(node.hookArguments, at, "arguments"));
    at = (tokens[at]?.match ?? at) + 1;
  }
  if (node.name !== undefined) at++;
  if (tokens[at]?.text === "(") lists.push(list(node.parameters, at, "parameters"));
  return lists;
}

function callLists(node: CallExpression, tokens: Tokens, args: ItemList): readonly ItemList[] {
  if (node.typeArguments.length === 0) return [args];
  let open = indexAfter(tokens, node.callee.span.end);
  while (tokens[open]?.text === ")") open++;
  // Inside the list both the `>` and the `(` behind it are past the last argument.
  const close = defined(tokenBefore(tokens, args.open - 1), "`>`").end - 1;
  return [{ key: "types", items: node.typeArguments, open: defined(tokens[open], "`<`").end, close }, args];
}

/** Statements that stand where one may stand without braces, and the bodies of functions and programs. */
export function bodiesOf(node: FormatNode): readonly FormatNode[] {
  switch (node.kind) {
    case "if":
      return node.otherwise === undefined ? [node.then] : [node.then, node.otherwise];
    case "for":
    case "for-of":
    case "while":
      return [node.body];
    case "function":
    case "program":
    case "test":
      return node.body === undefined ? [] : [node.body];
    default:
      return [];
  }
}
