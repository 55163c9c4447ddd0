/**
 * The checker: types, nulls and narrowing of a whole script. It proves that every expression has a type, that what
 * may be null is tested before it is used, that no reference outlives the packet's last move, and that every
 * variable has a value when it is read. It is conservative at joins and loops: what does not hold on every way is
 * not known. Bounds of indices and loops are the verifier's.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { KernelFacts } from "../kernel/facts.js";
import type { Resolved } from "../resolve/index.js";
import type { Checked } from "./checked.js";
import { collector } from "./collect.js";
import { moduleContext, type Root } from "./context.js";
import { effectsOf } from "./effects.js";
import { completeHeader, declareHeader } from "./headers.js";
import { checkModule, emptyOutput, outputNames } from "./modules.js";
import { headersInSight, layerClashes } from "./header-sight.js";
import { contains, looking, type Look } from "./look.js";

/** What the host knows beyond the script. */
export interface CheckContext {
  readonly defaultLicense?: string;
  /** Types and tracepoints of a kernel, asked for by scripts that name them. */
  readonly kernel?: KernelFacts | undefined;
  /** An editor's question about one place; what does not help to answer it is not checked. */
  readonly look?: Look;
}

export function check(
  resolved: Resolved,
  context: CheckContext = {},
): { readonly checked: Checked; readonly diagnostics: readonly Diagnostic[] } {
  const { report, found } = collector(resolved);
  const root: Root = {
    resolved,
    tables: {
      types: new Map(),
      constants: new Map(),
      symbols: new Map(),
      locals: new Map(),
      members: new Map(),
      calls: new Map(),
      written: new Set(),
    },
    report,
    effects: effectsOf(resolved),
    symbols: new Map(),
    types: new Map(),
    headers: new Map(),
    graphs: new Map(),
    kernel: context.kernel,
    look: context.look && looking(context.look),
  };
  for (const scope of resolved.modules) {
    for (const one of scope.module.declarations) {
      if (one.kind === "header") declareHeader(moduleContext(root, scope), one);
    }
  }
  layerClashes(root);
  for (const scope of resolved.modules) {
    for (const one of scope.module.declarations) {
      if (one.kind === "header") completeHeader(moduleContext(root, scope), one);
    }
  }
  // What can follow what was not known before.
  root.graphs.clear();
  const output = emptyOutput();
  for (const scope of resolved.modules) {
    checkModule(
      moduleContext(root, scope),
      scope,
      output,
      (one) => !context.look || contains(context.look, one),
    );
  }
  outputNames(root, output);
  const checked: Checked = {
    modules: resolved.modules.map((scope) => scope.module),
    programs: output.programs,
    tests: output.tests,
    maps: output.maps,
    params: output.params,
    globals: output.globals,
    structs: output.structs,
    headers: headersInSight(root),
    license: output.license ?? context.defaultLicense ?? "GPL",
    target: output.target,
    ...root.tables,
  };
  return { checked, diagnostics: found };
}
