/** Functions, with and without a body, and parameters. */
import type { FunctionDeclaration, Parameter, TypeNode } from "./ast.js";
import type { Rule } from "./parser-base.js";
import { StructParser } from "./parser-structs.js";
import { kw, T } from "./tokens.js";

export abstract class FunctionParser extends StructParser {
  /** From the name on. */
  override readonly functionRest: Rule<FunctionDeclaration, [number]> = this.RULE(
    "functionRest",
    (start: number): FunctionDeclaration => {
      const name = this.name("a name for the function");
      const parameters = this.SUBRULE(this.parameters);
      const result = this.OPTION(() => this.SUBRULE(this.resultType));
      const body = this.SUBRULE(this.block, { ARGS: ["the function"] });
      const common = { exported: false, doc: undefined, intrinsic: undefined } as const;
      return {
        kind: "function",
        id: this.id(),
        span: this.span(start),
        name,
        parameters,
        result,
        body,
        ...common,
      };
    },
  );

  /** `declare function now(): u64 from "bpf_ktime_get_ns";` */
  readonly intrinsic: Rule<FunctionDeclaration, [number]> = this.RULE(
    "intrinsic",
    (start: number): FunctionDeclaration => {
      this.take(kw("declare"));
      this.take(T.function);
      const name = this.name("a name for the function");
      const parameters = this.SUBRULE(this.parameters);
      const result = this.OPTION(() => this.SUBRULE(this.resultType));
      this.expect(kw("from"), "`from` and what it stands for");
      const intrinsic = this.SUBRULE(this.string);
      this.semicolon("the declaration");
      const common = { exported: false, doc: undefined, body: undefined } as const;
      return {
        kind: "function",
        id: this.id(),
        span: this.span(start),
        name,
        parameters,
        result,
        intrinsic,
        ...common,
      };
    },
  );

  readonly resultType: Rule<TypeNode> = this.RULE("resultType", (): TypeNode => {
    this.take(T.colon);
    return this.SUBRULE(this.type);
  });

  readonly parameters: Rule<Parameter[]> = this.RULE("parameters", (): Parameter[] => {
    const open = this.expect(T.openParen);
    const items = this.commaList(T.closeParen, () => this.SUBRULE(this.parameter));
    this.close(T.closeParen, open, items.length === 0 ? "a parameter" : "`,`");
    return items;
  });

  readonly parameter: Rule<Parameter> = this.RULE("parameter", (): Parameter => {
    const start = this.start();
    const name = this.name("a name for the parameter");
    const type = this.OPTION(() => {
      this.take(T.colon);
      return this.SUBRULE(this.type);
    });
    return { kind: "parameter", id: this.id(), span: this.span(start), name, type };
  });
}
