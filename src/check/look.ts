/**
 * What an editor asks of the checker: what is known at one place of a script, at the moment the check comes by.
 * Completion is an answer made from it.
 */
import type { SourceFile } from "../base/span.js";
import { programKind } from "../kernel/programs.js";
import type { Declaration, Expression } from "../syntax/ast.js";
import type { ConstantSymbol, LocalSymbol } from "./checked.js";
import type { Context } from "./context.js";
import { localPath } from "./flow.js";
import { insideOf, layersInSight, rootHeader } from "./graph.js";
import { verdictEnum } from "./identifiers.js";
import { isPacketView, nullType } from "./type-tools.js";
import type { EnumType, Header, Type } from "./types.js";

/** The place asked for: the expression, or the member of one, that starts at `offset`; and what is told of it. */
export interface Look {
  readonly file: SourceFile;
  readonly offset: number;
  readonly seen: (sight: Sight) => void;
}

/** A name in scope. */
export interface SightName {
  readonly symbol: LocalSymbol | ConstantSymbol;
  /** After narrowing. */
  readonly type: Type;
  /** It refers to where the packet was before it moved. */
  readonly dead: boolean;
}

export interface Sight {
  readonly expression: Expression;
  /** What the context would like. */
  readonly expected: Type | undefined;
  /** Nearest first. */
  readonly names: readonly SightName[];
  /** The kind of the program around, if it is one. */
  readonly hook: string | undefined;
  readonly verdict: EnumType | undefined;
  /** Enums by their members may be named bare inside functions too. */
  readonly inBody: boolean;
  readonly inLoop: boolean;
  /** Fields of the header declaration around. */
  readonly headerFields: readonly string[];
  /** Layers by which `pkt` of this hook can be asked, the one that is never missing first. */
  readonly packetLayers: (hook: string) => readonly { readonly header: Header; readonly always: boolean }[];
  /** Layers that can stand inside one. */
  readonly layersInside: (header: Header) => readonly Header[];
}

export function contains(look: Look, declaration: Declaration): boolean {
  const { file, start, end } = declaration.span;
  return file === look.file && start <= look.offset && look.offset <= end;
}

/** The checker's callback for a question. A body that is checked several times answers each time; the last counts. */
export function looking(look: Look): Context["root"]["look"] {
  return (cx, expression, expected) => {
    const { file, start } = expression.kind === "member-access" ? expression.member.span : expression.span;
    if (start === look.offset && file === look.file) look.seen(sightOf(cx, expression, expected));
  };
}

function sightOf(cx: Context, expression: Expression, expected: Type | undefined): Sight {
  const hook = cx.body?.hook;
  return {
    expression,
    expected,
    names: namesOf(cx),
    hook,
    verdict: hook === undefined ? undefined : verdictEnum(cx, hook),
    inBody: cx.body !== undefined,
    inLoop: cx.targets.some((one) => one.kind === "loop"),
    headerFields: [...(cx.header?.fields.keys() ?? [])],
    packetLayers: (packet) => packetLayers(cx, packet),
    layersInside: (header) => {
      const { byLayer } = layersInSight(cx);
      return [...insideOf(cx, header)].filter((one) => byLayer.get(one.layer) === one);
    },
  };
}

function packetLayers(cx: Context, hook: string): ReturnType<Sight["packetLayers"]> {
  const root = programKind(hook) && rootHeader(cx, hook);
  if (!root) return [];
  const { byLayer } = layersInSight(cx);
  const inside = [...insideOf(cx, root)].filter((one) => one !== root && byLayer.get(one.layer) === one);
  return [{ header: root, always: true }, ...inside.map((header) => ({ header, always: false }))];
}

function namesOf(cx: Context): readonly SightName[] {
  const found = new Map<string, SightName>();
  for (let scope = cx.scope; scope; scope = scope.parent) {
    for (const [name, symbol] of scope.names) {
      if (!found.has(name)) found.set(name, sightName(cx, symbol));
    }
  }
  return [...found.values()];
}

function sightName(cx: Context, symbol: LocalSymbol | ConstantSymbol): SightName {
  const flow = cx.body?.flow;
  if (symbol.kind === "constant" || !flow) return { symbol, type: symbol.type, dead: false };
  const { id } = symbol.declaration;
  const { type } = symbol;
  const fact = type.kind === "nullable" ? flow.facts.get(localPath(id)) : undefined;
  const narrowed =
    type.kind !== "nullable" || fact === undefined ? type : fact === "present" ? type.inner : nullType;
  return { symbol, type: narrowed, dead: isPacketView(type) && flow.dead.has(id) };
}
