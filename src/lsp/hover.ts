/** What is known of what is under the cursor: its type here, its layout, what it can hold, what it needs. */
import { MarkupKind, type Hover } from "vscode-languageserver/node";
import type { Span } from "../base/span.js";
import { typeName } from "../check/index.js";
import type { Type } from "../check/types.js";
import { programKind } from "../kernel/programs.js";
import { neededKernel, type Requirement } from "../verify/target.js";
import { describe, type Description } from "./describe.js";
import type { Occurrence } from "./occurrences.js";
import { rangeOf } from "./positions.js";
import { needsOf, type ProgramProof } from "./proofs.js";
import { factText, sourceWord } from "../verify/index.js";
import type { AnyNode } from "../syntax/walk.js";
import { factsAt, rangeText } from "./ranges.js";
import { occurrencesAt, type Script } from "./script.js";
import { pathAt } from "./tree.js";

export function hoverAt(script: Script, proofs: readonly ProgramProof[], offset: number): Hover | undefined {
  const found = occurrencesAt(script, offset);
  const [first] = found;
  if (!first) return kindHover(script, proofs, offset) ?? valueHover(script, proofs, offset);
  const shown = expressionOf(first);
  const lines = found.map((one) => text(describe(script.checked, one.meaning, typeHere(script, one))));
  const ranges = proven(proofs, shown.span);
  const either = ranges.length > 0 ? ranges : proven(proofs, valueOf(script, first) ?? shown.span);
  // Of what is no number, the compiler's numbers (an error code, a pointer) say nothing to a reader.
  const known = isNumber(script.checked.types.get(shown.id) ?? typeHere(script, first) ?? localType(first))
    ? either
    : [];
  return hover(first.name.span, [...lines, ...known, ...needed(proofs, shown)]);
}

function localType({ meaning }: Occurrence): Type | undefined {
  return meaning.kind === "local" ? meaning.symbol.type : undefined;
}

function isNumber(type: Type | undefined): boolean {
  const known = type?.kind === "nullable" ? type.inner : type;
  return !known || ["int", "bool", "enum", "number", "address"].includes(known.kind);
}

/** Where the value of a `const` comes from: what is proven of it there holds wherever it is named. */
function valueOf(script: Script, { meaning }: Occurrence): Span | undefined {
  if (meaning.kind !== "local" || meaning.symbol.kind !== "local" || meaning.symbol.mutable) return undefined;
  const { span } = meaning.symbol.declaration;
  const declaration = pathAt(script.module, span.start).find((one) => one.kind === "variable");
  return declaration?.kind === "variable" && declaration.name.span.start === span.start
    ? declaration.value?.span
    : undefined;
}

/** A whole expression for a member's name, so that what holds of `ip.ttl` is shown on `ttl`. */
function expressionOf({ name, parents }: Occurrence): AnyNode {
  const [parent, above] = parents;
  if (parent?.kind !== "member-access" || parent.member !== name) {
    return parent?.kind === "call" && parent.callee === name ? parent : name;
  }
  return above?.kind === "call" && above.callee === parent ? above : parent;
}

function typeHere(script: Script, one: Occurrence): Type | undefined {
  if (one.declares) return undefined;
  const [parent] = one.parents;
  const node = parent?.kind === "member-access" && parent.member === one.name ? parent : one.name;
  const type = script.checked.types.get(node.id);
  return type === undefined || type.kind === "error" || type.kind === "void" ? undefined : type;
}

function text({ signature, facts, doc }: Description): string {
  return [
    `\`\`\`xdpl\n${signature}\n\`\`\``,
    ...facts,
    ...(doc === undefined || doc === "" ? [] : [doc]),
  ].join("\n\n");
}

/** What a value can be there, whatever way led there. */
function proven(proofs: readonly ProgramProof[], span: Span): readonly string[] {
  const range = rangeText(proofs, span);
  return range === undefined ? [] : [`Proven here: \`${range}\``];
}

/** What a comparison proves on either side of it. */
function checked(proofs: readonly ProgramProof[], span: Span): readonly string[] {
  return factsAt(proofs, span)
    .filter((one) => one.holds !== undefined && factText(one) !== "any")
    .map((one) => `\`${one.name}\`: \`${factText(one)}\` ${sourceWord(one)}`);
}

function needed(proofs: readonly ProgramProof[], { span, kind }: AnyNode): readonly string[] {
  if (kind !== "call" && kind !== "member-access") return [];
  const within = needsOf(proofs).filter(
    (one) => one.span.file === span.file && span.start <= one.span.start && one.span.end <= span.end,
  );
  return within.map(needText);
}

function needText({ title, since }: Requirement): string {
  return `${title} came with Linux ${since}.`;
}

/** The kind of a program, which is no name. */
function kindHover(script: Script, proofs: readonly ProgramProof[], offset: number): Hover | undefined {
  for (const one of script.module.declarations) {
    if (one.kind !== "program") continue;
    const { span, name } = one.hook;
    const kind = span.start <= offset && offset <= span.end ? programKind(name) : undefined;
    if (!kind) continue;
    const lines = [`\`${kind.hook}\` ${kind.summary}.`];
    if (kind.verdict) lines.push(`Returns \`${kind.verdict.enum}\`.`);
    const needs = proofs.find((proof) => proof.program.declaration === one)?.proven.needs;
    if (needs) {
      const { kernel, features } = neededKernel(needs);
      const why = features.map((name) => `\`${name}\``).join(", ");
      lines.push(`Needs Linux ${kernel}${why === "" ? "" : `: ${why}`}.`);
    }
    return hover(span, lines);
  }
  return undefined;
}

/** A literal or an operator: the type and value of the smallest expression around. */
function valueHover(script: Script, proofs: readonly ProgramProof[], offset: number): Hover | undefined {
  const node = pathAt(script.module, offset).at(-1);
  const type = node && script.checked.types.get(node.id);
  if (!node || !type || type.kind === "error" || type.kind === "void") return undefined;
  const constant = script.checked.constants.get(node.id);
  const value = constant?.kind === "number" && type.kind !== "address" ? ` = ${constant.value}` : "";
  const text = `\`\`\`xdpl\n${typeName(type)}${value}\n\`\`\``;
  return hover(node.span, [text, ...proven(proofs, node.span), ...checked(proofs, node.span)]);
}

function hover(span: Span, lines: readonly string[]): Hover {
  return { contents: { kind: MarkupKind.Markdown, value: lines.join("\n\n") }, range: rangeOf(span) };
}
