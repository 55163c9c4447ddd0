/**
 * The grammar as text, from what Chevrotain recorded of the parser: `grammar/xdpl.ebnf` is this text, and a test
 * keeps it so. What the parser accepts only to complain about it is not in it.
 */
import type { ISerializedGast, TokenType } from "chevrotain";
import { Grammar } from "./parser-declarations.js";
import {
  allTokens,
  AssignOperatorToken,
  BinaryOperatorToken,
  contextual,
  Name,
  PrefixOperatorToken,
  reserved,
  symbol,
} from "./tokens.js";

/** A production as Chevrotain writes it down; its type names only what all have. */
interface Production extends ISerializedGast {
  readonly name?: string;
  readonly definition?: Production[];
}

export function ebnf(): string {
  const rules = new Map(
    (new Grammar().getSerializedGastProductions() as Production[]).map((rule) => [rule.name, rule]),
  );
  const lines = ["(* The grammar of xdpl, made from the parser. Names in capitals are tokens. *)", ""];
  for (const name of reachable(rules)) {
    lines.push(`${name} = ${sequence(rules.get(name))} ;`);
  }
  lines.push("");
  for (const category of [PrefixOperatorToken, BinaryOperatorToken, AssignOperatorToken]) {
    const members = [...reserved.values(), ...symbol.values()].filter((type) =>
      type.CATEGORIES?.includes(category),
    );
    lines.push(`${category.LABEL ?? ""} = ${members.map(terminal).join(" | ")} ;`);
  }
  lines.push(
    `WORD = NAME | ${[...reserved.values()].map(terminal).join(" | ")} ;`,
    `NAME = ? letters, digits, "_" and "$", not starting with a digit, and none of the reserved words ? | ` +
      `${[...contextual.values()].map(terminal).join(" | ")} ;`,
    "NUMBER = ? 10_000, 0xff, 0b1, 0o17; decimal ones with ns, us, ms, s, m, h, d, KiB, MiB or GiB behind ? ;",
    "ADDRESS = ? 10.0.0.1, 2001:db8::1, aa:bb:cc:dd:ee:ff ? ;",
    "PREFIX = ? an ADDRESS, a slash and the number of bits, without spaces: 10.0.0.0/8 ? ;",
    `STRING = ? "…" or '…' on one line, with the escapes of TypeScript ? ;`,
    "TEMPLATE = ? `…` ? ;",
    "TEMPLATE_HEAD = ? `…${ ? ;",
    "TEMPLATE_MIDDLE = ? }…${ ? ;",
    "TEMPLATE_TAIL = ? }…` ? ;",
  );
  return `${lines.join("\n")}\n`;
}

/** The rules in the order in which a reader meets them. */
function reachable(rules: ReadonlyMap<string | undefined, Production>): Set<string> {
  const found = new Set(["module"]);
  for (const name of found) for (const next of mentioned(rules.get(name))) found.add(next);
  return found;
}

function mentioned(one: Production | undefined): string[] {
  if (one?.type === "NonTerminal") return [one.name ?? ""];
  return (one?.definition ?? []).flatMap((inner) => mentioned(inner));
}

function sequence(of: Production | undefined): string {
  return (of?.definition ?? []).map((one) => production(one)).join(" ");
}

function production(one: Production): string {
  switch (one.type) {
    case "NonTerminal":
      return one.name ?? "";
    case "Terminal":
      return terminal(allTokens.find((type) => type.name === one.name) ?? Name);
    case "Alternation":
      return `( ${(one.definition ?? []).map((alternative) => sequence(alternative)).join(" | ")} )`;
    case "Option":
      return `[ ${sequence(one)} ]`;
    case "Repetition":
      return `{ ${sequence(one)} }`;
    case "RepetitionMandatory":
      return `${sequence(one)} { ${sequence(one)} }`;
    default:
      return sequence(one);
  }
}

function terminal(type: TokenType): string {
  const label = type.LABEL ?? type.name;
  return /^(?:Word|Symbol)_/.test(type.name) ? `"${label}"` : label;
}
