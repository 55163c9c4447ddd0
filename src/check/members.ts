/** `a.b` and `a?.b`: header fields, layers, struct fields, enum members and built-in properties. */
import type { Fix } from "../diagnostics/diagnostic.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { packetFacts } from "../kernel/programs.js";
import type { MemberExpression } from "../syntax/ast.js";
import type { MemberMeaning, PropertyName } from "./checked.js";
import { error, moduleContext, setType, shortText, sourceText, type Context } from "./context.js";
import { foreignMember } from "./foreign.js";
import { enumOf } from "./enums.js";
import { checkExpression } from "./expressions.js";
import { insideOf, layersInSight, rootHeader } from "./graph.js";
import { isPresumed } from "./history.js";
import { narrowed, useMember } from "./identifiers.js";
import { kernelField, kernelFieldNames } from "./kernel-members.js";
import { findName, importFix } from "./lookup.js";
import { reportNull } from "./nulls.js";
import { isBrokenMap, mapReceiver } from "./receivers.js";
import { aTypeName, bytesType, errorType, nullable, u16, u32, u8 } from "./type-tools.js";
import type { EnumType, Header, KernelType, LayerType, PacketType, Type } from "./types.js";
import { sentence } from "./words.js";

interface Found {
  readonly meaning: MemberMeaning;
  readonly type: Type;
}

export function checkMember(cx: Context, node: MemberExpression): Type {
  const enumType = enumReceiver(cx, node);
  if (enumType) return enumMember(cx, node, enumType);
  const map = mapReceiver(cx, node.object);
  if (map) {
    error(cx, "XD3201", node.member, `A map has no field \`${node.member.name}\`.`, {
      label: "unknown",
      notes: [
        `What a map can do is called: \`${map.name}.get(k)\`, \`${map.name}[k]\`, \`k in ${map.name}\`.`,
      ],
    });
    return errorType;
  }
  if (isBrokenMap(cx, node.object)) return errorType;
  const object = presentObject(cx, node);
  if (node.member.name === "" || object.type.kind === "error") return errorType;
  const found = findMember(cx, node, object.type);
  if (!found) return errorType;
  cx.root.tables.members.set(node.id, found.meaning);
  const type = object.optional ? nullable(found.type) : found.type;
  return narrowed(cx, node, type);
}

/** The object's type without null; nulls are reported unless `?.` allows them. */
export function presentObject(
  cx: Context,
  node: MemberExpression,
): { readonly type: Type; readonly optional: boolean } {
  const type = checkExpression(cx, node.object);
  if (type.kind !== "nullable" && type.kind !== "null") {
    if (node.optional && type.kind !== "error" && !isPresumed(cx, node.object)) {
      const dot = { file: node.span.file, start: node.object.span.end, end: node.member.span.start };
      error(
        cx,
        "XD3103",
        node.object,
        `\`${shortText(node.object)}\` is never null here; \`?.\` does nothing.`,
        {
          severity: "warning",
          label: "never null",
          fixes:
            sourceText({ span: dot }) === "?."
              ? [{ title: "write `.`", edits: [{ span: dot, text: "." }] }]
              : [],
        },
      );
    }
    return { type, optional: false };
  }
  if (type.kind === "null") {
    reportNull(cx, node.object, `\`.${node.member.name}\` needs a value`);
    return { type: errorType, optional: false };
  }
  if (node.optional) return { type: type.inner, optional: true };
  reportNull(cx, node.object, `\`.${node.member.name}\` needs a value`);
  return { type: type.inner, optional: false };
}

function enumReceiver(cx: Context, node: MemberExpression): EnumType | undefined {
  if (node.object.kind !== "identifier") return undefined;
  const found = findName(cx, node.object.name);
  if (found?.kind !== "binding" || found.binding.declaration.kind !== "enum") return undefined;
  const type = enumOf(moduleContext(cx.root, found.binding.module), found.binding.declaration);
  if (type.kind !== "enum") return undefined;
  cx.root.tables.symbols.set(node.object.id, { kind: "enum", type });
  setType(cx, node.object, type);
  return type;
}

