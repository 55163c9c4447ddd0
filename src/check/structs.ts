/** Structs: host-order C layouts. */
import { removeFix } from "../diagnostics/edits.js";
import type { StructDeclaration } from "../syntax/ast.js";
import { error, type Context } from "./context.js";
import { requireMemory, resolveType } from "./type-nodes.js";
import { errorType, layOut } from "./type-tools.js";
import type { StructType, Type } from "./types.js";

/** The type of a struct declaration, in the context of its module. */
export function structOf(cx: Context, declaration: StructDeclaration): Type {
  const known = cx.root.types.get(declaration);
  if (known === "busy") {
    const name = declaration.name.name;
    error(cx, "XD3014", declaration.name, `The struct \`${name}\` contains itself.`, {
      label: "would be endless",
      notes: [
        "A struct lies in memory as one piece; there are no references to store. Keep the other in a map, and its key here.",
      ],
    });
    return errorType;
  }
  if (known) return known;
  cx.root.types.set(declaration, "busy");
  const fields: { readonly name: string; readonly type: Type }[] = [];
  const seen = new Map<string, StructDeclaration["fields"][number]>();
  for (const field of declaration.fields) {
    const name = field.name.name;
    const written = resolveType(cx, field.type);
    const type = requireMemory(cx, field.type, written, "A struct field");
    const before = seen.get(name);
    if (before) {
      error(cx, "XD3403", field.name, `\`${declaration.name.name}\` has two fields called \`${name}\`.`, {
        label: "declared again here",
        related: [{ span: before.name.span, message: "declared here first" }],
        fixes: [removeFix("leave it out", field)],
      });
      continue;
    }
    seen.set(name, field);
    fields.push({ name, type });
  }
  if (declaration.fields.length === 0) {
    error(cx, "XD3408", declaration.name, `The struct \`${declaration.name.name}\` has no fields.`, {
      label: "add a field",
    });
  }
  const type: StructType = { kind: "struct", name: declaration.name.name, ...layOut(fields), declaration };
  cx.root.types.set(declaration, type);
  return type;
}
