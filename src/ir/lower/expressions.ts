/** Expressions, one case a node kind; each family has a file of its own. */
import { assertNever, defined, invariant } from "../../base/invariant.js";
import type { MemberMeaning } from "../../check/checked.js";
import type { Header, Type } from "../../check/types.js";
import type { Expression, Identifier, MemberExpression } from "../../syntax/ast.js";
import * as ir from "./builder.js";
import { lowerCast } from "./casts.js";
import { lowerCoalesce, lowerCoalesceExit, lowerConditional } from "./choices.js";
import { lowerCall } from "./calls.js";
import { conditionToValue } from "./conditions.js";
import { lowerIndex } from "./elements.js";
import { lowerArithmetic, lowerComparison, lowerUnary } from "./operators.js";
import { packetProperty, layerProperty, viewProperty } from "./packet/properties.js";
import { readField } from "./packet/fields.js";
import { branchLayer, headerSize, layerVal } from "./packet/layers.js";
import { nodeInside, nodeOf, type LayerNode } from "./packet/nodes.js";
import { abort } from "./exits.js";
import { asNullable, presentVal } from "./presence.js";
import { readKernelField, rootOf } from "./kernel.js";
import { rebuild } from "./meeting.js";
import { loadVal } from "./memory.js";
import { scopeOf } from "./tests/finders.js";
import { absent, at, constantVal, irInt, placeholder, scalar, type Scope, type Val } from "./values.js";

/** The type the checker gave an expression. */
export function typeOf(s: Scope, expression: Expression): Type {
  return defined(s.low.checked.types.get(expression.id), `the type of a ${expression.kind} expression`);
}

/** The value of an expression, of the type the checker gave it. */
export function lowerExpression(s: Scope, expression: Expression): Val {
  return at(s, expression.span, () => {
    const known = s.low.checked.constants.get(expression.id);
    if (known && known.kind !== "range" && known.kind !== "prefix") {
      const given = typeOf(s, expression);
      // One side of a decided `c ? a : b` may be constant where the other could be null.
      const type = given.kind === "nullable" ? given.inner : given;
      if (known.kind !== "list" || type.kind === "array")
        return coerce(s, constantVal(s, type, known), type, given);
    }
    const val = lowerKind(s, expression);
    // The inside of what is known to be null, or a value that no path reaches: what follows still asks for its parts.
    return val.kind === "void" ? placeholder(s, typeOf(s, expression)) : val;
  });
}

/** The value of an expression as a value of `to`, to which the checker found it assignable. */
export function lowerAs(s: Scope, expression: Expression, to: Type): Val {
  return coerce(s, lowerExpression(s, expression), typeOf(s, expression), to, expression);
}

/** The text of a constant string. */
export function constantText(s: Scope, expression: Expression): string | undefined {
  const known = s.low.checked.constants.get(expression.id);
  return known?.kind === "string" ? known.value : undefined;
}

/** Implicit conversion: widening of integers, and making a value nullable. */
export function coerce(s: Scope, val: Val, from: Type, to: Type, at?: Expression): Val {
  if (val.kind === "lookup" && to.kind === "nullable") return val;
  if (to.kind === "nullable") {
    if (from.kind === "null") return absent(s);
    if (val.kind === "nullable") {
      const inner = from.kind === "nullable" ? from.inner : from;
      return { ...val, inner: coerce(s, val.inner, inner, to.inner) };
    }
    return {
      kind: "nullable",
      present: ir.constant(s.b, ir.u1, 1),
      inner: coerce(s, val, from, to.inner, at),
    };
  }
  if (val.kind === "nullable" && from.kind !== "nullable") return coerce(s, val.inner, from, to);
  if (to.kind === "int" && val.kind === "scalar") return scalar(ir.convert(s.b, val.value, irInt(to)));
  return val;
}

