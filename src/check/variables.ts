/** `const x = …;`, `let x: T;`, `const { src, dst: to } = ip;` inside bodies. */
import type { DestructuringStatement, Expression, VariableDeclaration } from "../syntax/ast.js";
import { didYouMean } from "../diagnostics/suggest.js";
import {
  bind,
  constantOf,
  declareLocal,
  error,
  setType,
  shortText,
  sourceText,
  type Context,
} from "./context.js";
import { settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { addAlias, forget, learn, localPath } from "./flow.js";
import { insideOf, layersInSight } from "./graph.js";
import { rounded } from "./integers.js";
import { checkRange, checkSet } from "./lists.js";
import { reportNull } from "./nulls.js";
import { pathOf } from "./paths.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, nullable, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";

export function checkVariable(cx: Context, declaration: VariableDeclaration): void {
  const { name, value } = declaration;
  const written = declaration.type && resolveType(cx, declaration.type);
  if (!value) {
    if (!written) {
      error(cx, "XD3309", name, `\`${name.name}\` needs a type or a value.`, {
        label: "of which type?",
        notes: [`Write \`let ${name.name}: u64;\` or \`let ${name.name} = 0;\`.`],
      });
    } else if (!declaration.mutable) {
      error(cx, "XD3309", name, `The constant \`${name.name}\` has no value.`, {
        label: "give it a value, or make it a `let`",
      });
    }
    declare(cx, declaration, written ?? errorType, declaration.mutable && written !== undefined);
    return;
  }
  const role = `the value of \`${name.name}\``;
  const type = written ? (checkAs(cx, value, written, role), written) : inferred(cx, declaration, value);
  const constant = declaration.mutable ? undefined : constantOf(cx, value);
  if (constant && constant.kind !== "null" && type.kind !== "nullable" && type.kind !== "error") {
    bind(cx, name, { kind: "constant", name: name.name, type, value: constant, declaration });
    return;
  }
  declare(cx, declaration, type, false);
  if (type.kind === "nullable") rememberOrigin(cx, declaration, value);
}

function declare(cx: Context, declaration: VariableDeclaration, type: Type, unassigned: boolean): void {
  const { body } = cx;
  const path = localPath(declaration.name.id);
  // The same declaration in an earlier round of a loop was another variable.
  if (body) body.flow = forget(body.flow, [path]);
  declareLocal(cx, declaration.name, type, { mutable: declaration.mutable, unassigned });
}

/** The type of a variable that does not say it. */
function inferred(cx: Context, declaration: VariableDeclaration, value: Expression): Type {
  const { name, mutable } = declaration;
  if (!mutable && (value.kind === "list" || value.kind === "range")) {
    if (value.kind === "list") checkSet(cx, value, undefined);
    else checkRange(cx, value, undefined);
    if (constantOf(cx, value)) return value.kind === "list" ? checkedType(cx, value) : checkedType(cx, value);
    error(cx, "XD3309", name, `\`${name.name}\` needs a type.`, {
      label: "of which type?",
      notes: ["A list whose elements are not all constants is an array: `const xs: u32[2] = [a, b];`."],
    });
    return errorType;
  }
  const type = checkExpression(cx, value);
  if (!mutable && type.kind === "number" && constantOf(cx, value)) return type;
  const settled = settle(cx, value);
  switch (settled.kind) {
    case "int":
      // A variable that changes is as wide as its arithmetic.
      return mutable ? rounded(settled) : settled;
    case "null":
      error(cx, "XD3309", name, `\`${name.name}\` is only ever null; say which type it may have.`, {
        label: "of which type?",
        notes: [`Write \`let ${name.name}: u64 | null = null;\`.`],
      });
      return errorType;
    case "void":
      error(cx, "XD3001", value, `\`${shortText(value)}\` has no value.`, { label: "returns nothing" });
      return setType(cx, value, errorType);
    case "packet":
    case "list":
    case "range":
    case "prefix":
      if (settled.kind === "packet") return settled;
      if (!mutable && constantOf(cx, value)) return settled;
      error(cx, "XD3309", name, `\`${name.name}\` cannot hold ${aTypeName(settled)}.`, {
        label: "not a value that can be kept",
      });
      return errorType;
    default:
      return settled;
  }
}

function checkedType(cx: Context, value: Expression): Type {
  return cx.root.tables.types.get(value.id) ?? errorType;
}

/** `const tcp = pkt.tcp;`: what is learnt of one holds for the other. */
function rememberOrigin(cx: Context, declaration: VariableDeclaration, value: Expression): void {
  const { body } = cx;
  const given = checkedType(cx, value);
  if (body && given.kind !== "nullable" && given.kind !== "error") {
    const fact = given.kind === "null" ? "null" : "present";
    body.flow = learn(body.flow, localPath(declaration.name.id), fact);
    return;
  }
  const origin = pathOf(cx, value);
  if (!body || origin === undefined) return;
  const local = localPath(declaration.name.id);
  body.flow = addAlias(body.flow, local, origin);
  const fact = body.flow.facts.get(origin);
  if (fact) body.flow = learn(body.flow, local, fact);
}

export function checkDestructuring(cx: Context, node: DestructuringStatement): void {
  const type = checkExpression(cx, node.value);
  settle(cx, node.value);
  if (type.kind === "nullable" || type.kind === "null")
    reportNull(cx, node.value, "its fields are read here");
  const object = type.kind === "null" ? errorType : withoutNull(type);
  for (const { field, name } of node.bindings) {
    const found = fieldType(cx, object, field.name);
    if (found === undefined && object.kind !== "error") {
      const names =
        object.kind === "struct"
          ? object.fields.map((one) => one.name)
          : object.kind === "layer"
            ? object.header.fields.map((one) => one.name)
            : [];
      const meant = didYouMean(field.name, names);
      error(cx, "XD3201", field, `\`${shortText(node.value)}\` has no field \`${field.name}\`.`, {
        label: meant === undefined ? "unknown" : `did you mean \`${meant}\`?`,
        notes: names.length === 0 ? [`It is ${aTypeName(object)}.`] : [],
        fixes:
          meant === undefined || sourceText(field) !== field.name || field.span.start === name.span.start
            ? []
            : [{ title: `change it to \`${meant}\``, edits: [{ span: field.span, text: meant }] }],
      });
    }
    const own = found ?? errorType;
    const kept = node.mutable && own.kind === "int" ? rounded(own) : own;
    declareLocal(cx, name, kept, { mutable: node.mutable });
  }
}

function fieldType(cx: Context, object: Type, name: string): Type | undefined {
  if (object.kind === "struct") return object.fields.find((one) => one.name === name)?.type;
  if (object.kind !== "layer") return undefined;
  const field = object.header.fields.find((one) => one.name === name);
  if (field) return field.type;
  const layer = layersInSight(cx).byLayer.get(name);
  return layer && insideOf(cx, object.header).has(layer)
    ? nullable({ kind: "layer", header: layer })
    : undefined;
}
