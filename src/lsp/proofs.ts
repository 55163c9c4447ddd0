/**
 * What is proven of each program of a script, kept from one edit to the next. A program is proven anew when something
 * it is made of has changed: its own text, or that of a declaration that it names, or that one of these names. What
 * was found out about the others is still true, and only stands somewhere else.
 */
import { lineColumn, type SourceFile, type Span } from "../base/span.js";
import type { ProgramSymbol } from "../check/checked.js";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import { writesDispatch } from "../ir/lower/packet/dispatch.js";
import { prove, type AnalyzeOptions, type Proven } from "../pipeline.js";
import { lookup, type ModuleScope } from "../resolve/index.js";
import type { Declaration } from "../syntax/ast.js";
import { checkTarget, type Requirement } from "../verify/target.js";
import type { Script } from "./script.js";
import { walk } from "./tree.js";
import { isStandard } from "./uris.js";

export interface ProgramProof {
  readonly program: ProgramSymbol;
  readonly proven: Proven;
  /** From where something stood when it was proven to where it stands now; undefined when it is not part of it. */
  readonly now: (span: Span) => Span | undefined;
  /** The other way round. */
  readonly then: (span: Span) => Span | undefined;
  /** The line, from 1, where a line of a file stands now. */
  readonly lineNow: (path: string, line: number) => number;
  /** The same text for as long as the same is proven. */
  readonly fingerprint: string;
}

interface Kept {
  readonly fingerprint: string;
  readonly pieces: readonly Span[];
  readonly proven: Proven;
}

export interface Prover {
  /** One program after the other: a caller can stop between two. Nothing for scripts with errors. */
  readonly programs: (script: Script, options: AnalyzeOptions) => Generator<ProgramProof>;
  /** What is known already of a script's programs. */
  readonly known: (script: Script, options: AnalyzeOptions) => readonly ProgramProof[];
  readonly forget: (path: string) => void;
}

export function createProver(): Prover {
  const kept = new Map<string, Map<string, Kept>>();

  function* programs(script: Script, options: AnalyzeOptions): Generator<ProgramProof> {
    const of = kept.get(script.file.path) ?? new Map<string, Kept>();
    kept.set(script.file.path, of);
    for (const { program, fingerprint, pieces } of parts(script, options)) {
      const before = of.get(program.name);
      const same = before?.fingerprint === fingerprint ? before : undefined;
      const proven =
        same?.proven ?? prove({ ...script.checked, programs: [program] }, options, script.understood.target);
      const now = same ?? { fingerprint, pieces, proven };
      of.set(program.name, now);
      yield proofOf(program, now, pieces);
    }
    const names = new Set(script.checked.programs.map((one) => one.name));
    for (const name of of.keys()) if (!names.has(name)) of.delete(name);
  }

  return {
    programs,
    known: (script, options) => {
      const of = kept.get(script.file.path);
      if (!of) return [];
      return parts(script, options).flatMap(({ program, fingerprint, pieces }) => {
        const before = of.get(program.name);
        return before?.fingerprint === fingerprint ? [proofOf(program, before, pieces)] : [];
      });
    },
    forget: (path) => void kept.delete(path),
  };
}

function proofOf(
  program: ProgramSymbol,
  { proven, pieces, fingerprint }: Kept,
  now: readonly Span[],
): ProgramProof {
  return {
    program,
    proven,
    fingerprint,
    now: mover(pieces, now),
    then: mover(now, pieces),
    lineNow: (path, line) => {
      const at = pieces.findIndex(
        ({ file, start, end }) =>
          file.path === path && lineColumn(file, start).line <= line && line <= lineColumn(file, end).line,
      );
      const [before, after] = [pieces[at], now[at]];
      if (!before || !after) return line;
      return line + lineColumn(after.file, after.start).line - lineColumn(before.file, before.start).line;
    },
  };
}

function mover(from: readonly Span[], to: readonly Span[]): (span: Span) => Span | undefined {
  return (span) => {
    if (isStandard(span.file)) return span;
    const at = from.findIndex(
      ({ file, start, end }) => file === span.file && start <= span.start && span.end <= end,
    );
    const [before, after] = [from[at], to[at]];
    if (!before || !after) return undefined;
    const shift = after.start - before.start;
    return { file: after.file, start: span.start + shift, end: span.end + shift };
  };
}

interface Part {
  readonly program: ProgramSymbol;
  readonly fingerprint: string;
  readonly pieces: readonly Span[];
}

const partsOf = new WeakMap<Script, readonly Part[]>();

