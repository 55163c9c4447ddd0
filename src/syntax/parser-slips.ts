/**
 * What people write out of habit, from TypeScript, C and Python: each is recognised, told once with what to
 * write here, and read as what was meant where that is clear. None of it is in the grammar.
 */
import type { Fix, TextEdit } from "../diagnostics/diagnostic.js";
import type { Expression, Identifier, Statement, TypeNode } from "./ast.js";
import { BlockParser } from "./parser-blocks.js";
import type { Rule } from "./parser-base.js";
import { kw, startsExpression, T, type Token } from "./tokens.js";

export abstract class SlipParser extends BlockParser {
  protected abstract readonly functionRest: Rule<unknown, [number]>;
  protected abstract readonly variableRest: Rule<Statement, [number, boolean]>;
  protected abstract readonly body: Rule<Statement>;
  protected abstract parseExpression(): Expression;

  private replace(token: Token, text: string, title: string): Fix {
    const edit: TextEdit = { span: this.spanOf(token), text };
    return { title, edits: [edit] };
  }

  // ---- statements ----

  /** A statement that is none of ours: complains, and gives what was meant, or nothing when it is no slip. */
  protected slip(): Statement | undefined {
    const token = this.peek();
    const start = token.startOffset;
    if (token.tokenType === T.function) return this.innerFunction();
    if (token.tokenType === T.increment || token.tokenType === T.decrement) return this.prefixStep();
    if (!this.atName(1)) return undefined;
    const next = this.peek(2);
    if (next.newline && next.tokenType !== T.openBrace) return undefined;
    switch (token.image) {
      case "var": {
        if (!this.atName(2)) return undefined;
        this.complain("XD1020", this.spanOf(token), "variables are declared with `let`, or with `const`", {
          label: "`var` is not in the language",
          fixes: [this.replace(token, "let", "write `let`")],
        });
        this.skip();
        return this.SUBRULE(this.variableRest, { ARGS: [start, true] });
      }
      case "class":
      case "interface":
        if (!this.atName(2)) return undefined;
        return this.failWith("XD1022", `there is no \`${token.image}\``, {
          label: "a `struct` holds data, and a `function` works on it; both stand outside",
        });
      case "try":
      case "throw":
        if (token.image === "try" ? next.tokenType !== T.openBrace : !startsExpression(next.tokenType))
          return undefined;
        return this.exceptions(token);
      case "async":
      case "await":
        if (next.tokenType !== T.function && !this.atName(2)) return undefined;
        return this.failWith("XD1024", `there is no \`${token.image}\``, {
          label: "a program runs to its end without waiting",
        });
      case "do":
        if (next.tokenType !== T.openBrace) return undefined;
        return this.doWhile();
      case "goto":
      case "using":
      case "with":
        if (!this.atName(2)) return undefined;
        return this.failWith("XD1036", `there is no \`${token.image}\` in the language`, {
          label: "not a statement here",
        });
      default:
        return this.typeFirstStatement(start);
    }
  }

  private exceptions(token: Token): Statement {
    const start = token.startOffset;
    this.complain("XD1023", this.spanOf(token), "there are no exceptions", {
      label: `\`${token.image}\` is not in the language`,
      notes: ["what may fail gives `null` or `false`: write `const x = f() ?? return …;`, or `if (!f()) …`"],
    });
    if (token.image === "throw") {
      this.skipStatement(start);
      return this.errorStatement(start);
    }
    this.skip();
    const body = this.SUBRULE(this.body);
    while (["catch", "finally"].includes(this.peek().image)) {
      this.skip();
      if (this.at(T.openParen)) this.skipBrackets();
      if (this.at(T.openBrace)) this.skipBrackets();
    }
    return body;
  }

  private doWhile(): Statement {
    const token = this.skip();
    const start = token.startOffset;
    this.complain("XD1036", this.spanOf(token), "there is no `do … while`", {
      label: "write `for` with a bound",
      notes: ["the verifier must see that a loop ends: `for (let i = 0; i < 8; i++) { … }`"],
    });
    this.SUBRULE(this.body);
    if (this.at(kw("while"))) {
      this.skip();
      if (this.at(T.openParen)) this.skipBrackets();
      if (this.at(T.semicolon)) this.skip();
    }
    return this.errorStatement(start);
  }

