/** Assignments: to locals, globals, fields of structs and headers, and entries of maps and arrays. */
import type { Span } from "../base/span.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import type { AssignOperator, AssignStatement, Expression, IndexExpression } from "../syntax/ast.js";
import type { LocalSymbol } from "./checked.js";
import { error, findLocal, setType, shortText, typeOf, type Context } from "./context.js";
import { coerce, settle } from "./convert.js";
import { checkAs, checkExpression } from "./expressions.js";
import { addAlias, forget, learn, localPath, markAssigned } from "./flow.js";
import { noteLoss } from "./history.js";
import { rounded } from "./integers.js";
import { keyType } from "./map-calls.js";
import { mapKind } from "./map-kinds.js";
import { reportNull } from "./nulls.js";
import { pathOf } from "./paths.js";
import { isBrokenMap, mapReceiver } from "./receivers.js";
import { aTypeName, errorType, isScalar, typeName, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";

export function checkAssign(cx: Context, node: AssignStatement): void {
  const target = checkTarget(cx, node);
  if (!target) {
    checkExpression(cx, node.value);
    settle(cx, node.value);
    return;
  }
  if (node.operator === "=") checkAs(cx, node.value, target, `the value of \`${shortText(node.target)}\``);
  else if (node.operator === "??=") checkDefault(cx, node, target);
  else checkCompound(cx, node, target, node.operator);
  assigned(cx, node, target);
}

/** The type a target takes; undefined, and reported, when nothing can be assigned to it. */
function checkTarget(cx: Context, node: AssignStatement): Type | undefined {
  const { target } = node;
  switch (target.kind) {
    case "identifier":
      return nameTarget(cx, node, target);
    case "member-access": {
      if (target.optional) {
        checkExpression(cx, target);
        error(cx, "XD3302", target, "An assignment needs a place; `?.` may have none.", {
          label: "may be null",
          notes: ["Test for null first, then assign to the field."],
        });
        return undefined;
      }
      const type = checkExpression(cx, target);
      if (type.kind === "error") return undefined;
      const meaning = cx.root.tables.members.get(target.id);
      if (meaning?.kind === "header-field" && !cx.body?.test) cx.root.tables.written.add(meaning.field);
      if (meaning?.kind === "header-field" || meaning?.kind === "struct-field")
        return inConstant(cx, target, type);
      error(cx, "XD3302", target.member, `\`${shortText(target)}\` cannot be assigned to.`, {
        label:
          meaning?.kind === "layer" ? "a layer" : meaning?.kind === "property" ? "read only" : "not a place",
        notes:
          meaning?.kind === "property" && meaning.property === "length"
            ? ["`pkt.adjustTail(delta)` makes the packet longer or shorter."]
            : meaning?.kind === "layer"
              ? ["Assign to its fields, or put a header there with `prepend`."]
              : [],
      });
      return undefined;
    }
    case "index":
      return indexTarget(cx, node, target);
    default:
      checkExpression(cx, target);
      settle(cx, target);
      if (target.kind !== "error") {
        error(cx, "XD3302", target, "This cannot be assigned to.", {
          label: "not a place",
          notes: ["Variables, fields, and entries of maps and arrays can be assigned to."],
        });
      }
      return undefined;
  }
}

/** Fields and elements of constants lie in read-only memory. */
function inConstant(cx: Context, target: Expression, type: Type): Type | undefined {
  let root = target;
  while (root.kind === "member-access" || root.kind === "index") root = root.object;
  const symbol = cx.root.tables.symbols.get(root.id);
  if (symbol?.kind !== "constant" && symbol?.kind !== "param") return type;
  error(cx, "XD3301", target, `\`${symbol.name}\` is a constant; what is in it cannot be changed.`, {
    label: "read only",
    related: [{ span: symbol.declaration.name.span, message: "declared here" }],
  });
  return undefined;
}

function nameTarget(
  cx: Context,
  node: AssignStatement,
  target: Expression & { readonly kind: "identifier" },
): Type | undefined {
  const local = findLocal(cx, target.name);
  if (local?.kind === "local" && local.mutable) {
    cx.root.tables.symbols.set(target.id, local);
    if (node.operator !== "=") checkExpression(cx, target);
    setType(cx, target, local.type);
    return local.type;
  }
  const map = mapReceiver(cx, target);
  const type = map ? errorType : checkExpression(cx, target);
  if (type.kind === "error" && !map) return undefined;
  const symbol = cx.root.tables.symbols.get(target.id);
  switch (symbol?.kind) {
    case "global":
      return symbol.type;
    case "local":
    case "constant":
      reportConst(cx, target, symbol);
      return undefined;
    case "param":
      if (cx.body?.test) return symbol.type;
      error(cx, "XD3301", target, `The param \`${symbol.name}\` cannot be changed by a program.`, {
        label: "set at load time",
        related: [{ span: symbol.declaration.name.span, message: "declared here" }],
        notes: ["For a value that changes use a `let` at the top of the module, or a map."],
      });
      return undefined;
    default:
      error(cx, "XD3302", target, `\`${target.name}\` cannot be assigned to.`, {
        label: map ? "a map" : "not a variable",
      });
      return undefined;
  }
}

type Constant =
  | LocalSymbol
  | {
      readonly kind: "constant";
      readonly name: string;
      readonly declaration: { readonly name: { readonly span: LocalSymbol["declaration"]["span"] } };
    };

function reportConst(cx: Context, target: Expression, symbol: Constant): void {
  const name = symbol.kind === "local" ? symbol.declaration : symbol.declaration.name;
  const { file, start } = name.span;
  const before = file.text.slice(Math.max(0, start - 32), start);
  const keyword = /\bconst\s+$/.exec(before);
  const at = keyword ? start - keyword[0].length : undefined;
  error(cx, "XD3301", target, `\`${symbol.name}\` is a constant and cannot be changed.`, {
    label: "cannot be assigned to",
    related: [{ span: name.span, message: `\`${symbol.name}\` is declared here` }],
    fixes:
      at === undefined
        ? []
        : [
            {
              title: `declare \`${symbol.name}\` with \`let\``,
              edits: [{ span: { file, start: at, end: at + 5 }, text: "let" }],
            },
          ],
  });
}

/** `view[i] = v;` as `view.set(i, v);`. */
function setFix(node: AssignStatement, { object, index }: IndexExpression): Fix {
  const { file, end } = index.span;
  const text = (at: { readonly span: Span }): string => file.text.slice(at.span.start, at.span.end);
  return {
    title: `write it with \`set\`: \`${shortText(object)}.set(${shortText(index)}, ${shortText(node.value)})\``,
    edits: [
      { span: { file, start: object.span.end, end: index.span.start }, text: ".set(" },
      { span: { file, start: end, end: node.value.span.end }, text: `, ${text(node.value)})` },
    ],
  };
}

function indexTarget(cx: Context, node: AssignStatement, target: IndexExpression): Type | undefined {
  const map = mapReceiver(cx, target.object);
  if (!map) {
    const type = checkExpression(cx, target);
    if (type.kind === "error" || isBrokenMap(cx, target.object)) return undefined;
    if (withoutNull(typeOf(cx, target.object)).kind === "bytes") {
      error(cx, "XD3302", target, "Bytes of the packet are written with `set`.", {
        label: "may lie past the end",
        notes: ["`view.set(i, value)` writes a byte, and is false when the packet ends before it."],
        fixes: node.operator === "=" ? [setFix(node, target)] : [],
      });
      return undefined;
    }
    return inConstant(cx, target, type);
  }
  const { value } = map.type;
  const info = mapKind(map.type.map);
  if (!info.indexable || !value || !keyType(map.type)) {
    checkExpression(cx, target);
    return undefined;
  }
  checkExpression(cx, target);
  if (typeOf(cx, target).kind === "error") return undefined;
  setType(cx, target, value);
  if (node.operator !== "=" && node.operator !== "??=" && !isScalar(value)) {
    error(cx, "XD3005", target, `\`${node.operator}\` works on integers, not on ${aTypeName(value)}.`, {
      label: `${aTypeName(value)}`,
    });
    return undefined;
  }
  return value;
}

function checkDefault(cx: Context, node: AssignStatement, target: Type): void {
  const place = node.target;
  const entry = place.kind === "index" && typeOf(cx, place.object).kind === "map";
  if (target.kind !== "nullable" && !entry) {
    error(cx, "XD3103", place, `\`${shortText(place)}\` is never null, so \`??=\` never assigns.`, {
      severity: "warning",
      label: "never null",
    });
  }
  checkAs(cx, node.value, withoutNull(target), `the value of \`${shortText(place)}\``);
}

/** `x += e`: `e` fits `x`'s rounded type; the result wraps at `x`'s own width. */
function checkCompound(cx: Context, node: AssignStatement, target: Type, operator: AssignOperator): void {
  const place = node.target;
  if (target.kind === "nullable" || target.kind === "null") {
    checkExpression(cx, node.value);
    settle(cx, node.value);
    if (typeOf(cx, place).kind === "nullable") reportNull(cx, place, `\`${operator}\` needs a value`);
    return;
  }
  if (target.kind !== "int") {
    checkExpression(cx, node.value);
    settle(cx, node.value);
    if (target.kind === "error") return;
    error(cx, "XD3005", place, `\`${operator}\` works on integers, not on ${aTypeName(target)}.`, {
      label: aTypeName(target),
      notes:
        target.kind === "bool" && (operator === "&=" || operator === "|=")
          ? [`Write \`${shortText(place)} = ${shortText(place)} ${operator === "&=" ? "&&" : "||"} …\`.`]
          : [],
    });
    return;
  }
  const type = checkExpression(cx, node.value, target);
  if (operator === "<<=" || operator === ">>=") {
    const count = settle(cx, node.value);
    if (count.kind === "int" || count.kind === "error") return;
    error(cx, "XD3005", node.value, `A value is shifted by an integer, not by ${aTypeName(count)}.`, {
      label: `\`${typeName(count)}\``,
    });
    return;
  }
  if (type.kind === "void") settle(cx, node.value);
  coerce(cx, node.value, rounded(target), `what is combined with \`${shortText(place)}\``);
}

/** What is known after an assignment. */
function assigned(cx: Context, node: AssignStatement, target: Type): void {
  const { body } = cx;
  if (!body) return;
  const place = node.target;
  if (place.kind === "member-access") {
    // Another name may stand for the same memory: every fact found by a field of this name ends.
    body.flow = forget(body.flow, [`.${place.member.name};`]);
    return;
  }
  if (place.kind !== "identifier") return;
  const symbol = cx.root.tables.symbols.get(place.id);
  if (symbol?.kind !== "local") return;
  const path = localPath(symbol.declaration.id);
  noteLoss(cx, node.span, `\`${symbol.name}\` gets another value here`, (one) => one.includes(path));
  body.flow = markAssigned(forget(body.flow, [path]), symbol.declaration.id);
  if (target.kind !== "nullable") return;
  const value = typeOf(cx, node.value);
  if (value.kind === "null" && node.operator === "=") {
    body.flow = learn(body.flow, path, "null");
    return;
  }
  const origin = node.operator === "=" ? pathOf(cx, node.value) : undefined;
  if (origin !== undefined && value.kind === "nullable") body.flow = addAlias(body.flow, path, origin);
  else if (value.kind !== "nullable" && value.kind !== "error") body.flow = learn(body.flow, path, "present");
}
