/**
 * The abstract syntax tree: readonly discriminated unions on `kind`. Every node has an `id`, unique in one
 * compilation, for side tables, and the span of all its tokens. What the parser could not read is an `error`
 * expression or statement, so that the rest of a broken file is still checked.
 */
import type { SourceFile, Span } from "../base/span.js";

export type NodeId = number;

interface Node {
  readonly id: NodeId;
  readonly span: Span;
}

/** A name as written, with its own span. */
export interface Identifier extends Node {
  readonly kind: "identifier";
  readonly name: string;
}

export interface Module extends Node {
  readonly kind: "module";
  readonly file: SourceFile;
  readonly declarations: readonly Declaration[];
}

// ---- declarations ----------------------------------------------------------------------------------------

export type Declaration =
  | ImportDeclaration
  | LicenseDeclaration
  | TargetDeclaration
  | ParamDeclaration
  | VariableDeclaration
  | StructDeclaration
  | EnumDeclaration
  | TypeDeclaration
  | HeaderDeclaration
  | FunctionDeclaration
  | ProgramDeclaration
  | TestDeclaration;

/** `import { Vxlan, allow as permit } from "std/net/tunnel";` */
export interface ImportDeclaration extends Node {
  readonly kind: "import";
  readonly names: readonly { readonly name: Identifier; readonly alias: Identifier | undefined }[];
  readonly from: StringLiteral;
}

/** `license "GPL";` */
export interface LicenseDeclaration extends Node {
  readonly kind: "license";
  readonly value: StringLiteral;
}

/** `target "linux 5.15";` */
export interface TargetDeclaration extends Node {
  readonly kind: "target";
  readonly value: StringLiteral;
}

interface Declared extends Node {
  readonly name: Identifier;
  readonly exported: boolean;
  /** The text of the doc comment (`/**`) before it, stars taken away; undefined when there is none. */
  readonly doc: string | undefined;
}

/** `param rate: u64 = 1_000;` — set at load time. */
export interface ParamDeclaration extends Declared {
  readonly kind: "param";
  readonly type: TypeNode | undefined;
  readonly value: Expression;
}

/** `const` or `let`, at the top (maps, constants, globals) or in a body. */
export interface VariableDeclaration extends Declared {
  readonly kind: "variable";
  readonly mutable: boolean;
  readonly type: TypeNode | undefined;
  /** Undefined only for `let x: T;`, which must be assigned before it is read. */
  readonly value: Expression | undefined;
}

export interface StructDeclaration extends Declared {
  readonly kind: "struct";
  readonly fields: readonly StructField[];
}

export interface StructField extends Node {
  readonly kind: "field";
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly doc: string | undefined;
}

/** `enum Color: u8 { Red, Green = 4 }`; without a type it is u32, as in C. */
export interface EnumDeclaration extends Declared {
  readonly kind: "enum";
  readonly base: TypeNode | undefined;
  readonly members: readonly EnumMember[];
}

export interface EnumMember extends Node {
  readonly kind: "member";
  readonly name: Identifier;
  readonly value: Expression | undefined;
}

/** `type Port = u16;` */
export interface TypeDeclaration extends Declared {
  readonly kind: "type";
  readonly type: TypeNode;
}

/**
 * `export header Ethernet as eth { … }`: `as` gives the name by which layers are reached (`pkt.eth`); without
 * it, the header's name with a small first letter (`Ipv4` → `ipv4`).
 */
export interface HeaderDeclaration extends Declared {
  readonly kind: "header";
  readonly alias: Identifier | undefined;
  /** `after A when (x) , B when (y)`; empty for a root. */
  readonly parents: readonly HeaderParent[];
  readonly fields: readonly HeaderField[];
  /** `size = ihl * 4;` in bytes, from the header's start. */
  readonly size: Expression | undefined;
  /** `next Ethernet;` */
  readonly next: Identifier | undefined;
  /** `continues Ethernet { type } max 2 when (…);` */
  readonly continues: HeaderContinues | undefined;
  /** `options { end: 0, pad: 1 };`: from the fixed part to `size` are options, each a kind, a length and a value. */
  readonly options: ObjectLiteral | undefined;
}

/** `after Udp when (udp.dst == 4789)`; the condition sees the parent under its layer name. */
export interface HeaderParent extends Node {
  readonly kind: "parent";
  readonly header: Identifier;
  readonly when: Expression | undefined;
}

/**
 * What follows this header is chosen as after `header`, with these fields of `header` taken from here. A field
 * without a value is this header's own field of the same name. At most `max` such headers in a row are walked.
 */
export interface HeaderContinues extends Node {
  readonly kind: "continues";
  readonly header: Identifier;
  readonly fields: readonly { readonly name: Identifier; readonly value: Expression | undefined }[];
  readonly max: Expression | undefined;
  readonly when: Expression | undefined;
}

/** `src: Ipv4Addr;`, `checksum: u16 covers (…);`, `ihl: u4 = size / 4;` (the value it has unless one is given). */
export interface HeaderField extends Node {
  readonly kind: "header-field";
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly value: Expression | undefined;
  readonly covers: FieldCovers | undefined;
  readonly doc: string | undefined;
}

