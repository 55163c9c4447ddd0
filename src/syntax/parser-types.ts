/** Types: `u16`, `Hash<u32, u64>`, `string<16>`, `u8[16]`, `T | null`. */
import { EOF } from "./chevrotain.js";
import type { ErrorType, Expression, NamedType, TypeNode } from "./ast.js";
import type { Rule } from "./parser-base.js";
import { RecoveryParser } from "./parser-recovery.js";
import { kw, Name, NumberToken, StringToken, T } from "./tokens.js";

/** `u8[1][2]…` may not go on for ever: every length is a level of the tree. */
const maxDimensions = 8;

export abstract class TypeParser extends RecoveryParser {
  protected abstract readonly expression: Rule<Expression>;
  protected abstract readonly prefix: Rule<Expression>;

  readonly type: Rule<TypeNode> = this.RULE("type", (): TypeNode => this.deeper(() => this.typeBody()));

  private typeBody(): TypeNode {
    if (!this.RECORDING_PHASE && this.at(T.openBrace)) return this.objectType();
    const start = this.start();
    let type: TypeNode = this.SUBRULE(this.namedType);
    let dimensions = 0;
    this.MANY(() => {
      const open = this.take(T.openBracket);
      if (!this.RECORDING_PHASE && this.at(T.closeBracket)) {
        type = this.noLength(start);
        return;
      }
      const length = this.SUBRULE(this.expression);
      this.close(T.closeBracket, open);
      if (++dimensions > maxDimensions) this.fail(`at most ${maxDimensions} dimensions`);
      type = { kind: "array-type", id: this.id(), span: this.span(start), element: type, length };
    });
    if (
      !this.RECORDING_PHASE &&
      type.kind === "named-type" &&
      type.name.name === "any" &&
      type.arguments.length === 0
    ) {
      type = this.any(type);
    }
    this.OPTION(() => {
      this.take(kw("|"));
      this.expect(kw("null"), "`null`: a union is always `T | null`");
      type = { kind: "nullable-type", id: this.id(), span: this.span(start), inner: type };
    });
    return type;
  }

  readonly namedType: Rule<NamedType> = this.RULE("namedType", (): NamedType => {
    const start = this.start();
    const name = this.identifierOf(this.expect(Name, "a type"));
    const args = this.OPTION(() => this.SUBRULE(this.typeArguments)) ?? [];
    return { kind: "named-type", id: this.id(), span: this.span(start), name, arguments: args };
  });

  readonly typeArguments: Rule<(TypeNode | Expression)[]> = this.RULE("typeArguments", () => {
    const open = this.take(T.less);
    const items = this.commaList(T.greater, () => this.SUBRULE(this.typeArgument));
    if (!this.RECORDING_PHASE && items.length === 0) this.fail("a type");
    // Of `>>`, `>=` and `>>=` only the first `>` is taken; the rest is left.
    if (!this.RECORDING_PHASE && /^>[>=]/.test(this.peek().image)) this.splitGreater();
    else this.close(T.greater, open, "`,`");
    return items;
  });

  /** A type, or a constant in front of which no type can stand: `16`, `(N * 2)`. */
  readonly typeArgument: Rule<TypeNode | Expression> = this.RULE("typeArgument", () => {
    if (!this.RECORDING_PHASE && this.at(T.openBrace)) return this.objectType();
    return this.OR<TypeNode | Expression>([
      { GATE: () => !this.constantNext(), ALT: () => this.SUBRULE(this.type) },
      { ALT: () => this.SUBRULE(this.prefix) },
    ]);
  });

  private constantNext(): boolean {
    const { tokenType } = this.peek();
    return [NumberToken, StringToken, T.openParen, kw("-")].includes(tokenType);
  }

  /** `{ src: Ipv4Addr; port: u16 }` where a type stands. */
  private objectType(): ErrorType {
    const start = this.start();
    let depth = 0;
    do {
      if (this.at(EOF)) break;
      depth += this.at(T.openBrace) ? 1 : this.at(T.closeBrace) ? -1 : 0;
      this.skip();
    } while (depth > 0);
    const span = this.span(start);
    this.complain("XD1001", span, "a type with fields has a name", {
      label: "declare it outside, and write its name here",
      notes: ["a struct is declared at the top: `struct Key { src: Ipv4Addr; port: u16; }`"],
    });
    return { kind: "error-type", id: this.id(), span };
  }

  private any(type: NamedType): ErrorType {
    this.complain("XD1027", type.span, "there is no type `any`", {
      label: "name the type",
      notes: ["the kernel's verifier must know the type of every value"],
    });
    return { kind: "error-type", id: this.id(), span: type.span };
  }

  private noLength(start: number): ErrorType {
    this.skip();
    const span = this.span(start);
    this.complain("XD1035", span, "an array type needs its length", {
      label: "write the number of elements between the brackets",
      notes: ["memory is laid out before the program runs; for data that grows, use a map"],
    });
    return { kind: "error-type", id: this.id(), span };
  }
}
