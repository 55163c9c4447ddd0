/**
 * Header declarations. In two rounds: fields and layouts first, so that every header exists; then what refers to
 * other headers (parents, `next`, `continues`, checksums) and the expressions over fields.
 */
import { removeFix } from "../diagnostics/edits.js";
import type { Expression, HeaderDeclaration, HeaderField, Identifier } from "../syntax/ast.js";
import { lookup } from "../resolve/index.js";
import { checkCondition } from "./conditions.js";
import { constantNumber } from "./constants.js";
import { bind, error, inScope, type Context, type HeaderScope } from "./context.js";
import { addressBits, settle } from "./convert.js";
import { checksumCover } from "./covers.js";
import { checkAs, checkExpression } from "./expressions.js";
import { unknownName } from "./lookup.js";
import { layerName } from "./members.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType } from "./type-tools.js";
import type { Header, HeaderContinuation, HeaderFieldInfo, Type } from "./types.js";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Headers at most this long are read at once (the kernel's verifier follows offsets up to 65535). */
const largestFixed = 1024;

/** First round: the fields and where they lie. */
export function declareHeader(cx: Context, declaration: HeaderDeclaration): void {
  const fields: HeaderFieldInfo[] = [];
  const seen = new Map<string, HeaderField>();
  let bitOffset = 0;
  let broken = false;
  for (const field of declaration.fields) {
    const type = resolveType(cx, field.type);
    const bits = fieldBits(cx, field, type, bitOffset);
    broken ||= bits === undefined;
    const before = seen.get(field.name.name);
    if (before) {
      error(
        cx,
        "XD3403",
        field.name,
        `\`${declaration.name.name}\` has two fields called \`${field.name.name}\`.`,
        {
          label: "declared again here",
          related: [{ span: before.name.span, message: "declared here first" }],
          fixes: [removeFix("leave it out", field)],
        },
      );
    } else {
      seen.set(field.name.name, field);
      const own = bits === undefined ? errorType : type;
      fields.push({
        name: field.name.name,
        type: own,
        bitOffset,
        bits: bits ?? 0,
        covers: undefined,
        value: field.value,
        declaration: field,
      });
    }
    bitOffset += bits ?? 0;
  }
  if (!broken) checkLength(cx, declaration, bitOffset);
  const header: Header = {
    name: declaration.name.name,
    layer: layerName(declaration),
    fields,
    fixedSize: Math.ceil(bitOffset / 8),
    size: declaration.size,
    parents: [],
    next: undefined,
    continues: undefined,
    options: undefined,
    declaration,
  };
  cx.root.headers.set(declaration, header);
}

function fieldBits(cx: Context, field: HeaderField, type: Type, offset: number): number | undefined {
  const bits = bitsOf(type);
  if (bits === undefined) {
    if (type.kind !== "error") {
      error(cx, "XD3602", field.type, `A header field cannot be ${aTypeName(type)}.`, {
        label: "not a run of bits",
        notes: [
          "Header fields are integers of any width, `bool` (one bit), enums, addresses, strings and byte arrays.",
        ],
      });
    }
    return undefined;
  }
  const whole = type.kind === "address" || type.kind === "array" || type.kind === "string";
  if (whole && offset % 8 !== 0) {
    error(cx, "XD3602", field, `\`${field.name.name}\` must start on a byte, but stands at bit ${offset}.`, {
      label: `${offset % 8} bits into a byte`,
      notes: ["Addresses, strings and arrays lie on whole bytes. Are bits missing before it?"],
    });
  }
  return bits;
}

function bitsOf(type: Type): number | undefined {
  switch (type.kind) {
    case "int":
      return type.bits;
    case "bool":
      return 1;
    case "enum":
      return type.base.bits;
    case "address":
      return addressBits(type.family);
    case "string":
      return type.length * 8;
    case "array": {
      const element = bitsOf(type.element);
      return element === undefined || element % 8 !== 0 ? undefined : element * type.length;
    }
    default:
      return undefined;
  }
}

function checkLength(cx: Context, declaration: HeaderDeclaration, bits: number): void {
  const name = declaration.name.name;
  if (bits % 8 !== 0) {
    const missing = 8 - (bits % 8);
    const last = declaration.fields.at(-1);
    error(
      cx,
      "XD3601",
      declaration.name,
      `\`${name}\` has ${bits} bits, which is not a number of whole bytes.`,
      {
        label: `${missing} bit${missing === 1 ? "" : "s"} missing`,
        notes: ["Bits that mean nothing are fields too: call them `reserved`."],
        fixes: last
          ? [
              {
                title: `add \`reserved: u${missing};\``,
                edits: [
                  {
                    span: { ...last.span, start: last.span.end },
                    text: ` reserved${seenReserved(declaration)}: u${missing};`,
                  },
                ],
              },
            ]
          : [],
      },
    );
  }
  if (bits / 8 > largestFixed) {
    error(
      cx,
      "XD3603",
      declaration.name,
      `\`${name}\` has ${Math.ceil(bits / 8)} bytes; a header has at most ${largestFixed}.`,
      {
        label: "too large",
      },
    );
  }
}

function seenReserved(declaration: HeaderDeclaration): string {
  const names = new Set(declaration.fields.map((field) => field.name.name));
  if (!names.has("reserved")) return "";
  let n = 2;
  while (names.has(`reserved${n}`)) n++;
  return String(n);
}

/** Second round: everything that needs other headers. */
export function completeHeader(cx: Context, declaration: HeaderDeclaration): void {
  const header: Writable<Header> | undefined = cx.root.headers.get(declaration);
  if (!header) return;
  const own: HeaderScope = {
    fields: new Map(header.fields.map((field) => [field.name, field])),
    properties: false,
  };
  const parents: { readonly header: Header; readonly when: Expression | undefined }[] = [];
  for (const parent of declaration.parents) {
    const found = headerNamed(cx, parent.header);
    if (found) parents.push({ header: found, when: parent.when });
    if (parent.when) checkWhen(cx, parent.when, parent.header, found, own);
  }
  header.parents = parents;
  header.next = declaration.next && headerNamed(cx, declaration.next);
  header.continues = continuation(cx, declaration, own);
  header.options = optionsOf(cx, declaration, header);
  if (declaration.size) checkSize(cx, declaration.size, own);
  header.fields = header.fields.map((field) => completeField(cx, field, own));
}

function completeField(cx: Context, field: HeaderFieldInfo, own: HeaderScope): HeaderFieldInfo {
  const { value, covers } = field.declaration;
  if (value) checkDefault({ ...cx, header: { ...own, properties: true } }, value, field.type);
  const writable: Writable<HeaderFieldInfo> = field;
  // In place: expressions checked before refer to this very object.
  if (covers) writable.covers = checksumCover(cx, field, covers);
  return writable;
}

/** A default is cut to its field: `ihl: u4 = size / 4`. */
function checkDefault(cx: Context, value: Expression, type: Type): void {
  const given = checkExpression(cx, value, type);
  if (given.kind === "int" && type.kind === "int") return;
  if (given.kind !== "void") checkAs(cx, value, type, "the default of this field");
}

function checkSize(cx: Context, size: Expression, own: HeaderScope): void {
  const inside: Context = { ...cx, header: own, constant: false };
  const type = checkExpression(inside, size);
  settle(inside, size);
  if (type.kind === "int" || type.kind === "number" || type.kind === "error") return;
  error(cx, "XD3603", size, `The size of a header is a number of bytes, not ${aTypeName(type)}.`, {
    label: "not a number",
  });
}

function headerNamed(cx: Context, name: Identifier): Header | undefined {
  const binding = lookup(cx.root.resolved, cx.module, name.name);
  const header = binding && cx.root.headers.get(binding.declaration);
  if (header) return header;
  if (binding) {
    error(cx, "XD3605", name, `\`${name.name}\` is not a header.`, {
      label: "must be a header",
      related: [{ span: binding.declaration.name.span, message: "declared here" }],
    });
    return undefined;
  }
  const names = [...cx.root.headers.values()].map((one) => one.name);
  unknownName(cx, name, "type", names);
  return undefined;
}

/** `when (udp.dst == 4789)`: the parent under its layer name, and this header's own fields. */
function checkWhen(
  cx: Context,
  when: Expression,
  name: Identifier,
  parent: Header | undefined,
  own: HeaderScope,
): void {
  const inside = inScope({ ...cx, header: own, constant: false });
  if (parent) {
    const declaration: Identifier = { ...name, name: parent.layer };
    bind(inside, declaration, {
      kind: "local",
      name: parent.layer,
      type: { kind: "layer", header: parent },
      mutable: false,
      declaration,
    });
  }
  checkCondition(inside, when);
}

function continuation(
  cx: Context,
  declaration: HeaderDeclaration,
  own: HeaderScope,
): HeaderContinuation | undefined {
  const node = declaration.continues;
  if (!node) return undefined;
  const header = headerNamed(cx, node.header);
  const inside: Context = { ...cx, header: own, constant: false };
  const max = node.max ? constantNumber(cx, node.max, "`max`") : 1n;
  if (node.max && max !== undefined && (max < 1n || max > 32n)) {
    error(cx, "XD3605", node.max, `At most ${max} headers in a row cannot be walked.`, {
      label: "must be 1..32",
    });
  }
  if (node.when) checkCondition(inside, node.when);
  if (!header) {
    for (const field of node.fields) if (field.value) settleValue(inside, field.value);
    return undefined;
  }
  const fields: { readonly field: HeaderFieldInfo; readonly value: Expression | HeaderFieldInfo }[] = [];
  for (const given of node.fields) {
    const field = header.fields.find((one) => one.name === given.name.name);
    if (!field) {
      error(cx, "XD3605", given.name, `\`${header.name}\` has no field \`${given.name.name}\`.`, {
        label: "nothing to replace",
        notes: [`It has ${header.fields.map((one) => `\`${one.name}\``).join(", ")}.`],
      });
      if (given.value) settleValue(inside, given.value);
      continue;
    }
    const mine = own.fields.get(given.name.name);
    if (given.value) {
      checkAs(inside, given.value, field.type, `the field \`${field.name}\``);
      fields.push({ field, value: given.value });
    } else if (mine) fields.push({ field, value: mine });
    else {
      error(
        cx,
        "XD3605",
        given.name,
        `\`${declaration.name.name}\` has no field \`${given.name.name}\` of its own.`,
        {
          label: `write \`${given.name.name}: …\``,
        },
      );
    }
  }
  return { header, fields, max: Number(max ?? 1n), when: node.when };
}

function settleValue(cx: Context, value: Expression): void {
  checkExpression(cx, value);
  settle(cx, value);
}

/** `options { end: 0, pad: 1 };` */
function optionsOf(cx: Context, declaration: HeaderDeclaration, header: Header): Header["options"] {
  const node = declaration.options;
  if (!node) return undefined;
  const read: { end: number | undefined; pad: number | undefined } = { end: undefined, pad: undefined };
  for (const field of node.fields) {
    const key = field.name.name;
    if ((key !== "end" && key !== "pad") || !field.value) {
      error(cx, "XD3605", field.name, `\`options\` has no setting \`${key}\`.`, {
        label: "`end` and `pad` only",
      });
      continue;
    }
    const value = constantNumber(cx, field.value, `\`${key}\``);
    if (value !== undefined && value >= 0n && value <= 255n) read[key] = Number(value);
    else if (value !== undefined) {
      error(cx, "XD3003", field.value, `${value} does not fit \`u8\`, the type of an option's kind.`, {
        label: "`u8` holds 0..255",
      });
    }
  }
  if (!header.size) {
    error(cx, "XD3603", node, `\`${declaration.name.name}\` has options but no \`size\`.`, {
      label: "where do they end?",
      notes: ["Options stand between the fixed fields and the header's `size`; write `size = …;`."],
    });
  }
  return read;
}
