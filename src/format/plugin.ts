/** The Prettier plugin: `{ "plugins": ["xdpl/prettier"] }`. */
import type { Options, Parser, ParserOptions, Printer, SupportLanguage } from "prettier";
import { invariant } from "../base/invariant.js";
import { lineColumn, type SourceFile } from "../base/span.js";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.js";
import { parse } from "../syntax/index.js";
import { placeComment } from "./place-comments.js";
import { printSource } from "./print.js";
import { makeRoot, type Root } from "./source.js";
import type { Branch, FormatComment } from "./tree.js";

/** What Prettier meets. */
type PrettierNode = Root | Branch | FormatComment;

/** A text with syntax errors, which is not formatted. The `loc` is for Prettier's own message. */
export class SyntaxErrors extends Error {
  override readonly name = "SyntaxErrors";
  readonly diagnostics: readonly Diagnostic[];
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };

  constructor(diagnostics: readonly Diagnostic[], first: Diagnostic) {
    super(`${first.code}: ${first.message}`);
    this.diagnostics = diagnostics;
    this.loc = { start: lineColumn(first.span.file, first.span.start) };
  }
}

function parseText(text: string, path: string): Root {
  const file: SourceFile = { path, text };
  let next = 0;
  const { module, diagnostics, comments } = parse(file, { next: () => next++ });
  const first = diagnostics.find(({ severity }) => severity === "error");
  if (first !== undefined && hasErrors(diagnostics)) throw new SyntaxErrors(diagnostics, first);
  return makeRoot(file, module, comments);
}

const parser: Parser<PrettierNode> = {
  parse: (text, options) => parseText(text, options.filepath ?? "<stdin>"),
  astFormat: "xdpl",
  locStart: ({ span }) => span.start,
  locEnd: ({ span }) => span.end,
};

/** What Prettier's search leaves on a comment. */
interface Found {
  readonly enclosingNode?: Branch;
  readonly precedingNode?: Branch;
  readonly followingNode?: Branch;
}

function handle(
  comment: FormatComment & Found,
  _text: string,
  _options: ParserOptions,
  root: PrettierNode,
): boolean {
  invariant(root.kind === "root", "comments hang below the root");
  const around = comment.enclosingNode?.node ?? root.source.module;
  const [before, after] = [comment.precedingNode?.node, comment.followingNode?.node];
  placeComment({ comment, around, before, after }, root.source);
  return true;
}

const printer: Printer<PrettierNode> = {
  print({ node }) {
    invariant(node.kind === "root", "everything below the root is printed from there");
    const { doc, printed } = printSource(node.source);
    for (const comment of printed) Object.assign(comment, { printed: true });
    return doc;
  },
  getVisitorKeys: () => [],
  canAttachComment: () => true,
  getCommentChildNodes(node) {
    if (node.kind === "root") return [node.source.tree];
    return node.kind === "branch" ? [...node.children] : [];
  },
  isBlockComment: (node) => node.kind === "comment" && node.block,
  printComment: ({ node }) => (node.kind === "comment" ? node.text : ""),
  handleComments: { ownLine: handle, endOfLine: handle, remaining: handle },
};

export const languages: SupportLanguage[] = [
  { name: "xdpl", parsers: ["xdpl"], extensions: [".xdpl"], vscodeLanguageIds: ["xdpl"] },
];
export const parsers: Record<"xdpl", Parser> = { xdpl: parser };
export const printers: Record<"xdpl", Printer> = { xdpl: printer };
export const defaultOptions: Options = { printWidth: 110, tabWidth: 2, useTabs: false };
