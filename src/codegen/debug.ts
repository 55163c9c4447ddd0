import type { SourceFile, Span } from "../base/span.js";
import { lineColumn } from "../base/span.js";
import type { IrFunction, IrType } from "../ir/ir.js";
import { contextPointer } from "./context-types.js";
import { basicType, intType, pointerTo } from "./debug-types.js";
import type { MetadataTable } from "./metadata-table.js";
import { addNode, fillNode, listNode, quote, reserveNode, sharedNode } from "./metadata-table.js";
import { cIdentifier } from "./names.js";

/**
 * Debug info. Its purpose is BTF: types for maps and globals, function signatures, and for every instruction the
 * line of the script, with its text, that the kernel's verifier then quotes.
 */
export interface Debug {
  readonly table: MetadataTable;
  readonly files: Map<SourceFile, string>;
  /** Tests: no code is made of them, and their text does not go along. */
  readonly tests: readonly Span[];
  readonly unit: string;
  readonly mainFile: string;
  readonly globals: string[];
}

/** The scope of one function's locations. */
export interface DebugScope {
  readonly subprogram: string;
  readonly file: SourceFile;
  readonly line: number;
  /** Scopes of code inlined from other files. */
  readonly inlined: Map<SourceFile, string>;
  readonly locations: Map<string, string>;
}

export function createDebug(table: MetadataTable, main: SourceFile, tests: readonly Span[] = []): Debug {
  const files = new Map<SourceFile, string>();
  const debug: Debug = {
    table,
    files,
    tests,
    unit: reserveNode(table),
    mainFile: fileNode({ table, files, tests }, main),
    globals: [],
  };
  return debug;
}

/** The text with nothing but line breaks where tests stand. */
function withoutTests(file: SourceFile, tests: readonly Span[]): string {
  let text = "";
  let at = 0;
  for (const test of tests) {
    if (test.file !== file) continue;
    text += file.text.slice(at, test.start) + file.text.slice(test.start, test.end).replaceAll(/[^\n]+/g, "");
    at = test.end;
  }
  return text + file.text.slice(at);
}

/**
 * The most lines of a script whose texts go into BTF. LLVM compares each new text with all before it: 5000 lines take a
 * fifth of a second, and a quarter of the object. Past it the lines have their numbers only.
 */
const mostLineTexts = 2000;

/** The source text goes along: LLVM takes the line texts of BTF from there and not from the disk. */
function fileNode(
  { table, files, tests }: Pick<Debug, "table" | "files" | "tests">,
  file: SourceFile,
): string {
  const known = files.get(file);
  if (known !== undefined) return known;
  const text = withoutTests(file, tests).trimEnd();
  const source = text.split("\n", mostLineTexts + 1).length > mostLineTexts ? "\n" : `${text}\n`;
  const node = addNode(
    table,
    `!DIFile(filename: ${quote(file.path)}, directory: "", source: ${quote(source)})`,
  );
  files.set(file, node);
  return node;
}

/** Completes the compile unit; to be called when all globals are known. */
export function finishDebug(debug: Debug): void {
  const { table } = debug;
  fillNode(
    table,
    debug.unit,
    `distinct !DICompileUnit(language: DW_LANG_C11, file: ${debug.mainFile}, producer: "xdpl", isOptimized: true, runtimeVersion: 0, emissionKind: FullDebug, globals: ${listNode(table, debug.globals)}, splitDebugInlining: false, nameTableKind: None)`,
  );
}

/** Describes a global variable; gives the `!dbg` attachment. */
export function globalVariable(debug: Debug, name: string, type: string, span: Span): string {
  const { table } = debug;
  const line = lineColumn(span.file, span.start).line;
  const file = fileNode(debug, span.file);
  const variable = addNode(
    table,
    `distinct !DIGlobalVariable(name: "${name}", scope: ${debug.unit}, file: ${file}, line: ${line}, type: ${type}, isLocal: false, isDefinition: true)`,
  );
  const node = addNode(table, `!DIGlobalVariableExpression(var: ${variable}, expr: !DIExpression())`);
  debug.globals.push(node);
  return `!dbg ${node}`;
}

