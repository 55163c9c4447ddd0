/** One script as an editor sees it: what was understood of its text, and what follows from that when it is asked for. */
import type { Checked } from "../check/checked.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Understood } from "../pipeline.js";
import type { ModuleScope, Resolved } from "../resolve/index.js";
import type { SourceFile } from "../base/span.js";
import type { Module } from "../syntax/ast.js";
import type { Comment } from "../syntax/index.js";
import { occurrencesOf, type Occurrence } from "./occurrences.js";

export interface Script {
  readonly file: SourceFile;
  readonly module: Module;
  readonly scope: ModuleScope;
  readonly comments: readonly Comment[];
  readonly resolved: Resolved;
  readonly checked: Checked;
  readonly understood: Understood;
  /** Of names and types, in all files. */
  readonly diagnostics: readonly Diagnostic[];
  /** In the order of the text. */
  readonly occurrences: () => readonly Occurrence[];
}

/** Undefined only for a module that takes part in a circle of imports with the prelude. */
export function scriptOf(
  understood: Understood,
  file: SourceFile,
  comments: readonly Comment[],
): Script | undefined {
  const { resolved, checked, diagnostics } = understood;
  const scope = resolved.modules.find((one) => one.module.file === file);
  return scope && { ...partOf(understood, scope, comments), resolved, checked, diagnostics };
}

/** Another module of the same compilation, to look into. */
export function partOf(understood: Understood, scope: ModuleScope, comments: readonly Comment[]): Script {
  const { resolved, checked, diagnostics } = understood;
  const { module } = scope;
  let occurrences: readonly Occurrence[] | undefined;
  return {
    file: module.file,
    module,
    scope,
    comments,
    resolved,
    checked,
    understood,
    diagnostics,
    occurrences: () => (occurrences ??= occurrencesOf(module, scope, resolved, checked)),
  };
}

/** The names at an offset, on either side of it; two for `{ src }`. */
export function occurrencesAt(script: Script, offset: number): readonly Occurrence[] {
  return script.occurrences().filter(({ name }) => name.span.start <= offset && offset <= name.span.end);
}
