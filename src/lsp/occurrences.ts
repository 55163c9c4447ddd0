/** Every name in a module with what it stands for: what definition, references, rename, colours and hover start from. */
import type { Checked } from "../check/checked.js";
import { mapKinds } from "../check/map-kinds.js";
import type { Type } from "../check/types.js";
import { lookup, type ModuleScope, type Resolved } from "../resolve/index.js";
import type { CallExpression, Expression, Identifier, Module, ObjectLiteral } from "../syntax/ast.js";
import type { AnyNode } from "../syntax/walk.js";
import { knownOf, memberMeaning, symbolMeaning, type Known, type Meaning } from "./meanings.js";
import { walk } from "./tree.js";

export interface Occurrence {
  readonly name: Identifier;
  readonly meaning: Meaning;
  /** It declares what it names. */
  readonly declares: boolean;
  /** It gives what it names a new value. */
  readonly writes: boolean;
  /** The nodes above it, the nearest first. */
  readonly parents: readonly AnyNode[];
  /** `{ src }`: a field and a value in one word. */
  readonly shorthand: boolean;
}

interface Reading {
  readonly resolved: Resolved;
  readonly checked: Checked;
  readonly scope: ModuleScope;
  readonly known: Known;
}

export function occurrencesOf(
  module: Module,
  scope: ModuleScope,
  resolved: Resolved,
  checked: Checked,
): readonly Occurrence[] {
  const reading: Reading = { resolved, checked, scope, known: knownOf(checked) };
  const found: Occurrence[] = [];
  walk(module, (node, parents) => {
    if (node.kind !== "identifier" || node.name === "" || node.span.end <= node.span.start) return;
    for (const { meaning, declares = false, shorthand = false } of read(reading, node, parents)) {
      if (meaning)
        found.push({ name: node, meaning, declares, writes: isTarget(node, parents), parents, shorthand });
    }
  });
  return found;
}

interface Read {
  readonly meaning: Meaning | undefined;
  readonly declares?: boolean;
  readonly shorthand?: boolean;
}

function read(cx: Reading, name: Identifier, parents: readonly AnyNode[]): readonly Read[] {
  const [parent, above] = parents;
  const { checked } = cx;
  const one = (meaning: Meaning | undefined, declares = false): readonly Read[] => [{ meaning, declares }];
  switch (parent?.kind) {
    case "import": {
      const pair = parent.names.find((each) => each.name === name || each.alias === name);
      const binding = pair && cx.scope.imports.get((pair.alias ?? pair.name).name);
      return one(binding && { kind: "declaration", declaration: binding.declaration });
    }
    case "param":
    case "struct":
    case "enum":
    case "type":
    case "function":
      return parent.name === name
        ? one({ kind: "declaration", declaration: parent }, true)
        : expression(cx, name);
    case "program":
      return parent.name === name
        ? one({ kind: "declaration", declaration: { ...parent, name } }, true)
        : expression(cx, name);
    case "header":
      if (parent.name === name) return one({ kind: "declaration", declaration: parent }, true);
      if (parent.alias === name) return one({ kind: "layer", header: parent }, true);
      return parent.next === name ? one(headerNamed(cx, name)) : expression(cx, name);
    case "parent":
      return parent.header === name ? one(headerNamed(cx, name)) : expression(cx, name);
    case "continues": {
      if (parent.header === name) return one(headerNamed(cx, name));
      const header = headerNamed(cx, parent.header);
      if (header?.kind !== "declaration" || header.declaration.kind !== "header") return [];
      const field = header.declaration.fields.find((each) => each.name.name === name.name);
      return one(field && cx.known.fieldMeaning(field));
    }
    case "variable":
      if (parent.name !== name) return expression(cx, name);
      return cx.known.isTop(parent)
        ? one({ kind: "declaration", declaration: parent }, true)
        : local(cx, name);
    case "field": {
      if (parent.name !== name || above?.kind !== "struct") return [];
      return one({ kind: "struct-field", struct: above, field: parent }, true);
    }
    case "member":
      if (parent.name !== name || above?.kind !== "enum") return expression(cx, name);
      return one({ kind: "enum-member", declaration: above, member: parent }, true);
    case "header-field":
      return parent.name === name ? one(cx.known.fieldMeaning(parent), true) : expression(cx, name);
    case "named-type":
      if (parent.name !== name) return expression(cx, name);
      return one(
        name.name === "packet" && parents[2]?.kind === "test"
          ? { kind: "type", name: name.name }
          : typeMeaning(cx, name),
      );
    case "member-access":
      return parent.member === name ? one(memberOf(cx, parent, above)) : expression(cx, name);
    case "object-field": {
      if (parent.name !== name) return expression(cx, name);
      const field = above?.kind === "object" ? fieldOf(cx, above, name, parents) : undefined;
      if (parent.value) return one(field);
      const symbol = checked.symbols.get(parent.id);
      const value = symbol && symbolMeaning(symbol, cx.known);
      return [
        { meaning: field, shorthand: true },
        { meaning: value, shorthand: true },
      ];
    }
    case "destructuring": {
      const pair = parent.bindings.find((each) => each.field === name || each.name === name);
      if (!pair) return expression(cx, name);
      const short = pair.field.span.start === pair.name.span.start;
      const field: Read = { meaning: memberNamed(cx, typeOf(cx, parent.value), name.name), shorthand: short };
      const made: Read = { meaning: localMeaning(cx, pair.name), declares: true, shorthand: short };
      if (short) return pair.name === name ? [field, made] : [];
      return pair.field === name ? [field] : [made];
    }
    case "parameter":
      return parent.name === name ? local(cx, name) : [];
    case "for-of":
      return parent.names.includes(name) ? local(cx, name) : expression(cx, name);
    case "call":
      return parent.callee === name ? callee(cx, parent, name) : expression(cx, name);
    default:
      return expression(cx, name);
  }
}

