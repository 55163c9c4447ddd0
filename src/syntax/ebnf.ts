/**
 * The grammar as text, from what Chevrotain recorded of the parser: `grammar/xdpl.ebnf` is this text, and a test
 * keeps it so. What the parser accepts only to complain about it is not in it.
 */
import { assertNever } from "../base/invariant.js";
import { productions, terminal, type Production } from "./productions.js";
import {
  AssignOperatorToken,
  BinaryOperatorToken,
  contextual,
  PrefixOperatorToken,
  reserved,
  symbol,
} from "./tokens.js";

export function ebnf(): string {
  const lines = ["(* The grammar of xdpl, made from the parser. Names in capitals are tokens. *)", ""];
  for (const [name, rule] of productions()) lines.push(`${name} = ${text(rule)} ;`);
  lines.push("");
  for (const category of [PrefixOperatorToken, BinaryOperatorToken, AssignOperatorToken]) {
    const members = [...reserved.values(), ...symbol.values()].filter((type) =>
      type.CATEGORIES?.includes(category),
    );
    lines.push(`${category.LABEL ?? ""} = ${members.map((one) => text(terminal(one))).join(" | ")} ;`);
  }
  lines.push(
    `WORD = NAME | ${[...reserved.values()].map((one) => text(terminal(one))).join(" | ")} ;`,
    `NAME = ? letters, digits, "_" and "$", not starting with a digit, and none of the reserved words ? | ` +
      `${[...contextual.values()].map((one) => text(terminal(one))).join(" | ")} ;`,
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

function text(one: Production): string {
  switch (one.kind) {
    case "rule":
      return one.name;
    case "token":
      return one.quoted ? `"${one.text}"` : one.text;
    case "sequence":
      return one.parts.map(text).join(" ");
    case "choice":
      return `( ${one.of.map(text).join(" | ")} )`;
    case "optional":
      return `[ ${text(one.part)} ]`;
    case "repeat":
      return one.least === 0 ? `{ ${text(one.part)} }` : `${text(one.part)} { ${text(one.part)} }`;
    default:
      return assertNever(one, "production");
  }
}
