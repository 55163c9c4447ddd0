/** Structs and enums. */
import type { EnumDeclaration, EnumMember, StructDeclaration, StructField } from "./ast.js";
import type { Rule } from "./parser-base.js";
import { HeaderParser } from "./parser-headers.js";
import { kw, T } from "./tokens.js";

type Doc = string | undefined;
type DeclarationArgs = [start: number, exported: boolean, doc: Doc];

export abstract class StructParser extends HeaderParser {
  readonly struct: Rule<StructDeclaration, DeclarationArgs> = this.RULE(
    "struct",
    (start: number, exported: boolean, doc: Doc): StructDeclaration => {
      this.take(kw("struct"));
      const name = this.name("a name for the struct");
      const open = this.openBlock("`{` and the fields", true);
      const fields = this.SUBRULE(this.structFields);
      this.closeBlock(open);
      return { kind: "struct", id: this.id(), span: this.span(start), name, exported, doc, fields };
    },
  );

  readonly structFields: Rule<StructField[]> = this.RULE("structFields", (): StructField[] => {
    const fields: StructField[] = [];
    do {
      this.MANY({
        GATE: () => !this.fieldsEnd(),
        DEF: () => {
          const start = this.start();
          this.guard(
            () => void fields.push(this.SUBRULE(this.structField)),
            () => this.skipField(start),
          );
        },
      });
    } while (this.skipStrayField("a field `name: type;`"));
    return fields;
  });

  readonly structField: Rule<StructField> = this.RULE("structField", (): StructField => {
    const start = this.start();
    const { doc } = this.peek();
    const name = this.fieldName("the name of a field");
    if (!this.RECORDING_PHASE && !this.at(T.colon)) this.fieldOrder(name);
    this.expect(T.colon, "`:` and the type of the field");
    const type = this.SUBRULE(this.type);
    if (this.RECORDING_PHASE || !this.at(T.comma)) this.semicolon("the field", true);
    else this.commaForSemicolon();
    return { kind: "field", id: this.id(), span: this.span(start), name, type, doc };
  });

  /** As in object literals, and in Rust. */
  private commaForSemicolon(): void {
    const comma = this.peek();
    const span = this.spanOf(comma);
    this.complain("XD1002", span, "a field of a struct ends in `;`", {
      label: "write `;`",
      fixes: [{ title: "write `;`", edits: [{ span, text: ";" }] }],
    });
    this.skip();
  }

  readonly enumeration: Rule<EnumDeclaration, DeclarationArgs> = this.RULE(
    "enumeration",
    (start: number, exported: boolean, doc: Doc): EnumDeclaration => {
      this.take(kw("enum"));
      const name = this.name("a name for the enum");
      const base = this.OPTION(() => {
        this.take(T.colon);
        return this.SUBRULE(this.type);
      });
      const open = this.expect(T.openBrace);
      const members = this.SUBRULE(this.enumMembers);
      this.close(T.closeBrace, open, "`,`");
      return { kind: "enum", id: this.id(), span: this.span(start), name, exported, doc, base, members };
    },
  );

  readonly enumMembers: Rule<EnumMember[]> = this.RULE("enumMembers", (): EnumMember[] =>
    this.commaList(T.closeBrace, () => this.SUBRULE(this.enumMember)),
  );

  readonly enumMember: Rule<EnumMember> = this.RULE("enumMember", (): EnumMember => {
    const start = this.start();
    const name = this.name("a name for the member");
    const value = this.OPTION(() => {
      this.take(T.assign);
      return this.SUBRULE(this.expression);
    });
    return { kind: "member", id: this.id(), span: this.span(start), name, value };
  });
}
