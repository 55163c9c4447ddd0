/** Statements and blocks. A statement that can't be read becomes an `error-statement`; the next is read again. */
import type {
  Block,
  Expression,
  ForOfStatement,
  ForStatement,
  Identifier,
  IfStatement,
  Statement,
  SwitchCase,
  SwitchStatement,
  WhileStatement,
} from "./ast.js";
import type { Span } from "../base/span.js";
import { EOF } from "./chevrotain.js";
import type { Rule } from "./parser-base.js";
import { VariableParser } from "./parser-variables.js";
import { kw, startsExpression, T } from "./tokens.js";

export abstract class StatementParser extends VariableParser {
  /** `of` is what has the block as its body. */
  readonly block: Rule<Block, [of?: string]> = this.RULE("block", (of?: string): Block => {
    const start = this.start();
    const open = this.openBlock(of === undefined ? "`{`" : `\`{\` and the body of ${of}`);
    const statements = this.SUBRULE(this.statements);
    this.closeBlock(open);
    return { kind: "block", id: this.id(), span: this.span(start), statements };
  });

  /** Statements up to a `}`, to a `case`, or to where a declaration starts. */
  readonly statements: Rule<Statement[]> = this.RULE("statements", (): Statement[] => {
    const found: Statement[] = [];
    do {
      this.MANY({ GATE: () => !this.declarationNext(), DEF: () => found.push(this.guarded()) });
    } while (this.skipStray(found));
    return found;
  });

  private guarded(): Statement {
    const start = this.start();
    return this.guard(
      () => this.SUBRULE(this.statement),
      () => {
        this.skipStatement(start);
        return this.errorStatement(start);
      },
    );
  }

  /** What starts no statement is complained about and skipped; false at the end of the statements. */
  private skipStray(found: Statement[]): boolean {
    if (this.RECORDING_PHASE || this.declarationNext()) return false;
    if ([EOF, T.closeBrace, kw("case"), kw("default")].includes(this.peek().tokenType)) return false;
    const start = this.start();
    const recover = (): Statement => {
      this.skipStatement(start);
      return this.errorStatement(start);
    };
    found.push(this.guard(() => this.deeper(() => this.strayStatement()), recover));
    // A lone closing bracket is skipped by nothing else.
    if (this.start() === start) this.skip();
    return true;
  }

  private readonly alternatives: { ALT: () => Statement }[] = [
    { ALT: (): Statement => this.SUBRULE(this.block) },
    { ALT: (): Statement => this.SUBRULE(this.variable) },
    { ALT: (): Statement => this.SUBRULE(this.ifStatement) },
    { ALT: (): Statement => this.SUBRULE(this.forStatement) },
    { ALT: (): Statement => this.SUBRULE(this.whileStatement) },
    { ALT: (): Statement => this.SUBRULE(this.switchStatement) },
    { ALT: (): Statement => this.SUBRULE(this.returnStatement) },
    { ALT: (): Statement => this.leave("break") },
    { ALT: (): Statement => this.leave("continue") },
    {
      ALT: (): Statement => {
        const start = this.start();
        this.take(T.semicolon);
        return { kind: "empty", id: this.id(), span: this.span(start) };
      },
    },
    {
      ALT: (): Statement => {
        const statement = this.SUBRULE(this.simple);
        this.semicolon("the statement");
        return this.RECORDING_PHASE ? statement : { ...statement, span: this.span(statement.span.start) };
      },
    },
  ];

  readonly statement: Rule<Statement> = this.RULE("statement", (): Statement =>
    this.deeper(() => (this.RECORDING_PHASE ? undefined : this.slip()) ?? this.OR(this.alternatives)),
  );

  private leave(kind: "break" | "continue"): Statement {
    const start = this.start();
    this.take(kw(kind));
    this.semicolon(`\`${kind}\``);
    return { kind, id: this.id(), span: this.span(start) };
  }

  readonly returnStatement: Rule<Statement> = this.RULE("returnStatement", (): Statement => {
    const start = this.start();
    this.take(kw("return"));
    const value = this.OPTION(() => this.SUBRULE(this.value));
    this.semicolon(value === undefined ? "`return`" : "the value that is returned");
    return { kind: "return", id: this.id(), span: this.span(start), value };
  });

  // ---- control flow ----

