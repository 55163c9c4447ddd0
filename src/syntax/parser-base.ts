/**
 * What every part of the grammar uses: nodes and spans, expectations, complaints, recovery.
 *
 * Chevrotain runs the rules; its own error recovery is off. A rule that cannot go on complains and throws
 * `failure`, and the nearest `guard` skips to where reading makes sense again. At most one complaint is made
 * about a token, so that one mistake is told once.
 *
 * Chevrotain runs each rule once without input to learn the grammar ("recording"): there `LA` gives the end of
 * the file, and the values of sub-rules are placeholders. Code beside the grammar must bear that.
 */
import type { TokenType } from "chevrotain";
import { invariant } from "../base/invariant.js";
import type { SourceFile, Span } from "../base/span.js";
import type { DiagnosticDetails, Report } from "../diagnostics/diagnostic.js";
import { diagnostic } from "../diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../diagnostics/registry.js";
import type { Identifier, NodeId } from "./ast.js";
import { EmbeddedActionsParser, EOF } from "./chevrotain.js";
import {
  allTokens,
  describe,
  isWord,
  kw,
  matches,
  Name,
  startsStatement,
  T,
  type Token,
  Unknown,
  Word,
} from "./tokens.js";

/** How a rule is called; the result of `RULE`. */
export type Rule<Result, Args extends unknown[] = []> = (...args: Args) => Result;

export interface ParseInput {
  readonly file: SourceFile;
  readonly tokens: Token[];
  readonly ids: { next(): NodeId };
  readonly report: Report;
}

/** What `fail` throws; it carries nothing because the complaint was made. */
const failure = { name: "ParseFailure" };

/** Blocks, parentheses, types within each other. More would need more of the machine's stack than there is. */
const maxNesting = 64;

const noIds = { next: (): NodeId => 0 };
const noFile: SourceFile = { path: "", text: "" };

export abstract class ParserBase extends EmbeddedActionsParser {
  protected file: SourceFile = noFile;
  protected nesting = 0;
  private ids: { next(): NodeId } = noIds;
  private report: Report = () => undefined;
  /** Where the last complaint was made; a second one at the same token is not. */
  private complainedAt = -1;
  /** Where the last `>` that was split off a longer token ended. */
  private splitEnd = 0;

  constructor() {
    super(allTokens, { maxLookahead: 1, skipValidations: true, recoveryEnabled: false });
  }

  protected begin(input: ParseInput): void {
    this.input = input.tokens;
    this.file = input.file;
    this.ids = input.ids;
    this.report = input.report;
    this.nesting = 0;
    this.complainedAt = -1;
    this.splitEnd = 0;
  }

  /** Lets go of the text that was read. */
  protected end(): void {
    this.input = [];
    this.file = noFile;
    this.ids = noIds;
    this.report = () => undefined;
  }

  // ---- tokens ----

  protected peek(ahead = 1): Token {
    return this.LA(ahead) as Token;
  }

  protected at(type: TokenType, ahead = 1): boolean {
    return this.LA(ahead).tokenType === type;
  }

  protected atName(ahead: number): boolean {
    return matches(this.LA(ahead).tokenType, Name);
  }

  protected take(type: TokenType): Token {
    return this.CONSUME(type) as Token;
  }

  /** Takes a token of that type or complains that `what` was expected, and fails. */
  protected expect(
    type: TokenType,
    what: string = this.nameOf(type),
    details: DiagnosticDetails = {},
  ): Token {
    if (!this.RECORDING_PHASE && !matches(this.LA(1).tokenType, type)) this.fail(what, details);
    return this.CONSUME(type) as Token;
  }

  private nameOf(type: TokenType): string {
    return type === Name || type === Word ? "a name" : `\`${type.LABEL ?? type.name}\``;
  }

  /** Takes a token that is not in the grammar. */
  protected skip(): Token {
    const token = this.peek();
    if (token.tokenType !== EOF) this.SKIP_TOKEN();
    return token;
  }

  /** Takes the `>` at the start of `>>`, `>=` or `>>=`. */
  protected splitGreater(): void {
    const token = this.peek();
    this.splitEnd = token.startOffset + 1;
    this.retype(token, kw(token.image.slice(1)), this.splitEnd);
  }