function lowerKind(s: Scope, expression: Expression): Val {
  switch (expression.kind) {
    case "identifier":
      return lowerIdentifier(s, expression);
    case "number":
    case "boolean":
    case "address":
    case "string":
      invariant(false, `a ${expression.kind} literal without a constant value`);
    // eslint-disable-next-line no-fallthrough
    case "null":
      return absent(s);
    case "list": {
      const type = typeOf(s, expression);
      const element = type.kind === "array" || type.kind === "list" ? type.element : type;
      return { kind: "elements", elements: expression.elements.map((one) => lowerAs(s, one, element)) };
    }
    case "object": {
      const type = typeOf(s, expression);
      const fields = new Map<string, Val>();
      for (const field of expression.fields) {
        const target =
          type.kind === "struct" ? type.fields.find((one) => one.name === field.name.name)?.type : undefined;
        if (field.value)
          fields.set(
            field.name.name,
            target ? lowerAs(s, field.value, target) : lowerExpression(s, field.value),
          );
        else {
          const symbol = s.low.checked.symbols.get(field.id) ?? s.low.checked.symbols.get(field.name.id);
          invariant(symbol, `the symbol of ${field.name.name}`);
          const own = { ...field.name, kind: "identifier" } as Identifier;
          const value = lowerSymbol(s, own, symbol);
          const from = s.low.checked.types.get(field.name.id) ?? ("type" in symbol ? symbol.type : target);
          fields.set(field.name.name, target && from ? coerce(s, value, from, target) : value);
        }
      }
      return { kind: "record", fields };
    }
    case "member-access":
      return lowerMember(s, expression);
    case "index":
      return lowerIndex(s, expression);
    case "call":
      return lowerCall(s, expression);
    case "unary":
      return lowerUnary(s, expression);
    case "binary":
      switch (expression.operator) {
        case "&&":
        case "||":
        case "in":
          return conditionToValue(s, expression);
        case "??":
          return lowerCoalesce(s, expression.left, expression.right, typeOf(s, expression));
        case "==":
        case "!=":
        case "<":
        case "<=":
        case ">":
        case ">=":
          return lowerComparison(s, expression);
        default:
          return lowerArithmetic(s, expression);
      }
    case "conditional":
      return lowerConditional(s, expression);
    case "coalesce-exit":
      return lowerCoalesceExit(s, expression);
    case "cast":
      return lowerCast(
        s,
        lowerExpression(s, expression.value),
        typeOf(s, expression.value),
        typeOf(s, expression),
      );
    case "template":
    case "prefix":
    case "range":
    case "new":
    case "error":
      invariant(false, `a ${expression.kind} expression has no value`);
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(expression, "expression");
  }
}

// ---- names -----------------------------------------------------------------------------------------------

function lowerIdentifier(s: Scope, expression: Identifier): Val {
  const symbol = s.low.checked.symbols.get(expression.id);
  invariant(symbol, `the symbol of ${expression.name}`);
  return unwrapped(s, lowerSymbol(s, expression, symbol), expression);
}

/** A value that narrowing made non-null. */
function unwrapped(s: Scope, val: Val, expression: Expression): Val {
  if (val.kind === "lookup") {
    if (typeOf(s, expression).kind === "nullable") return val;
    // The checker knows that it is there; so does this path, most of the time.
    const lost = ir.newBlock(s.b);
    const found = presentVal(s, val, lost);
    const here = s.b.current;
    ir.enterSealed(s.b, lost);
    abort(s);
    ir.enter(s.b, here);
    return found;
  }
  return val.kind === "nullable" && typeOf(s, expression).kind !== "nullable" ? val.inner : val;
}

function lowerSymbol(
  s: Scope,
  expression: Identifier,
  symbol: NonNullable<ReturnType<typeof s.low.checked.symbols.get>>,
): Val {
  switch (symbol.kind) {
    case "local": {
      const binding = s.frame.bindings.get(symbol);
      if (!binding) {
        invariant(s.frame.header, `${symbol.name} is not bound`);
        return s.frame.header;
      }
      if (binding.kind === "fixed") return binding.value;
      return rebuild(
        binding.shape,
        binding.variables.map((variable) => ir.read(s.b, variable)),
      );
    }
    case "constant":
      return constantVal(s, symbol.type, symbol.value);
    case "enum-member":
      return scalar(ir.constant(s.b, irInt(symbol.type), symbol.value));
    case "param":
    case "global": {
      const global = defined(s.low.globals.get(symbol), `global ${symbol.name}`);
      const region = symbol.kind === "param" ? "rodata" : "global";
      const pointer = ir.emit(s.b, {
        kind: "global-address",
        type: { kind: "pointer", region, nullable: false, size: undefined },
        global,
      });
      return loadVal(s, symbol.type, pointer, 0, symbol.kind === "global");
    }
    case "header-field": {
      invariant(s.frame.header, `${symbol.field.name} outside a header`);
      return readField(s, s.frame.header, symbol.field);
    }
    case "header-property": {
      invariant(s.frame.header, `${symbol.property} outside a header`);
      return scalar(headerSize(s, s.frame.header));
    }
    case "map":
    case "function":
    case "program":
    case "enum":
    case "builtin":
      invariant(false, `${expression.name} is no value`);
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(symbol, "symbol");
  }
}

