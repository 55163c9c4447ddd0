/** Methods of layers (`prepend`, `decapsulate`), of the packet (`adjust…`), and of views of bytes. */
import { didYouMean } from "../diagnostics/suggest.js";
import type { CallExpression, MemberExpression, Expression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import { error, setType, shortText, type Context } from "./context.js";
import { checkAs } from "./expressions.js";
import { checkFields } from "./literals.js";
import { movePacket } from "./moves.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, boolType, errorType, intType, nullable, u64 } from "./type-tools.js";
import type { BytesType, Header, LayerType, OptionType, Type } from "./types.js";
import { bytesReads, bytesWrites, isBytesRead, isBytesWrite } from "./views.js";

/** Methods of layers, and of tags (VLAN), which belong to the link layer. */
export const layerMethods: readonly string[] = ["prepend", "decapsulate"];
export const tagMethods: readonly string[] = ["remove"];

/** Whether a header is a tag of the link layer. */
export function isTag(header: Header): boolean {
  return header.continues?.header.parents.length === 0;
}
export const packetMethods = ["adjustHead", "adjustTail", "adjustMeta"] as const;

export function checkLayerCall(
  cx: Context,
  node: CallExpression,
  callee: MemberExpression,
  object: LayerType,
): Type {
  const { name } = callee.member;
  if (name === "prepend") return checkPrepend(cx, node, object);
  const tag = isTag(object.header);
  if (tag ? name === "remove" : name === "decapsulate") {
    noTypes(cx, node, name);
    if (!arity(cx, node, name, 0, 0)) checkRest(cx, node.arguments);
    cx.root.tables.calls.set(node.id, { kind: "layer-method", method: tag ? "remove" : "decapsulate" });
    movePacket(
      cx,
      node,
      `\`${shortText(node)}\` takes ${tag ? "a tag" : "headers"} away and moves the packet`,
    );
    return boolType;
  }
  checkRest(cx, node.arguments);
  const field = object.header.fields.some((one) => one.name === name);
  unknownMethod(
    cx,
    node,
    callee,
    `The layer \`${object.header.name}\``,
    tag ? tagMethods : layerMethods,
    field,
  );
  return errorType;
}

function noTypes(cx: Context, node: CallExpression, name: string): void {
  const [first] = node.typeArguments;
  if (first) error(cx, "XD3211", first, `\`${name}\` takes no type arguments.`, { label: "not expected" });
}

function unknownMethod(
  cx: Context,
  node: CallExpression,
  callee: MemberExpression,
  owner: string,
  methods: readonly string[],
  field: boolean,
): void {
  const { name } = callee.member;
  if (name === "") return;
  const meant = field ? undefined : didYouMean(name, methods);
  const parentheses = { ...node.span, start: callee.span.end };
  const read = field && node.arguments.length === 0 && node.typeArguments.length === 0;
  error(
    cx,
    "XD3202",
    callee.member,
    field ? `\`${name}\` is a field, not a method.` : `${owner} has no method \`${name}\`.`,
    {
      label: meant === undefined ? "cannot be called" : `did you mean \`${meant}\`?`,
      notes:
        meant === undefined && !field ? [`It has ${methods.map((one) => `\`${one}\``).join(", ")}.`] : [],
      fixes: read
        ? [{ title: "read it without parentheses", edits: [{ span: parentheses, text: "" }] }]
        : meant === undefined
          ? []
          : [{ title: `change it to \`${meant}\``, edits: [{ span: callee.member.span, text: meant }] }],
    },
  );
}

function checkPrepend(cx: Context, node: CallExpression, object: LayerType): Type {
  const header = prependedHeader(cx, node);
  const [fields] = node.arguments;
  arity(cx, node, "prepend", 0, 1);
  if (fields && header) fillHeader(cx, fields, header);
  else checkRest(cx, node.arguments);
  checkRest(cx, node.arguments.slice(1));
  if (header) cx.root.tables.calls.set(node.id, { kind: "layer-method", method: "prepend", header });
  movePacket(
    cx,
    node,
    `\`${prependText(header)}\` puts a header before \`${object.header.layer}\` and moves the packet`,
  );
  return header ? nullable({ kind: "layer", header }) : errorType;
}

