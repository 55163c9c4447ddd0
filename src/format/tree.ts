/** What the formatter walks: the syntax tree, and nodes for the parts of it that are only values there. */
import { assertNever } from "../base/invariant.js";
import type { Span } from "../base/span.js";
import type {
  Declaration,
  Expression,
  HeaderContinues,
  HeaderField,
  Identifier,
  ObjectLiteral,
  Statement,
} from "../syntax/ast.js";
import type { AnyNode } from "../syntax/walk.js";

export interface ImportName {
  readonly kind: "import-name";
  readonly span: Span;
  readonly name: Identifier;
  readonly alias: Identifier | undefined;
}

/** `src`, `dst: to` in `const { … } = …`; `name` is undefined when it is the field's. */
export interface Binding {
  readonly kind: "binding";
  readonly span: Span;
  readonly field: Identifier;
  readonly name: Identifier | undefined;
}

export interface ContinuesField {
  readonly kind: "continues-field";
  readonly span: Span;
  readonly name: Identifier;
  readonly value: Expression | undefined;
}

export interface HeaderSize {
  readonly kind: "header-size";
  readonly span: Span;
  readonly value: Expression;
}

export interface HeaderNext {
  readonly kind: "header-next";
  readonly span: Span;
  readonly header: Identifier;
}

export interface HeaderOptions {
  readonly kind: "header-options";
  readonly span: Span;
  readonly value: ObjectLiteral;
}

export type HeaderItem = HeaderField | HeaderSize | HeaderNext | HeaderOptions | HeaderContinues;

export type FormatNode = AnyNode | HeaderItem | ImportName | Binding | ContinuesField;

/** Nodes made from values of the tree, by the node that holds them. */
export interface Parts {
  readonly importNames: (node: Declaration & { kind: "import" }) => readonly ImportName[];
  readonly bindings: (node: Statement & { kind: "destructuring" }) => readonly Binding[];
  readonly continuesFields: (node: HeaderContinues) => readonly ContinuesField[];
  readonly headerItems: (node: Declaration & { kind: "header" }) => readonly HeaderItem[];
}

/** A comment, with what its place in the text says about it. */
export interface FormatComment {
  readonly kind: "comment";
  readonly text: string;
  readonly span: Span;
  /** Has an end of its own; the others end with their line. */
  readonly block: boolean;
  /** Only comments stand before it on its line, or behind it. */
  readonly startsLine: boolean;
  readonly endsLine: boolean;
  /** Its line ends right behind it. */
  readonly isLast: boolean;
}

/** A node as Prettier's search for the place of a comment sees it. */
export interface Branch {
  readonly kind: "branch";
  readonly span: Span;
  readonly node: FormatNode;
  readonly children: readonly Branch[];
}

/** The children of a node in the order of the text. */
export function childrenOf(node: FormatNode, parts: Parts): readonly FormatNode[] {
  return children(node, parts)
    .filter((child) => child !== undefined)
    .sort((a, b) => a.span.start - b.span.start);
}

function children(node: FormatNode, parts: Parts): (FormatNode | undefined)[] {
  switch (node.kind) {
    case "module":
      return [...node.declarations];
    case "import":
      return [...parts.importNames(node), node.from];
    case "import-name":
      return [node.name, node.alias];
    case "license":
    case "target":
      return [node.value];
    case "param":
    case "variable":
      return [node.name, node.type, node.value];
    case "struct":
      return [node.name, ...node.fields];
    case "field":
      return [node.name, node.type];
    case "enum":
      return [node.name, node.base, ...node.members];
    case "member":
      return [node.name, node.value];
    case "type":
      return [node.name, node.type];
    case "header":
      return [node.name, node.alias, ...node.parents, ...parts.headerItems(node)];
    case "parent":
      return [node.header, node.when];
    case "continues":
      return [node.header, ...parts.continuesFields(node), node.max, node.when];
    case "continues-field":
      return [node.name, node.value];
    case "header-field":
      return [node.name, node.type, node.covers, node.value];
    case "header-size":
    case "header-options":
      return [node.value];
    case "header-next":
      return [node.header];
    case "covers":
      return [...node.parts];
    case "function":
      return [node.name, ...node.parameters, node.result, node.body, node.intrinsic];
    case "parameter":
      return [node.name, node.type];
    case "test":
      return [node.name, ...node.parameters, node.body];
    case "program":
      return [...node.hookArguments, node.name, ...node.parameters, node.body];
    case "named-type":
      return [node.name, ...node.arguments];
    case "array-type":
      return [node.element, node.length];
    case "nullable-type":
      return [node.inner];
    case "block":
      return [...node.statements];
    case "variable-statement":
      return [node.declaration];
    case "destructuring":
      return [...parts.bindings(node), node.value];
    case "binding":
      return [node.field, node.name];
    case "expression-statement":
      return [node.expression];
    case "assign":
      return [node.target, node.step ? undefined : node.value];
    case "if":
      return [node.condition, node.then, node.otherwise];
    case "for":
      return [node.start, node.condition, node.step, node.body];
    case "for-of":
      return [...node.names, node.over, node.body];
    case "while":
      return [node.condition, node.body];
    case "switch":
      return [node.value, ...node.cases];
    case "case":
      return [...node.tests, ...node.body];
    case "return":
      return [node.value];
    case "template":
      return [...node.values];
    case "list":
      return [...node.elements];
    case "object":
      return [...node.fields];
    case "object-field":
      return [node.name, node.value];
    case "range":
      return [node.from, node.to];
    case "member-access":
      return [node.object, node.member];
    case "index":
      return [node.object, node.index];
    case "call":
      return [node.callee, ...node.typeArguments, ...node.arguments];
    case "new":
      return [node.type, ...node.arguments];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.condition, node.then, node.otherwise];
    case "coalesce-exit":
      return [node.value, node.exit];
    case "cast":
      return [node.value, node.type];
    case "break":
    case "continue":
    case "empty":
    case "error-statement":
    case "identifier":
    case "number":
    case "boolean":
    case "null":
    case "string":
    case "address":
    case "prefix":
    case "error":
    case "error-type":
      return [];
    default:
      return assertNever(node, "node");
  }
}
