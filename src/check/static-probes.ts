/** Static probes (USDT): which a file has, and of what types their arguments are. */
import { replaceFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { Machine } from "../kernel/facts.js";
import {
  argumentForm,
  staticArgument,
  staticArgumentWords,
  staticProbeName,
  staticTarget,
  type StaticArgument,
  type StaticProbe,
} from "../kernel/static-probes.js";
import type { Expression, Parameter } from "../syntax/ast.js";
import { error, type Context } from "./context.js";
import { commonInt } from "./integers.js";
import { errorType, intType, voidType } from "./type-tools.js";
import type { IntType, Type } from "./types.js";

/** What the places that bear a probe say of its arguments; undefined, and reported, when there is no such probe. */
export function staticPlaces(cx: Context, at: Expression, target: string): readonly string[] | undefined {
  const parts = staticTarget(target);
  if (!parts) {
    error(cx, "XD3704", at, `\`${target}\` is not a static probe of a program or library.`, {
      label: 'write `"PATH:PROVIDER:NAME"`, as in `"/usr/bin/python3:python:function__entry"`',
    });
    return undefined;
  }
  const { path, provider, name } = parts;
  const probes = cx.root.kernel?.staticProbes(path) ?? { problem: "No programs are known here." };
  if ("problem" in probes) {
    error(cx, "XD3708", at, probes.problem, { label: "its probes are described in the file" });
    return undefined;
  }
  const found = probes.filter((one) => one.provider === provider && one.name === name);
  if (found.length > 0) return found.map((one) => one.arguments);
  notThere(cx, at, path, provider === undefined ? name : staticProbeName({ provider, name }), probes);
  return undefined;
}

function notThere(
  cx: Context,
  at: Expression,
  path: string,
  wanted: string,
  probes: readonly StaticProbe[],
): void {
  const names = [...new Set(probes.map(staticProbeName))];
  // The name alone, or with another provider, is as good as misspelt.
  const alone = names.filter((one) => one.split(":")[1] === wanted.split(":").at(-1));
  const meant = alone.length === 1 ? alone[0] : didYouMean(wanted, names);
  const whole = `${path}:${meant ?? ""}`;
  error(cx, "XD3708", at, `\`${path}\` has no static probe \`${wanted}\`.`, {
    label:
      meant !== undefined
        ? `did you mean \`${whole}\`?`
        : names.length === 0
          ? "it was built without any"
          : "not found",
    notes: names.length === 0 ? [] : [`\`xdpl list usdt:${path}\` shows what it has.`],
    fixes: meant === undefined ? [] : [replaceFix(`change it to \`${whole}\``, at, JSON.stringify(whole))],
  });
}

/** The different ways in which the places hand over the first arguments. */
export function formsOf(places: readonly string[], count: number): readonly string[] {
  return [...new Set(places.map((one) => argumentForm(one, count)))];
}

/** How many arguments all of the places have. */
export function staticCount(places: readonly string[]): number {
  return Math.min(...places.map((one) => staticArgumentWords(one).length));
}

/** Where each of the forms has the i-th argument. */
export function argumentIn(forms: readonly string[], i: number, machine: Machine): readonly StaticArgument[] {
  return forms.flatMap((one) => {
    const word = staticArgumentWords(one)[i];
    return word === undefined ? [] : [staticArgument(word, machine)];
  });
}

/** A type that holds the argument, as each of the places types it. */
export function staticType(places: readonly StaticArgument[]): IntType {
  const types = places.map(({ bits, signed }) => intType(bits, signed));
  return types.reduce((a, b) => commonInt(a, b) ?? intType(64, true));
}

/**
 * The type of a parameter that some place hides: none, as for one called `_…`, which is passed over because it stands
 * before what is wanted. Others are reported. Undefined when it can be read.
 */
export function hiddenType(
  cx: Context,
  { name }: Parameter,
  places: readonly StaticArgument[],
): Type | undefined {
  const hidden = places.find(({ operand }) => operand === undefined);
  if (!hidden) return undefined;
  if (name.name.startsWith("_")) return voidType;
  error(cx, "XD3703", name, `\`${name.name}\` is \`${hidden.text}\` here, which a probe can't read.`, {
    label: /^-?\d+f@/.test(hidden.text)
      ? "a floating-point number"
      : "not in a register, or in memory that a register points to",
    fixes: [replaceFix("pass it over", name, `_${name.name}`)],
  });
  return errorType;
}
