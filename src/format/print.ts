/** A node to a doc: dispatches to the printer of each construct, and adds comments and parentheses. */
import type { Doc } from "prettier";
import { builders } from "prettier/doc";
import { assertNever, CompilerBug } from "../base/invariant.js";
import { printCall, printIndex, printMember, printNew } from "./calls.js";
import { isIgnored, withComments } from "./comments.js";
import { type Context, written } from "./context.js";
import * as control from "./control.js";
import * as declarations from "./declarations.js";
import { printFunction, printParameter, printProgram, printTest } from "./functions.js";
import * as headers from "./headers.js";
import { braces } from "./lists.js";
import { printList, printObject, printObjectField, printTemplate } from "./literals.js";
import * as operators from "./operators.js";
import { needsParentheses } from "./parentheses.js";
import type { Source } from "./source.js";
import * as statements from "./statements.js";
import type { FormatComment, FormatNode } from "./tree.js";
import { printArrayType, printNamedType, printNullableType } from "./types.js";

const { join, literallineWithoutBreakParent } = builders;

/** The whole text, and the comments that are in it. */
export function printSource(source: Source): {
  readonly doc: Doc;
  readonly printed: ReadonlySet<FormatComment>;
} {
  const cx: Context = { source, printed: new Set(), print: (node) => print(node, cx) };
  return { doc: cx.print(source.module), printed: cx.printed };
}

function print(node: FormatNode, cx: Context): Doc {
  if (isIgnored(node, cx)) return withComments(node, asWritten(node, cx), cx);
  const doc = printNode(node, cx);
  return withComments(node, needsParentheses(node, cx.source) ? ["(", doc, ")"] : doc, cx);
}

function asWritten(node: FormatNode, cx: Context): Doc {
  return join(literallineWithoutBreakParent, written(cx, node).split("\n"));
}

function printNode(node: FormatNode, cx: Context): Doc {
  switch (node.kind) {
    case "module":
      return declarations.printModule(node, cx);
    case "import":
      return declarations.printImport(node, cx);
    case "import-name":
      return declarations.printImportName(node, cx);
    case "license":
    case "target":
      return declarations.printSetting(node, cx);
    case "param":
      return declarations.printParam(node, cx);
    case "variable":
      return declarations.printVariable(node, cx);
    case "struct":
      return declarations.printStruct(node, cx);
    case "field":
      return declarations.printField(node, cx);
    case "enum":
      return declarations.printEnum(node, cx);
    case "member":
      return declarations.printMemberOfEnum(node, cx);
    case "type":
      return declarations.printTypeDeclaration(node, cx);
    case "header":
      return headers.printHeader(node, cx);
    case "parent":
      return headers.printParent(node, cx);
    case "header-field":
      return headers.printHeaderField(node, cx);
    case "covers":
      return headers.printCovers(node, cx);
    case "header-size":
      return headers.printSize(node, cx);
    case "header-next":
      return headers.printNext(node, cx);
    case "header-options":
      return headers.printOptions(node, cx);
    case "continues":
      return headers.printContinues(node, cx);
    case "continues-field":
      return headers.printContinuesField(node, cx);
    case "function":
      return printFunction(node, cx);
    case "parameter":
      return printParameter(node, cx);
    case "program":
      return printProgram(node, cx);
    case "test":
      return printTest(node, cx);
    case "named-type":
      return printNamedType(node, cx);
    case "array-type":
      return printArrayType(node, cx);
    case "nullable-type":
      return printNullableType(node, cx);
    case "block":
      return braces(node, cx);
    case "variable-statement":
      return statements.printVariableStatement(node, cx);
    case "destructuring":
      return statements.printDestructuring(node, cx);
    case "binding":
      return declarations.printBinding(node, cx);
    case "expression-statement":
      return statements.printExpressionStatement(node, cx);
    case "assign":
      return statements.printAssign(node, cx);
    case "return":
      return statements.printReturn(node, cx);
    case "break":
    case "continue":
      return statements.printLeave(node, cx);
    case "empty":
      return ";";
    case "if":
      return control.printIf(node, cx);
    case "for":
      return control.printFor(node, cx);
    case "for-of":
      return control.printForOf(node, cx);
    case "while":
      return control.printWhile(node, cx);
    case "switch":
      return control.printSwitch(node, cx);
    case "case":
      return control.printCase(node, cx);
    case "identifier":
    case "number":
    case "boolean":
    case "null":
    case "string":
    case "address":
    case "prefix":
      return written(cx, node);
    case "template":
      return printTemplate(node, cx);
    case "list":
      return printList(node, cx);
    case "object":
      return printObject(node, cx);
    case "object-field":
      return printObjectField(node, cx);
    case "range":
      return operators.printRange(node, cx);
    case "member-access":
      return printMember(node, cx);
    case "index":
      return printIndex(node, cx);
    case "call":
      return printCall(node, cx);
    case "new":
      return printNew(node, cx);
    case "unary":
      return operators.printUnary(node, cx);
    case "binary":
      return operators.printBinary(node, cx);
    case "conditional":
      return operators.printConditional(node, cx);
    case "coalesce-exit":
      return operators.printCoalesceExit(node, cx);
    case "cast":
      return operators.printCast(node, cx);
    case "error":
    case "error-statement":
    case "error-type":
      throw new CompilerBug("text with syntax errors is not formatted");
    default:
      return assertNever(node, "node");
  }
}
