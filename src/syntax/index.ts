/** Source text to the abstract syntax tree. */
import type { SourceFile } from "../base/span.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Declaration, Module, NodeId } from "./ast.js";
import { type Comment, lex } from "./lexer.js";
import { Grammar } from "./parser-declarations.js";

export type { Comment } from "./lexer.js";

export interface ParseResult {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
  /** Every comment, in the order of the text. */
  readonly comments: readonly Comment[];
}

/**
 * One grammar for the process: Chevrotain learns the grammar when it is made, which costs more than parsing a
 * file. It holds no text between two calls.
 */
let shared: Grammar | undefined;

/** Reads a file. Always gives a tree, of all that could be read, and never throws on what a user may write. */
export function parse(file: SourceFile, ids: { next(): NodeId }): ParseResult {
  const diagnostics: Diagnostic[] = [];
  const report = (found: Diagnostic): void => void diagnostics.push(found);
  const { tokens, comments } = lex(file, report);
  shared ??= new Grammar();
  const declarations: readonly Declaration[] = shared.run({ file, tokens, ids, report });
  const span = { file, start: 0, end: file.text.length };
  diagnostics.sort((a, b) => a.span.start - b.span.start);
  return { module: { kind: "module", id: ids.next(), span, file, declarations }, diagnostics, comments };
}
