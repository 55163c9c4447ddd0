/** Declarations at the top of a file, and programs. */
import type {
  Declaration,
  Expression,
  ImportDeclaration,
  ParamDeclaration,
  ProgramDeclaration,
  TestDeclaration,
  TypeDeclaration,
} from "./ast.js";
import type { Span } from "../base/span.js";
import { EOF } from "./chevrotain.js";
import type { ParseInput, Rule } from "./parser-base.js";
import { FunctionParser } from "./parser-functions.js";
import {
  AssignOperatorToken,
  BinaryOperatorToken,
  isName,
  kw,
  Name,
  startsExpression,
  startsStatement,
  StringToken,
  T,
  type Token,
  Word,
} from "./tokens.js";

type ImportName = ImportDeclaration["names"][number];
type Doc = string | undefined;
type DeclarationArgs = [start: number, exported: boolean, doc: Doc];

export class Grammar extends FunctionParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  /** Reads a whole file. */
  run(input: ParseInput): Declaration[] {
    this.begin(input);
    this.hasArrows = input.file.text.includes("=>");
    this.suspect = undefined;
    this.findMargin();
    try {
      return this.module();
    } catch (error) {
      // Nesting is limited, but not what the caller has left of the stack.
      if (!(error instanceof RangeError)) throw error;
      this.complain(
        "XD1005",
        { file: input.file, start: 0, end: 0 },
        "this file is nested too deeply to read",
      );
      return [];
    } finally {
      this.end();
    }
  }

  readonly module: Rule<Declaration[]> = this.RULE("module", (): Declaration[] => {
    const found: Declaration[] = [];
    do {
      this.MANY(() => {
        const start = this.start();
        this.guard(
          () => {
            const declaration = this.SUBRULE(this.declaration);
            if (declaration !== undefined) found.push(declaration);
          },
          () => this.skipDeclaration(start),
        );
      });
    } while (this.skipStrayDeclaration());
    return found;
  });

  private skipStrayDeclaration(): boolean {
    if (this.RECORDING_PHASE || this.at(EOF)) return false;
    const start = this.start();
    // C writes `;` after the `}` of a struct; it is harmless.
    if (this.at(T.semicolon) && this.at(T.closeBrace, 0)) {
      this.skip();
      return true;
    }
    this.guard(
      () => this.strayDeclaration(),
      () => undefined,
    );
    this.skipDeclaration(start);
    return true;
  }

  private strayDeclaration(): never {
    const token = this.peek();
    const type = token.tokenType;
    if ([T.closeBrace, T.closeParen, T.closeBracket].includes(type)) {
      return this.failWith("XD1004", `nothing is open that this \`${token.image}\` could close`, {
        fixes: [{ title: "take it away", edits: [{ span: this.spanOf(token), text: "" }] }],
      });
    }
    if (startsStatement(type) || startsExpression(type)) return this.outside();
    return this.fail("a declaration or a program");
  }

  private outside(span: Span = this.spanOf(this.peek())): never {
    this.complainOnce("XD1040", span, "a statement stands in a program or a function", {
      label: "nothing runs out here",
      notes: ["for example `xdp firewall(pkt) { … }`"],
    });
    return this.fail("a declaration");
  }

  // ---- declarations ----

  readonly declaration: Rule<Declaration | undefined> = this.RULE("declaration", () => {
    const { doc, startOffset: start } = this.peek();
    if (!this.RECORDING_PHASE) this.outsideSlips();
    const exported = this.OPTION(() => this.take(kw("export"))) !== undefined;
    if (!this.RECORDING_PHASE && exported) this.exportSlips();
    // Words such as `type` and `param` start a declaration only before another name: `type.ingress f() {}` is a program.
    const word = (): boolean => this.atName(2);
    const text = (): boolean => !this.at(T.dot, 2) && !this.at(T.openParen, 2) && !exported;
    return this.OR<Declaration | undefined>([
      { ALT: () => this.SUBRULE(this.importRest, { ARGS: [start] }) },
      { ALT: () => this.variableAtTop(start, exported, doc) },
      { ALT: () => this.SUBRULE(this.struct, { ARGS: [start, exported, doc] }) },
      { ALT: () => this.SUBRULE(this.enumeration, { ARGS: [start, exported, doc] }) },
      {
        ALT: () => {
          this.take(T.function);
          return { ...this.SUBRULE(this.functionRest, { ARGS: [start] }), exported, doc };
        },
      },
      { GATE: word, ALT: () => this.SUBRULE(this.headerRest, { ARGS: [start, exported, doc] }) },
      { GATE: word, ALT: () => this.SUBRULE(this.param, { ARGS: [start, exported, doc] }) },
      { GATE: word, ALT: () => this.SUBRULE(this.typeAlias, { ARGS: [start, exported, doc] }) },
      {
        GATE: () => this.at(T.function, 2),
        ALT: () => ({ ...this.SUBRULE(this.intrinsic, { ARGS: [start] }), exported, doc }),
      },
      { GATE: text, ALT: () => this.SUBRULE(this.setting, { ARGS: [start] }) },
      {
        GATE: () => this.at(StringToken, 2) && !exported,
        ALT: () => this.SUBRULE(this.testRest, { ARGS: [start] }),
      },
      { ALT: () => this.SUBRULE(this.program, { ARGS: [start, doc] }) },
    ]);
  });

  /** `test "…" { … }`, `test "…" (p) { … }` */
  readonly testRest: Rule<TestDeclaration, [number]> = this.RULE(
    "testRest",
    (start: number): TestDeclaration => {
      this.take(kw("test"));
      const name = this.SUBRULE(this.string);
      const parameters = this.OPTION(() => this.SUBRULE(this.parameters)) ?? [];
      const body = this.SUBRULE(this.block, { ARGS: ["the test"] });
      return { kind: "test", id: this.id(), span: this.span(start), name, parameters, body };
    },
  );

  /** `license "GPL";`, `target "linux 5.15";` */
  readonly setting: Rule<Declaration, [number]> = this.RULE("setting", (start: number): Declaration => {
    const kind = this.OR<"license" | "target">([
      {
        ALT: () => {
          this.take(kw("license"));
          return "license";
        },
      },
      {
        ALT: () => {
          this.take(kw("target"));
          return "target";
        },
      },
    ]);
    const value = this.SUBRULE(this.string);
    this.semicolon(`the ${kind}`);
    return { kind, id: this.id(), span: this.span(start), value };
  });

  readonly importRest: Rule<ImportDeclaration, [number]> = this.RULE(
    "importRest",
    (start: number): ImportDeclaration => {
      this.take(kw("import"));
      if (!this.RECORDING_PHASE && !this.at(T.openBrace)) this.importSlips();
      const open = this.expect(T.openBrace, "`{` and the names to import");
      const names = this.commaList(T.closeBrace, () => this.SUBRULE(this.importName));
      this.close(T.closeBrace, open, "`,`");
      this.expect(kw("from"), "`from` and the module");
      const from = this.SUBRULE(this.string);
      this.semicolon("the import");
      return { kind: "import", id: this.id(), span: this.span(start), names, from };
    },
  );

  readonly importName: Rule<ImportName> = this.RULE("importName", (): ImportName => {
    const name = this.name("a name to import");
    const alias = this.OPTION(() => {
      this.take(kw("as"));
      return this.name("the name to use here");
    });
    return { name, alias };
  });

  private variableAtTop(start: number, exported: boolean, doc: Doc): Declaration | undefined {
    const statement = this.SUBRULE(this.variable);
    if (this.RECORDING_PHASE) return undefined;
    const span = this.span(start);
    if (statement.kind === "variable-statement") return { ...statement.declaration, span, exported, doc };
    if (statement.kind !== "destructuring") return undefined;
    this.complain("XD1040", statement.span, "fields are taken out of a value in a program or a function", {
      label: "nothing runs out here",
    });
    return undefined;
  }

  readonly param: Rule<ParamDeclaration, DeclarationArgs> = this.RULE(
    "param",
    (start: number, exported: boolean, doc: Doc): ParamDeclaration => {
      this.take(kw("param"));
      const name = this.name("a name for the parameter");
      const type = this.OPTION(() => {
        this.take(T.colon);
        return this.SUBRULE(this.type);
      });
      this.expect(T.assign, "`=` and the value it has unless one is set");
      const value = this.SUBRULE(this.value);
      this.semicolon("the parameter");
      return { kind: "param", id: this.id(), span: this.span(start), name, exported, doc, type, value };
    },
  );

  readonly typeAlias: Rule<TypeDeclaration, DeclarationArgs> = this.RULE(
    "typeAlias",
    (start: number, exported: boolean, doc: Doc): TypeDeclaration => {
      this.take(kw("type"));
      const name = this.name("a name for the type");
      this.expect(T.assign, "`=` and a type");
      const type = this.SUBRULE(this.type);
      this.semicolon("the type");
      return { kind: "type", id: this.id(), span: this.span(start), name, exported, doc, type };
    },
  );

  // ---- programs ----

  /** `kind(options) name(parameters) { … }`: all but the kind and the body may be left out. */
  readonly program: Rule<ProgramDeclaration, [number, Doc]> = this.RULE(
    "program",
    (start: number, doc: Doc): ProgramDeclaration => {
      const hook = this.SUBRULE(this.hook);
      const hookArguments = this.OPTION(() => this.SUBRULE(this.callArguments)) ?? ([] as Expression[]);
      const name = this.OPTION2(() => this.identifierOf(this.take(Name)));
      const parameters = this.OPTION3(() => this.SUBRULE(this.parameters)) ?? [];
      if (!this.RECORDING_PHASE && this.at(T.semicolon) && name === undefined) this.outside(this.span(start));
      if (!this.RECORDING_PHASE && this.at(T.colon)) this.resultOfProgram();
      const body = this.SUBRULE(this.block, { ARGS: ["the program"] });
      return {
        kind: "program",
        id: this.id(),
        span: this.span(start),
        hook,
        hookArguments,
        name,
        parameters,
        body,
        doc,
      };
    },
  );

  /** `xdp f(pkt): XdpAction {` */
  private resultOfProgram(): void {
    const start = this.start();
    while (!this.at(T.openBrace) && !this.at(EOF) && !this.at(T.semicolon)) this.skip();
    const span = this.span(start);
    this.complain("XD1001", span, "a program has no result type", {
      label: "what it returns follows from its kind",
      fixes: [{ title: "take it away", edits: [{ span, text: "" }] }],
    });
  }

  readonly hook: Rule<ProgramDeclaration["hook"]> = this.RULE("hook", (): ProgramDeclaration["hook"] => {
    const start = this.start();
    let name = this.take(Name).image;
    this.MANY(() => {
      this.take(T.dot);
      name += `.${this.expect(Word, "a name").image}`;
    });
    return { name, span: this.span(start) };
  });

  // ---- slips ----

  /** A statement where a declaration stands, as far as its first words show it. */
  private outsideSlips(): void {
    const token = this.peek();
    const second = this.peek(2).tokenType;
    if (token.tokenType === T.function || !isName(token.tokenType)) return;
    if (token.image === "var" && isName(second)) {
      this.complain("XD1020", this.spanOf(token), "variables are declared with `let`, or with `const`", {
        label: "`var` is not in the language",
        fixes: [{ title: "write `let`", edits: [{ span: this.spanOf(token), text: "let" }] }],
      });
      this.retype(token, T.let, token.startOffset);
    } else if (token.image === "interface" && isName(second) && this.at(T.openBrace, 3)) {
      const span = this.spanOf(token);
      this.complain("XD1022", span, "there is no `interface`", {
        label: "what has fields is a `struct`",
        fixes: [{ title: "write `struct`", edits: [{ span, text: "struct" }] }],
      });
      this.retype(token, kw("struct"), token.startOffset);
    } else if (["class", "interface"].includes(token.image) && isName(second)) {
      this.failWith("XD1022", `there is no \`${token.image}\``, {
        label: "a `struct` holds data, and a `function` works on it",
      });
    } else if (token.image === "async" && (second === T.function || isName(second))) {
      this.failWith("XD1024", "there is no `async`", { label: "a program runs to its end without waiting" });
    } else if (second === T.assign) this.outside();
    else if (
      isName(second) &&
      !contextualHeads.has(token.tokenType) &&
      [T.assign, T.semicolon].includes(this.peek(3).tokenType)
    ) {
      this.typeFirst("let", token.startOffset);
      this.fail("a declaration");
    } else if (second === T.increment || second === T.decrement || this.matchesOperator(second))
      this.outside();
  }

  private matchesOperator(type: Token["tokenType"]): boolean {
    return [BinaryOperatorToken, AssignOperatorToken].some((one) => type.CATEGORIES?.includes(one));
  }

  private exportSlips(): void {
    const token = this.peek();
    const word = token.tokenType;
    if (word === T.openBrace || word === kw("default") || word === kw("*")) {
      this.failWith("XD1033", "`export` stands before a declaration", {
        label: "write `export` before the `const`, `function`, `struct` or `header` itself",
      });
    }
    if (word === kw("import"))
      this.failWith("XD1033", "an import can't be exported", { label: "take `export` away" });
    if (!isName(word) && !exportable.has(word)) this.fail("a declaration after `export`");
    const declares = [kw("header"), kw("param"), kw("type")].includes(word) && this.atName(2);
    const intrinsic = word === kw("declare") && this.at(T.function, 2);
    if (!isName(word) || declares || intrinsic) return;
    const before = this.peek(0);
    const span = { file: this.file, start: before.startOffset, end: token.startOffset };
    this.complain(
      "XD1034",
      this.spanOf(before),
      "a program is not exported: it is always part of the output",
      {
        label: "take `export` away",
        fixes: [{ title: "take `export` away", edits: [{ span, text: "" }] }],
      },
    );
  }

  private importSlips(): void {
    const details = {
      label: "write the names in braces",
      notes: ['for example `import { Ipv4Addr } from "std/net";`'],
    };
    this.failWith("XD1033", "an import lists the names it takes", details);
  }
}

const exportable: ReadonlySet<Token["tokenType"]> = new Set(
  ["const", "let", "function", "struct", "enum"].map(kw),
);

const contextualHeads: ReadonlySet<Token["tokenType"]> = new Set(["param", "type", "header"].map(kw));
