/**
 * What every function of the checker is given. The context itself is immutable; the tables it points to are filled
 * as the check goes on, and `body.flow` is what is known at the point the check has reached.
 */
import type { Span } from "../base/span.js";
import { diagnostic, type DiagnosticDetails, type Fix, type Report } from "../diagnostics/diagnostic.js";
import type { DiagnosticCode } from "../diagnostics/registry.js";
import type { KernelFacts } from "../kernel/facts.js";
import type { ModuleScope, NamedDeclaration, Resolved } from "../resolve/index.js";
import type { Expression, Identifier, NodeId } from "../syntax/ast.js";
import type {
  CallMeaning,
  ConstantSymbol,
  ConstantValue,
  LocalSymbol,
  MemberMeaning,
  Symbol,
} from "./checked.js";
import type { Effects } from "./effects.js";
import type { History } from "./history.js";
import { markAssigned, markUnassigned, type Flow } from "./flow.js";
import { isPacketView } from "./type-tools.js";
import type { Header, HeaderFieldInfo, Type } from "./types.js";

export interface Tables {
  readonly types: Map<NodeId, Type>;
  readonly constants: Map<NodeId, ConstantValue>;
  readonly symbols: Map<NodeId, Symbol>;
  readonly locals: Map<NodeId, LocalSymbol | ConstantSymbol>;
  readonly members: Map<NodeId, MemberMeaning>;
  readonly calls: Map<NodeId, CallMeaning>;
  readonly written: Set<HeaderFieldInfo>;
}

/** What is shared by the whole compilation. */
export interface Root {
  readonly resolved: Resolved;
  readonly tables: Tables;
  readonly report: Report;
  readonly effects: Effects;
  /** Declarations already checked; `"busy"` while one is, to notice those that need themselves. */
  readonly symbols: Map<NamedDeclaration, Symbol | "busy" | "broken">;
  readonly types: Map<NamedDeclaration, Type | "busy">;
  readonly headers: Map<NamedDeclaration, Header>;
  readonly graphs: Map<ModuleScope, HeaderGraphCache>;
  readonly kernel: KernelFacts | undefined;
  /** For editors: called for every expression before it is checked, with what is known there. */
  readonly look: ((cx: Context, expression: Expression, expected: Type | undefined) => void) | undefined;
}

/** Headers a module sees, by layer name; what can follow what. Made in `graph.ts`. */
export interface HeaderGraphCache {
  readonly byLayer: ReadonlyMap<string, Header>;
  readonly inside: Map<Header, ReadonlySet<Header>>;
}

export interface Scope {
  readonly names: Map<string, LocalSymbol | ConstantSymbol>;
  readonly parent: Scope | undefined;
}

/** Where `break` and `continue` of one loop or switch lead. */
export interface Target {
  readonly kind: "loop" | "switch";
  readonly breaks: Flow[];
  readonly continues: Flow[];
}

/** State of the function or program body being checked. */
export interface Body {
  flow: Flow;
  /** What must be returned; undefined while it is being inferred. */
  readonly result: Type | undefined;
  /** In a program: its kind's hook. */
  readonly hook: string | undefined;
  /** `allow`, `firewall`, for messages. */
  readonly name: string;
  /** Types of returned values, when inferring. */
  readonly returned: Type[];
  /** Statements of a `test`. */
  readonly test: boolean;
  /** Locals that refer into the packet, and `pkt` itself. */
  readonly views: Map<NodeId, LocalSymbol>;
  /** For explanations only. */
  readonly history: History;
}

/** Inside a header declaration: whose fields can be named bare. */
export interface HeaderScope {
  readonly fields: ReadonlyMap<string, HeaderFieldInfo>;
  /** In a field's default: `size` and `length` are properties. */
  readonly properties: boolean;
}

export interface Context {
  readonly root: Root;
  readonly module: ModuleScope;
  readonly report: Report;
  readonly scope: Scope | undefined;
  readonly body: Body | undefined;
  readonly header: HeaderScope | undefined;
  readonly targets: readonly Target[];
  /** Where a guard can be put: the start of the statement, when it stands in a block. */
  readonly statement: Span | undefined;
  /** Constants are asked for: nothing that runs may be used. */
  readonly constant: boolean;
  /** Checking a loop's body ahead, only for its flow. */
  readonly dry: number;
}

