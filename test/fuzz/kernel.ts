/** What passes the check is built and loaded: a kernel that rejects it is a broken promise. */
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { openObject, LoaderError } from "../../src/loader/index.js";
import { compileModule } from "../../src/llvm/index.js";
import { compileAnalysis, type Analysis } from "../../src/pipeline.js";
import { analyzeUnchecked, uncheckedObject } from "../support/unchecked.js";
import { inputAt, numbersOf, outcomeOf, signatureOf, type Failure, type Range } from "./checker.js";
import type { GenerateOptions } from "./generate.js";
import { reduce } from "./reduce.js";

/** The object of an analysis without errors. LLVM's refusal is an exception: it is never the script's fault. */
export function objectOf(analysis: Analysis): Uint8Array {
  const compiled = compileAnalysis(compileModule, analysis, "object");
  if (compiled.ok) return compiled.bytes;
  throw new Error(`LLVM refused the generated code: ${compiled.message}`);
}

export interface Rejection {
  readonly signature: string;
  readonly detail: string;
}

/** What this kernel made of an object. */
export interface Load {
  /** Undefined when the kernel took all programs. */
  readonly rejection: Rejection | undefined;
  /** Instructions that the verifier went through, of the program with the most. */
  readonly processed: number;
}

/** Loads and lets go; `way` asks a rejecting kernel for its whole log. */
function loadHere(bytes: Uint8Array, way = false): Load {
  try {
    const result = openObject(bytes).load({ way });
    if (result.kind === "loaded") {
      const processed = result.object.programs.map((one) => one.statistics?.processed ?? 0);
      result.object.close();
      return { rejection: undefined, processed: Math.max(0, ...processed) };
    }
    const reason = result.rejection?.reason ?? `errno ${result.errno}`;
    const detail = `${result.program}: ${reason}\n${result.log.split("\n").slice(-25).join("\n")}`;
    return { rejection: { signature: `rejected: ${shapeOf(reason)}`, detail }, processed: 0 };
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    const signature = `not loaded: ${shapeOf(error.message)}`;
    return { rejection: { signature, detail: error.message }, processed: 0 };
  }
}

