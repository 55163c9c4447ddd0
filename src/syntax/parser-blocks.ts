/** Where blocks start and end, also when a brace of theirs is missing. */
import type { ErrorStatement } from "./ast.js";
import { ExpressionParser } from "./parser-expressions.js";
import { declarationStarts } from "./parser-recovery.js";
import { describe, kw, startsExpression, startsStatement, T, type Token } from "./tokens.js";
import { EOF } from "./chevrotain.js";

export abstract class BlockParser extends ExpressionParser {
  /** The first block whose `}` stands in another column than its `{` line: there a `}` was forgotten. */
  protected suspect: Token | undefined;

  protected errorStatement(start: number): ErrorStatement {
    return { kind: "error-statement", id: this.id(), span: this.span(start) };
  }

  /** In a block, what can only be a declaration: the block's `}` is missing. */
  protected declarationNext(): boolean {
    if (this.RECORDING_PHASE) return false;
    const { tokenType: type } = this.peek();
    if (type === EOF) return true;
    if (declarationStarts.has(type)) return true;
    if (!this.atMargin()) return false;
    if (type === T.function) return true;
    return this.atName(1) && this.programNext();
  }

  /** Among fields, a word at the margin that is no field: the `}` is missing. */
  protected fieldsEnd(): boolean {
    return !this.RECORDING_PHASE && this.atMargin() && !this.at(T.colon, 2) && !this.headerItemNext();
  }

  /** `size =`, `next Name`, `continues Name`, `options {`: no declaration starts so. */
  private headerItemNext(): boolean {
    if (this.at(kw("size"))) return this.at(T.assign, 2);
    if (this.at(kw("options"))) return this.at(T.openBrace, 2);
    return (this.at(kw("next")) || this.at(kw("continues"))) && this.atName(2);
  }

  /** `xdp name(`, `tc.ingress name(`, `header Name {`, `fentry("x") {` */
  private programNext(): boolean {
    let ahead = 2;
    while (this.at(T.dot, ahead)) ahead += 2;
    if (this.at(T.openParen, ahead)) {
      let depth = 0;
      for (const limit = ahead + 100; ahead < limit; ahead++) {
        if (this.at(T.openParen, ahead)) depth++;
        else if (this.at(T.closeParen, ahead) && --depth === 0) break;
        else if (this.at(EOF, ahead)) return false;
      }
      if (depth > 0) return false;
      return this.at(T.openBrace, ahead + 1) || this.atName(ahead + 1) || this.at(T.openParen, ahead + 1);
    }
    const after = this.peek(ahead + 1).tokenType;
    return this.atName(ahead) && (after === T.openParen || after === T.openBrace);
  }

  /** Takes a `{`. Where it is missing and the next line is further in, complains and goes on as if it was there. */
  protected openBlock(expected: string, fields = false): Token {
    const next = this.peek();
    if (this.RECORDING_PHASE || next.tokenType === T.openBrace) return this.take(T.openBrace);
    const { tokenType: type, newline, startOffset } = next;
    const body = fields ? this.at(T.colon, 2) : startsStatement(type) || startsExpression(type);
    if (!newline || !body || this.column(startOffset) <= this.margin)
      return this.expect(T.openBrace, expected);
    const end = this.previousEnd();
    const at = { file: this.file, start: end, end };
    this.complainOnce("XD1001", at, `expected ${expected}, found ${describe(next)}`, {
      label: "`{` is missing here",
      fixes: [{ title: "insert `{`", edits: [{ span: at, text: " {" }] }],
    });
    return this.peek(0);
  }

  protected closeBlock(open: Token): void {
    if (this.RECORDING_PHASE || this.at(T.closeBrace)) {
      const close = this.take(T.closeBrace);
      if (!this.RECORDING_PHASE && this.suspect === undefined && close.newline && open.startOffset >= 0) {
        if (this.indent(open.startOffset) !== this.indent(close.startOffset)) this.suspect = open;
      }
      return;
    }
    const next = this.peek();
    const culprit = this.suspect ?? open;
    const end = this.previousEnd();
    const at = { file: this.file, start: end, end };
    if (next.tokenType !== EOF && !this.declarationNext() && !this.fieldsEnd()) this.fail("`}`");
    this.complainOnce("XD1003", at, `expected \`}\` before ${describe(next)}`, {
      label: "`}` is missing here",
      related:
        culprit.image === "{" ? [{ span: this.spanOf(culprit), message: "this `{` is not closed" }] : [],
      fixes: [{ title: "insert `}`", edits: [{ span: at, text: "\n}" }] }],
    });
    this.suspect = undefined;
  }

  /** The white space at the start of the line of an offset. */
  private indent(offset: number): string {
    const { text } = this.file;
    const line = text.lastIndexOf("\n", offset - 1) + 1;
    let end = line;
    while (end < offset && (text[end] === " " || text[end] === "\t")) end++;
    return text.slice(line, end);
  }
}