/** Describes a function; `name` is its symbol. */
export function subprogram(debug: Debug, fn: IrFunction, name: string): DebugScope {
  const { table } = debug;
  const file = fileNode(debug, fn.span.file);
  const line = lineColumn(fn.span.file, fn.span.start).line;
  const node = reserveNode(table);
  const result =
    fn.linkage === "program"
      ? intType(table)
      : fn.result === undefined
        ? "null"
        : valueType(debug, fn, fn.result);
  const types = fn.parameters.map((one) => valueType(debug, fn, one.type));
  // The kernel wants a name for every argument; LLVM takes them from here.
  const locals = fn.parameters.map((one, at) =>
    addNode(
      table,
      `!DILocalVariable(name: "${cIdentifier(one.name)}", arg: ${at + 1}, scope: ${node}, file: ${file}, line: ${line}, type: ${types[at] ?? "null"})`,
    ),
  );
  const signature = sharedNode(
    table,
    `!DISubroutineType(cc: DW_CC_normal, types: ${listNode(table, [result, ...types])})`,
  );
  const flags = fn.linkage === "program" ? "DISPFlagDefinition" : "DISPFlagLocalToUnit | DISPFlagDefinition";
  fillNode(
    table,
    node,
    `distinct !DISubprogram(name: "${name}", scope: ${file}, file: ${file}, line: ${line}, type: ${signature}, scopeLine: ${line}, flags: DIFlagPrototyped, spFlags: ${flags} | DISPFlagOptimized, unit: ${debug.unit}, retainedNodes: ${listNode(table, locals)})`,
  );
  return { subprogram: node, file: fn.span.file, line, inlined: new Map(), locations: new Map() };
}

function valueType(debug: Debug, fn: IrFunction, type: IrType): string {
  const { table } = debug;
  if (type.kind === "int") return basicType(table, type.bits, type.signed);
  if (type.region === "context") return contextPointer(table, debug.mainFile, fn.hook);
  return pointerTo(table, "null");
}

/** BTF has ten bits for a column (`BPF_LINE_INFO_LINE_COL`). */
const columnLimit = 1024;

/** The location of a span, such as `!12`. */
export function location(debug: Debug, scope: DebugScope, span: Span): string {
  const { line, column } = lineColumn(span.file, span.start);
  const file = span.file === scope.file ? "" : fileNode(debug, span.file);
  const key = `${line}:${column}${file}`;
  const known = scope.locations.get(key);
  if (known !== undefined) return known;
  const node = addNode(
    debug.table,
    `!DILocation(line: ${line}, column: ${column < columnLimit ? column : 0}, scope: ${scopeOf(debug, scope, span.file)})`,
  );
  scope.locations.set(key, node);
  return node;
}

/**
 * The scope of a location, and where it stands. Code of another file (the standard library's) is described as inlined
 * from there: LLVM before 18 takes the lines of BTF from the file of the scope's subprogram.
 */
function scopeOf(debug: Debug, scope: DebugScope, file: SourceFile): string {
  if (file === scope.file) return scope.subprogram;
  const known = scope.inlined.get(file);
  if (known !== undefined) return known;
  const { table } = debug;
  const node = fileNode(debug, file);
  const signature = sharedNode(table, `!DISubroutineType(types: ${listNode(table, ["null"])})`);
  const source = addNode(
    table,
    `distinct !DISubprogram(name: ${quote(file.path)}, scope: ${node}, file: ${node}, line: 1, type: ${signature}, scopeLine: 1, spFlags: DISPFlagLocalToUnit | DISPFlagDefinition | DISPFlagOptimized, unit: ${debug.unit})`,
  );
  const caller = addNode(
    table,
    `distinct !DILocation(line: ${scope.line}, column: 1, scope: ${scope.subprogram})`,
  );
  const text = `${source}, inlinedAt: ${caller}`;
  scope.inlined.set(file, text);
  return text;
}
