/** Programs: their kind, parameters, arguments and bodies. */
import { removeRestFix, replaceFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { laterHooks, programKind, supportedHooks } from "../kernel/programs.js";
import type { Expression, Identifier, Parameter, ProgramDeclaration } from "../syntax/ast.js";
import type { LocalSymbol, ProgramSymbol } from "./checked.js";
import { checkRest } from "./arguments.js";
import { constantOf, error, type Context } from "./context.js";
import { checkExpression } from "./expressions.js";
import { requireResult, runBody } from "./functions.js";
import { verdictEnum } from "./identifiers.js";
import { probeSymbol } from "./probes.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, sameType, typeName, voidType } from "./type-tools.js";
import type { Type } from "./types.js";

/** The symbol of a program; undefined, and reported, when its kind is unknown. */
export function programSymbol(cx: Context, declaration: ProgramDeclaration): ProgramSymbol | undefined {
  const { hook } = declaration;
  const kind = programKind(hook.name);
  if (!kind) {
    reportHook(cx, declaration);
    return undefined;
  }
  const result = kind.verdict ? (verdictEnum(cx, kind.hook) ?? errorType) : voidType;
  if (kind.family === "probe") {
    const name = declaration.name?.name ?? defaultName(cx, declaration);
    return probeSymbol(cx, declaration, kind, name, result);
  }
  const packet: Type = { kind: "packet", hook: kind.hook };
  const unnamed = unnamedPacket(declaration);
  const parameters = unnamed
    ? [packetSymbol(unnamed, packet)]
    : declaration.parameters.slice(0, 1).map((one) => packetParameter(cx, one, packet));
  const extra = declaration.parameters[1];
  if (extra) {
    error(cx, "XD3703", extra, `A program of kind \`${kind.hook}\` has one parameter, the packet.`, {
      label: "not expected",
      fixes: [removeRestFix("leave it out", declaration.parameters, 1)],
    });
  }
  const frags = !unnamed && fragsOf(cx, declaration, kind.fragsSection !== undefined);
  return {
    kind: "program",
    name: declaration.name?.name ?? defaultName(cx, declaration),
    hook: kind.hook,
    frags,
    section: frags ? (kind.fragsSection ?? kind.section) : kind.section,
    target: undefined,
    sources: [],
    parameters,
    result,
    declaration,
  };
}

function reportHook(cx: Context, declaration: ProgramDeclaration): void {
  const { name } = declaration.hook;
  if (name === "") return;
  const kinds = `This version compiles ${supportedHooks.map((one) => `\`${one}\``).join(", ")}.`;
  if (laterHooks.includes(name)) {
    error(cx, "XD3702", declaration.hook, `Programs of kind \`${name}\` are not supported yet.`, {
      label: "not yet",
      notes: [kinds],
    });
    return;
  }
  const meant = didYouMean(name, [...supportedHooks, ...laterHooks]);
  error(cx, "XD3701", declaration.hook, `There is no kind of program called \`${name}\`.`, {
    label: meant === undefined ? "unknown" : `did you mean \`${meant}\`?`,
    notes: meant === undefined ? [kinds] : [],
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: declaration.hook.span, text: meant }] }],
  });
}

function packetParameter(cx: Context, parameter: Parameter, packet: Type): LocalSymbol {
  if (parameter.type) {
    const type = resolveType(cx, parameter.type);
    if (!sameType(type, packet)) {
      error(cx, "XD3703", parameter.type, `The packet is ${aTypeName(packet)}, not ${aTypeName(type)}.`, {
        label: `must be \`${typeName(packet)}\``,
        fixes: [replaceFix(`change it to \`${typeName(packet)}\``, parameter.type, typeName(packet))],
        notes: ["The kind of a program fixes its parameters; their types may be left out."],
      });
    }
  }
  return packetSymbol(parameter.name, packet);
}

function packetSymbol(name: Identifier, packet: Type): LocalSymbol {
  return { kind: "local", name: name.name, type: packet, mutable: false, declaration: name };
}

/** `xdp(pkt) { … }`: without a name, the first parentheses are the parameters'. */
function unnamedPacket(declaration: ProgramDeclaration): Identifier | undefined {
  const [first, ...rest] = declaration.hookArguments;
  if (declaration.name || declaration.parameters.length > 0 || rest.length > 0) return undefined;
  return first?.kind === "identifier" ? first : undefined;
}

/** A program without a name is called as its kind, with a number: the name alone may be that of its section. */
function defaultName(cx: Context, declaration: ProgramDeclaration): string {
  const unnamed = cx.module.module.declarations.filter(
    (one) => one.kind === "program" && !one.name && one.hook.name === declaration.hook.name,
  );
  return `${declaration.hook.name.replaceAll(".", "_")}_${unnamed.indexOf(declaration) + 1}`;
}

/** `xdp({ frags: true })`. */
function fragsOf(cx: Context, declaration: ProgramDeclaration, possible: boolean): boolean {
  const [first, ...rest] = declaration.hookArguments;
  if (!first) return false;
  checkRest(cx, rest);
  if (first.kind !== "object" || rest.length > 0 || !possible) {
    wrongArguments(cx, rest[0] ?? first, declaration.hook.name);
    return false;
  }
  let frags = false;
  for (const field of first.fields) {
    if (field.name.name !== "frags") {
      const meant = didYouMean(field.name.name, ["frags"]);
      error(cx, "XD3704", field.name, `\`${declaration.hook.name}\` has no option \`${field.name.name}\`.`, {
        label: meant === undefined ? "the option is `frags`" : `did you mean \`${meant}\`?`,
        fixes:
          meant === undefined
            ? []
            : [{ title: `change it to \`${meant}\``, edits: [{ span: field.name.span, text: meant }] }],
      });
      continue;
    }
    if (field.value) frags = flag(cx, field.value);
  }
  return frags;
}

function wrongArguments(cx: Context, at: Expression, hook: string): void {
  error(cx, "XD3704", at, `\`${hook}\` takes options only, as in \`${hook}({ frags: true })\`.`, {
    label: "not expected",
  });
}

function flag(cx: Context, value: Expression): boolean {
  const type = checkExpression(cx, value);
  const constant = constantOf(cx, value);
  if (type.kind === "bool" && constant?.kind === "number") return constant.value !== 0n;
  if (type.kind !== "error") {
    error(cx, "XD3704", value, "`frags` is `true` or `false`.", { label: aTypeName(type) });
  }
  return false;
}

export function checkProgram(cx: Context, symbol: ProgramSymbol): void {
  const { declaration } = symbol;
  const signature = { name: symbol.name, hook: symbol.hook, result: symbol.result };
  const body = runBody(cx, signature, symbol.parameters, declaration.body);
  const kind = programKind(symbol.hook);
  if (kind?.family === "probe" && kind.optionalVerdict) return;
  requireResult(cx, body, declaration.body, declaration.name?.span ?? declaration.hook.span);
}