export function shapeOf(reason: string): string {
  return reason
    .replaceAll(/0x[\da-f]+|-?\d+/g, "N")
    .replaceAll(/`[^`]*`|'[^']*'/g, "`…`")
    .slice(0, 120);
}

export interface KernelOutcome {
  /** `rejected`: by the check. */
  readonly check: "accepted" | "rejected" | "failed";
  /** Of the check, of LLVM or of this kernel. */
  readonly rejection: Rejection | undefined;
  readonly processed: number;
  /** What was made of an accepted script. */
  readonly bytes?: Uint8Array;
  readonly analysis?: Analysis;
}

/** What becomes of a script in this kernel. */
export function kernelOutcome(text: string, way = true): KernelOutcome {
  const outcome = outcomeOf(text);
  if (outcome.kind === "rejected") return { check: "rejected", rejection: undefined, processed: 0 };
  if (outcome.kind === "failed") {
    const { signature, detail } = outcome;
    return { check: "failed", rejection: { signature: `check: ${signature}`, detail }, processed: 0 };
  }
  const { analysis } = outcome;
  try {
    const bytes = objectOf(analysis);
    return { check: "accepted", ...loadHere(bytes, way), bytes, analysis };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { check: "accepted", rejection: { signature: signatureOf(error), detail }, processed: 0 };
  }
}

/** What this kernel says of a script that only the verifier of the language rejects; undefined for all others. */
function uncheckedOutcome(text: string): { readonly code: string; readonly accepted: boolean } | undefined {
  const entry = { path: "fuzz.xdpl", text };
  try {
    const { verified, before } = analyzeUnchecked(entry);
    if (hasErrors(before)) return undefined;
    const code = verified.diagnostics.find((one) => one.severity === "error")?.code;
    return code === undefined
      ? undefined
      : { code, accepted: loadHere(uncheckedObject(entry)).rejection === undefined };
  } catch {
    // Types that do not fit have no code, and LLVM may refuse what nobody proved.
    return undefined;
  }
}

export interface KernelOptions {
  readonly generate?: GenerateOptions;
  /** For how long one script of each class is made smaller; 0 for not at all. */
  readonly reduceSeconds?: number;
  /** Whether scripts that only the proofs reject are loaded as well. */
  readonly unchecked?: boolean;
  /** Told every 500 scripts. */
  readonly onProgress?: (report: KernelReport) => void;
}

/** The four cells of the promise: what the check says, and what the kernel. */
export interface Cells {
  readonly passedAndLoaded: number;
  /** Must be none. */
  readonly passedAndRefused: number;
  /** False alarms, of scripts that only the proofs reject. */
  readonly failedAndLoaded: number;
  readonly failedAndRefused: number;
}

export interface KernelReport {
  readonly inputs: number;
  /** Passed the check: the denominator of the promise. */
  readonly checked: number;
  readonly loaded: number;
  readonly cells: Cells;
  /** The most instructions that the verifier went through for one program, and how many needed half of its limit. */
  readonly mostProcessed: number;
  /** Scripts of which the kernel walks through more than half of what it allows. */
  readonly overHalf: readonly number[];
  /** The scripts that failed with each signature, by number. */
  readonly classes: Readonly<Record<string, readonly number[]>>;
  /** Codes of false alarms, with the scripts. */
  readonly falseAlarms: Readonly<Record<string, readonly number[]>>;
  /** One of each signature. */
  readonly failures: readonly Failure[];
  readonly failed: number;
}

const halfLimit = 500_000;

export function fuzzKernel(
  range: Range,
  options: KernelOptions = {},
  onFailure: (failure: Failure) => void = () => {},
): KernelReport {
  const failures = new Map<string, Failure>();
  const classes: Record<string, number[]> = {};
  const falseAlarms: Record<string, number[]> = {};
  const overHalf: number[] = [];
  let [inputs, checked, loaded, failed, refused, mostProcessed] = [0, 0, 0, 0, 0, 0];
  const report = (): KernelReport => {
    const alarms = Object.values(falseAlarms).reduce((sum, one) => sum + one.length, 0);
    const cells = {
      passedAndLoaded: loaded,
      passedAndRefused: checked - loaded,
      failedAndLoaded: alarms,
      failedAndRefused: refused,
    };
    const counted = { inputs, checked, loaded, cells, mostProcessed, overHalf };
    return { ...counted, classes, falseAlarms, failures: [...failures.values()], failed };
  };
  for (const at of numbersOf(range)) {
    const { text } = inputAt(range.seed, at, options.generate);
    if (inputs++ % 500 === 499) options.onProgress?.(report());
    const { check, rejection, processed } = kernelOutcome(text, false);
    if (check === "accepted") checked++;
    else if (check === "rejected" && options.unchecked === true) {
      const found = uncheckedOutcome(text);
      if (found?.accepted === true) (falseAlarms[found.code] ??= []).push(at);
      else if (found) refused++;
    }
    mostProcessed = Math.max(mostProcessed, processed);
    if (processed > halfLimit) overHalf.push(at);
    if (!rejection) {
      if (check === "accepted") loaded++;
      continue;
    }
    failed++;
    const { signature } = rejection;
    (classes[signature] ??= []).push(at);
    if (failures.has(signature)) continue;
    const same = (smaller: string): boolean =>
      kernelOutcome(smaller, false).rejection?.signature === signature;
    const seconds = options.reduceSeconds ?? 0;
    const reduced = seconds > 0 ? reduce(text, same, seconds) : text;
    const { detail } = kernelOutcome(reduced).rejection ?? rejection;
    const failure = { at, signature, detail, text, reduced };
    failures.set(signature, failure);
    onFailure(failure);
  }
  return report();
}
