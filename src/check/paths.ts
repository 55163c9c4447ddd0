/** Which expressions name one stable place, so that what is learnt of one occurrence holds for the next. */
import type { Expression } from "../syntax/ast.js";
import { constantOf, type Context } from "./context.js";
import { globalPath, localPath } from "./flow.js";

/** The path of a checked expression; undefined when two evaluations may differ (calls, globals shared by CPUs). */
export function pathOf(cx: Context, expression: Expression): string | undefined {
  const { tables } = cx.root;
  const constant = constantOf(cx, expression);
  if (constant?.kind === "number") return `=${constant.value};`;
  switch (expression.kind) {
    case "identifier": {
      const symbol = tables.symbols.get(expression.id);
      if (symbol?.kind === "local") return localPath(symbol.declaration.id);
      if (symbol?.kind === "map" || symbol?.kind === "param") return globalPath(symbol.declaration.id);
      return undefined;
    }
    case "member-access": {
      const meaning = tables.members.get(expression.id);
      if (!meaning || meaning.kind === "enum-member") return undefined;
      if (meaning.kind === "property" && meaning.property !== "ingress" && meaning.property !== "queue") {
        return undefined;
      }
      const object = pathOf(cx, expression.object);
      return object === undefined ? undefined : `${object}.${expression.member.name};`;
    }
    case "index": {
      const object = pathOf(cx, expression.object);
      const index = pathOf(cx, expression.index);
      return object === undefined || index === undefined ? undefined : `${object}[${index}]`;
    }
    case "object": {
      const parts = expression.fields.map((field) => {
        const path = field.value && pathOf(cx, field.value);
        return path === undefined ? undefined : `${field.name.name}:${path}`;
      });
      return parts.includes(undefined) ? undefined : `{${parts.join("")}}`;
    }
    case "cast": {
      const value = pathOf(cx, expression.value);
      const type = tables.types.get(expression.id);
      return value === undefined || type?.kind !== "int"
        ? undefined
        : `(${value}${type.bits}${String(type.signed)})`;
    }
    default:
      return undefined;
  }
}