  /** `( expression )`. Without parentheses, the condition is read all the same. */
  readonly condition: Rule<Expression> = this.RULE("condition", (): Expression => {
    if (!this.RECORDING_PHASE && !this.at(T.openParen)) return this.bareCondition();
    const open = this.take(T.openParen);
    const start = this.start();
    const value = this.guard(
      () => {
        if (!this.RECORDING_PHASE) this.wantExpression();
        const left = this.SUBRULE(this.expression);
        return this.at(T.assign) ? this.assignmentAsCondition(left) : left;
      },
      () => {
        this.skipTo(T.closeParen, start);
        return this.errorExpression(start);
      },
    );
    this.close(T.closeParen, open);
    return value;
  });

  /** `else if` is a loop here and not a recursion: a long chain must not use up the stack. */
  readonly ifStatement: Rule<IfStatement> = this.RULE("ifStatement", (): IfStatement => {
    const branches: { start: number; condition: Expression; body: Statement }[] = [];
    let otherwise: Statement | undefined;
    const branch = (): void => {
      const start = this.start();
      this.take(T.if);
      const condition = this.SUBRULE(this.condition);
      branches.push({ start, condition, body: this.SUBRULE(this.body) });
    };
    branch();
    if (this.RECORDING_PHASE) {
      this.OPTION(() => {
        this.take(T.else);
        this.SUBRULE2(this.body);
      });
    } else {
      while (otherwise === undefined && this.takeElse()) {
        if (this.at(T.if)) branch();
        else otherwise = this.SUBRULE2(this.body);
      }
    }
    const extra = branches.splice(maxBranches)[0];
    if (extra !== undefined) this.tooManyBranches(extra.condition.span);
    for (let i = branches.length - 1; i >= 0; i--) {
      const one = branches[i];
      if (one === undefined) continue;
      const end = (otherwise ?? one.body).span?.end ?? 0;
      const span = { file: this.file, start: one.start, end };
      const { condition, body: then } = one;
      // oxlint-disable-next-line unicorn/no-thenable -- the tree's own name; nothing awaits a statement
      otherwise = { kind: "if", id: this.id(), span, condition, then, otherwise };
    }
    return otherwise as IfStatement;
  });

  private tooManyBranches(span: Span): void {
    this.complain("XD1005", span, `this \`if\` has more than ${maxBranches} branches`, {
      label: "one too many",
      notes: ["to choose by a value, use a `switch` or look it up in a map"],
    });
  }

  /** The statement after `if (…)`, `else`, `for (…)`, `while (…)`. */
  readonly body: Rule<Statement> = this.RULE("body", (): Statement => {
    const start = this.start();
    if (!this.RECORDING_PHASE && (this.declarationNext() || !this.statementNext())) this.fail("a statement");
    return this.guard(
      () => this.SUBRULE(this.statement),
      () => {
        this.skipStatement(start);
        return this.errorStatement(start);
      },
    );
  });

  private statementNext(): boolean {
    const { tokenType: type } = this.peek();
    return ![EOF, T.closeBrace, T.closeParen, T.closeBracket, T.else, kw("case"), kw("default")].includes(
      type,
    );
  }

  readonly whileStatement: Rule<WhileStatement> = this.RULE("whileStatement", (): WhileStatement => {
    const start = this.start();
    this.take(kw("while"));
    const condition = this.SUBRULE(this.condition);
    const body = this.SUBRULE(this.body);
    return { kind: "while", id: this.id(), span: this.span(start), condition, body };
  });

  readonly forStatement: Rule<ForStatement | ForOfStatement> = this.RULE(
    "forStatement",
    (): ForStatement | ForOfStatement => {
      const start = this.start();
      this.take(kw("for"));
      const open = this.expect(T.openParen);
      const inside = this.start();
      const head = this.guard(
        () =>
          this.OR<ForHead>([
            { GATE: () => this.forOfNext(), ALT: () => this.SUBRULE(this.forOfHead) },
            { ALT: () => this.SUBRULE(this.forHead) },
          ]),
        () => {
          while (!this.skipTo(T.closeParen, inside) && this.at(T.semicolon)) this.skip();
          return undefined;
        },
      );
      this.close(T.closeParen, open);
      const body = this.SUBRULE(this.body);
      const id = this.id();
      const span = this.span(start);
      if (head === undefined) {
        return { kind: "for", id, span, start: undefined, condition: undefined, step: undefined, body };
      }
      return { ...head, id, span, body };
    },
  );