/** What tests call has no symbol: it is known by the call. */
function callee(cx: Reading, { id }: CallExpression, name: Identifier): readonly Read[] {
  const call = cx.checked.calls.get(id);
  switch (call?.kind) {
    case "test":
      return [{ meaning: { kind: "builtin", name: call.call } }];
    case "new-layer":
      return [{ meaning: { kind: "declaration", declaration: call.header.declaration } }];
    case "program":
      return [{ meaning: symbolMeaning(call.symbol, cx.known) }];
    default:
      return expression(cx, name);
  }
}

function expression(cx: Reading, name: Identifier): readonly Read[] {
  const symbol = cx.checked.symbols.get(name.id);
  return symbol ? [{ meaning: symbolMeaning(symbol, cx.known) }] : local(cx, name);
}

function local(cx: Reading, name: Identifier): readonly Read[] {
  const meaning = localMeaning(cx, name);
  return meaning ? [{ meaning, declares: true }] : [];
}

function localMeaning(cx: Reading, name: Identifier): Meaning | undefined {
  const symbol = cx.checked.locals.get(name.id);
  return symbol && { kind: "local", symbol };
}

function headerNamed(cx: Reading, name: Identifier): Meaning | undefined {
  const declaration = lookup(cx.resolved, cx.scope, name.name)?.declaration;
  return declaration && { kind: "declaration", declaration };
}

function typeMeaning(cx: Reading, name: Identifier): Meaning | undefined {
  const declared = headerNamed(cx, name);
  if (declared) return declared;
  const own = /^[ui]\d+$|^(?:bool|string|void|Ipv4Addr|Ipv6Addr|MacAddr|\w+Packet)$/.test(name.name);
  return own || mapKinds.has(name.name) ? { kind: "type", name: name.name } : undefined;
}

function typeOf(cx: Reading, expression: Expression): Type | undefined {
  const type = cx.checked.types.get(expression.id);
  return type?.kind === "nullable" ? type.inner : type;
}

function memberOf(
  cx: Reading,
  access: Extract<AnyNode, { kind: "member-access" }>,
  above: AnyNode | undefined,
): Meaning | undefined {
  const { name } = access.member;
  const call = above?.kind === "call" && above.callee === access ? cx.checked.calls.get(above.id) : undefined;
  if (call) return { kind: "method", name, call };
  const meaning = cx.checked.members.get(access.id);
  switch (meaning?.kind) {
    case "header-field":
      return cx.known.fieldMeaning(meaning.field.declaration);
    case "layer":
      return { kind: "layer", header: meaning.header.declaration };
    case "struct-field":
      return memberNamed(cx, typeOf(cx, access.object), name);
    case "enum-member":
      return memberMeaning(meaning.member.type.declaration, name);
    case "property":
      return { kind: "property", name };
    case "kernel-field": {
      const type = typeOf(cx, access.object);
      const struct = type?.kind === "kernel" ? type.source.name : "";
      return { kind: "kernel-field", struct, field: meaning.field };
    }
    default:
      return undefined;
  }
}

/** The field of a struct or header of this type. */
function memberNamed(cx: Reading, type: Type | undefined, name: string): Meaning | undefined {
  if (type?.kind === "struct") {
    const field = type.declaration.fields.find((one) => one.name.name === name);
    return field && { kind: "struct-field", struct: type.declaration, field };
  }
  if (type?.kind !== "layer") return undefined;
  const field = type.header.fields.find((one) => one.name === name);
  if (field) return cx.known.fieldMeaning(field.declaration);
  const header = cx.checked.headers.find((one) => one.layer === name);
  return header && { kind: "layer", header: header.declaration };
}

/** A field of an object literal: of the struct or header it fills, or an option of a map. */
function fieldOf(
  cx: Reading,
  object: ObjectLiteral,
  name: Identifier,
  parents: readonly AnyNode[],
): Meaning | undefined {
  const meaning = memberNamed(cx, typeOf(cx, object), name.name);
  if (meaning) return meaning;
  const around = parents[2];
  const isOption = around?.kind === "new" || around?.kind === "program" || around?.kind === "header";
  return isOption ? { kind: "option", name: name.name } : undefined;
}

function isTarget(name: Identifier, parents: readonly AnyNode[]): boolean {
  let node: AnyNode = name;
  for (const parent of parents) {
    if (parent.kind === "assign") return parent.target === node;
    if (parent.kind !== "member-access" || parent.member !== node) return false;
    node = parent;
  }
  return false;
}