// ---- members ---------------------------------------------------------------------------------------------

function lowerMember(s: Scope, expression: MemberExpression): Val {
  const meaning = meaningOf(s, expression);
  if (meaning.kind === "enum-member")
    return scalar(ir.constant(s.b, irInt(meaning.member.type), meaning.member.value));
  if (typeOf(s, expression).kind === "nullable" && (expression.optional || meaning.kind === "layer"))
    return asNullable(s, expression);
  const object = innerOf(lowerExpression(s, expression.object));
  if (object.kind === "void") return placeholder(s, typeOf(s, expression));
  return unwrapped(s, memberOf(s, object, meaning, expression), expression);
}

function innerOf(val: Val): Val {
  return val.kind === "nullable" ? val.inner : val;
}

/** The node that `object.layer` means. */
export function nodeFor(s: Scope, object: Val, header: Header): LayerNode {
  if (object.kind === "packet") return nodeOf(object.of ?? s.packet, undefined, header);
  invariant(object.kind === "layer", `a layer of ${object.kind}`);
  return nodeInside(object.node.packet, object.node, header);
}

/** What `a.b` means. */
export function meaningOf(s: Scope, expression: MemberExpression): MemberMeaning {
  return defined(s.low.checked.members.get(expression.id), `the meaning of .${expression.member.name}`);
}

/** The member of a value that is there. */
export function memberOf(
  outer: Scope,
  object: Val,
  meaning: MemberMeaning,
  expression: MemberExpression,
): Val {
  const s = scopeOf(outer, object);
  switch (meaning.kind) {
    case "header-field":
      invariant(object.kind === "layer", `a header field of ${object.kind}`);
      return named(s, readField(s, object, meaning.field), expression);
    case "layer": {
      // Not nullable: it is known to be here, or the packet is too short to be one (then the program ends).
      const lost = ir.newBlock(s.b);
      const found = ir.newBlock(s.b);
      const node = nodeFor(s, object, meaning.header);
      branchLayer(s, node, found, lost);
      ir.enterSealed(s.b, lost);
      abort(s);
      ir.enterSealed(s.b, found);
      return layerVal(s, node);
    }
    case "struct-field":
      if (object.kind === "record") return defined(object.fields.get(meaning.field.name), meaning.field.name);
      invariant(object.kind === "memory", `a struct field of ${object.kind}`);
      return named(
        s,
        loadVal(
          s,
          meaning.field.type,
          object.pointer,
          object.displacement + meaning.field.offset,
          object.shared,
        ),
        expression,
      );
    case "kernel-field":
      invariant(object.kind === "kernel", `a field of the kernel's in ${object.kind}`);
      return named(s, readKernelField(s, object, rootOf(s, expression), meaning.field), expression);
    case "property":
      if (object.kind === "packet") return packetProperty(s, meaning.property, object.of);
      if (object.kind === "layer") return layerProperty(s, object, meaning.property);
      return viewProperty(s, object, meaning.property, typeOf(s, expression));
    case "enum-member":
      return scalar(ir.constant(s.b, irInt(meaning.member.type), meaning.member.value));
    default:
      return assertNever(meaning, "member");
  }
}

/** Remembers the source text of a value, for diagnostics. */
export function named(s: Scope, val: Val, expression: Expression): Val {
  if (val.kind === "scalar" && !s.b.names.has(val.value)) {
    const { file, start, end } = expression.span;
    if (end - start <= 60) s.b.names.set(val.value, file.text.slice(start, end));
  }
  return val;
}
