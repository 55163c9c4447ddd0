/** Expressions: `c ? a : b`, operators, and what follows a value: `.x`, `?.x`, `[i]`, `(x)`, `<T>(x)`. */
import type { Fix } from "../diagnostics/diagnostic.js";
import { wrapFix } from "../diagnostics/edits.js";
import type { TokenType } from "chevrotain";
import type {
  BinaryOperator,
  CoalesceReturn,
  ErrorExpression,
  Expression,
  TypeNode,
  UnaryOperator,
} from "./ast.js";
import { limitDepth } from "./depth.js";
import type { Rule } from "./parser-base.js";
import { LiteralParser } from "./parser-literals.js";
import { buildTree, type Link, type Operand } from "./precedence.js";
import { BinaryOperatorToken, kw, NumberToken, PrefixOperatorToken, T, type Token } from "./tokens.js";

/** Longer than this in characters, and an expression may be a tree too deep to walk recursively. */
const longExpression = 1000;

export abstract class ExpressionParser extends LiteralParser {
  override readonly expression: Rule<Expression> = this.RULE("expression", (): Expression =>
    this.deeper(() => this.conditional()),
  );

  private conditional(): Expression {
    const start = this.start();
    const first = this.SUBRULE(this.binary);
    if (this.hasArrows && this.at(T.arrow)) this.closure(start);
    const choice = this.OPTION(() => {
      this.take(T.question);
      const then = this.SUBRULE(this.expression);
      this.expect(T.colon, "`:` and the value for when the condition does not hold");
      const otherwise = this.SUBRULE2(this.expression);
      // oxlint-disable-next-line unicorn/no-thenable -- the tree's own name; nothing awaits an expression
      return { then, otherwise };
    });
    if (this.RECORDING_PHASE || (choice === undefined && this.nesting > 2)) return first;
    const span = this.span(start);
    const whole: Expression =
      choice === undefined
        ? first
        : { kind: "conditional", id: this.id(), span, condition: first, ...choice };
    if (span.end - span.start < longExpression || limitDepth(whole)) return whole;
    this.complain("XD1005", span, "this expression is nested too deeply", {
      notes: ["give parts of it names; for membership in many values use a list or a map"],
    });
    return this.errorExpression(start);
  }

  /** Operands and operators in one flat list: a rule for each level would make every number cost twelve calls. */
  readonly binary: Rule<Expression> = this.RULE("binary", (): Expression => {
    const start = this.start();
    const node = this.SUBRULE(this.prefix);
    let links: Link[] | undefined;
    const first: Operand | undefined = this.RECORDING_PHASE ? undefined : { node, span: this.span(start) };
    this.MANY(() => {
      const link = this.SUBRULE(this.link);
      if (links === undefined) links = [link];
      else links.push(link);
    });
    if (links === undefined || first === undefined) return node;
    this.checkMix(first, links);
    return buildTree(first, links, () => this.id());
  });

  private readonly links: { ALT: () => Link }[] = [
    {
      ALT: (): Link => {
        const token = this.take(BinaryOperatorToken);
        return this.operatorLink(token);
      },
    },
    {
      ALT: (): Link => {
        const token = this.take(T.coalesce);
        if (!this.RECORDING_PHASE && !exits.has(this.peek().tokenType)) this.wantExpression();
        return this.OR2<Link>([
          {
            ALT: () => {
              const exit = this.SUBRULE(this.exit);
              return { kind: "exit", operator: "??", span: this.spanOf(token), exit };
            },
          },
          { ALT: () => this.operatorLink(token) },
        ]);
      },
    },
    {
      ALT: (): Link => {
        const token = this.take(kw("as"));
        const type: TypeNode = this.SUBRULE(this.type);
        return { kind: "cast", operator: "as", span: this.spanOf(token), type };
      },
    },
  ];

  readonly link: Rule<Link> = this.RULE("link", (): Link => this.OR(this.links));

  private operatorLink(token: Token): Link {
    if (!this.RECORDING_PHASE) this.wantExpression();
    const start = this.start();
    const node = this.SUBRULE(this.prefix);
    const operator = (token.image.length === 3 ? token.image.slice(0, 2) : token.image) as
      BinaryOperator | "..";
    return { kind: "operator", operator, span: this.spanOf(token), right: { node, span: this.span(start) } };
  }

  /** `return v`, `continue` or `break` to the right of `??`. */
  readonly exit: Rule<CoalesceReturn["exit"]> = this.RULE("exit", (): CoalesceReturn["exit"] => {
    const start = this.start();
    return this.OR<CoalesceReturn["exit"]>([
      {
        ALT: () => {
          this.take(kw("return"));
          const value = this.OPTION(() => this.SUBRULE(this.expression));
          return { kind: "return", id: this.id(), span: this.span(start), value };
        },
      },
      {
        ALT: () => {
          this.take(kw("continue"));
          return { kind: "continue", id: this.id(), span: this.span(start) };
        },
      },
      {
        ALT: () => {
          this.take(kw("break"));
          return { kind: "break", id: this.id(), span: this.span(start) };
        },
      },
    ]);
  });

  /** TypeScript refuses `a ?? b || c` too: which of the two is meant is a guess. */
  private checkMix(first: Operand, links: readonly Link[]): void {
    const coalesce = links.find((link) => link.operator === "??");
    const logical = links.find((link) => link.operator === "||" || link.operator === "&&");
    if (coalesce === undefined || logical === undefined) return;
    this.complain(
      "XD1032",
      logical.span,
      `\`??\` and \`${logical.operator}\` may not be mixed without parentheses`,
      {
        label: `is \`${logical.operator}\` or \`??\` meant to come first?`,
        related: [{ span: coalesce.span, message: "the other operator" }],
        fixes: this.mixFixes(first, links),
      },
    );
  }

