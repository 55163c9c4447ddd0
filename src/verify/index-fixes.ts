/** Ways to bring an index into range, as changes of the script. */
import type { Fix } from "../diagnostics/diagnostic.js";
import type { Bounded, ValueId } from "../ir/ir.js";
import { describe, sourceText } from "./explain.js";
import type { FunctionIndex } from "./flow/index-function.js";
import { isShared } from "./guards.js";

/** The best first; `guard` is a change of a check that is there. */
export function indexFixes(one: Bounded, index: FunctionIndex, guard: Fix | undefined): readonly Fix[] {
  const text = sourceText(one.span);
  const plain = bare(text ?? describe(one.value, index));
  const check: Fix = { title: checkFirst(plain, one, index), edits: [] };
  if (text === undefined) return guard ? [guard, check] : [check];
  const better = guard ?? smaller(plain, one, index);
  return better ? [better, check] : [nearest(plain, one), check];
}

function nearest(plain: string, one: Bounded): Fix {
  const text = `min(${plain}, ${one.max})`;
  return { title: `take the nearest: \`${text}\``, edits: [{ span: one.span, text }] };
}

/** `h % 17` as `h % 16`, `x & 31` as `x & 15`, `min(x, 16)` as `min(x, 15)`. */
function smaller(plain: string, one: Bounded, index: FunctionIndex): Fix | undefined {
  const made = definitionOf(one.value, index);
  const last = /^(.*?)(0x[0-9a-f_]+|[0-9][0-9_]*)(\)?)$/is.exec(plain);
  const [, before, constant, after = ""] = last ?? [];
  if (!made || before === undefined || constant === undefined) return undefined;
  let instead: string | undefined;
  if (made.kind === "binary" && index.constantOf(made.right) === BigInt(constant.replaceAll("_", ""))) {
    if (made.op === "urem" && before.endsWith("% ")) instead = `${one.max + 1n}`;
    else if (made.op === "and" && before.endsWith("& ")) {
      const mask = (1n << BigInt((one.max + 1n).toString(2).length - 1)) - 1n;
      instead = constant.startsWith("0x") ? `0x${mask.toString(16)}` : `${mask}`;
    }
  } else if (/^(min|clamp)\(/.test(before) && after === ")") instead = `${one.max}`;
  if (instead === undefined) return undefined;
  const start = one.span.start + before.length;
  const edit = { span: { file: one.span.file, start, end: start + constant.length }, text: instead };
  return { title: `make it smaller: \`${before}${instead}${after}\``, edits: [edit] };
}

/** A guard in words; what may differ when it is read again gets a name first. */
function checkFirst(plain: string, one: Bounded, index: FunctionIndex): string {
  const made = definitionOf(one.value, index);
  if ((made && isShared(made.id, index)) || plain.includes("(")) {
    const name = "index";
    return `give it a name and check that: \`const ${name} = ${plain}; if (${name} > ${one.max}) return …;\``;
  }
  return `check it first: \`if (${operand(plain)} > ${one.max}) return …;\``;
}

function definitionOf(value: ValueId, index: FunctionIndex): ReturnType<FunctionIndex["definition"]> {
  let one = index.definition(value);
  while (one?.kind === "bounded" || one?.kind === "convert") one = index.definition(one.value);
  return one;
}

/** As the left side of a comparison: what binds more loosely needs parentheses. */
function operand(plain: string): string {
  return /[&|^?:<>=]|\b(as|in)\b/.test(plain.replaceAll(/<<|>>/g, "")) ? `(${plain})` : plain;
}

export function bare(name: string): string {
  return name.startsWith("`") ? name.slice(1, -1) : "i";
}
