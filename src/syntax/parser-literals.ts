/** Values that start with a token of their own: names, literals, lists, objects, templates, `new`, `( … )`. */
import type {
  Expression,
  Identifier,
  ListLiteral,
  NewExpression,
  ObjectField,
  ObjectLiteral,
  StringLiteral,
  TemplateLiteral,
} from "./ast.js";
import type { Rule } from "./parser-base.js";
import { TypeParser } from "./parser-types.js";
import {
  AddressToken,
  kw,
  Name,
  NumberToken,
  PrefixToken,
  startsExpression,
  StringToken,
  T,
  TemplateHead,
  TemplateMiddle,
  TemplateTail,
  TemplateWhole,
  type Token,
  Word,
} from "./tokens.js";

export abstract class LiteralParser extends TypeParser {
  /** The file has a `=>` somewhere: only then is it worth looking for closures. */
  protected hasArrows = false;

  protected abstract closure(start: number): never;

  private readonly primaries: { ALT: () => Expression }[] = [
    { ALT: (): Expression => this.identifierOf(this.take(Name)) },
    {
      ALT: (): Expression => {
        const token = this.take(NumberToken);
        const { value } = token;
        const [number, unit] = value?.kind === "number" ? [value.value, value.unit] : [0n, undefined];
        return { kind: "number", id: this.id(), span: this.spanOf(token), value: number, unit };
      },
    },
    { ALT: (): Expression => this.address(this.take(AddressToken)) },
    { ALT: (): Expression => this.address(this.take(PrefixToken)) },
    { ALT: (): Expression => this.SUBRULE(this.string) },
    { ALT: (): Expression => this.boolean(this.take(kw("true")), true) },
    { ALT: (): Expression => this.boolean(this.take(kw("false")), false) },
    { ALT: (): Expression => ({ kind: "null", id: this.id(), span: this.spanOf(this.take(kw("null"))) }) },
    { ALT: (): Expression => this.SUBRULE(this.template) },
    { ALT: (): Expression => this.SUBRULE(this.parenthesized) },
    { ALT: (): Expression => this.SUBRULE(this.list) },
    { ALT: (): Expression => this.SUBRULE(this.objectLiteral) },
    { ALT: (): Expression => this.SUBRULE(this.creation) },
  ];

  readonly primary: Rule<Expression> = this.RULE("primary", (): Expression => this.OR(this.primaries));

  private address(token: Token): Expression {
    const { value } = token;
    const id = this.id();
    const span = this.spanOf(token);
    if (value?.kind !== "address") return { kind: "error", id, span };
    const { family, length } = value;
    if (length === undefined) return { kind: "address", id, span, family, value: value.value };
    return { kind: "prefix", id, span, family, value: value.value, length };
  }

  private boolean(token: Token, value: boolean): Expression {
    return { kind: "boolean", id: this.id(), span: this.spanOf(token), value };
  }

  private text(token: Token): string {
    return token.value?.kind === "text" ? token.value.value : "";
  }

  readonly string: Rule<StringLiteral> = this.RULE("string", (): StringLiteral => {
    const token = this.expect(StringToken, "a string");
    return { kind: "string", id: this.id(), span: this.spanOf(token), value: this.text(token) };
  });

  readonly template: Rule<TemplateLiteral> = this.RULE("template", (): TemplateLiteral => {
    const start = this.start();
    const texts: string[] = [];
    const values: Expression[] = [];
    this.OR([
      { ALT: () => texts.push(this.text(this.take(TemplateWhole))) },
      {
        ALT: () => {
          texts.push(this.text(this.take(TemplateHead)));
          values.push(this.SUBRULE(this.expression));
          this.MANY(() => {
            texts.push(this.text(this.take(TemplateMiddle)));
            values.push(this.SUBRULE2(this.expression));
          });
          texts.push(this.text(this.expect(TemplateTail, "`}` after the value in the template string")));
        },
      },
    ]);
    return { kind: "template", id: this.id(), span: this.span(start), texts, values };
  });

  readonly parenthesized: Rule<Expression> = this.RULE("parenthesized", (): Expression => {
    const start = this.start();
    const open = this.take(T.openParen);
    if (this.hasArrows && this.arrowAfterParentheses()) this.closure(start);
    const inner = this.SUBRULE(this.expression);
    this.close(T.closeParen, open, undefined);
    return inner;
  });

