/** `new ProgramArray({ 0: parse, 1: count })`. */
import type { Expression, Identifier, ObjectLiteral } from "../syntax/ast.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { MapOptions, ProgramSymbol } from "./checked.js";
import { error, setType, type Context } from "./context.js";
import { symbolOf } from "./declarations.js";
import { checkAny } from "./expressions.js";
import { findName } from "./lookup.js";
import { programType } from "./type-tools.js";

const largestIndex = 65_535;

/** The programs of an array, by index; wrong entries are reported and left out. */
export function programEntries(cx: Context, node: ObjectLiteral): MapOptions["programs"] {
  const entries: { readonly index: number; readonly program: ProgramSymbol }[] = [];
  for (const field of node.fields) {
    const index = Number(field.name.name);
    if (!/^\d+$/.test(field.name.name) || index > largestIndex) {
      error(cx, "XD3502", field.name, "The keys of a program array are numbers.", {
        label: `must be 0..${largestIndex}`,
        notes: ["Write `new ProgramArray({ 0: first, 1: second })`."],
      });
      if (field.value) programOf(cx, field.value);
      continue;
    }
    if (entries.some((one) => one.index === index)) {
      error(cx, "XD3403", field.name, `The index ${index} is given twice.`, { label: "given again here" });
    }
    const program = field.value && programOf(cx, field.value);
    if (program) entries.push({ index, program });
  }
  return entries;
}

function programOf(cx: Context, value: Expression): ProgramSymbol | undefined {
  if (value.kind === "identifier") {
    const found = findName(cx, value.name);
    if (found?.kind === "binding" && found.binding.declaration.kind === "program") {
      const symbol = symbolOf(cx.root, found.binding);
      if (symbol?.kind !== "program") return undefined;
      cx.root.tables.symbols.set(value.id, symbol);
      setType(cx, value, programType);
      return symbol;
    }
    notProgram(cx, value);
    return undefined;
  }
  checkAny(cx, value);
  error(cx, "XD3502", value, "The values of a program array are programs.", { label: "not a program" });
  return undefined;
}

function notProgram(cx: Context, name: Identifier): void {
  const programs = [...cx.module.own]
    .filter(([, one]) => one.declaration.kind === "program")
    .map(([one]) => one);
  const meant = didYouMean(name.name, programs);
  error(cx, "XD3502", name, `\`${name.name}\` is not a program of this module.`, {
    label: meant === undefined ? "not a program" : `did you mean \`${meant}\`?`,
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: name.span, text: meant }] }],
  });
}
