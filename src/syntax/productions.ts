/**
 * The grammar as Chevrotain recorded it from the parser: what `grammar/` is made of. What the parser accepts only to
 * complain about it is not in it.
 */
import type { ISerializedGast, TokenType } from "chevrotain";
import { Grammar } from "./parser-declarations.js";
import { allTokens, Name } from "./tokens.js";

export type Production =
  | { readonly kind: "rule"; readonly name: string }
  /** `quoted` is a word or a symbol as it is written; others are classes of tokens. */
  | { readonly kind: "token"; readonly text: string; readonly quoted: boolean }
  | { readonly kind: "sequence"; readonly parts: readonly Production[] }
  | { readonly kind: "choice"; readonly of: readonly Production[] }
  | { readonly kind: "optional"; readonly part: Production }
  | { readonly kind: "repeat"; readonly part: Production; readonly least: 0 | 1 };

/** As Chevrotain writes it down; its own type names only what all have. */
interface Serialized extends ISerializedGast {
  readonly name?: string;
  readonly definition?: Serialized[];
}

/** The rules in the order in which a reader meets them. */
export function productions(): ReadonlyMap<string, Production> {
  const all = new Map(
    (new Grammar().getSerializedGastProductions() as Serialized[]).map((rule) => [rule.name ?? "", rule]),
  );
  const found = new Map<string, Production>();
  const queue = ["module"];
  for (const name of queue) {
    const made = sequence(all.get(name));
    found.set(name, made);
    for (const next of mentioned(made)) if (!queue.includes(next)) queue.push(next);
  }
  return found;
}

function mentioned(one: Production): readonly string[] {
  switch (one.kind) {
    case "rule":
      return [one.name];
    case "token":
      return [];
    case "sequence":
      return one.parts.flatMap(mentioned);
    case "choice":
      return one.of.flatMap(mentioned);
    case "optional":
    case "repeat":
      return mentioned(one.part);
  }
}

function sequence(of: Serialized | undefined): Production {
  const parts = (of?.definition ?? []).map(production);
  const [only] = parts;
  return only && parts.length === 1 ? only : { kind: "sequence", parts };
}

function production(one: Serialized): Production {
  switch (one.type) {
    case "NonTerminal":
      return { kind: "rule", name: one.name ?? "" };
    case "Terminal":
      return terminal(allTokens.find((type) => type.name === one.name) ?? Name);
    case "Alternation":
      return { kind: "choice", of: (one.definition ?? []).map(sequence) };
    case "Option":
      return { kind: "optional", part: sequence(one) };
    case "Repetition":
      return { kind: "repeat", part: sequence(one), least: 0 };
    case "RepetitionMandatory":
      return { kind: "repeat", part: sequence(one), least: 1 };
    default:
      return sequence(one);
  }
}

export function terminal(type: TokenType): Extract<Production, { kind: "token" }> {
  return { kind: "token", text: type.LABEL ?? type.name, quoted: /^(?:Word|Symbol)_/.test(type.name) };
}