function prependText(header: Header | undefined): string {
  return header ? `prepend<${header.name}>` : "prepend";
}

function prependedHeader(cx: Context, node: CallExpression): Header | undefined {
  const [argument] = node.typeArguments;
  if (!argument || node.typeArguments.length !== 1) {
    const at = { span: { ...node.span, start: node.callee.span.start, end: node.callee.span.end } };
    error(cx, "XD3211", at, "`prepend` must know which header to put there.", {
      label: "write `prepend<Ipv4>({ … })`",
    });
    return undefined;
  }
  if (argument.kind !== "named-type") {
    error(cx, "XD3211", argument, "`prepend` takes the name of a header.", { label: "not a header" });
    return undefined;
  }
  const type = resolveType(cx, argument);
  if (type.kind === "layer") return type.header;
  if (type.kind !== "error") {
    error(cx, "XD3211", argument, `\`prepend\` takes the name of a header, not ${aTypeName(type)}.`, {
      label: "not a header",
    });
  }
  return undefined;
}

/** The fields of a new header: all may be left out. */
export function fillHeader(cx: Context, node: Expression, header: Header): void {
  if (node.kind !== "object") {
    checkRest(cx, [node]);
    error(cx, "XD3203", node, "The fields of the new header are given as an object literal.", {
      label: `write \`{ ${header.fields[0]?.name ?? "field"}: … }\``,
    });
    return;
  }
  checkFields(cx, node, {
    what: `The header \`${header.name}\``,
    names: header.fields.map((field) => field.name),
    declared: header.declaration.name,
    typeOf: (name) => header.fields.find((field) => field.name === name)?.type,
  });
  setType(cx, node, { kind: "layer", header });
}

export function checkPacketCall(cx: Context, node: CallExpression, callee: MemberExpression): Type {
  const method = packetMethods.find((one) => one === callee.member.name);
  noTypes(cx, node, callee.member.name);
  if (method === undefined) {
    checkRest(cx, node.arguments);
    unknownMethod(cx, node, callee, "The packet", packetMethods, false);
    return errorType;
  }
  const [delta] = node.arguments;
  if (arity(cx, node, method, 1, 1) && delta)
    checkAs(cx, delta, intType(32, true), `the argument of \`${method}\``);
  else checkRest(cx, node.arguments);
  cx.root.tables.calls.set(node.id, { kind: "packet-method", method });
  movePacket(cx, node, `\`${shortText(node)}\` moves the packet`);
  return boolType;
}

export function checkBytesCall(
  cx: Context,
  node: CallExpression,
  callee: MemberExpression,
  object: BytesType | OptionType,
): Type {
  const { name } = callee.member;
  const [index, value] = node.arguments;
  noTypes(cx, node, name);
  if (isBytesRead(name)) {
    if (arity(cx, node, name, 1, 1) && index) checkAs(cx, index, u64, `the argument of \`${name}\``);
    else checkRest(cx, node.arguments);
    cx.root.tables.calls.set(node.id, { kind: "bytes-method", method: name });
    return nullable(intType(bytesReads[name]));
  }
  if (isBytesWrite(name)) {
    if (arity(cx, node, name, 2, 2) && index && value) {
      checkAs(cx, index, u64, `the first argument of \`${name}\``);
      checkAs(cx, value, intType(bytesWrites[name]), `the second argument of \`${name}\``);
    } else checkRest(cx, node.arguments);
    cx.root.tables.calls.set(node.id, {
      kind: "bytes-method",
      method: name,
      ...(cx.body?.test ? { test: true } : {}),
    });
    return boolType;
  }
  checkRest(cx, node.arguments);
  const methods = [...Object.keys(bytesReads), ...Object.keys(bytesWrites)];
  unknownMethod(
    cx,
    node,
    callee,
    object.kind === "bytes" ? "A view of bytes" : "An option",
    methods,
    name === "length",
  );
  return errorType;
}