  /** Makes the token one of another type, or only its end, from `start` on. */
  protected retype(token: Token, type: TokenType, start: number): void {
    const change = token as { -readonly [K in keyof Token]: Token[K] };
    change.image = token.image.slice(start - token.startOffset);
    change.startOffset = start;
    change.tokenType = type;
    change.tokenTypeIdx = type.tokenTypeIdx ?? 0;
  }

  // ---- nodes ----

  protected id(): NodeId {
    return this.ids.next();
  }

  /** Where the node that starts with the next token starts. */
  protected start(): number {
    return this.LA(1).startOffset;
  }

  /** The end of the token before the next one. */
  protected previousEnd(): number {
    const end = (this.LA(0).endOffset ?? -1) + 1;
    return Math.max(Number.isNaN(end) ? 0 : end, this.splitEnd);
  }

  /** From `start` to the end of the last token taken. */
  protected span(start: number): Span {
    return { file: this.file, start, end: Math.max(start, this.previousEnd()) };
  }

  protected spanOf(token: Token): Span {
    return { file: this.file, start: token.startOffset, end: token.endOffset + 1 };
  }

  protected identifierOf(token: Token): Identifier {
    return { kind: "identifier", id: this.id(), span: this.spanOf(token), name: token.image };
  }

  /** A name that is declared or used. */
  protected name(what: string): Identifier {
    return this.identifierOf(this.expect(Name, what));
  }

  /** A name of a field: any word. */
  protected fieldName(what: string): Identifier {
    return this.identifierOf(this.expect(Word, what));
  }

  // ---- complaints ----

  protected complain(
    code: DiagnosticCode,
    span: Span,
    message: string,
    details: DiagnosticDetails = {},
  ): void {
    this.complainedAt = this.LA(1).startOffset;
    this.report(diagnostic(code, span, message, details));
  }

  /** Complains unless that was done already at the next token. */
  protected complainOnce(
    code: DiagnosticCode,
    span: Span,
    message: string,
    details: DiagnosticDetails,
  ): void {
    if (this.complainedAt !== this.LA(1).startOffset && !this.at(Unknown, 0))
      this.complain(code, span, message, details);
  }

  /** Complains about the next token unless that was done already, and fails. */
  protected failWith(code: DiagnosticCode, message: string, details: DiagnosticDetails = {}): never {
    invariant(!this.RECORDING_PHASE, `a rule failed while it was recorded: ${message}`);
    const token = this.peek();
    // The lexer has complained about what it does not know.
    const told = token.tokenType === Unknown || this.at(Unknown, 0);
    if (this.complainedAt !== token.startOffset && !told)
      this.complain(code, this.spanOf(token), message, details);
    this.complainedAt = token.startOffset;
    throw failure;
  }

  protected fail(expected: string, details: DiagnosticDetails = {}): never {
    return this.failWith("XD1001", `expected ${expected}, found ${describe(this.peek())}`, {
      label: `expected ${expected}`,
      ...details,
    });
  }

  /** The rule's result, or what `recover` gives after the rule failed. */
  protected guard<R>(rule: () => R, recover: () => R): R {
    if (this.RECORDING_PHASE) return rule();
    const { nesting } = this;
    try {
      return rule();
    } catch (error) {
      if (error !== failure) this.unforeseen(error);
      this.nesting = nesting;
      return recover();
    }
  }

  /** Chevrotain found no way on where no rule had a better word for it. */
  private unforeseen(error: unknown): void {
    const { name } = error instanceof Error ? error : { name: "" };
    if (!/^(?:MismatchedToken|NoViableAlt|EarlyExit)Exception$/.test(name)) throw error;
    this.errors = [];
    const next = this.peek();
    this.complainOnce("XD1001", this.spanOf(next), `${describe(next)} is not expected here`, {
      label: "not expected",
    });
  }

