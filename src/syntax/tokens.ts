/**
 * The tokens of the language. They are made by our own lexer (`lexer.ts`) because addresses, templates and
 * units need more context than patterns have; Chevrotain sees them as any other token.
 */
import type { IToken, TokenType } from "chevrotain";
import { createToken, EOF, notLexed } from "./chevrotain.js";

/** A token as the lexer makes it. */
export interface Token extends IToken {
  readonly endOffset: number;
  /** The text of the doc comment (`/**`) right before it, stars taken away. */
  readonly doc: string | undefined;
  /** A line break stands between this token and the one before it. */
  readonly newline: boolean;
  /** What a literal stands for. */
  readonly value: TokenValue | undefined;
}

export type TokenValue =
  | { readonly kind: "number"; readonly value: bigint; readonly unit: string | undefined }
  | {
      readonly kind: "address";
      readonly family: "ipv4" | "ipv6" | "mac";
      readonly value: bigint;
      readonly length: number | undefined;
    }
  | { readonly kind: "text"; readonly value: string };

function token(name: string, label: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, label, categories, pattern: notLexed });
}

/** Any word: what may stand after a dot, and as the name of a field. */
export const Word: TokenType = token("Word", "WORD");
/** Any word that may be a name: not reserved, or with a meaning in some places only. */
export const Name: TokenType = token("Name", "NAME", [Word]);
export const NumberToken: TokenType = token("Number", "NUMBER");
export const AddressToken: TokenType = token("Address", "ADDRESS");
export const PrefixToken: TokenType = token("Prefix", "PREFIX");
export const StringToken: TokenType = token("String", "STRING");
/** `` `text` `` */
export const TemplateWhole: TokenType = token("TemplateWhole", "TEMPLATE");
/** `` `text${ `` */
export const TemplateHead: TokenType = token("TemplateHead", "TEMPLATE_HEAD");
/** `}text${` */
export const TemplateMiddle: TokenType = token("TemplateMiddle", "TEMPLATE_MIDDLE");
/** `` }text` `` */
export const TemplateTail: TokenType = token("TemplateTail", "TEMPLATE_TAIL");
/** Something that is no token; the lexer has said so already. */
export const Unknown: TokenType = token("Unknown", "UNKNOWN");

/** `+ - * …`, but not `??` and `as`, which take more than an expression on their right. */
export const BinaryOperatorToken: TokenType = token("BinaryOperator", "BINARY_OPERATOR");
export const PrefixOperatorToken: TokenType = token("PrefixOperator", "PREFIX_OPERATOR");
export const AssignOperatorToken: TokenType = token("AssignOperator", "ASSIGN_OPERATOR");

function words(list: string, categories: TokenType[]): Map<string, TokenType> {
  return new Map(list.split(" ").map((word) => [word, token(`Word_${word}`, word, categories)]));
}

/** Words that are never names, except after a dot and as the names of fields. */
export const reserved: ReadonlyMap<string, TokenType> = words(
  "import export const let function struct enum if else for while switch case default break continue return new " +
    "true false null",
  [Word],
).set("in", token("Word_in", "in", [Word, BinaryOperatorToken]));

/** Words with a meaning in some places, and names in all others. */
export const contextual: ReadonlyMap<string, TokenType> = words(
  "as from of type param license target header declare after when size next continues max covers zero none options " +
    "test",
  [Name],
);

function symbols(list: string, ...categories: TokenType[]): [string, TokenType][] {
  return list.split(" ").map((text) => [text, token(`Symbol_${text}`, text, categories)]);
}

export const symbol: ReadonlyMap<string, TokenType> = new Map([
  ...symbols("{ } ( ) [ ] ; , : ? ?. . => ?? ++ --"),
  ...symbols("* / % & | ^ << >> == != < <= > >= && || ..", BinaryOperatorToken),
  ...symbols("+ -", BinaryOperatorToken, PrefixOperatorToken),
  ...symbols("~ !", PrefixOperatorToken),
  ...symbols("= += -= *= /= %= &= |= ^= <<= >>= ??=", AssignOperatorToken),
]);

