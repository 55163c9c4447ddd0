/** `checksum: u16 covers (header, payload, ipv4.src, ipv4.dst) zero none;` */
import type { Expression, FieldCovers } from "../syntax/ast.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { error, setType, type Context } from "./context.js";
import { layersInSight } from "./graph.js";
import { aTypeName, voidType } from "./type-tools.js";
import type { ChecksumCover, Header, HeaderFieldInfo } from "./types.js";

export function checksumCover(cx: Context, field: HeaderFieldInfo, node: FieldCovers): ChecksumCover {
  const { type } = field;
  if (type.kind !== "error" && (type.kind !== "int" || type.bits !== 16 || field.bitOffset % 16 !== 0)) {
    error(
      cx,
      "XD3604",
      node,
      `An Internet checksum is a \`u16\` on a 16-bit boundary, but \`${field.name}\` is ${aTypeName(type)}.`,
      {
        label: "not a checksum field",
        notes: ["It is the ones' complement sum of 16-bit words (RFC 1071)."],
      },
    );
  }
  let header = false;
  let payload = false;
  const outer: { readonly header: Header; readonly field: HeaderFieldInfo }[] = [];
  for (const part of node.parts) {
    setType(cx, part, voidType);
    if (part.kind === "identifier" && part.name === "header") header = true;
    else if (part.kind === "identifier" && part.name === "payload") payload = true;
    else {
      const found = outerField(cx, part);
      if (found) outer.push(found);
    }
  }
  return { header, payload, outer, zeroNone: node.zeroNone };
}

function outerField(
  cx: Context,
  part: Expression,
): { readonly header: Header; readonly field: HeaderFieldInfo } | undefined {
  if (part.kind === "error") return undefined;
  if (part.kind !== "member-access" || part.object.kind !== "identifier") {
    error(cx, "XD3604", part, "A checksum covers `header`, `payload` and fields of outer layers.", {
      label: "write `ipv4.src` or the like",
    });
    return undefined;
  }
  setType(cx, part.object, voidType);
  const { byLayer } = layersInSight(cx);
  const header = byLayer.get(part.object.name);
  if (!header) {
    const meant = didYouMean(part.object.name, byLayer.keys());
    error(cx, "XD3604", part.object, `There is no layer \`${part.object.name}\`.`, {
      label: meant === undefined ? "not found" : `did you mean \`${meant}\`?`,
    });
    return undefined;
  }
  const field = header.fields.find((one) => one.name === part.member.name);
  if (field) return { header, field };
  const meant = didYouMean(
    part.member.name,
    header.fields.map((one) => one.name),
  );
  error(cx, "XD3604", part.member, `The header \`${header.name}\` has no field \`${part.member.name}\`.`, {
    label: meant === undefined ? "unknown" : `did you mean \`${meant}\`?`,
  });
  return undefined;
}
