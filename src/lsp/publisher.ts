/**
 * Diagnostics, from the edit to the editor. Names and types are told at once; proofs take a program after the other,
 * and stop as soon as there is a newer text.
 */
import type { Diagnostic as LspDiagnostic } from "vscode-languageserver/node";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import { lspDiagnostic } from "./diagnostics.js";
import { proofDiagnostics, type ProgramProof, type Prover } from "./proofs.js";
import type { Script } from "./script.js";
import { uriOf } from "./uris.js";
import type { Workspace } from "./workspace.js";

export interface Publisher {
  /** Something that these scripts are made of has changed. */
  readonly refresh: (paths: readonly string[]) => void;
  readonly close: (path: string) => void;
  /** What is known of a script now, with the proofs that are done. */
  readonly diagnosticsOf: (script: Script) => readonly Diagnostic[];
  readonly proofsOf: (script: Script) => readonly ProgramProof[];
  /** When nothing is left to do. */
  readonly idle: () => Promise<void>;
}

export interface Send {
  readonly diagnostics: (uri: string, found: LspDiagnostic[], version: number | undefined) => void;
  /** All is proven that can be. */
  readonly proven: (path: string) => void;
  readonly fault: (error: unknown) => void;
}

/** Milliseconds after an edit in which other requests go first. */
const short = 8;

/** Later than this, what is known so far is shown before the proofs are done. */
const patience = 30;

export function createPublisher(
  workspace: Workspace,
  prover: Prover,
  versions: ReadonlyMap<string, number>,
  send: Send,
): Publisher {
  const waiting = new Set<string>();
  /** Of each file, what each script has against it. */
  const told = new Map<string, Map<string, readonly Diagnostic[]>>();
  const proofs = new WeakMap<Script, readonly ProgramProof[]>();
  let running: Promise<void> | undefined;

  const publish = (script: string, found: readonly Diagnostic[]): void => {
    const byFile = groupByFile(found);
    const before = [...told].filter(([, by]) => by.has(script)).map(([path]) => path);
    for (const path of new Set([script, ...before, ...byFile.keys()])) {
      const by = told.get(path) ?? new Map<string, readonly Diagnostic[]>();
      told.set(path, by);
      const here = byFile.get(path) ?? [];
      if (here.length > 0 || path === script) by.set(script, here);
      else by.delete(script);
      tell(path, by);
    }
  };

  const tell = (path: string, by: ReadonlyMap<string, readonly Diagnostic[]>): void => {
    const seen = new Set<string>();
    const found = [...by.values()].flat().map(lspDiagnostic);
    const distinct = found.filter((one) => {
      const key = `${String(one.code)} ${JSON.stringify(one.range)} ${one.message}`;
      return !seen.has(key) && seen.add(key);
    });
    send.diagnostics(uriOf(path), distinct, versions.get(path));
    if (by.size === 0) told.delete(path);
  };

  const check = async (path: string): Promise<void> => {
    const script = workspace.script(path);
    if (!script) {
      publish(path, []);
      return;
    }
    const isStale = (): boolean => waiting.has(path) || workspace.script(path) !== script;
    if (hasErrors(script.diagnostics)) {
      publish(path, script.diagnostics);
      return;
    }
    const start = performance.now();
    const done: ProgramProof[] = [];
    let early = false;
    for (const one of prover.programs(script, workspace.options())) {
      done.push(one);
      if (!early && performance.now() - start > patience) {
        early = true;
        publish(path, [
          ...script.diagnostics,
          ...proofDiagnostics(script, prover.known(script, workspace.options())),
        ]);
      }
      if (early || done.length % 4 === 0) await later();
      if (isStale()) return;
    }
    proofs.set(script, done);
    publish(path, [...script.diagnostics, ...proofDiagnostics(script, done)]);
    send.proven(path);
  };

  const run = async (): Promise<void> => {
    // Changes that come together are looked at together, and a completion that follows a key goes first.
    await pause(short);
    for (let path = first(waiting); path !== undefined; path = first(waiting)) {
      waiting.delete(path);
      try {
        await check(path);
      } catch (error) {
        send.fault(error);
      }
      await later();
    }
    running = undefined;
  };

  const proofsOf = (script: Script): readonly ProgramProof[] =>
    proofs.get(script) ?? prover.known(script, workspace.options());

  return {
    proofsOf,
    refresh: (paths) => {
      for (const path of paths) waiting.add(path);
      if (waiting.size > 0) running ??= run();
    },
    close: (path) => {
      waiting.delete(path);
      publish(path, []);
      const by = told.get(path);
      by?.delete(path);
      if (by?.size === 0) told.delete(path);
      prover.forget(path);
    },
    diagnosticsOf: (script) => [...script.diagnostics, ...proofDiagnostics(script, proofsOf(script))],
    idle: async () => {
      while (running) await running;
    },
  };
}

function groupByFile(found: readonly Diagnostic[]): ReadonlyMap<string, readonly Diagnostic[]> {
  const groups = new Map<string, Diagnostic[]>();
  for (const one of found) {
    const { path } = one.span.file;
    const group = groups.get(path) ?? [];
    groups.set(path, group);
    group.push(one);
  }
  return groups;
}

function first(paths: ReadonlySet<string>): string | undefined {
  return paths.values().next().value;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
  });
}

/** Lets what has come in meanwhile be handled first. */
function later(): Promise<void> {
  return new Promise((done) => {
    setImmediate(done);
  });
}
