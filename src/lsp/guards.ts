/**
 * Guards that the verifier asks for, as edits. It says `if (i > 15) return …;` because it knows values and not
 * statements; where the guard can stand, and how one leaves from there, the tree knows.
 */
import type { Span } from "../base/span.js";
import type { Type } from "../check/types.js";
import type { Diagnostic, Fix, TextEdit } from "../diagnostics/diagnostic.js";
import type { AnyNode } from "../syntax/walk.js";
import type { Script } from "./script.js";
import { pathAt } from "./tree.js";

export function withGuards(script: Script, found: readonly Diagnostic[]): readonly Diagnostic[] {
  return found.map((one) => {
    if (one.span.file !== script.file || one.fixes.every((fix) => fix.edits.length > 0)) return one;
    return { ...one, fixes: one.fixes.map((fix) => guard(script, one.span, fix) ?? fix) };
  });
}

function guard(script: Script, at: Span, fix: Fix): Fix | undefined {
  if (fix.edits.length > 0) return undefined;
  const [, name, value, condition] =
    /`(?:const (\w+) = (.+?); )?if \((.+)\) return …;`/.exec(fix.title) ?? [];
  if (condition === undefined) return undefined;
  const path = pathAt(script.module, at.start);
  const place = statementAt(path, at);
  const exit = place && exitOf(script, path, place.node);
  if (!place || exit === undefined) return undefined;
  const { file, start } = place.span;
  const line = file.text.slice(file.text.lastIndexOf("\n", start - 1) + 1, start);
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const test = `if (${condition}) ${exit};\n${indent}`;
  const first = name !== undefined && value !== undefined ? `const ${name} = ${value};\n${indent}` : "";
  const edits: TextEdit[] = place.alone
    ? braced(place.span, indent, (first + test).replaceAll(`\n${indent}`, `\n${indent}  `))
    : [{ span: { file, start, end: start }, text: first + test }];
  if (name !== undefined) edits.push({ span: at, text: name });
  return { title: fix.title.replace("return …;`", `${exit};\``), edits };
}

/** `for (…) x;` becomes `for (…) { guard x; }`. */
function braced({ file, start, end }: Span, indent: string, before: string): TextEdit[] {
  return [
    { span: { file, start, end: start }, text: `{\n${indent}  ${before}` },
    { span: { file, start: end, end }, text: `\n${indent}}` },
  ];
}

interface StatementPlace {
  readonly node: AnyNode;
  readonly span: Span;
  /** It is the body of a loop or a way of an `if`, without braces. */
  readonly alone: boolean;
}

/** The smallest statement around a place, and whether another can be put before it as it stands. */
function statementAt(path: readonly AnyNode[], at: Span): StatementPlace | undefined {
  for (let i = path.length - 1; i > 0; i--) {
    const [node, above] = [path[i], path[i - 1]];
    if (!node || !above || node.span.end < at.end) continue;
    const place = { node, span: node.span };
    if (above.kind === "block" || above.kind === "case") return { ...place, alone: false };
    if (isBody(node, above)) return { ...place, alone: true };
  }
  return undefined;
}

function isBody(node: AnyNode, above: AnyNode): boolean {
  if (node.kind === "block") return false;
  if (above.kind === "for" || above.kind === "for-of" || above.kind === "while") return above.body === node;
  return above.kind === "if" && (above.then === node || above.otherwise === node);
}

/** How one leaves from before a statement: out of the round of a loop, or of the function. */
function exitOf(script: Script, path: readonly AnyNode[], place: AnyNode): string | undefined {
  const around = path.slice(0, path.indexOf(place));
  if (around.some((one) => one.kind === "for" || one.kind === "for-of" || one.kind === "while"))
    return "continue";
  const owner = around.find((one) => one.kind === "program" || one.kind === "function");
  if (owner?.kind === "program") {
    const symbol = script.checked.programs.find((one) => one.declaration === owner);
    return symbol && exitWith(symbol.result, true);
  }
  for (const meaning of script.checked.calls.values()) {
    if (meaning.kind === "function" && meaning.symbol.declaration === owner)
      return exitWith(meaning.symbol.result, false);
  }
  return undefined;
}

function exitWith(result: Type, bare: boolean): string | undefined {
  switch (result.kind) {
    case "void":
      return "return";
    case "bool":
      return "return false";
    case "int":
      return "return 0";
    case "nullable":
      return "return null";
    case "enum": {
      const pass = result.members.find((one) => one.name === "PASS");
      return pass && `return ${bare ? "" : `${result.name}.`}PASS`;
    }
    default:
      return undefined;
  }
}
