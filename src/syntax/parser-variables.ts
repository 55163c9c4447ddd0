/** Variables, assignments, and the values they take: the statements that hold no others. */
import type {
  AssignOperator,
  DestructuringStatement,
  Expression,
  Statement,
  TypeNode,
  VariableDeclaration,
} from "./ast.js";
import type { Rule } from "./parser-base.js";
import { SlipParser } from "./parser-slips.js";
import { AssignOperatorToken, T, type Token } from "./tokens.js";

type Binding = DestructuringStatement["bindings"][number];

export abstract class VariableParser extends SlipParser {
  /** An expression up to a `;`; if it can't be read, what is around it is kept. */
  readonly value: Rule<Expression> = this.RULE("value", (): Expression => {
    const start = this.start();
    return this.guard(
      () => {
        if (!this.RECORDING_PHASE) this.wantExpression();
        const value = this.SUBRULE(this.expression);
        if (!this.RECORDING_PHASE) this.changeInside();
        return value;
      },
      () => {
        this.skipTo(T.semicolon, start);
        return this.errorExpression(start);
      },
    );
  });

  /** An expression, an assignment, or a step, without the `;`: what may also stand in the head of a `for`. */
  readonly simple: Rule<Statement> = this.RULE("simple", (): Statement => {
    const start = this.start();
    const target = this.SUBRULE(this.expression);
    const change = this.OPTION(() =>
      this.OR<{ operator: AssignOperator; value: Expression | undefined }>([
        {
          ALT: () => {
            const operator = this.take(AssignOperatorToken).image as AssignOperator;
            return { operator, value: this.SUBRULE(this.value) };
          },
        },
        { ALT: () => this.step(this.take(T.increment), "+=") },
        { ALT: () => this.step(this.take(T.decrement), "-=") },
      ]),
    );
    const span = this.span(start);
    if (change === undefined)
      return { kind: "expression-statement", id: this.id(), span, expression: target };
    const { operator } = change;
    const step = change.value === undefined;
    const value = change.value ?? { kind: "number", id: this.id(), span, value: 1n, unit: undefined };
    return { kind: "assign", id: this.id(), span, target, operator, value, step };
  });

  private step(_token: Token, operator: AssignOperator): { operator: AssignOperator; value: undefined } {
    return { operator, value: undefined };
  }

  /** `const x = …;`, `let x: T;`, `const { a, b: c } = …;` */
  readonly variable: Rule<Statement> = this.RULE("variable", (): Statement => {
    const start = this.start();
    const mutable = this.SUBRULE(this.mutability);
    return this.SUBRULE(this.variableRest, { ARGS: [start, mutable] });
  });

  readonly mutability: Rule<boolean> = this.RULE("mutability", (): boolean =>
    this.OR([
      {
        ALT: () => {
          this.take(T.const);
          return false;
        },
      },
      {
        ALT: () => {
          this.take(T.let);
          return true;
        },
      },
    ]),
  );

  readonly variableRest: Rule<Statement, [number, boolean]> = this.RULE(
    "variableRest",
    (start: number, mutable: boolean): Statement => {
      if (!this.RECORDING_PHASE && !this.atName(1) && !this.at(T.openBrace))
        this.fail("a name for the variable");
      const statement = this.OR<Statement>([
        { ALT: () => this.SUBRULE(this.destructuring, { ARGS: [start, mutable] }) },
        {
          ALT: () => {
            const declaration = this.SUBRULE(this.variableDeclaration, { ARGS: [start, mutable] });
            return { kind: "variable-statement", id: this.id(), span: this.span(start), declaration };
          },
        },
      ]);
      if (!this.RECORDING_PHASE && this.at(T.comma)) this.severalNames(mutable);
      this.semicolon("the declaration");
      return this.RECORDING_PHASE ? statement : { ...statement, span: this.span(start) };
    },
  );

  /** `x: T = e`, without `const` and `;`. */
  readonly variableDeclaration: Rule<VariableDeclaration, [number, boolean]> = this.RULE(
    "variableDeclaration",
    (start: number, mutable: boolean): VariableDeclaration => {
      const early = this.RECORDING_PHASE ? undefined : this.typeFirst(mutable ? "let" : "const", start);
      const name = this.name("a name for the variable");
      const type: TypeNode | undefined =
        this.OPTION(() => {
          this.take(T.colon);
          return this.SUBRULE(this.type);
        }) ?? early;
      const value = this.OPTION2(() => {
        this.take(T.assign);
        return this.SUBRULE(this.value);
      });
      if (!this.RECORDING_PHASE && value === undefined) this.noValue(name, mutable, type);
      const span = this.span(start);
      return {
        kind: "variable",
        id: this.id(),
        span,
        name,
        exported: false,
        doc: undefined,
        mutable,
        type,
        value,
      };
    },
  );

  readonly destructuring: Rule<DestructuringStatement, [number, boolean]> = this.RULE(
    "destructuring",
    (start: number, mutable: boolean): DestructuringStatement => {
      const open = this.take(T.openBrace);
      const bindings = this.commaList(T.closeBrace, () => this.SUBRULE(this.binding));
      this.close(T.closeBrace, open, "`,`");
      this.expect(T.assign, "`=` and the value to take the fields from");
      const value = this.SUBRULE(this.value);
      return { kind: "destructuring", id: this.id(), span: this.span(start), mutable, bindings, value };
    },
  );

  readonly binding: Rule<Binding> = this.RULE("binding", (): Binding => {
    const field = this.fieldName("the name of a field");
    const name = this.OPTION(() => {
      this.take(T.colon);
      return this.name("a name for the variable");
    });
    return { field, name: name ?? { ...field, id: this.id() } };
  });
}
