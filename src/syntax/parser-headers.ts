/** `header` declarations: fields, and the items `size`, `next`, `continues` and `options`. */
import type {
  Expression,
  FieldCovers,
  HeaderContinues,
  HeaderDeclaration,
  HeaderField,
  HeaderParent,
  Identifier,
  ObjectLiteral,
} from "./ast.js";
import type { Rule } from "./parser-base.js";
import { StatementParser } from "./parser-statements.js";
import { kw, T, Word } from "./tokens.js";

type ContinuesField = HeaderContinues["fields"][number];

type HeaderItem =
  | { readonly kind: "field"; readonly item: HeaderField }
  | { readonly kind: "size"; readonly item: Expression }
  | { readonly kind: "next"; readonly item: Identifier }
  | { readonly kind: "continues"; readonly item: HeaderContinues }
  | { readonly kind: "options"; readonly item: ObjectLiteral };

export abstract class HeaderParser extends StatementParser {
  /** From `header` on. */
  readonly headerRest: Rule<HeaderDeclaration, [number, boolean, string | undefined]> = this.RULE(
    "headerRest",
    (start: number, exported: boolean, doc: string | undefined): HeaderDeclaration => {
      this.take(kw("header"));
      const name = this.name("a name for the header");
      const alias = this.OPTION(() => {
        this.take(kw("as"));
        return this.name("the name of the layer");
      });
      const parents = this.OPTION2(() => this.SUBRULE(this.headerParents)) ?? [];
      const open = this.openBlock("`{` and the fields", true);
      const items = this.SUBRULE(this.headerItems);
      this.closeBlock(open);
      const header = {
        kind: "header",
        id: this.id(),
        span: this.span(start),
        name,
        exported,
        doc,
        alias,
        parents,
      } as const;
      return { ...header, ...this.sortItems(this.RECORDING_PHASE ? [] : items) };
    },
  );

  private sortItems(
    items: readonly HeaderItem[],
  ): Pick<HeaderDeclaration, "fields" | "size" | "next" | "continues" | "options"> {
    const fields: HeaderField[] = [];
    let size: Expression | undefined;
    let next: Identifier | undefined;
    let continues: HeaderContinues | undefined;
    let options: ObjectLiteral | undefined;
    const once = <R extends Expression | Identifier | HeaderContinues>(
      kind: string,
      before: R | undefined,
      item: R,
    ): R => {
      if (before === undefined) return item;
      this.complain("XD1037", item.span, `\`${kind}\` is given twice`, {
        label: "a header has at most one",
        related: [{ span: before.span, message: "the first one" }],
      });
      return before;
    };
    for (const one of items) {
      if (one.kind === "field") fields.push(one.item);
      else if (one.kind === "size") size = once("size", size, one.item);
      else if (one.kind === "next") next = once("next", next, one.item);
      else if (one.kind === "continues") continues = once("continues", continues, one.item);
      else options = once("options", options, one.item);
    }
    return { fields, size, next, continues, options };
  }

  readonly headerParents: Rule<HeaderParent[]> = this.RULE("headerParents", (): HeaderParent[] => {
    const parents: HeaderParent[] = [];
    this.take(kw("after"));
    parents.push(this.SUBRULE(this.headerParent));
    this.MANY(() => {
      this.take(T.comma);
      parents.push(this.SUBRULE2(this.headerParent));
    });
    return parents;
  });

  readonly headerParent: Rule<HeaderParent> = this.RULE("headerParent", (): HeaderParent => {
    const start = this.start();
    const header = this.name("the name of the header before this one");
    const when = this.OPTION(() => this.SUBRULE(this.when));
    return { kind: "parent", id: this.id(), span: this.span(start), header, when };
  });

  readonly when: Rule<Expression> = this.RULE("when", (): Expression => {
    this.take(kw("when"));
    return this.SUBRULE(this.condition);
  });

  readonly headerItems: Rule<HeaderItem[]> = this.RULE("headerItems", (): HeaderItem[] => {
    const items: HeaderItem[] = [];
    do {
      this.MANY({
        GATE: () => !this.fieldsEnd(),
        DEF: () => {
          const start = this.start();
          this.guard(
            () => void items.push(this.SUBRULE(this.headerItem)),
            () => this.skipField(start),
          );
        },
      });
    } while (this.skipStrayField("a field `name: type;`"));
    return items;
  });