/**
 * `covers (header, payload, ipv4.src, ipv6.src) zero none`: the field is the Internet checksum (RFC 1071) over
 * these. `header` and `payload` are words here, the rest are fields of outer layers. `zero none` says that a
 * stored 0 means "no checksum" (RFC 768).
 */
export interface FieldCovers extends Node {
  readonly kind: "covers";
  readonly parts: readonly Expression[];
  readonly zeroNone: boolean;
}

/** `declare function now(): u64 from "bpf_ktime_get_ns";` has `intrinsic` and no body. */
export interface FunctionDeclaration extends Declared {
  readonly kind: "function";
  readonly parameters: readonly Parameter[];
  readonly result: TypeNode | undefined;
  readonly body: Block | undefined;
  readonly intrinsic: StringLiteral | undefined;
}

export interface Parameter extends Node {
  readonly kind: "parameter";
  readonly name: Identifier;
  readonly type: TypeNode | undefined;
}

/**
 * `xdp firewall(pkt) { … }`, `tc.ingress f(pkt) { … }`, `tracepoint("sched:sched_switch") { … }`,
 * `xdp({ frags: true }) jumbo(pkt) { … }`. `hook` is the dotted kind.
 */
export interface ProgramDeclaration extends Node {
  readonly kind: "program";
  readonly hook: { readonly name: string; readonly span: Span };
  readonly hookArguments: readonly Expression[];
  readonly name: Identifier | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
  readonly doc: string | undefined;
}

/** `test "a blocked source is dropped" { … }`; with a parameter it runs on generated packets. */
export interface TestDeclaration extends Node {
  readonly kind: "test";
  readonly name: StringLiteral;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
}

// ---- types -----------------------------------------------------------------------------------------------

export type TypeNode = NamedType | ArrayType | NullableType | ErrorType;

/** `u16`, `Ipv4Addr`, `Hash<u32, u64>`, `string<16>`; an argument may be a constant expression. */
export interface NamedType extends Node {
  readonly kind: "named-type";
  readonly name: Identifier;
  readonly arguments: readonly (TypeNode | Expression)[];
}

/** `u8[16]` */
export interface ArrayType extends Node {
  readonly kind: "array-type";
  readonly element: TypeNode;
  readonly length: Expression;
}

/** `T | null` */
export interface NullableType extends Node {
  readonly kind: "nullable-type";
  readonly inner: TypeNode;
}

export interface ErrorType extends Node {
  readonly kind: "error-type";
}

// ---- statements ------------------------------------------------------------------------------------------

export type Statement =
  | Block
  | VariableStatement
  | DestructuringStatement
  | ExpressionStatement
  | AssignStatement
  | IfStatement
  | ForStatement
  | ForOfStatement
  | WhileStatement
  | SwitchStatement
  | ReturnStatement
  | BreakStatement
  | ContinueStatement
  | EmptyStatement
  | ErrorStatement;

export interface Block extends Node {
  readonly kind: "block";
  readonly statements: readonly Statement[];
}

export interface VariableStatement extends Node {
  readonly kind: "variable-statement";
  readonly declaration: VariableDeclaration;
}

/** `const { src, dst: to } = ip;` */
export interface DestructuringStatement extends Node {
  readonly kind: "destructuring";
  readonly mutable: boolean;
  readonly bindings: readonly { readonly field: Identifier; readonly name: Identifier }[];
  readonly value: Expression;
}

export interface ExpressionStatement extends Node {
  readonly kind: "expression-statement";
  readonly expression: Expression;
}

export type AssignOperator =
  "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | ">>=" | "??=";

/** `x = e;`, `x += e;`, and `x++;`, `x--;`, which are `+= 1` and `-= 1`. Assignments are statements only. */
export interface AssignStatement extends Node {
  readonly kind: "assign";
  readonly target: Expression;
  readonly operator: AssignOperator;
  readonly value: Expression;
  /** As written with `++` or `--`. */
  readonly step: boolean;
}

export interface IfStatement extends Node {
  readonly kind: "if";
  readonly condition: Expression;
  readonly then: Statement;
  readonly otherwise: Statement | undefined;
}

/** `for (let i = 0; i < n; i++) …` */
export interface ForStatement extends Node {
  readonly kind: "for";
  readonly start: Statement | undefined;
  readonly condition: Expression | undefined;
  readonly step: Statement | undefined;
  readonly body: Statement;
}

/** `for (const x of xs)` has one name, `for (const [key, value] of map)` two. */
export interface ForOfStatement extends Node {
  readonly kind: "for-of";
  readonly names: readonly Identifier[];
  readonly mutable: boolean;
  readonly over: Expression;
  readonly body: Statement;
}

export interface WhileStatement extends Node {
  readonly kind: "while";
  readonly condition: Expression;
  readonly body: Statement;
}

/** Cases do not fall through into code: a case with statements must end in `break`, `return` or `continue`. */
export interface SwitchStatement extends Node {
  readonly kind: "switch";
  readonly value: Expression;
  readonly cases: readonly SwitchCase[];
}