  private innerFunction(): Statement {
    const start = this.start();
    const token = this.skip();
    if (!this.atName(1)) {
      return this.failWith("XD1025", "a function is not a value: there are no closures", {
        label: "declare it by name, outside",
      });
    }
    this.complain("XD1021", this.spanOf(token), "a function may not be declared inside another", {
      label: "move it out of this block",
      notes: ["what it needs from here it takes as parameters"],
    });
    this.SUBRULE(this.functionRest, { ARGS: [start] });
    return this.errorStatement(start);
  }

  private prefixStep(): Statement {
    const token = this.skip();
    const start = token.startOffset;
    const target = this.parseExpression();
    const after = { file: this.file, start: this.previousEnd(), end: this.previousEnd() };
    this.complain("XD1029", this.spanOf(token), `write \`${token.image}\` after the variable`, {
      fixes: [
        {
          title: `move \`${token.image}\` behind`,
          edits: [
            { span: this.spanOf(token), text: "" },
            { span: after, text: token.image },
          ],
        },
      ],
    });
    this.semicolon("the statement");
    const span = this.span(start);
    const value: Expression = {
      kind: "number",
      id: this.id(),
      span: this.spanOf(token),
      value: 1n,
      unit: undefined,
    };
    const operator = token.image === "++" ? "+=" : "-=";
    return { kind: "assign", id: this.id(), span, target, operator, value, step: true };
  }

  /** Complains about something that starts no statement. */
  protected strayStatement(): Statement {
    const token = this.peek();
    if (token.tokenType === T.closeParen || token.tokenType === T.closeBracket) {
      this.failWith("XD1004", `nothing is open that this \`${token.image}\` could close`, {
        fixes: [this.replace(token, "", "take it away")],
      });
    }
    if (token.tokenType === T.else) {
      this.failWith("XD1001", "`else` without an `if` before it", { label: "no `if` ends here" });
    }
    return this.slip() ?? this.fail("a statement");
  }

  // ---- declarations of variables ----

  /** `u32 x = 1;` as a statement. */
  private typeFirstStatement(start: number): Statement | undefined {
    const shaped = this.atName(2) && [T.assign, T.semicolon, T.openBracket].includes(this.peek(3).tokenType);
    if (!shaped || this.at(kw("of"), 2) || this.at(kw("as"), 2)) return undefined;
    return this.SUBRULE(this.variableRest, { ARGS: [start, true] });
  }

  /** `u32 x` where a name was expected: takes the type, and gives it. `keyword` is what belongs before it. */
  protected typeFirst(keyword: "let" | "const", start: number): TypeNode | undefined {
    if (!this.atName(1) || !this.atName(2) || this.peek(2).newline) return undefined;
    const type = this.skip();
    const name = this.peek();
    const span = { file: this.file, start, end: name.endOffset + 1 };
    const text = `${keyword} ${name.image}: ${type.image}`;
    this.complain("XD1031", span, "the type of a variable stands after its name", {
      label: `write \`${text}\``,
      fixes: [{ title: `write \`${text}\``, edits: [{ span, text }] }],
    });
    const typeName = this.identifierOf(type);
    return { kind: "named-type", id: this.id(), span: typeName.span, name: typeName, arguments: [] };
  }

  /** `u32 x;` or `x u32;` among fields. */
  protected fieldOrder(first: Identifier): void {
    const second = this.peek();
    if (!this.atName(1) || second.newline) return;
    const isType = /^(?:[ui]\d+|bool|__\w+|[A-Z]\w*)$/.test(first.name);
    const text = isType ? `${second.image}: ${first.name}` : `${first.name}: ${second.image}`;
    const span = { file: this.file, start: first.span.start, end: second.endOffset + 1 };
    this.failWith("XD1031", "a field is its name, `:`, and its type", {
      label: `write \`${text}\``,
      fixes: [{ title: `write \`${text}\``, edits: [{ span, text }] }],
    });
  }

