/** Probes: what they are attached to, and what their parameters are. */
import { removeRestFix, replaceFix } from "../diagnostics/edits.js";
import type { Machine } from "../kernel/facts.js";
import type { ProbeKind } from "../kernel/probes.js";
import { registers } from "../kernel/registers.js";
import { argumentForm } from "../kernel/static-probes.js";
import type { Parameter, ProgramDeclaration } from "../syntax/ast.js";
import type { LocalSymbol, ParameterSource, ProgramSymbol } from "./checked.js";
import { error, type Context } from "./context.js";
import { valueOfBtf } from "./kernel-types.js";
import { givenBy, targetText, type Given } from "./probe-targets.js";
import { argumentIn, formsOf, hiddenType, staticCount, staticType } from "./static-probes.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, errorType, sameType, typeName, u64 } from "./type-tools.js";
import type { Type } from "./types.js";

interface Bound {
  readonly parameter: LocalSymbol;
  readonly source: ParameterSource;
}

export function probeSymbol(
  cx: Context,
  declaration: ProgramDeclaration,
  kind: ProbeKind,
  name: string,
  result: Type,
): ProgramSymbol {
  const target = targetText(cx, declaration, kind);
  const [at] = declaration.hookArguments;
  const given: Given =
    target === undefined || !at
      ? { kind: kind.target === "none" ? "nothing" : "unknown" }
      : givenBy(cx, at, kind, target);
  const machine = cx.root.kernel?.machine ?? "x64";
  const bound = bind(cx, declaration, kind, given, machine);
  return {
    kind: "program",
    name,
    hook: kind.hook,
    frags: false,
    section: sectionOf(kind, target),
    target,
    ...(given.kind === "static" ? { argumentForms: formsOf(given.places, bound.length) } : {}),
    parameters: bound.map((one) => one.parameter),
    sources: bound.map((one) => one.source),
    result,
    declaration,
  };
}

function sectionOf(kind: ProbeKind, target: string | undefined): string {
  if (target === undefined || !kind.section.endsWith("/")) return kind.section;
  return `${kind.section}${kind.target === "tracepoint" ? target.replace(":", "/") : target}`;
}

function bind(
  cx: Context,
  { parameters }: ProgramDeclaration,
  kind: ProbeKind,
  given: Given,
  machine: Machine,
): readonly Bound[] {
  const most = count(given, kind, machine);
  const extra = parameters[most];
  if (extra && given.kind !== "unknown") {
    error(cx, "XD3703", extra, `\`${kind.hook}\` has ${numberOf(most)} here.`, {
      label: "not expected",
      fixes: [removeRestFix("leave it out", parameters, most)],
      notes: most > 0 ? [`They are: ${namesOf(given, most)}.`] : [],
    });
  }
  const taken = parameters.slice(0, most);
  return taken.map((parameter, i) => {
    const { type, source } = valueAt(given, kind, machine, i, taken.length);
    const hidden = source.kind === "static" ? hiddenType(cx, parameter, source.places) : undefined;
    const free = given.kind === "integers" || given.kind === "static";
    const own = hidden ?? written(cx, parameter, type, free);
    return {
      parameter: {
        kind: "local",
        name: parameter.name.name,
        type: own,
        mutable: false,
        declaration: parameter.name,
      },
      source,
    };
  });
}

function count(given: Given, kind: ProbeKind, machine: Machine): number {
  switch (given.kind) {
    case "record":
      return 1;
    case "values":
      return kind.arguments === "registers"
        ? Math.min(given.values.length, registers[machine].arguments.length)
        : given.values.length;
    case "integers":
      return kind.arguments === "user-result" ? 1 : registers[machine].arguments.length;
    case "static":
      return staticCount(given.places);
    case "nothing":
      return 0;
    case "unknown":
      return Infinity;
  }
}

function numberOf(most: number): string {
  return most === 0 ? "no parameters" : most === 1 ? "one parameter" : `${most} parameters`;
}

function namesOf(given: Given, most: number): string {
  if (given.kind === "record") return "the event's record";
  if (given.kind === "static") return `\`${argumentForm(given.places[0] ?? "", most)}\``;
  if (given.kind !== "values") return `${most} integers`;
  return given.values
    .slice(0, most)
    .map((one) => `\`${one.name}\``)
    .join(", ");
}

/** The type of the i-th parameter, and where it is. */
function valueAt(
  given: Given,
  kind: ProbeKind,
  machine: Machine,
  i: number,
  taken: number,
): { readonly type: Type; readonly source: ParameterSource } {
  const saved = registers[machine];
  switch (given.kind) {
    case "record": {
      const { format, btf } = given;
      const space = kind.hook === "tracepoint" ? "event" : kind.hook;
      return {
        type: { kind: "kernel", source: { kind: "record", name: space, format, btf } },
        source: { kind: "record" },
      };
    }
    case "values": {
      const value = given.values[i];
      const type = value && valueOfBtf(given.btf, value.type)?.type;
      const at = value?.at ?? 0;
      const source: ParameterSource =
        kind.arguments === "registers"
          ? { kind: "register", offset: saved.arguments[at] ?? 0 }
          : kind.arguments === "result"
            ? { kind: "register", offset: saved.result }
            : { kind: "word", offset: at };
      // A struct handed over by value, or what the language has no type for: its first word.
      const byValue = value && isByValue(given, value.type);
      return { type: byValue ? u64 : (type ?? u64), source };
    }
    case "integers": {
      const offset = kind.arguments === "user-result" ? saved.result : (saved.arguments[i] ?? 0);
      return { type: u64, source: { kind: "register", offset } };
    }
    case "static": {
      const places = argumentIn(formsOf(given.places, taken), i, machine);
      return { type: staticType(places), source: { kind: "static", places } };
    }
    case "nothing":
    case "unknown":
      return { type: errorType, source: { kind: "word", offset: 0 } };
  }
}

function isByValue(given: Given & { readonly kind: "values" }, id: number): boolean {
  return valueOfBtf(given.btf, id)?.shape.kind === "struct";
}

/** A parameter's type as the script says it. Only integers of processes may be said to be others. */
/** `: u32` of `event: u32`. */
function typeOf({ name, span }: Parameter): { readonly span: Parameter["span"] } {
  return { span: { ...span, start: name.span.end } };
}

function written(cx: Context, parameter: Parameter, type: Type, free: boolean): Type {
  if (!parameter.type) return type;
  const own = resolveType(cx, parameter.type);
  if (own.kind === "error" || type.kind === "error") return own;
  if (free && (own.kind === "int" || own.kind === "bool")) return own;
  if (!sameType(own, type)) {
    error(
      cx,
      "XD3703",
      parameter.type,
      `\`${parameter.name.name}\` is ${aTypeName(type)}, not ${aTypeName(own)}.`,
      {
        label: `must be \`${typeName(type)}\``,
        fixes: [replaceFix("leave the type out", typeOf(parameter), "")],
        notes: free
          ? ["An argument of a process's function is an integer; `str` reads the text at an address."]
          : ["What a probe is attached to fixes its parameters; their types may be left out."],
      },
    );
  }
  return type;
}