  /** Runs `rule` one level deeper; too deep, it complains, skips to the end of the brackets, and fails. */
  protected deeper<R>(rule: () => R): R {
    if (this.nesting >= maxNesting) {
      const span = this.spanOf(this.peek());
      if (this.complainedAt !== span.start) {
        this.complain("XD1005", span, "this is nested too deeply", {
          label: `more than ${maxNesting} levels`,
          notes: ["give parts of it names, or move them into functions"],
        });
      }
      this.skipBrackets();
      this.settle();
      throw failure;
    }
    this.nesting++;
    const result = rule();
    this.nesting--;
    return result;
  }

  protected abstract skipBrackets(): void;

  /** Nothing more is said about the next token: what was skipped before it has been complained about. */
  protected settle(): void {
    this.complainedAt = this.LA(1).startOffset;
  }

  // ---- punctuation ----

  /** The next line goes on with another item of the list: complains about the `,` that is not there. */
  private commaMissing(close: TokenType): boolean {
    const next = this.peek();
    if (this.RECORDING_PHASE || !next.newline || next.tokenType === T.comma) return false;
    const key = close === T.closeBrace && isWord(next.tokenType) && this.at(T.colon, 2);
    if (!key && next.value === undefined) return false;
    const end = this.previousEnd();
    const span = { file: this.file, start: end, end };
    this.complainOnce("XD1001", span, `expected \`,\` before ${describe(next)}`, {
      label: "`,` is missing here",
      fixes: [{ title: "insert `,`", edits: [{ span, text: "," }] }],
    });
    return true;
  }

  /** `fields`: what follows may be the next field. */
  protected semicolon(after: string, fields = false): void {
    if (this.RECORDING_PHASE || this.at(T.semicolon)) {
      this.take(T.semicolon);
      return;
    }
    const next = this.peek();
    const field = fields && matches(next.tokenType, Word) && this.at(T.colon, 2);
    const clear =
      field ||
      next.newline ||
      next.tokenType === EOF ||
      this.at(T.closeBrace) ||
      startsStatement(next.tokenType);
    if (!clear) this.fail(`\`;\` after ${after}`);
    if (this.complainedAt === next.startOffset || this.at(Unknown, 0)) return;
    const end = this.previousEnd();
    const span = { file: this.file, start: end, end };
    this.complain("XD1002", span, `expected \`;\` after ${after}`, {
      label: "`;` is missing here",
      fixes: [{ title: "insert `;`", edits: [{ span, text: ";" }] }],
    });
  }

  /** Closes what `open` opened; `what` is what could have followed instead. */
  protected close(type: TokenType, open: Token, what?: string): void {
    if (this.RECORDING_PHASE || this.at(type)) {
      this.take(type);
      return;
    }
    const text = type.LABEL ?? "";
    const next = this.peek();
    const end = this.previousEnd();
    const at = { file: this.file, start: end, end };
    const related = [{ span: this.spanOf(open), message: `this \`${open.image}\` is not closed` }];
    const ends =
      next.newline ||
      next.tokenType === EOF ||
      this.at(T.semicolon) ||
      this.at(T.openBrace) ||
      this.at(T.closeBrace);
    if (!ends) this.fail(what === undefined ? `\`${text}\`` : `${what} or \`${text}\``, { related });
    if (this.complainedAt !== next.startOffset && !this.at(Unknown, 0)) {
      const expected = what === undefined ? `\`${text}\`` : `${what} or \`${text}\``;
      this.complain("XD1003", at, `expected ${expected}, found ${describe(next)}`, {
        label: `\`${text}\` is missing here`,
        related,
        fixes: [{ title: `insert \`${text}\``, edits: [{ span: at, text }] }],
      });
    }
  }

  /** `[item {"," item} [","]]` up to `close`. At most one in a rule: it uses Chevrotain's indices 8 and 9. */
  protected commaList<R>(close: TokenType, item: () => R): R[] {
    const items: R[] = [];
    this.OPTION8(() => {
      items.push(item());
      while (this.commaMissing(close)) items.push(item());
      this.MANY8({
        GATE: () => this.LA(2).tokenType !== close,
        DEF: () => {
          this.CONSUME8(T.comma);
          items.push(item());
          while (this.commaMissing(close)) items.push(item());
        },
      });
      this.OPTION9(() => this.CONSUME9(T.comma));
    });
    return items;
  }
}
