/** After a mistake: skips to where reading makes sense again. Every loop here takes a token or ends. */
import type { TokenType } from "chevrotain";
import { EOF } from "./chevrotain.js";
import { ParserBase } from "./parser-base.js";
import { kw, matches, startsStatement, T, Word } from "./tokens.js";

/** Reserved words that start a declaration and nothing else. */
export const declarationStarts: ReadonlySet<TokenType> = new Set(
  ["export", "import", "struct", "enum"].map(kw),
);

const closers: ReadonlyMap<TokenType, TokenType> = new Map([
  [T.openParen, T.closeParen],
  [T.openBracket, T.closeBracket],
  [T.openBrace, T.closeBrace],
]);

const closing: ReadonlySet<TokenType> = new Set(closers.values());

/** The brackets that are open, as the tokens that are due to close them. */
class Open {
  readonly stack: TokenType[] = [];
  private readonly counts: Map<TokenType, number> = new Map();

  has(type: TokenType): boolean {
    return (this.counts.get(type) ?? 0) > 0;
  }

  /** Takes note of a token. A closing bracket closes what was left open inside; without its opening one, nothing. */
  follow(type: TokenType): void {
    const close = closers.get(type);
    if (close !== undefined) {
      this.stack.push(close);
      this.counts.set(close, (this.counts.get(close) ?? 0) + 1);
    } else if (closing.has(type) && this.has(type)) {
      for (let last = this.stack.pop(); last !== undefined; last = this.stack.pop()) {
        this.counts.set(last, (this.counts.get(last) ?? 0) - 1);
        if (last === type) return;
      }
    }
  }
}

export abstract class RecoveryParser extends ParserBase {
  /** The column in which declarations start: that of the first token, unless something stands before it. */
  protected margin = 0;

  protected findMargin(): void {
    const { startOffset: first } = this.peek();
    const { text } = this.file;
    const column = Number.isNaN(first) ? 0 : this.column(first);
    this.margin = text.slice(first - column, first).trim() === "" ? column : 0;
  }

  /** How far from the start of its line an offset is. */
  protected column(offset: number): number {
    return offset - (this.file.text.lastIndexOf("\n", offset - 1) + 1);
  }

  /** A word that starts a line at the margin: a declaration starts there, whatever is still open. */
  protected atMargin(ahead = 1): boolean {
    const token = this.peek(ahead);
    return token.newline && matches(token.tokenType, Word) && this.column(token.startOffset) <= this.margin;
  }

  /** Skips a bracket with all that is in it, or else what stands before the next closing bracket. */
  protected skipBrackets(): void {
    let depth = 0;
    for (;;) {
      const { tokenType: type } = this.peek();
      if (type === EOF || (closing.has(type) && depth === 0)) return;
      this.skip();
      if (closers.has(type)) depth++;
      else if (closing.has(type) && --depth === 0) return;
    }
  }

  /** The brackets opened and not closed in what was read from offset `from` on. */
  private openSince(from: number): Open {
    let back = 0;
    while (this.peek(back).startOffset >= from) back--;
    const open = new Open();
    for (let ahead = back + 1; ahead <= 0; ahead++) open.follow(this.peek(ahead).tokenType);
    return open;
  }

  /**
   * Skips from a mistake in what started at offset `from` to a `type` outside its brackets, or to where a
   * statement ends. Nothing more is said about the token there. True if it is a `type`.
   */
  protected skipTo(type: TokenType, from: number): boolean {
    const open = this.openSince(from);
    for (;;) {
      const { tokenType: next, newline } = this.peek();
      const inside = open.stack.length > 0;
      const found = next === type && !(inside && type !== T.semicolon);
      const stop =
        found ||
        next === EOF ||
        next === T.semicolon ||
        (closing.has(next) && !open.has(next)) ||
        (next === T.openBrace && !inside && (newline || type === T.closeParen)) ||
        (newline && (startsStatement(next) || this.atMargin()));
      if (stop) {
        this.settle();
        return found;
      }
      open.follow(next);
      this.skip();
    }
  }

  /** Skips what is left of the statement that started at offset `from`, with its blocks. */
  protected skipStatement(from: number): void {
    const open = this.openSince(from);
    for (;;) {
      const { tokenType: type, startOffset, newline } = this.peek();
      if (type === EOF || (type === T.closeBrace && !open.has(type))) return;
      const first = startOffset === from;
      const braces = open.has(T.closeBrace);
      if (!first && newline && (this.atMargin() || (!braces && startsStatement(type)))) return;
      open.follow(type);
      this.skip();
      if (open.has(T.closeBrace)) continue;
      if (type === T.semicolon || (type === T.closeBrace && this.peek().newline)) return;
    }
  }

  /** Skips the rest of a field: to its `;`, or to what looks like the next field. */
  protected skipField(from: number): void {
    const open = this.openSince(from);
    for (;;) {
      const { tokenType: type, startOffset, newline } = this.peek();
      const inside = open.stack.length > 0;
      if (type === EOF || (type === T.closeBrace && !open.has(type))) return;
      if (startOffset !== from && (this.atMargin() || (newline && !inside))) return;
      open.follow(type);
      this.skip();
      if (type === T.semicolon && !open.has(T.closeBrace)) return;
    }
  }

  /**
   * Skips to the next declaration. `from` is where the one that failed started. Lines that are indented belong to
   * what failed, and so does a bracket at the margin.
   */
  protected skipDeclaration(from: number): void {
    const open = this.openSince(from);
    for (;;) {
      const { tokenType: type, startOffset } = this.peek();
      const first = startOffset === from;
      if (type === EOF || (!first && (this.atMargin() || declarationStarts.has(type)))) return;
      open.follow(type);
      this.skip();
      const ended = type === T.semicolon || type === T.closeBrace;
      if (ended && !open.has(T.closeBrace) && !this.indented()) return;
    }
  }

  /** The next token starts a line further in than declarations do, or is a bracket or `;` that closes one. */
  private indented(): boolean {
    const { tokenType: type, startOffset, newline } = this.peek();
    if (closing.has(type) || type === T.semicolon) return true;
    return newline && type !== EOF && this.column(startOffset) > this.margin;
  }
}