  /** Of three operands, the first two or the last two in parentheses. */
  private mixFixes(first: Operand, links: readonly Link[]): readonly Fix[] {
    const [left, right, more] = links;
    if (left?.kind !== "operator" || right?.kind !== "operator" || more) return [];
    const around = (from: Operand, to: Operand): Fix => {
      const span = { ...from.span, end: to.span.end };
      const text = span.file.text.slice(span.start, span.end);
      return wrapFix(`put \`${text}\` into parentheses`, { span }, "(", ")");
    };
    return [around(first, left.right), around(left.right, right.right)];
  }

  override readonly prefix: Rule<Expression> = this.RULE("prefix", (): Expression => {
    const operators: Token[] = [];
    this.MANY(() => operators.push(this.take(PrefixOperatorToken)));
    if (!this.RECORDING_PHASE) this.wantExpression();
    let node = this.SUBRULE(this.postfix);
    if (this.RECORDING_PHASE) return node;
    const { end } = this.span(0);
    for (let i = operators.length - 1; i >= 0; i--) {
      const token = operators[i];
      if (token === undefined) continue;
      const span = { file: this.file, start: token.startOffset, end };
      node = { kind: "unary", id: this.id(), span, operator: token.image as UnaryOperator, operand: node };
    }
    return node;
  });

  readonly postfix: Rule<Expression> = this.RULE("postfix", (): Expression => {
    const start = this.start();
    let node = this.SUBRULE(this.primary);
    do {
      this.MANY({
        GATE: () => !this.at(T.less) || this.typeArgumentsNext(),
        DEF: () => {
          this.object = node;
          this.objectStart = start;
          node = this.OR(this.suffixes);
        },
      });
    } while (this.at(T.not) && this.nonNull(start));
    return node;
  });

  /** What the suffix being read follows, and where that starts; read before anything else is. */
  private object: Expression | undefined;
  private objectStart = 0;

  private readonly suffixes: { ALT: () => Expression }[] = [
    { ALT: (): Expression => this.member(T.dot, false) },
    { ALT: (): Expression => this.member(T.optionalDot, true) },
    {
      ALT: (): Expression => {
        const object = this.object ?? this.errorExpression(0);
        const start = this.objectStart;
        const open = this.take(T.openBracket);
        const index = this.SUBRULE(this.expression);
        this.close(T.closeBracket, open);
        return { kind: "index", id: this.id(), span: this.span(start), object, index };
      },
    },
    {
      ALT: (): Expression => {
        const callee = this.object ?? this.errorExpression(0);
        const start = this.objectStart;
        const typeArguments = this.OPTION(() => this.SUBRULE(this.typeArguments)) ?? [];
        const args = this.SUBRULE(this.callArguments);
        return {
          kind: "call",
          id: this.id(),
          span: this.span(start),
          callee,
          typeArguments,
          arguments: args,
        };
      },
    },
  ];

  private member(dot: TokenType, optional: boolean): Expression {
    const object = this.object ?? this.errorExpression(0);
    const start = this.objectStart;
    this.take(dot);
    const member = this.fieldName(`the name of a field after \`${optional ? "?." : "."}\``);
    return { kind: "member-access", id: this.id(), span: this.span(start), object, member, optional };
  }

  /** As in TypeScript: `<…>(` after a value is a generic call, all else a comparison. */
  private typeArgumentsNext(): boolean {
    let depth = 0;
    for (let ahead = 1; ahead < 64; ahead++) {
      const { tokenType: type } = this.peek(ahead);
      if (type === T.less) depth++;
      else if (type === T.greater) depth--;
      else if (type === T.shiftRight) depth -= 2;
      else if (!this.atName(ahead) && !typeTokens.has(type)) return false;
      if (depth <= 0) return depth === 0 && this.at(T.openParen, ahead + 1);
    }
    return false;
  }

  protected errorExpression(start: number): ErrorExpression {
    return { kind: "error", id: this.id(), span: this.span(start) };
  }

  private nonNull(start: number): boolean {
    const token = this.peek();
    if (token.newline) return false;
    const { text } = this.file;
    this.complain("XD1026", this.spanOf(token), "there is no `!` that says a value is not null", {
      label: "nothing would check it",
      notes: [`test it: \`${text.slice(start, this.previousEnd())} ?? return …\`, or \`if (…)\``],
    });
    this.skip();
    return true;
  }

  /** `x => …`, `(a, b) => …`: says so once and skips the body. */
  protected closure(start: number): never {
    const arrow = { file: this.file, start, end: this.peek().endOffset + 1 };
    this.complain("XD1025", arrow, "there are no closures", {
      label: "a function is declared by name, outside",
      notes: ["to visit the elements of a list or a map, use `for (const x of xs)`"],
    });
    this.skip();
    if (this.at(T.openBrace)) this.skipBrackets();
    else this.skipTo(T.comma, this.start());
    this.settle();
    return this.fail("");
  }
}

const exits: ReadonlySet<TokenType> = new Set(["return", "continue", "break"].map(kw));

/** What may stand between `<` and `>` beside names. */
const typeTokens: ReadonlySet<TokenType> = new Set([
  T.comma,
  T.openBracket,
  T.closeBracket,
  kw("|"),
  kw("null"),
  NumberToken,
]);
