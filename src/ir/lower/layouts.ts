/** How types of the language lie in memory, for BTF and for the object's metadata. */
import { invariant } from "../../base/invariant.js";
import type { Layout } from "../../base/layout.js";
import { isStackTrace } from "../../check/type-tools.js";
import type { Type } from "../../check/types.js";

export function layoutOf(type: Type): Layout {
  switch (type.kind) {
    case "int":
      return { kind: "int", bits: type.bits, signed: type.signed };
    case "number":
      return { kind: "int", bits: 64, signed: false };
    case "bool":
      return { kind: "bool" };
    case "enum":
      return {
        kind: "enum",
        name: type.name,
        bits: type.base.bits,
        members: type.members.map((one) => [one.name, Number(one.value)]),
      };
    case "address":
      return { kind: "address", family: type.family };
    case "array":
      return { kind: "array", element: layoutOf(type.element), length: type.length };
    case "string":
      return { kind: "string", length: type.length };
    case "struct":
      return {
        kind: "struct",
        name: type.name,
        size: type.size,
        fields: type.fields.map((one) => ({ name: one.name, offset: one.offset, type: layoutOf(one.type) })),
        ...(isStackTrace(type) ? { stack: true } : {}),
      };
    default:
      invariant(false, `a ${type.kind} has no layout`);
  }
}
