/** Literals: numbers, texts, addresses, prefixes and objects. */
import { removeRestFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type {
  AddressLiteral,
  BooleanLiteral,
  Identifier,
  NumberLiteral,
  ObjectField,
  ObjectLiteral,
  PrefixLiteral,
  StringLiteral,
  TemplateLiteral,
} from "../syntax/ast.js";
import type { ConstantValue } from "./checked.js";
import { constantOf, error, setConstant, type Context } from "./context.js";
import { addressBits, coerce } from "./convert.js";
import { checkAny, checkAs } from "./expressions.js";
import { checkIdentifier } from "./identifiers.js";
import { showPrefix } from "./show.js";
import {
  addressType,
  aTypeName,
  boolType,
  errorType,
  numberType,
  typeName,
  withoutNull,
} from "./type-tools.js";
import type { StructType, Type } from "./types.js";

export function checkNumber(cx: Context, node: NumberLiteral): Type {
  setConstant(cx, node, { kind: "number", value: node.value });
  return numberType;
}

export function checkBoolean(cx: Context, node: BooleanLiteral): Type {
  setConstant(cx, node, { kind: "number", value: node.value ? 1n : 0n });
  return boolType;
}

export function checkAddress(cx: Context, node: AddressLiteral): Type {
  setConstant(cx, node, { kind: "number", value: node.value });
  return addressType(node.family);
}

export function checkPrefix(cx: Context, node: PrefixLiteral): Type {
  const bits = addressBits(node.family);
  const length = Math.min(node.length, bits);
  const rest = BigInt(bits - length);
  const value = (node.value >> rest) << rest;
  if (value !== node.value && length === node.length) {
    const mended = showPrefix(value, node.length, node.family);
    error(cx, "XD3011", node, `This prefix has bits set after its first ${node.length}.`, {
      label: `the network is \`${mended}\``,
      notes: [
        `An address in a prefix of ${node.length} bits says only its first ${node.length}; the rest must be 0.`,
      ],
      fixes: [{ title: `change it to \`${mended}\``, edits: [{ span: node.span, text: mended }] }],
    });
  }
  setConstant(cx, node, { kind: "prefix", value, length });
  return { kind: "prefix", family: node.family };
}

export function checkString(cx: Context, node: StringLiteral, expected: Type | undefined): Type {
  setConstant(cx, node, { kind: "string", value: node.value });
  const length = new TextEncoder().encode(node.value).length;
  const wanted = expected && withoutNull(expected);
  const room =
    wanted?.kind === "string"
      ? wanted.length
      : wanted?.kind === "array" && wanted.element.kind === "int" && wanted.element.bits === 8
        ? wanted.length
        : undefined;
  if (wanted === undefined || room === undefined) return { kind: "string", length: Math.max(1, length) };
  if (length > room) {
    error(
      cx,
      "XD3019",
      node,
      `This text has ${length} bytes; \`${typeName(wanted)}\` has room for ${room}.`,
      {
        label: `${length - room} too many`,
      },
    );
    return errorType;
  }
  return wanted;
}

export function checkTemplate(cx: Context, node: TemplateLiteral): Type {
  for (const value of node.values) checkAny(cx, value);
  error(cx, "XD3210", node, "A template string can only be printed.", {
    label: "use it in `print(…)`",
    notes: [
      "Text is not put together in the kernel: `print` sends the values, and the reader writes the text.",
    ],
  });
  return errorType;
}

/** `{ at: now(), src }` for a struct. */
export function checkObject(cx: Context, node: ObjectLiteral, expected: Type | undefined): Type {
  const wanted = expected && withoutNull(expected);
  if (wanted?.kind === "struct") return fillStruct(cx, node, wanted);
  for (const field of node.fields) if (field.value) checkAny(cx, field.value);
  if (wanted?.kind !== "error") {
    const expects =
      wanted && wanted.kind !== "number"
        ? `${aTypeName(wanted)} is expected here`
        : "no struct is expected here";
    error(cx, "XD3017", node, "This object literal has no struct to fill.", {
      label: expects,
      notes: ["Give the variable a type, as in `const b: Bucket = { … };`."],
    });
  }
  return errorType;
}

function fillStruct(cx: Context, node: ObjectLiteral, struct: StructType): Type {
  const given = checkFields(cx, node, {
    what: `\`${struct.name}\``,
    names: struct.fields.map((field) => field.name),
    declared: struct.declaration.name,
    typeOf: (name) => struct.fields.find((field) => field.name === name)?.type,
  });
  const missing = struct.fields.filter((field) => !given.has(field.name));
  if (missing.length > 0) {
    const names = missing.map((field) => `\`${field.name}\``).join(", ");
    const last = node.fields.at(-1);
    const at = last ? last.span.end : node.span.start + 1;
    const text = missing.map((field) => `${field.name}: ${zeroOf(field.type)}`).join(", ");
    const fillable = missing.every((field) => zeroOf(field.type) !== "");
    error(
      cx,
      "XD3401",
      node,
      `${names} ${missing.length === 1 ? "is" : "are"} missing from this \`${struct.name}\`.`,
      {
        label: `${missing.length === 1 ? "a field is" : `${missing.length} fields are`} missing`,
        related: [{ span: struct.declaration.name.span, message: `\`${struct.name}\` is declared here` }],
        fixes: fillable
          ? [
              {
                title: `add ${names}`,
                edits: [
                  { span: { ...node.span, start: at, end: at }, text: last ? `, ${text}` : ` ${text} ` },
                ],
              },
            ]
          : [],
      },
    );
  }
  const constant = structConstant(cx, node);
  if (constant && missing.length === 0) setConstant(cx, node, constant);
  return struct;
}

function zeroOf(type: Type): string {
  switch (type.kind) {
    case "int":
      return "0";
    case "bool":
      return "false";
    case "address":
      return type.family === "ipv4" ? "0.0.0.0" : type.family === "ipv6" ? "::" : "00:00:00:00:00:00";
    case "enum": {
      const [first] = type.members;
      return first ? `${type.name}.${first.name}` : "";
    }
    case "string":
      return '""';
    default:
      return "";
  }
}

function structConstant(cx: Context, node: ObjectLiteral): ConstantValue | undefined {
  const fields: Record<string, ConstantValue> = {};
  for (const field of node.fields) {
    const value = field.value ? constantOf(cx, field.value) : cx.root.tables.constants.get(field.id);
    if (!value) return undefined;
    fields[field.name.name] = value;
  }
  return { kind: "struct", fields };
}

export interface Fillable {
  readonly what: string;
  readonly names: readonly string[];
  readonly declared: Identifier;
  readonly typeOf: (name: string) => Type | undefined;
}

/** Checks the fields of an object literal against what may be given; returns the names that were. */
export function checkFields(cx: Context, node: ObjectLiteral, into: Fillable): ReadonlySet<string> {
  const given = new Map<string, ObjectField>();
  for (const field of node.fields) {
    const { name } = field.name;
    if (name === "") continue;
    const type = into.typeOf(name);
    if (type) checkFieldValue(cx, field, type);
    else {
      unknownField(cx, node, field, into);
      if (field.value) checkAny(cx, field.value);
    }
    const before = given.get(name);
    if (before) {
      error(cx, "XD3403", field.name, `\`${name}\` is given twice.`, {
        label: "given again here",
        related: [{ span: before.name.span, message: "given here first" }],
        fixes: [removeRestFix("leave it out", node.fields, node.fields.indexOf(field), 1)],
      });
    }
    given.set(name, field);
  }
  return new Set(given.keys());
}

function unknownField(cx: Context, { fields }: ObjectLiteral, field: ObjectField, into: Fillable): void {
  const meant = didYouMean(field.name.name, into.names);
  error(cx, "XD3402", field.name, `${into.what} has no field \`${field.name.name}\`.`, {
    label: meant === undefined ? "unknown field" : `did you mean \`${meant}\`?`,
    notes: meant === undefined ? [`It has ${into.names.map((one) => `\`${one}\``).join(", ")}.`] : [],
    related: [{ span: into.declared.span, message: `${into.what} is declared here` }],
    fixes:
      meant === undefined
        ? [removeRestFix("leave it out", fields, fields.indexOf(field), 1)]
        : [
            {
              title: `change it to \`${meant}\``,
              edits: [{ span: field.name.span, text: field.value ? meant : `${meant}: ${field.name.name}` }],
            },
          ],
  });
}

function checkFieldValue(cx: Context, field: ObjectField, type: Type): void {
  const role = `the field \`${field.name.name}\``;
  if (field.value) {
    checkAs(cx, field.value, type, role);
    return;
  }
  // The shorthand `{ src }`: a name of its own, found under the field's id.
  const { tables } = cx.root;
  const name: Identifier = { ...field.name, id: field.id };
  tables.types.set(field.id, checkIdentifier(cx, name, type));
  coerce(cx, name, type, role);
}
