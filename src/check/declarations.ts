/** Top-level names → symbols, each checked once, when it is first needed. */
import type { Binding } from "../resolve/index.js";
import type { ParamDeclaration, VariableDeclaration } from "../syntax/ast.js";
import type { ConstantValue, Symbol } from "./checked.js";
import { notConstant } from "./constants.js";
import { constantOf, error, moduleContext, type Context, type Root } from "./context.js";
import { settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { functionSymbol } from "./functions.js";
import { checkSet } from "./lists.js";
import { mapSymbol } from "./maps.js";
import { programSymbol } from "./programs.js";
import { requireMemory, resolveType } from "./type-nodes.js";
import { aTypeName, errorType, measure } from "./type-tools.js";
import type { Type } from "./types.js";

/** The symbol of a top-level name; undefined for types, and for what has been reported already. */
export function symbolOf(root: Root, binding: Binding): Symbol | undefined {
  const { declaration } = binding;
  const known = root.symbols.get(declaration);
  const cx = moduleContext(root, binding.module);
  if (known === "busy") {
    error(cx, "XD3014", declaration.name, `The value of \`${declaration.name.name}\` depends on itself.`, {
      label: "needs itself",
    });
    return undefined;
  }
  if (known) return known === "broken" ? undefined : known;
  root.symbols.set(declaration, "busy");
  const symbol = makeSymbol(cx, binding);
  root.symbols.set(declaration, symbol ?? "broken");
  return symbol;
}

function makeSymbol(cx: Context, binding: Binding): Symbol | undefined {
  const { declaration } = binding;
  switch (declaration.kind) {
    case "param":
      return paramSymbol(cx, declaration);
    case "variable":
      return variableSymbol(cx, declaration);
    case "function":
      return functionSymbol(cx, declaration);
    case "program":
      return programSymbol(cx, declaration);
    case "struct":
    case "enum":
    case "type":
    case "header":
      return undefined;
  }
}

function paramSymbol(cx: Context, declaration: ParamDeclaration): Symbol | undefined {
  const { name, value } = declaration;
  const type = valueType(cx, declaration, value);
  if (type.kind === "error") return undefined;
  const initial = constantOf(cx, value);
  if (!initial) {
    notConstant(cx, value, `The default of \`${name.name}\``);
    return undefined;
  }
  if (!measure(type) || type.kind === "struct") {
    error(cx, "XD3404", declaration.type ?? value, `A param cannot be ${aTypeName(type)}.`, {
      label: "cannot be set from outside",
      notes: [
        "A param is an integer, a `bool`, an address, an enum or a string: it is set as `--set name=value`.",
      ],
    });
    return undefined;
  }
  return { kind: "param", name: name.name, type, initial, declaration };
}

/** The type of an initialised top-level name: as written, else that of its value. */
function valueType(
  cx: Context,
  declaration: ParamDeclaration | VariableDeclaration,
  value: ParamDeclaration["value"],
): Type {
  const role = `the value of \`${declaration.name.name}\``;
  if (!declaration.type) {
    checkExpression(cx, value);
    const type = settle(cx, value);
    return type.kind === "string" || measure(type) ? type : unusable(cx, declaration, type);
  }
  const what = declaration.kind === "param" ? "A param" : "A variable at the top of a module";
  const type = requireMemory(cx, declaration.type, resolveType(cx, declaration.type), what);
  const given = checkAs(cx, value, type, role);
  return given.kind === "error" ? errorType : type;
}

function unusable(cx: Context, declaration: ParamDeclaration | VariableDeclaration, type: Type): Type {
  if (type.kind !== "error") {
    error(cx, "XD3309", declaration.name, `\`${declaration.name.name}\` cannot hold ${aTypeName(type)}.`, {
      label: "give it a type",
    });
  }
  return errorType;
}

function variableSymbol(cx: Context, declaration: VariableDeclaration): Symbol | undefined {
  const { name, value } = declaration;
  if (value?.kind === "new") return mapSymbol(cx, declaration, value);
  if (declaration.mutable) return globalSymbol(cx, declaration);
  if (!value) {
    if (declaration.type) resolveType(cx, declaration.type);
    error(cx, "XD3309", name, `The constant \`${name.name}\` has no value.`, { label: "give it a value" });
    return undefined;
  }
  const type = declaration.type
    ? valueType(cx, declaration, value)
    : value.kind === "list"
      ? checkSet(cx, value, undefined)
      : value.kind === "range"
        ? checkExpression(cx, value)
        : checkExpression(cx, value);
  if (type.kind === "error") return undefined;
  const constant = constantOf(cx, value);
  if (!constant || constant.kind === "null") {
    notConstant(cx, value, `The value of a top-level \`const\``);
    return undefined;
  }
  return { kind: "constant", name: name.name, type, value: constant, declaration };
}

function globalSymbol(cx: Context, declaration: VariableDeclaration): Symbol | undefined {
  const { name, value } = declaration;
  if (value) {
    const type = valueType(cx, declaration, value);
    if (type.kind === "error") return undefined;
    const initial = constantOf(cx, value);
    if (initial) return { kind: "global", name: name.name, type, initial, declaration };
    notConstant(cx, value, `The first value of \`${name.name}\``);
    return undefined;
  }
  if (!declaration.type) {
    error(cx, "XD3309", name, `\`${name.name}\` needs a type or a value.`, {
      label: "of which type?",
      notes: [`Write \`let ${name.name}: u64;\` or \`let ${name.name} = 0;\`.`],
    });
    return undefined;
  }
  const type = requireMemory(
    cx,
    declaration.type,
    resolveType(cx, declaration.type),
    "A variable at the top of a module",
  );
  if (type.kind === "error") return undefined;
  return { kind: "global", name: name.name, type, initial: zero(type), declaration };
}

/** All bytes zero. */
function zero(type: Type): ConstantValue {
  switch (type.kind) {
    case "struct":
      return {
        kind: "struct",
        fields: Object.fromEntries(type.fields.map((field) => [field.name, zero(field.type)])),
      };
    case "array":
      return { kind: "list", elements: Array.from({ length: type.length }, () => zero(type.element)) };
    case "string":
      return { kind: "string", value: "" };
    default:
      return { kind: "number", value: 0n };
  }
}