function parts(script: Script, options: AnalyzeOptions): readonly Part[] {
  if (hasErrors(script.diagnostics)) return [];
  const known = partsOf.get(script);
  if (known) return known;
  const { checked, resolved, understood } = script;
  // What decides for a whole script how its programs are lowered.
  const kernel = understood.target?.kernel ?? "";
  const shared = `${JSON.stringify(options)} ${kernel} ${String(writesDispatch(checked))} ${checked.license}`;
  const calls = new Map<string, number>();
  for (const meaning of checked.calls.values()) {
    const name = meaning.kind === "function" ? meaning.symbol.name : "";
    calls.set(name, (calls.get(name) ?? 0) + 1);
  }
  const headers = resolved.modules
    .filter(({ module }) => !isStandard(module.file))
    .flatMap((scope) =>
      scope.module.declarations
        .filter((one) => one.kind === "header")
        .map((declaration) => ({ scope, declaration })),
    );
  const made = checked.programs.map((program): Part => {
    const scope = resolved.modules.find(({ module }) => module.file === program.declaration.span.file);
    const start = scope ? [{ scope, declaration: program.declaration }, ...headers] : headers;
    const reached = [...reach(script, start)];
    const pieces = reached.map((one) => one.span);
    const texts = reached.map(
      (one) =>
        `${one.span.file.path}\n${one.span.file.text.slice(one.span.start, one.span.end)}\n` +
        (one.kind === "function" ? String((calls.get(one.name.name) ?? 0) > 1) : ""),
    );
    return { program, pieces, fingerprint: [shared, ...texts].join("\n\0") };
  });
  partsOf.set(script, made);
  return made;
}

interface Start {
  readonly scope: ModuleScope;
  readonly declaration: Declaration;
}

/** The declarations that these name, and that those name. The standard library's never change. */
function reach(script: Script, start: readonly Start[]): Set<Declaration> {
  const reached = new Set<Declaration>();
  const queue = [...start];
  for (let one = queue.shift(); one; one = queue.shift()) {
    const { scope, declaration } = one;
    if (reached.has(declaration)) continue;
    reached.add(declaration);
    for (const name of namesIn(declaration)) {
      const found = lookup(script.resolved, scope, name);
      if (!found || isStandard(found.module.module.file) || found.declaration.kind === "program") continue;
      queue.push({ scope: found.module, declaration: found.declaration });
    }
  }
  return reached;
}

const namesOf = new WeakMap<Declaration, ReadonlySet<string>>();

function namesIn(declaration: Declaration): ReadonlySet<string> {
  const known = namesOf.get(declaration);
  if (known) return known;
  const names = new Set<string>();
  walk(declaration, (node) => {
    if (node.kind === "identifier") names.add(node.name);
  });
  namesOf.set(declaration, names);
  return names;
}

/** What the proofs have against a script, where it stands now. */
export function proofDiagnostics(script: Script, proofs: readonly ProgramProof[]): readonly Diagnostic[] {
  const found = proofs.flatMap(({ proven, now }) =>
    proven.diagnostics.flatMap((one) => moved(one, now) ?? []),
  );
  const { target } = script.understood;
  if (target) found.push(...checkTarget(needsOf(proofs), target));
  return found;
}

/** What the programs need of the kernel, each feature once a place. */
export function needsOf(proofs: readonly ProgramProof[]): readonly Requirement[] {
  const found = new Map<string, Requirement>();
  for (const { proven, now } of proofs) {
    for (const one of proven.needs ?? []) {
      const span = now(one.span);
      if (span) found.set(`${one.feature} ${span.file.path} ${span.start} ${span.end}`, { ...one, span });
    }
  }
  return [...found.values()];
}

function moved(one: Diagnostic, now: (span: Span) => Span | undefined): Diagnostic | undefined {
  const span = now(one.span);
  if (!span) return undefined;
  return {
    ...one,
    span,
    related: one.related.flatMap((each) => {
      const at = now(each.span);
      return at ? [{ ...each, span: at }] : [];
    }),
    fixes: one.fixes.map((fix) => {
      const edits = fix.edits.map((edit) => ({ ...edit, span: now(edit.span) }));
      const whole = edits.flatMap(({ span: at, text }) => (at ? [{ span: at, text }] : []));
      return { ...fix, edits: whole.length === edits.length ? whole : [] };
    }),
  };
}

export function inFile(found: readonly Diagnostic[], file: SourceFile): readonly Diagnostic[] {
  return found.filter((one) => one.span.file.path === file.path);
}
