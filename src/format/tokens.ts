/** The tokens of a text, to be found by their place: the tree does not keep brackets, keywords and separators. */
import { invariant } from "../base/invariant.js";
import type { SourceFile } from "../base/span.js";
import { EOF } from "../syntax/chevrotain.js";
import { lex } from "../syntax/lexer.js";
import {
  T,
  TemplateHead,
  TemplateMiddle,
  TemplateTail,
  type Token as SyntaxToken,
} from "../syntax/tokens.js";

export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The index of the bracket that belongs to this one. */
  readonly match: number | undefined;
}

export type Tokens = readonly Token[];

const openers: ReadonlySet<unknown> = new Set([T.openBrace, T.openParen, T.openBracket, TemplateHead]);
const closers: ReadonlySet<unknown> = new Set([T.closeBrace, T.closeParen, T.closeBracket, TemplateTail]);

/** The tokens of a text without errors, in order, without the end of the file. */
export function readTokens(file: SourceFile): Tokens {
  const found = lex(file, () => undefined).tokens.filter(({ tokenType }) => tokenType !== EOF);
  const match = matches(found);
  return found.map(({ image, startOffset, endOffset }, i) => ({
    text: image,
    start: startOffset,
    end: endOffset + 1,
    match: match[i],
  }));
}

function matches(found: readonly SyntaxToken[]): readonly (number | undefined)[] {
  const match: (number | undefined)[] = found.map(() => undefined);
  const open: number[] = [];
  for (const [i, { tokenType }] of found.entries()) {
    if (closers.has(tokenType) || tokenType === TemplateMiddle) {
      const opener = open.pop();
      match[i] = opener;
      if (opener !== undefined) match[opener] = i;
    }
    if (openers.has(tokenType) || tokenType === TemplateMiddle) open.push(i);
  }
  return match;
}

/** The index of the first token that starts at `offset` or behind it. */
export function indexAfter(tokens: Tokens, offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first token at `offset` or behind it. */
export function tokenAfter(tokens: Tokens, offset: number): Token | undefined {
  return tokens[indexAfter(tokens, offset)];
}

/** The last token that starts before `offset`. */
export function tokenBefore(tokens: Tokens, offset: number): Token | undefined {
  return tokens[indexAfter(tokens, offset) - 1];
}

/** A pair of brackets, as the places right inside them. */
export interface Brackets {
  readonly open: number;
  readonly close: number;
}

/** The brackets that the token at this index opens or closes. */
export function bracketsAt(tokens: Tokens, index: number): Brackets {
  const one = tokens[index];
  const other = one?.match === undefined ? undefined : tokens[one.match];
  invariant(one !== undefined && other !== undefined, `no bracket at token ${index}`);
  const [open, close] = one.start < other.start ? [one, other] : [other, one];
  return { open: open.end, close: close.start };
}
