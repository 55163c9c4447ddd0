/** Names in expressions: locals as narrowed, constants, params, globals, and bare enum members. */
import { lookup } from "../resolve/index.js";
import { programKind, supportedHooks } from "../kernel/programs.js";
import type { Fix } from "../diagnostics/diagnostic.js";
import type { Expression, Identifier } from "../syntax/ast.js";
import type { ConstantSymbol, EnumMemberSymbol, LocalSymbol, Symbol } from "./checked.js";
import { error, moduleContext, setConstant, type Context } from "./context.js";
import { symbolOf } from "./declarations.js";
import { enumOf } from "./enums.js";
import { learn, markAssigned } from "./flow.js";
import { foreignName } from "./foreign.js";
import { exitText } from "./nulls.js";
import { presume } from "./history.js";
import { findName, isBroken, unknownName, type Found } from "./lookup.js";
import { pathOf } from "./paths.js";
import { errorType, isPacketView, nullType, u16, withoutNull } from "./type-tools.js";
import type { EnumType, Type } from "./types.js";

export function checkIdentifier(cx: Context, node: Identifier, expected: Type | undefined): Type {
  const found = findName(cx, node.name);
  if (found?.kind === "local") return checkLocal(cx, node, found.symbol);
  const inHeader = headerName(cx, node);
  if (inHeader) return inHeader;
  if (found) return checkFound(cx, node, found);
  if (isBroken(cx, node.name)) return errorType;
  const member = bareMember(cx, node.name, expected);
  if (member) return useMember(cx, node, member);
  const wanted = expected && withoutNull(expected);
  const members = wanted?.kind === "enum" ? wanted.members.map((one) => one.name) : verdictNames(cx);
  const names = [...candidateNames(cx, node, members)];
  unknownName(cx, node, "name", names, [], foreignName(node.name, members));
  return errorType;
}

function* candidateNames(cx: Context, node: Identifier, members: readonly string[]): Iterable<string> {
  yield* members;
  yield* namesInSight(cx, node);
}

function namesInSight(cx: Context, node: Identifier): Iterable<string> {
  const names = new Set<string>();
  for (let scope = cx.scope; scope; scope = scope.parent)
    for (const name of scope.names.keys()) names.add(name);
  for (const name of cx.header?.fields.keys() ?? []) names.add(name);
  const own = [...cx.module.own, ...cx.module.imports, ...cx.root.resolved.prelude];
  for (const [name, { declaration }] of own) {
    if (declaration.kind !== "program" && declaration.kind !== "type" && name !== node.name) names.add(name);
  }
  return names;
}

function headerName(cx: Context, node: Identifier): Type | undefined {
  if (!cx.header) return undefined;
  const { symbols } = cx.root.tables;
  if (cx.header.properties && (node.name === "size" || node.name === "length")) {
    symbols.set(node.id, { kind: "header-property", property: node.name });
    return u16;
  }
  const field = cx.header.fields.get(node.name);
  if (!field) return undefined;
  symbols.set(node.id, { kind: "header-field", field });
  return field.type;
}

function checkLocal(cx: Context, node: Identifier, symbol: LocalSymbol | ConstantSymbol): Type {
  cx.root.tables.symbols.set(node.id, symbol);
  if (symbol.kind === "constant") {
    setConstant(cx, node, symbol.value);
    return symbol.type;
  }
  const { body } = cx;
  if (!body) return symbol.type;
  const { id } = symbol.declaration;
  if (body.flow.unassigned.has(id)) {
    error(cx, "XD3303", node, `\`${symbol.name}\` is read before it has a value.`, {
      label: "may not have a value yet",
      related: [{ span: symbol.declaration.span, message: "declared here without a value" }],
      notes: [
        "On some way to this line nothing has been assigned to it. Give it a value where it is declared.",
      ],
      fixes: startFix(symbol),
    });
    body.flow = markAssigned(body.flow, id);
  }
  const death = body.flow.dead.get(id);
  if (death && isPacketView(symbol.type)) {
    error(cx, "XD3102", node, `\`${symbol.name}\` may not be used any more: the packet has moved.`, {
      label: "refers to where the packet was",
      related: [{ span: death.span, message: death.what }],
      notes: [`${again(symbol)}; what was read before may be kept in variables.`],
      fixes: againFix(cx, node, symbol),
    });
    body.flow = markAssigned(body.flow, id);
  }
  return narrowed(cx, node, symbol.type);
}