  readonly headerItem: Rule<HeaderItem> = this.RULE("headerItem", (): HeaderItem =>
    this.OR<HeaderItem>([
      {
        GATE: () => this.at(T.assign, 2),
        ALT: () => ({ kind: "size", item: this.SUBRULE(this.headerSize) }),
      },
      { GATE: () => this.atName(2), ALT: () => ({ kind: "next", item: this.SUBRULE(this.headerNext) }) },
      {
        GATE: () => this.atName(2),
        ALT: () => ({ kind: "continues", item: this.SUBRULE(this.headerContinues) }),
      },
      {
        GATE: () => this.at(T.openBrace, 2),
        ALT: () => ({ kind: "options", item: this.SUBRULE(this.headerOptions) }),
      },
      { ALT: () => ({ kind: "field", item: this.SUBRULE(this.headerField) }) },
    ]),
  );

  readonly headerSize: Rule<Expression> = this.RULE("headerSize", (): Expression => {
    this.take(kw("size"));
    this.take(T.assign);
    const value = this.SUBRULE(this.value);
    this.semicolon("the size");
    return value;
  });

  readonly headerNext: Rule<Identifier> = this.RULE("headerNext", (): Identifier => {
    this.take(kw("next"));
    const name = this.name("the name of the header that follows");
    this.semicolon("the header that follows");
    return name;
  });

  readonly headerContinues: Rule<HeaderContinues> = this.RULE("headerContinues", (): HeaderContinues => {
    const start = this.start();
    this.take(kw("continues"));
    const header = this.name("the name of the header that this one continues");
    const fields = this.SUBRULE(this.continuesFields);
    const max = this.OPTION(() => {
      this.take(kw("max"));
      return this.SUBRULE(this.expression);
    });
    const when = this.OPTION2(() => this.SUBRULE(this.when));
    this.semicolon("`continues`");
    return { kind: "continues", id: this.id(), span: this.span(start), header, fields, max, when };
  });

  readonly continuesFields: Rule<ContinuesField[]> = this.RULE("continuesFields", (): ContinuesField[] => {
    const open = this.expect(T.openBrace);
    const fields = this.commaList(T.closeBrace, () => this.SUBRULE(this.continuesField));
    this.close(T.closeBrace, open, "`,`");
    return fields;
  });

  readonly continuesField: Rule<ContinuesField> = this.RULE("continuesField", (): ContinuesField => {
    const name = this.fieldName("the name of a field");
    const value = this.OPTION(() => {
      this.take(T.colon);
      return this.SUBRULE(this.expression);
    });
    return { name, value };
  });

  readonly headerOptions: Rule<ObjectLiteral> = this.RULE("headerOptions", (): ObjectLiteral => {
    this.take(kw("options"));
    const value = this.SUBRULE(this.objectLiteral);
    this.semicolon("the options");
    return value;
  });

  readonly headerField: Rule<HeaderField> = this.RULE("headerField", (): HeaderField => {
    const start = this.start();
    const { doc } = this.peek();
    const name = this.fieldName("the name of a field");
    if (!this.RECORDING_PHASE && !this.at(T.colon)) this.fieldOrder(name);
    this.expect(T.colon, "`:` and the type of the field");
    const type = this.SUBRULE(this.type);
    const covers = this.OPTION(() => this.SUBRULE(this.covers));
    const value = this.OPTION2(() => {
      this.take(T.assign);
      return this.SUBRULE(this.value);
    });
    this.semicolon("the field", true);
    return { kind: "header-field", id: this.id(), span: this.span(start), name, type, value, covers, doc };
  });

  readonly covers: Rule<FieldCovers> = this.RULE("covers", (): FieldCovers => {
    const start = this.start();
    this.take(kw("covers"));
    const parts = this.SUBRULE(this.callArguments);
    const zeroNone = this.OPTION(() => {
      this.take(kw("zero"));
      this.expect(kw("none"));
      return true;
    });
    return { kind: "covers", id: this.id(), span: this.span(start), parts, zeroNone: zeroNone === true };
  });

  // ---- fields that can't be read ----

  /** In a list of fields, complains about what starts none and skips it; false at the end of the list. */
  protected skipStrayField(what: string): boolean {
    if (this.RECORDING_PHASE || this.at(T.closeBrace) || this.declarationNext() || this.fieldsEnd())
      return false;
    const start = this.start();
    this.guard(
      () => this.expect(Word, what),
      () => undefined,
    );
    this.skipField(start);
    return true;
  }
}
