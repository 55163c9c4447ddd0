/**
 * Kernels: what a module needs of them, and whether the kernel it is asked to run on has it. The facts are tables of
 * `src/kernel`. It looks at the optimised IR, so what is never reached needs nothing; what the code generator adds
 * needs no more than the oldest kernel has.
 */
import { layoutSize } from "../base/layout.js";
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Fix } from "../diagnostics/diagnostic.js";
import { successorsOf } from "../ir/cfg.js";
import type { FunctionId, HelperCall, IrFunction, IrModule, ValueId } from "../ir/ir.js";
import {
  atomicFeature,
  callbacks,
  functions,
  globalData,
  helperFeature,
  instructionSetFeature,
  loops,
  mapFlagFeatures,
  mapMemoryFeature,
  mapTypeFeature,
  redirectFallback,
  sectionFeature,
  tailCallsAndFunctions,
  type Feature,
} from "../kernel/features.js";
import { programKind } from "../kernel/programs.js";
import { compareKernels, kernelOfTarget, oldestKernel, targetProblem } from "../kernel/versions.js";
import type { Module, StringLiteral } from "../syntax/ast.js";

export interface Requirement {
  /** As the kernel calls it: `bpf_loop`, `xdp.frags`. */
  readonly feature: string;
  /** What it is, to begin a sentence with. */
  readonly title: string;
  /** The first kernel that has it, such as `5.13`. */
  readonly since: string;
  readonly instead: string | undefined;
  /** Where the script asks for it. */
  readonly span: Span;
}

/** The oldest kernel that has all of it, and what is the reason where that is not the oldest kernel at all. */
export interface NeededKernel {
  readonly kernel: string;
  readonly features: readonly string[];
}

/** The oldest kernel that a script has to run on; `span` is where the script says so, unless `--target` does. */
export interface Target {
  readonly kernel: string;
  readonly span: Span | undefined;
  /** Whether `--target` goes before a target in the script. */
  readonly overrides: boolean;
}

/** What a module asks of the kernel, in the order of the module; each feature once a place. `cpu` is LLVM's `-mcpu`. */
export function requirements(module: IrModule, cpu = "v3"): readonly Requirement[] {
  const found = new Map<string, Requirement>();
  const need = (one: Feature | undefined, span: Span): void => {
    if (!one) return;
    const key = `${one.name} ${span.file.path} ${span.start} ${span.end}`;
    const { name: feature, title, since, instead } = one;
    if (!found.has(key)) found.set(key, { feature, title, since, instead, span });
  };
  const sections = new Map<FunctionId, Feature>();
  for (const program of module.programs) {
    const fn = module.functions.find((one) => one.id === program.function);
    if (!fn) continue;
    const section = sectionFeature(program.section);
    if (section) sections.set(fn.id, section);
    need(section, head(fn.span));
    need(instructionSetFeature(cpu), head(fn.span));
  }
  for (const map of module.maps) {
    need(mapTypeFeature(map.type), map.span);
    for (const one of mapFlagFeatures(map.flags)) need(one, map.span);
    const entry = (map.key ? layoutSize(map.key) : 0) + (map.value ? layoutSize(map.value) : 0);
    need(mapMemoryFeature(map.type, map.maxEntries, entry), map.span);
  }
  for (const one of module.globals) need(globalData, one.span);
  const calls = module.functions.some((fn) =>
    fn.blocks.some((block) => block.instructions.some((one) => one.kind === "call")),
  );
  for (const fn of module.functions) functionNeeds(fn, sections.get(fn.id), calls, need);
  return [...found.values()];
}

type Need = (one: Feature | undefined, span: Span) => void;

function functionNeeds(fn: IrFunction, section: Feature | undefined, calls: boolean, need: Need): void {
  const kind = programKind(fn.hook);
  if (fn.linkage === "subprogram") need(functions, head(fn.span));
  const seen = new Set<number>();
  const zeros = new Set<ValueId>();
  for (const block of fn.blocks) {
    seen.add(block.id);
    for (const one of block.instructions) {
      if (one.kind === "constant" && one.value === 0n) zeros.add(one.id);
      if (one.kind === "atomic") need(atomicFeature(one.op), one.span);
      else if (one.kind === "function-address") need(callbacks, one.span);
      if (one.kind !== "helper") continue;
      const helper = helperFeature(one.helper, kind?.programType);
      // What came with the kind of program follows from it (`pkt.length` with fragments): one mistake, one error.
      if (helper && !(section && compareKernels(helper.since, section.since) <= 0)) need(helper, one.span);
      if (one.helper === "bpf_tail_call" && calls) need(tailCallsAndFunctions, one.span);
      if (one.helper === "bpf_redirect_map" && !zeros.has(flagsOf(one))) need(redirectFallback, one.span);
    }
    // Blocks are in an order where only back edges go to blocks that were there before.
    if (successorsOf(block.terminator).some((next) => seen.has(next))) need(loops, block.terminator.span);
  }
}