/** The token type of a word or a symbol of the language. */
export function kw(text: string): TokenType {
  const found = reserved.get(text) ?? contextual.get(text) ?? symbol.get(text);
  if (found === undefined) throw new Error(`no token ${text}`);
  return found;
}

export const allTokens: TokenType[] = [
  Word,
  Name,
  BinaryOperatorToken,
  PrefixOperatorToken,
  AssignOperatorToken,
  NumberToken,
  AddressToken,
  PrefixToken,
  StringToken,
  TemplateWhole,
  TemplateHead,
  TemplateMiddle,
  TemplateTail,
  Unknown,
  ...reserved.values(),
  ...contextual.values(),
  ...symbol.values(),
];

/** A word of any kind: what may stand after a dot, and as the name of a field. */
export function isWord(type: TokenType): boolean {
  return type === Name || wordTypes.has(type);
}

/** A word that may be a name. */
export function isName(type: TokenType): boolean {
  return type === Name || nameTypes.has(type);
}

const nameTypes: ReadonlySet<TokenType> = new Set(contextual.values());
const wordTypes: ReadonlySet<TokenType> = new Set([...reserved.values(), ...contextual.values()]);

const punctuation: ReadonlySet<TokenType> = new Set(symbol.values());

/** The token in the user's words: "`;`", "`foo`", "a string", "the end of the file". */
export function describe(found: IToken): string {
  const type = found.tokenType;
  if (type === EOF) return "the end of the file";
  if (type === StringToken) return "a string";
  if (type === TemplateWhole || type === TemplateHead) return "a template string";
  if (type === TemplateMiddle || type === TemplateTail) return "`}`";
  if (punctuation.has(type) || isWord(type)) return `\`${found.image}\``;
  const text = found.image.length > 30 ? `${found.image.slice(0, 29)}…` : found.image;
  return `\`${text}\``;
}

/** Token types that the parser names often. */
export const T = {
  semicolon: kw(";") as TokenType,
  comma: kw(",") as TokenType,
  colon: kw(":") as TokenType,
  dot: kw(".") as TokenType,
  optionalDot: kw("?.") as TokenType,
  question: kw("?") as TokenType,
  assign: kw("=") as TokenType,
  arrow: kw("=>") as TokenType,
  openBrace: kw("{") as TokenType,
  closeBrace: kw("}") as TokenType,
  openParen: kw("(") as TokenType,
  closeParen: kw(")") as TokenType,
  openBracket: kw("[") as TokenType,
  closeBracket: kw("]") as TokenType,
  less: kw("<") as TokenType,
  greater: kw(">") as TokenType,
  shiftRight: kw(">>") as TokenType,
  not: kw("!") as TokenType,
  coalesce: kw("??") as TokenType,
  increment: kw("++") as TokenType,
  decrement: kw("--") as TokenType,
  function: kw("function") as TokenType,
  if: kw("if") as TokenType,
  else: kw("else") as TokenType,
  const: kw("const") as TokenType,
  let: kw("let") as TokenType,
} as const;

/** Whether a token of type `found` is one of type `wanted`, which may be a category. */
export function matches(found: TokenType, wanted: TokenType): boolean {
  if (found === wanted) return true;
  return wanted === Name ? isName(found) : wanted === Word && isWord(found);
}

/** The token can be the first of an expression. */
export function startsExpression(type: TokenType): boolean {
  return isName(type) || expressionStarts.has(type);
}

const expressionStarts: ReadonlySet<TokenType> = new Set([
  NumberToken,
  AddressToken,
  PrefixToken,
  StringToken,
  TemplateWhole,
  TemplateHead,
  ...["true", "false", "null", "new", "(", "[", "{", "-", "+", "~", "!"].map(kw),
]);

/** A reserved word that starts a statement, and nothing else but the right side of `??`. */
export function startsStatement(type: TokenType): boolean {
  return statementStarts.has(type);
}

const statementStarts: ReadonlySet<TokenType> = new Set(
  ["const", "let", "if", "for", "while", "switch", "return", "break", "continue"].map(kw),
);