/** `case A: case B: …` is one case with two tests; `default` has none. A test may be a range, list or prefix. */
export interface SwitchCase extends Node {
  readonly kind: "case";
  readonly tests: readonly Expression[];
  readonly isDefault: boolean;
  readonly body: readonly Statement[];
}

export interface ReturnStatement extends Node {
  readonly kind: "return";
  readonly value: Expression | undefined;
}

export interface BreakStatement extends Node {
  readonly kind: "break";
}

export interface ContinueStatement extends Node {
  readonly kind: "continue";
}

export interface EmptyStatement extends Node {
  readonly kind: "empty";
}

export interface ErrorStatement extends Node {
  readonly kind: "error-statement";
}

// ---- expressions -----------------------------------------------------------------------------------------

export type Expression =
  | Identifier
  | NumberLiteral
  | BooleanLiteral
  | NullLiteral
  | StringLiteral
  | TemplateLiteral
  | AddressLiteral
  | PrefixLiteral
  | ListLiteral
  | ObjectLiteral
  | RangeExpression
  | MemberExpression
  | IndexExpression
  | CallExpression
  | NewExpression
  | UnaryExpression
  | BinaryExpression
  | ConditionalExpression
  | CoalesceReturn
  | CastExpression
  | ErrorExpression;

/** `10_000`, `0xff`, `0b1`, `10ms` and `64KiB` are numbers in ns and bytes. */
export interface NumberLiteral extends Node {
  readonly kind: "number";
  readonly value: bigint;
  /** The unit as written (`ms`, `KiB`), or undefined. */
  readonly unit: string | undefined;
}

export interface BooleanLiteral extends Node {
  readonly kind: "boolean";
  readonly value: boolean;
}

export interface NullLiteral extends Node {
  readonly kind: "null";
}

export interface StringLiteral extends Node {
  readonly kind: "string";
  readonly value: string;
}

/** `` `a ${x} b` ``: `texts` has one more element than `values`. */
export interface TemplateLiteral extends Node {
  readonly kind: "template";
  readonly texts: readonly string[];
  readonly values: readonly Expression[];
}

export type AddressFamily = "ipv4" | "ipv6" | "mac";

/** `10.0.0.1`, `2001:db8::1`, `aa:bb:cc:dd:ee:ff`; the value is the address as a big-endian number. */
export interface AddressLiteral extends Node {
  readonly kind: "address";
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** `10.0.0.0/8`; host bits are an error of the checker. */
export interface PrefixLiteral extends Node {
  readonly kind: "prefix";
  readonly family: AddressFamily;
  readonly value: bigint;
  readonly length: number;
}

/** `[23, 2323]` */
export interface ListLiteral extends Node {
  readonly kind: "list";
  readonly elements: readonly Expression[];
}

/** `{ at: now(), src }` */
export interface ObjectLiteral extends Node {
  readonly kind: "object";
  readonly fields: readonly ObjectField[];
}

/** A key is a name, or for `new ProgramArray({ 0: a })` a number whose text is `name.name`. */
export interface ObjectField extends Node {
  readonly kind: "object-field";
  readonly name: Identifier;
  /** Undefined for the shorthand `{ src }`. */
  readonly value: Expression | undefined;
}

/** `6000..6063`, both ends included. */
export interface RangeExpression extends Node {
  readonly kind: "range";
  readonly from: Expression;
  readonly to: Expression;
}

/** `a.b`, `a?.b` */
export interface MemberExpression extends Node {
  readonly kind: "member-access";
  readonly object: Expression;
  readonly member: Identifier;
  readonly optional: boolean;
}

/** `a[i]` */
export interface IndexExpression extends Node {
  readonly kind: "index";
  readonly object: Expression;
  readonly index: Expression;
}

/** `f(x)`, `m.get(k)`, `inner.prepend<Ipv4>({ … })` */
export interface CallExpression extends Node {
  readonly kind: "call";
  readonly callee: Expression;
  readonly typeArguments: readonly (TypeNode | Expression)[];
  readonly arguments: readonly Expression[];
}

/** `new Hash<u32, u64>(1024, { pin: "flows" })` */
export interface NewExpression extends Node {
  readonly kind: "new";
  readonly type: NamedType;
  readonly arguments: readonly Expression[];
}

export type UnaryOperator = "-" | "~" | "!" | "+";

export interface UnaryExpression extends Node {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||"
  | "??"
  | "in";

export interface BinaryExpression extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}

/** `c ? a : b` */
export interface ConditionalExpression extends Node {
  readonly kind: "conditional";
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

/** `x ?? return v`, `x ?? continue`, `x ?? break`: leaves when `x` is null. */
export interface CoalesceReturn extends Node {
  readonly kind: "coalesce-exit";
  readonly value: Expression;
  readonly exit: ReturnStatement | BreakStatement | ContinueStatement;
}

/** `x as u16` */
export interface CastExpression extends Node {
  readonly kind: "cast";
  readonly value: Expression;
  readonly type: TypeNode;
}

export interface ErrorExpression extends Node {
  readonly kind: "error";
}