  private forOfNext(): boolean {
    if (!this.at(T.const) && !this.at(T.let)) return false;
    return this.at(T.openBracket, 2) || this.at(kw("of"), 3) || this.at(kw("in"), 3);
  }

  readonly forOfHead: Rule<ForOfHead> = this.RULE("forOfHead", (): ForOfHead => {
    const mutable = this.SUBRULE(this.mutability);
    if (!this.RECORDING_PHASE && !this.atName(1) && !this.at(T.openBracket))
      this.fail("a name, or `[key, value]`");
    const names = this.OR<Identifier[]>([
      { ALT: () => [this.name("a name")] },
      {
        ALT: () => {
          const open = this.take(T.openBracket);
          const key = this.name("a name for the key");
          this.expect(T.comma, "`,` and a name for the value");
          const value = this.name("a name for the value");
          this.close(T.closeBracket, open);
          return [key, value];
        },
      },
    ]);
    if (!this.RECORDING_PHASE && this.at(kw("in"))) this.forIn();
    else this.expect(kw("of"));
    return { kind: "for-of", names, mutable, over: this.SUBRULE(this.expression) };
  });

  readonly forHead: Rule<ForHeadOnly> = this.RULE("forHead", (): ForHeadOnly => {
    const { tokenType: next } = this.peek();
    const known = [T.semicolon, T.const, T.let].includes(next) || startsExpression(next);
    if (!this.RECORDING_PHASE && !known) this.fail("the start of the loop, such as `let i = 0`");
    const first = this.OR<Statement | undefined>([
      { ALT: () => this.SUBRULE(this.variable) },
      {
        ALT: () => {
          const start = this.OPTION(() => this.SUBRULE(this.simple));
          this.expect(T.semicolon, "`;` after the start of the loop");
          return start;
        },
      },
    ]);
    const condition = this.OPTION2(() => this.SUBRULE(this.expression));
    this.expect(T.semicolon, "`;` after the condition of the loop");
    const step = this.OPTION3(() => this.SUBRULE2(this.simple));
    return { kind: "for", start: first, condition, step };
  });

  readonly switchStatement: Rule<SwitchStatement> = this.RULE("switchStatement", (): SwitchStatement => {
    const start = this.start();
    this.take(kw("switch"));
    const value = this.SUBRULE(this.condition);
    const open = this.expect(T.openBrace);
    const cases: SwitchCase[] = [];
    this.MANY(() => cases.push(this.SUBRULE(this.switchCase)));
    const bad = !this.RECORDING_PHASE && !this.at(T.closeBrace) && !this.at(EOF) && !this.declarationNext();
    if (bad) this.fail("`case`, `default` or `}`");
    this.closeBlock(open);
    return { kind: "switch", id: this.id(), span: this.span(start), value, cases };
  });

  readonly switchCase: Rule<SwitchCase> = this.RULE("switchCase", (): SwitchCase => {
    const start = this.start();
    const tests: Expression[] = [];
    let isDefault = false;
    this.AT_LEAST_ONE(() =>
      this.OR([
        {
          ALT: () => {
            this.take(kw("case"));
            if (!this.RECORDING_PHASE) this.wantExpression();
            tests.push(this.SUBRULE(this.expression));
            if (!this.RECORDING_PHASE) this.severalTests(tests);
            this.expect(T.colon);
          },
        },
        {
          ALT: () => {
            this.take(kw("default"));
            this.expect(T.colon);
            isDefault = true;
          },
        },
      ]),
    );
    const body = this.SUBRULE(this.statements);
    return { kind: "case", id: this.id(), span: this.span(start), tests, isDefault, body };
  });

  protected override parseExpression(): Expression {
    if (!startsExpression(this.peek().tokenType)) this.wantExpression();
    return this.SUBRULE(this.expression);
  }
}

/** Each `else if` is a level of the tree. */
const maxBranches = 300;

type ForOfHead = Omit<ForOfStatement, "id" | "span" | "body">;
type ForHeadOnly = Omit<ForStatement, "id" | "span" | "body">;
type ForHead = ForOfHead | ForHeadOnly | undefined;
