/** Gives spans to the parts of the tree that have none, so that comments can be hung on them. */
import type { Span } from "../base/span.js";
import type {
  DestructuringStatement,
  HeaderContinues,
  HeaderDeclaration,
  ImportDeclaration,
} from "../syntax/ast.js";
import { indexAfter, type Tokens } from "./tokens.js";
import type { Binding, ContinuesField, HeaderItem, ImportName, Parts } from "./tree.js";

export function makeParts(tokens: Tokens): Parts {
  return {
    importNames: remember(importNames),
    bindings: remember(bindings),
    continuesFields: remember(continuesFields),
    headerItems: remember((node) => headerItems(node, tokens)),
  };
}

/** Every caller gets the same nodes. */
function remember<Node extends object, Part>(make: (node: Node) => Part): (node: Node) => Part {
  const known = new Map<Node, Part>();
  return (node) => {
    const found = known.get(node) ?? make(node);
    known.set(node, found);
    return found;
  };
}

function from(first: { readonly span: Span }, last: { readonly span: Span } | undefined): Span {
  return { ...first.span, end: (last ?? first).span.end };
}

function importNames({ names }: ImportDeclaration): readonly ImportName[] {
  return names.map(({ name, alias }) => ({ kind: "import-name", span: from(name, alias), name, alias }));
}

function bindings(node: DestructuringStatement): readonly Binding[] {
  return node.bindings.map(({ field, name: bound }) => {
    // Without a name of its own, the variable has the span of the field.
    const name = bound.span.start === field.span.start ? undefined : bound;
    return { kind: "binding", span: from(field, name), field, name };
  });
}

function continuesFields({ fields }: HeaderContinues): readonly ContinuesField[] {
  return fields.map(({ name, value }) => ({
    kind: "continues-field",
    span: from(name, value),
    name,
    value,
  }));
}

/** Everything between the braces in the order of the text; the tree sorts it by kind. */
function headerItems(node: HeaderDeclaration, tokens: Tokens): readonly HeaderItem[] {
  const items: HeaderItem[] = [...node.fields];
  const { size, next, options, continues } = node;
  if (size !== undefined)
    items.push({ kind: "header-size", span: around(size, "size", tokens), value: size });
  if (next !== undefined)
    items.push({ kind: "header-next", span: around(next, "next", tokens), header: next });
  if (options !== undefined)
    items.push({ kind: "header-options", span: around(options, "options", tokens), value: options });
  if (continues !== undefined) items.push(continues);
  return items.sort((a, b) => a.span.start - b.span.start);
}

/** From the word before a part, parentheses and `=` between them, to the `;` behind it. */
function around({ span }: { readonly span: Span }, word: string, tokens: Tokens): Span {
  let first = indexAfter(tokens, span.start) - 1;
  while (first > 0 && tokens[first]?.text !== word) first--;
  let last = indexAfter(tokens, span.end);
  while (last < tokens.length && tokens[last]?.text !== ";") last++;
  const [start, end] = [tokens[first]?.start ?? span.start, tokens[last]?.end ?? span.end];
  return { ...span, start, end };
}