function enumMember(cx: Context, node: MemberExpression, type: EnumType): Type {
  const { name } = node.member;
  const member = type.members.find((one) => one.name === name);
  if (member) {
    const symbol = { kind: "enum-member", type, member: name, value: member.value } as const;
    cx.root.tables.members.set(node.id, { kind: "enum-member", member: symbol });
    const used = useMember(cx, node, symbol);
    cx.root.tables.symbols.delete(node.id);
    return used;
  }
  if (name !== "")
    unknownMember(
      cx,
      node,
      `The enum \`${type.name}\``,
      type.members.map((one) => one.name),
    );
  return type;
}

function findMember(cx: Context, node: MemberExpression, type: Type): Found | undefined {
  const { name } = node.member;
  switch (type.kind) {
    case "struct": {
      const field = type.fields.find((one) => one.name === name);
      if (field) return { meaning: { kind: "struct-field", field }, type: field.type };
      unknownMember(
        cx,
        node,
        `The struct \`${type.name}\``,
        type.fields.map((one) => one.name),
      );
      return undefined;
    }
    case "layer":
      return layerMember(cx, node, type);
    case "packet":
      return packetMember(cx, node, type);
    case "kernel":
      return kernelMember(cx, node, type);
    case "bytes":
      if (name === "length") return property("length", u32);
      unknownMember(cx, node, "A view of bytes", ["length", "u8", "u16", "u32", "u64", "set"]);
      return undefined;
    case "option":
      if (name === "kind" || name === "length") return property(name, u8);
      unknownMember(cx, node, "An option", ["kind", "length", "u8", "u16", "u32", "u64"]);
      return undefined;
    default:
      error(cx, "XD3201", node.member, `${sentence(aTypeName(type))} has no members.`, {
        label: `\`${shortText(node.object)}\` is ${aTypeName(type)}`,
      });
      return undefined;
  }
}

function kernelMember(cx: Context, node: MemberExpression, type: KernelType): Found | undefined {
  const field = kernelField(type, node.member.name);
  if (field) return { meaning: { kind: "kernel-field", field }, type: field.type };
  const what = type.source.kind === "record" ? "The event" : `The kernel's \`${type.source.name}\``;
  unknownMember(cx, node, what, kernelFieldNames(type));
  return undefined;
}

function property(name: PropertyName, type: Type): Found {
  return { meaning: { kind: "property", property: name }, type };
}

function layerMember(cx: Context, node: MemberExpression, { header }: LayerType): Found | undefined {
  const { name } = node.member;
  const field = header.fields.find((one) => one.name === name);
  if (field) return { meaning: { kind: "header-field", field }, type: field.type };
  const layer = layersInSight(cx).byLayer.get(name);
  if (layer && insideOf(cx, header).has(layer)) return layerFound(layer, true);
  switch (name) {
    case "offset":
    case "size":
      return property(name, u16);
    case "payload":
      return property(name, bytesType);
    case "options":
      if (header.size || header.options) return property(name, bytesType);
      error(cx, "XD3201", node.member, `\`${header.name}\` has no options: its size is fixed.`, {
        label: "no options",
      });
      return undefined;
    default:
      break;
  }
  if (layer) {
    error(cx, "XD3209", node.member, `\`${header.name}\` cannot carry ${aHeader(layer)}.`, {
      label: "never inside",
      notes: [parentsNote(layer)],
      related: [{ span: layer.declaration.name.span, message: `\`${layer.name}\` is declared here` }],
    });
    return undefined;
  }
  if (missingImport(cx, node)) return undefined;
  const inside = [...insideOf(cx, header)].filter((one) => layersInSight(cx).byLayer.get(one.layer) === one);
  const names = [
    ...header.fields.map((one) => one.name),
    ...inside.map((one) => one.layer),
    "offset",
    "size",
    "payload",
  ];
  unknownMember(cx, node, `The header \`${header.name}\``, names, header);
  return undefined;
}

function aHeader(header: Header): string {
  return `${/^[AEIO]/.test(header.name) ? "an" : "a"} \`${header.name}\``;
}

function parentsNote(layer: Header): string {
  const parents = layer.parents.map((one) => `\`${one.header.name}\``);
  return parents.length === 0
    ? `\`${layer.name}\` starts a packet and follows no header.`
    : `\`${layer.name}\` stands after ${parents.join(", ")}.`;
}

