/** Enums: named integers. Without values members count up, as in C and TypeScript. */
import { removeFix } from "../diagnostics/edits.js";
import type { EnumDeclaration, EnumMember } from "../syntax/ast.js";
import { constantNumber } from "./constants.js";
import { error, type Context } from "./context.js";
import { boundsOf, fits, smallestInt } from "./integers.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, typeName, u32 } from "./type-tools.js";
import type { EnumType, IntType, Type } from "./types.js";

/** The type of an enum declaration, in the context of its module. */
export function enumOf(cx: Context, declaration: EnumDeclaration): Type {
  const known = cx.root.types.get(declaration);
  if (known === "busy") {
    error(cx, "XD3014", declaration.name, `The enum \`${declaration.name.name}\` is defined by itself.`, {
      label: "needs itself",
    });
    return errorType;
  }
  if (known) return known;
  cx.root.types.set(declaration, "busy");
  const base = baseOf(cx, declaration);
  const members: { readonly name: string; readonly value: bigint }[] = [];
  const seen = new Map<string, EnumMember>();
  let next = 0n;
  for (const member of declaration.members) {
    const name = member.name.name;
    const value = member.value
      ? (constantNumber(cx, member.value, "The value of an enum member") ?? next)
      : next;
    next = value + 1n;
    const before = seen.get(name);
    if (before) {
      error(cx, "XD3407", member.name, `\`${declaration.name.name}\` has two members called \`${name}\`.`, {
        label: "declared again here",
        related: [{ span: before.name.span, message: "declared here first" }],
        fixes: [removeFix("leave it out", member)],
      });
      continue;
    }
    if (!fits(value, base)) {
      const { min, max } = boundsOf(base);
      const wider = smallestInt(value);
      error(
        cx,
        "XD3003",
        member.value ?? member.name,
        `${value} does not fit \`${typeName(base)}\`, the enum's type.`,
        {
          label: `\`${typeName(base)}\` holds ${min}..${max}`,
          notes: wider
            ? [`Write \`enum ${declaration.name.name}: ${typeName(wider)}\` for larger values.`]
            : [],
        },
      );
    }
    seen.set(name, member);
    members.push({ name, value });
  }
  if (members.length === 0) {
    error(cx, "XD3407", declaration.name, `The enum \`${declaration.name.name}\` has no members.`, {
      label: "add a member",
    });
  }
  const type: EnumType = { kind: "enum", name: declaration.name.name, base, members, declaration };
  cx.root.types.set(declaration, type);
  return type;
}

function baseOf(cx: Context, declaration: EnumDeclaration): IntType {
  if (!declaration.base) return u32;
  const type = resolveType(cx, declaration.base);
  if (type.kind === "int") return type;
  if (type.kind !== "error") {
    error(cx, "XD3407", declaration.base, `An enum is made of integers, not of ${aTypeName(type)}.`, {
      label: "not an integer type",
    });
  }
  return u32;
}
