/** `left = value`: where the line breaks when the whole is too long. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type { Expression } from "../syntax/ast.js";
import { breaksLine } from "./comments.js";
import type { Context } from "./context.js";
import { sticks } from "./place-comments.js";

const { group, hardline, indent, indentIfBreak, line } = builders;

/** `operator` with the blank before it, if it has one. */
export function assignment(left: Doc, operator: string, value: Expression, cx: Context): Doc {
  const right = cx.print(value);
  if (breaksLine(value, "leading", cx)) return [left, operator, indent([hardline, right])];
  switch (layoutOf(value)) {
    case "never":
      return group([left, operator, " ", right]);
    case "behind-operator":
      return group([group(left), operator, group(indent([line, right]))]);
    case "fluid": {
      const id = Symbol("assignment");
      return group([
        group(left),
        operator,
        group(indent(line), { id }),
        indentIfBreak(group(right), { groupId: id }),
      ]);
    }
  }
}

function layoutOf(value: Expression): "never" | "behind-operator" | "fluid" {
  switch (value.kind) {
    case "template":
    case "boolean":
    case "null":
    case "number":
      return "never";
    case "binary":
      return sticks(value) ? "fluid" : "behind-operator";
    case "coalesce-exit":
    case "string":
    case "member-access":
      return "behind-operator";
    case "conditional":
      return value.condition.kind === "binary" ? "behind-operator" : "fluid";
    default:
      return "fluid";
  }
}