function flagsOf(one: HelperCall): ValueId {
  const last = one.arguments.at(-1);
  return last?.kind === "value" ? last.value : -1;
}

/** The first line of a declaration: `xdp({ frags: true }) jumbo(pkt) {`. */
function head(span: Span): Span {
  const line = span.file.text.indexOf("\n", span.start);
  return line < 0 || line >= span.end ? span : { ...span, end: line };
}

export function neededKernel(needed: readonly Requirement[]): NeededKernel {
  const kernel = youngest(needed);
  const reasons = needed.filter((one) => one.since === kernel && kernel !== oldestKernel);
  return { kernel, features: [...new Set(reasons.map((one) => one.feature))] };
}

function youngest(needed: readonly Requirement[]): string {
  return needed.reduce((most, { since }) => (compareKernels(since, most) > 0 ? since : most), oldestKernel);
}

/**
 * The kernel a script is for: what `--target` says, else what the script says, else nothing is asked. A target in
 * the script that is no kernel has been reported with its declaration (XD3705).
 */
export function targetOf(
  modules: readonly Module[],
  entry: Module | undefined,
  option: string | undefined,
): { readonly target: Target | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const said = saidTarget(modules);
  const kernel = kernelOfTarget(option ?? said?.value ?? "");
  const span = option === undefined ? said?.span : undefined;
  const target =
    kernel === undefined ? undefined : { kernel, span, overrides: span === undefined && said !== undefined };
  const start = entry && { ...entry.span, end: entry.span.start };
  if (option !== undefined && kernel === undefined && start) {
    return {
      target,
      diagnostics: [diagnostic("XD3705", start, `${targetProblem(option) ?? option}.`)],
    };
  }
  if (target === undefined || compareKernels(target.kernel, oldestKernel) >= 0)
    return { target, diagnostics: [] };
  const place = span ?? start;
  if (!place) return { target, diagnostics: [] };
  const details = {
    label: "too old",
    notes: [
      `What every object needs (BTF, global data, bounded loops) is there from Linux 5.3 on, and what xdpl makes is tested from ${oldestKernel} on.`,
    ],
    fixes: span === undefined ? [] : [askFor(oldestKernel, span)],
  };
  const problem = `Linux ${target.kernel} is older than ${oldestKernel}, the oldest kernel that xdpl compiles for.`;
  return { target: undefined, diagnostics: [diagnostic("XD5002", place, problem, details)] };
}

function saidTarget(modules: readonly Module[]): StringLiteral | undefined {
  for (const module of modules)
    for (const one of module.declarations) if (one.kind === "target") return one.value;
  return undefined;
}

/** An error for each feature that the target does not have, at the first place that asks for it. */
export function checkTarget(needed: readonly Requirement[], target: Target): readonly Diagnostic[] {
  const tooYoung = needed.filter(({ since }) => compareKernels(since, target.kernel) > 0);
  const enough = youngest(tooYoung);
  const byFeature = new Map<string, Requirement[]>();
  for (const one of onePerPlace(tooYoung)) {
    const known = byFeature.get(one.feature);
    if (known) known.push(one);
    else byFeature.set(one.feature, [one]);
  }
  return [...byFeature.values()].flatMap(([first, ...others]) =>
    first ? [tooYoungError(first, others, target, enough)] : [],
  );
}

/** Of what one place asks for, the youngest. */
function onePerPlace(needed: readonly Requirement[]): Iterable<Requirement> {
  const places = new Map<string, Requirement>();
  for (const one of needed) {
    const key = `${one.span.file.path} ${one.span.start} ${one.span.end}`;
    const known = places.get(key);
    if (!known || compareKernels(one.since, known.since) > 0) places.set(key, one);
  }
  return places.values();
}

function tooYoungError(
  first: Requirement,
  others: readonly Requirement[],
  { kernel, span, overrides }: Target,
  enough: string,
): Diagnostic {
  const { title, since, instead } = first;
  const fixes: Fix[] = [askFor(enough, span)];
  if (instead !== undefined) fixes.push({ title: `or: ${instead}`, edits: [] });
  return diagnostic(
    "XD5001",
    first.span,
    `${title} came with Linux ${since}; the target is Linux ${kernel}.`,
    {
      label: `needs Linux ${since}`,
      notes: overrides ? ["`--target` goes before what the script says."] : [],
      related: [
        ...(span === undefined ? [] : [{ span, message: "the target" }]),
        ...others.slice(0, 3).map((one) => ({ span: one.span, message: "here too" })),
      ],
      fixes,
    },
  );
}

/** `span` is where the script says for which kernel it is, if it does. */
export function askFor(kernel: string, span: Span | undefined): Fix {
  if (!span) return { title: `ask for Linux ${kernel}: \`--target ${kernel}\``, edits: [] };
  return { title: `ask for Linux ${kernel}`, edits: [{ span, text: `"linux ${kernel}"` }] };
}