function layerFound(header: Header, mayBeMissing: boolean): Found {
  const type: Type = { kind: "layer", header };
  return { meaning: { kind: "layer", header }, type: mayBeMissing ? nullable(type) : type };
}

function packetMember(cx: Context, node: MemberExpression, type: PacketType): Found | undefined {
  const { name } = node.member;
  const root = rootHeader(cx, type.hook);
  const { byLayer } = layersInSight(cx);
  const layer = byLayer.get(name);
  if (layer && root && layer === root) return layerFound(layer, false);
  if (layer && root && insideOf(cx, root).has(layer)) return layerFound(layer, true);
  if (name === "bytes") return property("bytes", bytesType);
  const contextField = packetFacts(type.hook)?.contextFields.find((one) => one.property === name);
  if (contextField && (name === "length" || name === "ingress" || name === "queue"))
    return property(name, u32);
  if (layer) {
    error(cx, "XD3209", node.member, `No packet has ${aHeader(layer)}: nothing leads to it.`, {
      label: "never found",
      notes: [parentsNote(layer)],
      related: [{ span: layer.declaration.name.span, message: `\`${layer.name}\` is declared here` }],
    });
    return undefined;
  }
  if (missingImport(cx, node)) return undefined;
  const properties = packetFacts(type.hook)?.contextFields.map((one) => one.property) ?? [];
  if (/^data(_?(end|meta))?$/i.test(node.member.name)) noPointers(cx, node);
  else unknownMember(cx, node, "The packet", [...byLayer.keys(), ...properties, "bytes"]);
  return undefined;
}

/** People who come from C look for `data` and `data_end`. */
function noPointers(cx: Context, node: MemberExpression): void {
  error(cx, "XD3201", node.member, `The packet has no \`${node.member.name}\`: there are no pointers.`, {
    label: "unknown",
    notes: [
      "Read headers by their layer, as in `pkt.ipv4?.ttl`, and bytes by `pkt.bytes`, as in `pkt.bytes.u16(12)`. The compiler checks the bounds, and what may be missing is null.",
    ],
  });
}

/** A layer that the standard library declares and this module does not import. */
function missingImport(cx: Context, node: MemberExpression): boolean {
  const { name } = node.member;
  // The header of an import that failed, which has been reported.
  const broken = [...(cx.root.resolved.broken.get(cx.module) ?? [])];
  if (broken.some((one) => firstSmall(one) === name)) return true;
  const found = cx.root.resolved
    .elsewhere()
    .find((one) => one.declaration.kind === "header" && layerName(one.declaration) === name);
  const importable = found && importFix(cx, found.name);
  if (!found || !importable) return false;
  error(cx, "XD2010", node.member, `The layer \`${name}\` is not imported.`, {
    label: `\`${found.name}\` in \`${importable.specifier}\``,
    notes: ["Only headers that a script can name are looked for in its packets."],
    fixes: [importable.fix],
  });
  return true;
}

export function layerName(declaration: Header["declaration"]): string {
  const { name } = declaration.name;
  return declaration.alias?.name ?? firstSmall(name);
}

function firstSmall(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function unknownMember(
  cx: Context,
  node: MemberExpression,
  owner: string,
  names: readonly string[],
  header?: Header,
): void {
  const meant = foreignMember(node.member.name, names) ?? didYouMean(node.member.name, names);
  const fixes: Fix[] =
    meant === undefined
      ? []
      : [{ title: `change it to \`${meant}\``, edits: [{ span: node.member.span, text: meant }] }];
  const shown = names
    .slice(0, 16)
    .map((one) => `\`${one}\``)
    .join(", ");
  error(cx, "XD3201", node.member, `${owner} has no \`${node.member.name}\`.`, {
    label: meant === undefined ? "unknown" : `did you mean \`${meant}\`?`,
    notes: meant === undefined ? [`It has ${shown}${names.length > 16 ? " and more" : ""}.`] : [],
    related: header
      ? [{ span: header.declaration.name.span, message: `\`${header.name}\` is declared here` }]
      : [],
    fixes,
  });
}