  /** Looks for `… ) =>` and, if it is there, skips the parameters. */
  private arrowAfterParentheses(): boolean {
    let depth = 1;
    for (let ahead = 1; ahead < 200; ahead++) {
      if (this.at(T.openParen, ahead)) depth++;
      else if (this.at(T.closeParen, ahead) && --depth === 0) {
        if (!this.at(T.arrow, ahead + 1)) return false;
        for (let i = 0; i < ahead; i++) this.skip();
        return true;
      }
    }
    return false;
  }

  readonly list: Rule<ListLiteral> = this.RULE("list", (): ListLiteral => {
    const start = this.start();
    const open = this.take(T.openBracket);
    const elements = this.commaList(T.closeBracket, () => this.SUBRULE(this.expression));
    this.close(T.closeBracket, open, "`,`");
    return { kind: "list", id: this.id(), span: this.span(start), elements };
  });

  readonly callArguments: Rule<Expression[]> = this.RULE("callArguments", (): Expression[] => {
    const open = this.expect(T.openParen);
    const items = this.commaList(T.closeParen, () => this.SUBRULE(this.expression));
    if (!this.RECORDING_PHASE && items.length === 0 && !this.at(T.closeParen)) this.wantExpression();
    this.close(T.closeParen, open, "`,`");
    return items;
  });

  readonly objectLiteral: Rule<ObjectLiteral> = this.RULE("objectLiteral", (): ObjectLiteral => {
    const start = this.start();
    const open = this.take(T.openBrace);
    const fields = this.commaList(T.closeBrace, () => this.SUBRULE(this.objectField));
    this.close(T.closeBrace, open, fields.length === 0 ? "the name of a field" : "`,`");
    return { kind: "object", id: this.id(), span: this.span(start), fields };
  });

  readonly objectField: Rule<ObjectField> = this.RULE("objectField", (): ObjectField => {
    const start = this.start();
    const key = this.OR([
      { ALT: () => this.take(Word) },
      { ALT: () => this.take(NumberToken) },
      { ALT: () => this.take(StringToken) },
    ]);
    const name: Identifier = {
      ...this.identifierOf(key),
      name: key.value?.kind === "text" ? key.value.value : key.image,
    };
    const value = this.OPTION(() => {
      this.take(T.colon);
      return this.SUBRULE(this.expression);
    });
    if (value === undefined && key.tokenType !== Name && !this.atShorthandEnd(key))
      this.fail("`:` and a value");
    return { kind: "object-field", id: this.id(), span: this.span(start), name, value };
  });

  /** `{ type }` is `{ type: type }`; `{ 1 }` and `{ if }` are not anything. */
  private atShorthandEnd(key: Token): boolean {
    return this.RECORDING_PHASE || startsExpression(key.tokenType) === (key.tokenType !== NumberToken);
  }

  readonly creation: Rule<NewExpression> = this.RULE("creation", (): NewExpression => {
    const start = this.start();
    this.take(kw("new"));
    const type = this.SUBRULE(this.namedType);
    const args = this.SUBRULE(this.callArguments);
    return { kind: "new", id: this.id(), span: this.span(start), type, arguments: args };
  });

  /** Complains well when no expression starts here. */
  protected wantExpression(): void {
    const token = this.peek();
    if (startsExpression(token.tokenType)) return;
    if (token.tokenType === T.increment || token.tokenType === T.decrement) {
      this.failWith("XD1029", `\`${token.image}\` changes a variable, and so is a statement of its own`, {
        label: `write \`x ${token.image === "++" ? "+" : "-"} 1\` for the value`,
      });
    }
    if (token.tokenType === T.function) {
      this.failWith("XD1025", "a function is not a value: there are no closures", {
        label: "declare it by name, outside",
      });
    }
    if (token.tokenType === T.if || token.tokenType === kw("switch")) {
      this.failWith("XD1001", `expected an expression, found \`${token.image}\``, {
        label: `\`${token.image}\` is a statement; a choice between values is \`condition ? a : b\``,
      });
    }
    this.fail("an expression");
  }
}
