/** `if`, loops and `switch`. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import type {
  ForOfStatement,
  ForStatement,
  IfStatement,
  Statement,
  SwitchCase,
  SwitchStatement,
  WhileStatement,
} from "../syntax/ast.js";
import { breaksLine, danglingIn, printInline, printLines } from "./comments.js";
import type { Context } from "./context.js";
import { braces, itemLines } from "./lists.js";
import { head } from "./statements.js";

const { group, hardline, indent, line, softline, lineSuffix } = builders;

/** A block stays on the line of its head; another statement does if it fits. */
function clause(body: Statement, cx: Context): Doc {
  if (body.kind === "block" && !breaksLine(body, "leading", cx)) return [" ", cx.print(body)];
  return indent([line, cx.print(body)]);
}

export function printIf(node: IfStatement, cx: Context): Doc {
  const { then, otherwise } = node;
  const opening = group(["if ", head(node.condition, cx), clause(then, cx)]);
  if (otherwise === undefined) return opening;
  const found = danglingIn(node, "else", cx);
  const inline = found.length > 0 && found.every((one) => !one.line);
  const lines: Doc = inline
    ? [printInline(found, cx), " "]
    : found.length > 0
      ? [printLines(found, cx), hardline]
      : "";
  const sameLine =
    then.kind === "block" && (found.length === 0 || inline) && !breaksLine(then, "trailing", cx);
  const last =
    otherwise.kind === "if" && !breaksLine(otherwise, "leading", cx)
      ? [" ", cx.print(otherwise)]
      : group(clause(otherwise, cx));
  return [opening, sameLine ? " " : hardline, lines, "else", last];
}

export function printWhile(node: WhileStatement, cx: Context): Doc {
  return group(["while ", head(node.condition, cx), clause(node.body, cx)]);
}

export function printFor(node: ForStatement, cx: Context): Doc {
  const { start, condition, step, body } = node;
  if (start === undefined && condition === undefined && step === undefined)
    return group(["for (;;)", clause(body, cx)]);
  const parts: Doc[] = [
    start === undefined ? "" : cx.print(start),
    ";",
    condition === undefined ? "" : [line, cx.print(condition)],
    ";",
    step === undefined ? "" : [line, cx.print(step)],
  ];
  return group(["for ", group(["(", indent([softline, ...parts]), softline, ")"]), clause(body, cx)]);
}

export function printForOf(node: ForOfStatement, cx: Context): Doc {
  const [key = "", value] = node.names.map((name) => cx.print(name));
  const names: Doc = value === undefined ? key : ["[", key, ", ", value, "]"];
  const opening: Doc = ["for (", node.mutable ? "let " : "const ", names, " of ", cx.print(node.over), ")"];
  return group([...opening, clause(node.body, cx)]);
}

export function printSwitch(node: SwitchStatement, cx: Context): Doc {
  return [group(["switch ", head(node.value, cx)]), " ", braces(node, cx)];
}

/** Labels a line each. A block alone stays on the line of its label. */
export function printCase(node: SwitchCase, cx: Context): Doc {
  const labels: Doc[] = node.tests.map((test) => ["case ", cx.print(test), ":"]);
  if (node.isDefault) labels.push("default:");
  const parts: Doc[] = [];
  for (const [i, label] of labels.entries()) parts.push(i === 0 ? "" : hardline, label);

  const found = danglingIn(node, "items", cx);
  for (const one of found) {
    const text: Doc = [" ", printInline([one], cx)];
    parts.push(one.comment.block ? text : lineSuffix(text));
  }
  const [only, ...more] = node.body;
  if (only === undefined) return parts;
  const block = only.kind === "block" && more.length === 0 && found.length === 0;
  if (block && !breaksLine(only, "leading", cx)) return [...parts, " ", cx.print(only)];
  return [...parts, indent([hardline, itemLines(node.body, cx)])];
}
