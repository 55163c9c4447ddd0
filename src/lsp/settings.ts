/** What a user can choose, under `xdpl` in the editor's settings. */
import { targetProblem } from "../kernel/versions.js";

export interface Settings {
  /** The oldest kernel that scripts have to run on, unless they say it themselves. */
  readonly target: string | undefined;
  readonly hints: { readonly types: boolean; readonly ranges: boolean; readonly parameters: boolean };
  readonly lenses: boolean;
}

export const defaults: Settings = {
  target: undefined,
  hints: { types: true, ranges: false, parameters: true },
  lenses: true,
};

/** What is missing, or of another type than it should be, is as if it were not said. */
export function settingsOf(value: unknown): Settings {
  const target = at(value, "target");
  const hint = (name: keyof Settings["hints"]): boolean =>
    flag(at(at(value, "inlayHints"), name), defaults.hints[name]);
  const isTarget = typeof target === "string" && target !== "" && targetProblem(target) === undefined;
  return {
    target: isTarget ? target : undefined,
    hints: { types: hint("types"), ranges: hint("ranges"), parameters: hint("parameters") },
    lenses: flag(at(at(value, "codeLens"), "enabled"), defaults.lenses),
  };
}

function flag(value: unknown, otherwise: boolean): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(key)
    : undefined;
}