/** `let x: u8;` as `let x: u8 = 0;`. */
function startFix({ type, declaration }: LocalSymbol): readonly Fix[] {
  const value =
    type.kind === "int"
      ? "0"
      : type.kind === "bool"
        ? "false"
        : type.kind === "nullable"
          ? "null"
          : undefined;
  const { file, end } = declaration.span;
  const semicolon = /^[^;={\n]*(?=;)/.exec(file.text.slice(end));
  if (value === undefined || !semicolon) return [];
  const at = end + semicolon[0].length;
  return [
    {
      title: `start with \`${value}\``,
      edits: [{ span: { file, start: at, end: at }, text: ` = ${value}` }],
    },
  ];
}

/** How to get at it again after the packet moved. */
function again(symbol: LocalSymbol): string {
  const inner = withoutNull(symbol.type);
  if (inner.kind === "option") return "Move the packet after the loop over its options";
  const found = inner.kind === "layer" ? `pkt.${inner.header.layer}` : "pkt.…";
  const leave = inner.kind === "layer" && inner.header.parents.length === 0 ? "" : " ?? return …";
  return `Look it up again after the call, as in \`const ${symbol.name} = ${found}${leave};\``;
}

/** The layer looked up again where it is used. */
function againFix(cx: Context, node: Identifier, symbol: LocalSymbol): readonly Fix[] {
  const inner = withoutNull(symbol.type);
  const packet = [...(cx.body?.views.values() ?? [])].find((one) => one.type.kind === "packet");
  const exit = exitText(cx);
  if (inner.kind !== "layer" || !packet || (inner.header.parents.length > 0 && exit === undefined)) return [];
  const found = `${packet.name}.${inner.header.layer}`;
  const text = inner.header.parents.length === 0 ? found : `(${found} ?? ${exit ?? ""})`;
  return [{ title: `look it up again: \`${text}\``, edits: [{ span: node.span, text }] }];
}

/** The type of an expression with what is known of its path. */
export function narrowed(cx: Context, node: Expression, declared: Type): Type {
  if (declared.kind !== "nullable" || !cx.body || cx.body.flow.facts.size === 0) return declared;
  const path = pathOf(cx, node);
  const fact = path === undefined ? undefined : cx.body.flow.facts.get(path);
  if (fact === undefined) return declared;
  return fact === "present" ? declared.inner : nullType;
}

/** Says, after a mistake has been reported, that the path counts as present from here on. */
export function assumePresent(cx: Context, node: Expression): void {
  const path = pathOf(cx, node);
  if (cx.body && path !== undefined) cx.body.flow = learn(cx.body.flow, path, "present");
  if (path !== undefined) presume(cx, path);
}

function checkFound(cx: Context, node: Identifier, found: Found): Type {
  if (found.kind === "local") return checkLocal(cx, node, found.symbol);
  if (found.kind === "builtin") {
    notValue(cx, node, "a function", "Call it: functions cannot be passed or stored.");
    return errorType;
  }
  const { declaration } = found.binding;
  switch (declaration.kind) {
    case "struct":
    case "type":
      notValue(cx, node, "a type", "Types stand after `:` and `as`, and between `<` and `>`.");
      return errorType;
    case "header":
      notValue(cx, node, "a header", "Layers are reached through the packet, as in `pkt.ipv4`.");
      return errorType;
    case "enum": {
      const type = enumOf(moduleContext(cx.root, found.binding.module), declaration);
      const member = type.kind === "enum" ? type.members[0]?.name : undefined;
      notValue(
        cx,
        node,
        "an enum",
        member === undefined ? "" : `Its values are its members, such as \`${node.name}.${member}\`.`,
      );
      return errorType;
    }
    default:
      return checkSymbol(cx, node, symbolOf(cx.root, found.binding));
  }
}

function checkSymbol(cx: Context, node: Identifier, symbol: Symbol | undefined): Type {
  if (!symbol) return errorType;
  cx.root.tables.symbols.set(node.id, symbol);
  switch (symbol.kind) {
    case "constant":
      setConstant(cx, node, symbol.value);
      return symbol.type;
    case "param":
    case "global":
    case "local":
      return symbol.type;
    case "map":
      notValue(
        cx,
        node,
        "a map",
        "A map is used where it stands, by its methods, `m[k]` and `k in m`; it cannot be passed or stored.",
      );
      return errorType;
    case "function":
      notValue(cx, node, "a function", "Call it: functions cannot be passed or stored.");
      return errorType;
    case "program":
      notValue(
        cx,
        node,
        "a program",
        "Programs run when the kernel calls them; only a `ProgramArray` can hold them.",
      );
      return errorType;
    default:
      return errorType;
  }
}

function notValue(cx: Context, node: Identifier, what: string, note: string): void {
  error(cx, "XD3205", node, `\`${node.name}\` is ${what}, not a value.`, {
    label: what,
    notes: note === "" ? [] : [note],
  });
}

/** The member a bare name means: of the enum that is expected, or of the verdicts of this kind of program. */
function bareMember(cx: Context, name: string, expected: Type | undefined): EnumMemberSymbol | undefined {
  const wanted = expected && withoutNull(expected);
  const enums = wanted?.kind === "enum" ? [wanted, ...verdictEnums(cx)] : verdictEnums(cx);
  for (const type of enums) {
    const member = type.members.find((one) => one.name === name);
    if (member) return { kind: "enum-member", type, member: member.name, value: member.value };
  }
  return undefined;
}

export function useMember(cx: Context, node: Expression, member: EnumMemberSymbol): Type {
  cx.root.tables.symbols.set(node.id, member);
  setConstant(cx, node, { kind: "number", value: member.value });
  return member.type;
}

/** The verdict enum of a hook, as this module or the standard library declares it. */
export function verdictEnum(cx: Context, hook: string): EnumType | undefined {
  const verdict = programKind(hook)?.verdict;
  if (!verdict) return undefined;
  const binding =
    cx.root.resolved.prelude.get(verdict.enum) ?? lookup(cx.root.resolved, cx.module, verdict.enum);
  if (binding?.declaration.kind !== "enum") return undefined;
  const type = enumOf(moduleContext(cx.root, binding.module), binding.declaration);
  return type.kind === "enum" ? type : undefined;
}

function verdictEnums(cx: Context): readonly EnumType[] {
  const hooks = cx.body?.hook === undefined ? supportedHooks : [cx.body.hook];
  return hooks.map((hook) => verdictEnum(cx, hook)).filter((one) => one !== undefined);
}

function verdictNames(cx: Context): readonly string[] {
  return cx.body ? verdictEnums(cx).flatMap((one) => one.members.map((member) => member.name)) : [];
}
