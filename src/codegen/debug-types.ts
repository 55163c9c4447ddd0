import { assertNever } from "../base/invariant.js";
import type { AddressFamily, EnumLayout, Layout, StructLayout } from "../base/layout.js";
import { addressSize, layoutSize } from "../base/layout.js";
import type { MetadataTable } from "./metadata-table.js";
import { addNode, fillNode, listNode, reserveNode, sharedNode } from "./metadata-table.js";
import { cIdentifier } from "./names.js";

/**
 * Debug types, from which LLVM makes BTF: what `bpftool map dump`, `bpftool btf dump format c` and readers in C and
 * Go see. The names are C's, so that generated headers compile.
 */

const unsignedNames: Readonly<Record<number, readonly [name: string, typedef: string]>> = {
  8: ["unsigned char", "__u8"],
  16: ["unsigned short", "__u16"],
  32: ["unsigned int", "__u32"],
  64: ["unsigned long long", "__u64"],
};
const signedNames: Readonly<Record<number, readonly [name: string, typedef: string]>> = {
  8: ["signed char", "__s8"],
  16: ["short", "__s16"],
  32: ["int", "__s32"],
  64: ["long long", "__s64"],
};

export function basicType(table: MetadataTable, bits: number, signed: boolean): string {
  const names = (signed ? signedNames : unsignedNames)[bits];
  if (names === undefined)
    return basicType(table, bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64, signed);
  const encoding =
    bits === 8
      ? signed
        ? "DW_ATE_signed_char"
        : "DW_ATE_unsigned_char"
      : signed
        ? "DW_ATE_signed"
        : "DW_ATE_unsigned";
  const base = sharedNode(table, `!DIBasicType(name: "${names[0]}", size: ${bits}, encoding: ${encoding})`);
  return sharedNode(table, `!DIDerivedType(tag: DW_TAG_typedef, name: "${names[1]}", baseType: ${base})`);
}

/** C's plain `int`, which libbpf wants in map definitions. */
export function intType(table: MetadataTable): string {
  return sharedNode(table, `!DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)`);
}

function charType(table: MetadataTable): string {
  return sharedNode(table, `!DIBasicType(name: "char", size: 8, encoding: DW_ATE_signed_char)`);
}

export function pointerTo(table: MetadataTable, type: string): string {
  return sharedNode(table, `!DIDerivedType(tag: DW_TAG_pointer_type, baseType: ${type}, size: 64)`);
}

/** `type[count]`; `bits` is the size of all elements together. A negative count is a flexible array. */
export function arrayOf(table: MetadataTable, type: string, count: number, bits: number): string {
  const range = sharedNode(table, `!DISubrange(count: ${count})`);
  const elements = listNode(table, [range]);
  const size = count < 0 ? "" : `size: ${bits}, `;
  return sharedNode(
    table,
    `!DICompositeType(tag: DW_TAG_array_type, baseType: ${type}, ${size}elements: ${elements})`,
  );
}

export function charArray(table: MetadataTable, length: number): string {
  return arrayOf(table, charType(table), length, length * 8);
}

/** The debug type of a layout. */
export function layoutType(table: MetadataTable, file: string, layout: Layout): string {
  switch (layout.kind) {
    case "int":
      return basicType(table, layout.bits, layout.signed);
    case "bool":
      return sharedNode(table, `!DIBasicType(name: "_Bool", size: 8, encoding: DW_ATE_boolean)`);
    case "enum":
      return enumType(table, layout);
    case "address":
      return addressType(table, layout.family);
    case "array":
      return arrayOf(table, layoutType(table, file, layout.element), layout.length, layoutSize(layout) * 8);
    case "string":
      return charArray(table, layout.length);
    case "struct":
      return structType(table, file, layout);
    case "lpm":
      return structType(table, file, lpmStruct(layout.address));
    default:
      return assertNever(layout, "layout");
  }
}

const addressNames: Readonly<Record<AddressFamily, string>> = {
  ipv4: "Ipv4Addr",
  ipv6: "Ipv6Addr",
  mac: "MacAddr",
};

/** An IPv4 address is a 32-bit integer in network order, as `__be32` is in C; the others are bytes. */
function addressType(table: MetadataTable, family: AddressFamily): string {
  const size = addressSize(family);
  const base =
    family === "ipv4"
      ? basicType(table, 32, false)
      : arrayOf(table, basicType(table, 8, false), size, size * 8);
  return sharedNode(
    table,
    `!DIDerivedType(tag: DW_TAG_typedef, name: "${addressNames[family]}", baseType: ${base})`,
  );
}

function enumType(table: MetadataTable, layout: EnumLayout): string {
  const members = layout.members.map(([name, value]) =>
    sharedNode(table, `!DIEnumerator(name: "${cIdentifier(name)}", value: ${value}, isUnsigned: true)`),
  );
  const base = basicType(table, layout.bits, false);
  return sharedNode(
    table,
    `!DICompositeType(tag: DW_TAG_enumeration_type, name: "${cIdentifier(layout.name)}", baseType: ${base}, size: ${layout.bits}, elements: ${listNode(table, members)})`,
  );
}

function lpmStruct(address: Layout): StructLayout {
  const size = 4 + layoutSize(address);
  const what =
    address.kind === "address"
      ? addressNames[address.family]
      : address.kind === "struct"
        ? address.name
        : `u${size * 8 - 32}`;
  return {
    kind: "struct",
    name: `LpmKey_${what}`,
    size,
    fields: [
      { name: "prefixlen", offset: 0, type: { kind: "int", bits: 32, signed: false } },
      { name: "data", offset: 4, type: address },
    ],
  };
}

function structType(table: MetadataTable, file: string, layout: StructLayout): string {
  const key = `struct ${JSON.stringify(layout)}`;
  const known = table.shared.get(key);
  if (known !== undefined) return known;
  const struct = reserveNode(table);
  table.shared.set(key, struct);
  const members = layout.fields.map((field) =>
    addNode(
      table,
      `!DIDerivedType(tag: DW_TAG_member, name: "${cIdentifier(field.name)}", scope: ${struct}, file: ${file}, baseType: ${layoutType(table, file, field.type)}, size: ${layoutSize(field.type) * 8}, offset: ${field.offset * 8})`,
    ),
  );
  const name = layout.name === "" ? "" : `name: "${cIdentifier(layout.name)}", `;
  fillNode(
    table,
    struct,
    `distinct !DICompositeType(tag: DW_TAG_structure_type, ${name}file: ${file}, size: ${layout.size * 8}, elements: ${listNode(table, members)})`,
  );
  return struct;
}
