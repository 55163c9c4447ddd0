/** The tables are complete: every expression has a type, every name in one a symbol, every call a meaning. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { forEachNode } from "../../src/syntax/walk.js";
import { run } from "./support.js";

const folder = join(import.meta.dirname, "../../examples");
const kinds = new Set([
  "number",
  "boolean",
  "null",
  "string",
  "template",
  "address",
  "prefix",
  "list",
  "object",
  "range",
  "member-access",
  "index",
  "call",
  "unary",
  "binary",
  "conditional",
  "coalesce-exit",
  "cast",
]);

it.each(readdirSync(folder).filter((name) => name.endsWith(".xdpl")))("%s", (name) => {
  const { checked, diagnostics } = run(readFileSync(join(folder, name), "utf8"));
  expect(diagnostics).toEqual([]);
  const missing: string[] = [];
  for (const module of checked.modules) {
    for (const declaration of module.declarations) {
      if (!["function", "program", "header"].includes(declaration.kind)) continue;
      forEachNode(declaration, (node) => {
        if (!kinds.has(node.kind)) return;
        const text = `${node.kind} ${module.file.text.slice(node.span.start, node.span.end)}`;
        const type = checked.types.get(node.id);
        // Settings, not expressions: what `options` of a header and of a program give.
        if (!type && (node.kind === "object" || node.kind === "string")) return;
        if (!type || type.kind === "error") missing.push(text);
        if (node.kind === "call" && !checked.calls.has(node.id)) missing.push(`meaning of ${text}`);
        const covered = type?.kind === "void" || type?.kind === "error";
        if (node.kind === "member-access" && !covered && !checked.members.has(node.id)) {
          if (type?.kind !== "int" && type?.kind !== "bool") return;
          // A method before its parentheses has the type of the call.
          const call = module.file.text[node.span.end] === "(";
          if (!call) missing.push(`meaning of ${text}`);
        }
      });
    }
  }
  expect(missing).toEqual([]);
});