/** The context at the top of a module. */
export function moduleContext(root: Root, module: ModuleScope): Context {
  return {
    root,
    module,
    report: root.report,
    scope: undefined,
    body: undefined,
    header: undefined,
    targets: [],
    statement: undefined,
    constant: true,
    dry: 0,
  };
}

export function inScope(cx: Context): Context {
  return { ...cx, scope: { names: new Map(), parent: cx.scope } };
}

export function error(
  cx: Context,
  code: DiagnosticCode,
  at: { readonly span: Span },
  message: string,
  details: DiagnosticDetails = {},
): void {
  cx.report(diagnostic(code, at.span, message, details));
}

/** Binds a local in the innermost block. */
export function declareLocal(
  cx: Context,
  name: Identifier,
  type: Type,
  options: { readonly mutable: boolean; readonly unassigned?: boolean },
): LocalSymbol {
  const symbol: LocalSymbol = {
    kind: "local",
    name: name.name,
    type,
    mutable: options.mutable,
    declaration: name,
  };
  bind(cx, name, symbol);
  if (cx.body) {
    if (isPacketView(type) || type.kind === "packet") cx.body.views.set(name.id, symbol);
    // In the next round of a loop it is another variable: what was said of this one holds no more.
    cx.body.flow = markAssigned(cx.body.flow, name.id);
    if (options.unassigned) cx.body.flow = markUnassigned(cx.body.flow, name.id);
  }
  return symbol;
}

export function bind(cx: Context, name: Identifier, symbol: LocalSymbol | ConstantSymbol): void {
  const scope = cx.scope;
  cx.root.tables.locals.set(name.id, symbol);
  if (!scope || name.name === "") return;
  const before = scope.names.get(name.name);
  if (before) {
    const first = before.kind === "local" ? before.declaration : before.declaration.name;
    error(cx, "XD2009", name, `\`${name.name}\` is declared twice in this block.`, {
      label: "declared again here",
      related: [{ span: first.span, message: `\`${name.name}\` was declared here first` }],
      notes: [
        "To change its value, assign to it without `let` or `const`; an inner block may reuse the name.",
      ],
      fixes: before.kind === "local" && before.mutable ? assignFix(name) : [],
    });
  }
  scope.names.set(name.name, symbol);
}

/** `size = …` for `let size = …`. */
function assignFix({ span: { file, start, end } }: Identifier): readonly Fix[] {
  const word = /\b(?:let|const)\s+$/.exec(file.text.slice(Math.max(0, start - 20), start))?.[0];
  if (word === undefined || !/^\s*=/.test(file.text.slice(end, end + 20))) return [];
  const span = { file, start: start - word.length, end: start };
  return [{ title: "assign to the first", edits: [{ span, text: "" }] }];
}

export function findLocal(cx: Context, name: string): LocalSymbol | ConstantSymbol | undefined {
  for (let scope = cx.scope; scope; scope = scope.parent) {
    const found = scope.names.get(name);
    if (found) return found;
  }
  return undefined;
}

export function setType(cx: Context, expression: Expression, type: Type): Type {
  cx.root.tables.types.set(expression.id, type);
  return type;
}

export function typeOf(cx: Context, expression: Expression): Type {
  return cx.root.tables.types.get(expression.id) ?? { kind: "error" };
}

export function setConstant(cx: Context, expression: Expression, value: ConstantValue): void {
  cx.root.tables.constants.set(expression.id, value);
}

export function constantOf(cx: Context, expression: Expression): ConstantValue | undefined {
  return cx.root.tables.constants.get(expression.id);
}

export function numberOf(cx: Context, expression: Expression): bigint | undefined {
  const value = constantOf(cx, expression);
  return value?.kind === "number" ? value.value : undefined;
}

export function sourceText(at: { readonly span: Span }): string {
  return at.span.file.text.slice(at.span.start, at.span.end);
}

/** Source text short enough to name something in a message. */
export function shortText(at: { readonly span: Span }): string {
  const text = sourceText(at).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