  protected severalNames(mutable: boolean): void {
    const token = this.peek();
    const text = `; ${mutable ? "let" : "const"}`;
    this.complain("XD1042", this.spanOf(token), "each variable has a declaration of its own", {
      label: `write \`;\` and \`${mutable ? "let" : "const"}\` here`,
      fixes: [this.replace(token, text, "split the declaration")],
    });
    this.skipTo(T.semicolon, token.startOffset);
  }

  protected noValue(name: Identifier, mutable: boolean, type: TypeNode | undefined): void {
    if (mutable && type !== undefined) return;
    const next = this.peek();
    if (next.tokenType !== T.semicolon && !next.newline) {
      if (next.tokenType !== T.comma)
        this.fail(type === undefined ? "`:` and a type, or `=` and a value" : "`=` and a value");
      return;
    }
    const what = mutable
      ? `\`${name.name}\` needs a value or a type`
      : `the constant \`${name.name}\` needs a value`;
    this.complain("XD1038", name.span, what, {
      label: mutable ? "`let x = 1;` or `let x: u32;`" : "write `= …` after it",
    });
  }

  // ---- conditions and loops ----

  protected assignmentAsCondition(left: Expression): Expression {
    const token = this.skip();
    const operatorSpan = this.spanOf(token);
    this.complain("XD1028", operatorSpan, "an assignment is not a condition", {
      label: "did you mean `==`?",
      fixes: [this.replace(token, "==", "compare with `==`")],
    });
    const right = this.parseExpression();
    const span = this.span(left.span.start);
    return { kind: "binary", id: this.id(), span, operator: "==", operatorSpan, left, right };
  }

  /** After an expression: `=`, `++` or `--`, which would make it a statement. */
  protected changeInside(): void {
    const { image, newline } = this.peek();
    if ((image === "++" || image === "--") && !newline) {
      this.failWith("XD1029", `\`${image}\` has no value: it is a statement of its own`, {
        label: `write \`${image[0]} 1\` for the value, or change the variable before`,
      });
    }
    if (!this.at(T.assign)) return;
    this.failWith("XD1028", "an assignment has no value: it is a statement of its own", {
      label: "did you mean `==`?",
      fixes: [this.replace(this.peek(), "==", "compare with `==`")],
    });
  }

  /** `if x > 1 { … }` */
  protected bareCondition(): Expression {
    if (!startsExpression(this.peek().tokenType)) this.fail("`(` and a condition");
    const start = this.peek();
    const value = this.parseExpression();
    const span = this.span(start.startOffset);
    const before = { file: this.file, start: span.start, end: span.start };
    const after = { file: this.file, start: span.end, end: span.end };
    this.complain("XD1039", span, "a condition stands in parentheses", {
      fixes: [
        {
          title: "put parentheses around it",
          edits: [
            { span: before, text: "(" },
            { span: after, text: ")" },
          ],
        },
      ],
    });
    return value;
  }

  /** Takes an `else`, or makes an `if` of a word that was meant as `else if`; false if neither comes next. */
  protected takeElse(): boolean {
    const token = this.peek();
    if (token.tokenType === T.else) {
      this.skip();
      return true;
    }
    if (!["elif", "elsif", "elseif"].includes(token.image) || !this.at(T.openParen, 2)) return false;
    this.complain("XD1030", this.spanOf(token), `\`${token.image}\` is written \`else if\` here`, {
      fixes: [this.replace(token, "else if", "write `else if`")],
    });
    this.retype(token, T.if, token.startOffset);
    return true;
  }

  protected forIn(): void {
    const token = this.skip();
    this.complain("XD1041", this.spanOf(token), "a loop over values is written with `of`", {
      label: "`in` asks whether a value is in a list, a range or a map",
      fixes: [this.replace(token, "of", "write `of`")],
    });
  }

  protected severalTests(tests: Expression[]): void {
    while (this.at(T.comma)) {
      const token = this.skip();
      this.complain("XD1043", this.spanOf(token), "each value has a `case` of its own", {
        label: "write `case 1: case 2:`",
        fixes: [this.replace(token, ": case", "write `: case`")],
      });
      tests.push(this.parseExpression());
    }
  }
}
