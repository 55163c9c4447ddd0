/** What passes the check is built and loaded: a kernel that rejects it is a broken promise. */
import { openObject, LoaderError } from "../../src/loader/index.js";
import { compileModule } from "../../src/llvm/index.js";
import { generateLlvm, type Analysis } from "../../src/pipeline.js";
import { inputAt, numbersOf, outcomeOf, signatureOf, type Failure, type Range } from "./checker.js";
import type { GenerateOptions } from "./generate.js";
import { reduce } from "./reduce.js";

/** The object of an analysis without errors. LLVM's refusal is an exception: it is never the script's fault. */
export function objectOf(analysis: Analysis): Uint8Array {
  const compiled = compileModule(generateLlvm(analysis), { cpu: "v3", endian: "little", emit: "object" });
  if (compiled.ok) return compiled.bytes;
  throw new Error(`LLVM refused the generated code: ${compiled.message}`);
}

export interface Rejection {
  readonly signature: string;
  readonly detail: string;
}

/** Loads and lets go; undefined when the kernel took all programs. */
export function loadRejection(bytes: Uint8Array): Rejection | undefined {
  try {
    const result = openObject(bytes).load();
    if (result.kind === "loaded") {
      result.object.close();
      return undefined;
    }
    const reason = result.rejection?.reason ?? `errno ${result.errno}`;
    const detail = `${result.program}: ${reason}\n${result.log.split("\n").slice(-25).join("\n")}`;
    return { signature: `rejected: ${shapeOf(reason)}`, detail };
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return { signature: `not loaded: ${shapeOf(error.message)}`, detail: error.message };
  }
}

function shapeOf(reason: string): string {
  return reason
    .replaceAll(/0x[\da-f]+|-?\d+/g, "N")
    .replaceAll(/`[^`]*`|'[^']*'/g, "`…`")
    .slice(0, 120);
}

/** What becomes of a script in this kernel; `at` makes the object's name. */
export function kernelOutcome(text: string): {
  readonly checked: boolean;
  readonly rejection: Rejection | undefined;
  readonly bytes?: Uint8Array;
} {
  const outcome = outcomeOf(text);
  if (outcome.kind !== "accepted") {
    // What the checker throws at is the checker's fuzzer's.
    return { checked: false, rejection: undefined };
  }
  try {
    const bytes = objectOf(outcome.analysis);
    return { checked: true, rejection: loadRejection(bytes), bytes };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { checked: true, rejection: { signature: signatureOf(error), detail } };
  }
}

export interface KernelOptions {
  /** Versions, or `all`; none for this kernel only. */
  readonly kernels?: readonly string[];
  /** Objects that one boot loads. */
  readonly batch?: number;
  readonly generate?: GenerateOptions;
}

/** Programs by what became of them. */
interface OtherKernel {
  accepted: number;
  rejected: number;
  unclear: number;
}

export interface KernelReport {
  readonly inputs: number;
  /** Passed the check: the denominator of the promise. */
  readonly checked: number;
  readonly loaded: number;
  /** By kernel: programs accepted and rejected. */
  readonly others: Readonly<Record<string, OtherKernel>>;
  readonly problems: readonly string[];
  /** How many scripts failed with each signature. */
  readonly classes: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly failed: number;
}

export async function fuzzKernel(
  range: Range,
  options: KernelOptions = {},
  onFailure: (failure: Failure) => void = () => {},
): Promise<KernelReport> {
  const { batch = 200, kernels = [] } = options;
  const failures = new Map<string, Failure>();
  const others: Record<string, OtherKernel> = {};
  const problems: string[] = [];
  const classes: Record<string, number> = {};
  const waiting: { at: number; text: string; bytes: Uint8Array }[] = [];
  let [inputs, checked, loaded, failed] = [0, 0, 0, 0];
  const fail = (failure: Failure): void => {
    failures.set(failure.signature, failure);
    onFailure(failure);
  };
  const flush = async (): Promise<void> => {
    if (waiting.length === 0 || kernels.length === 0) return;
    const { availableKernels, loadOnKernels } = await import("../kernels/matrix.js");
    const chosen = kernels.includes("all") ? availableKernels() : kernels;
    const objects = waiting.map((one) => ({ name: `${one.at}`, bytes: one.bytes }));
    const table = await loadOnKernels(objects, chosen);
    problems.push(...table.problems);
    for (const verdict of table.verdicts) {
      const count = (others[verdict.kernel] ??= { accepted: 0, rejected: 0, unclear: 0 });
      if (verdict.accepted) {
        count.accepted++;
        continue;
      }
      if (verdict.processed !== undefined && !verdict.rejection?.reason) {
        // The verifier had nothing against it: programs are loaded one by one, and a filled program array wants all.
        count.unclear++;
        continue;
      }
      count.rejected++;
      failed++;
      const signature = `${verdict.kernel} rejected: ${shapeOf(verdict.rejection?.reason ?? `errno ${verdict.errno}`)}`;
      if (failures.has(signature)) continue;
      const text = waiting.find((one) => `${one.at}` === verdict.object)?.text ?? "";
      fail({ at: Number(verdict.object), signature, detail: verdict.log.slice(-3000), text, reduced: text });
    }
    waiting.length = 0;
  };
  for (const at of numbersOf(range)) {
    const { text } = inputAt(range.seed, at, options.generate);
    inputs++;
    const { checked: passed, rejection, bytes } = kernelOutcome(text);
    if (!passed) continue;
    checked++;
    if (!rejection) {
      loaded++;
      if (bytes && kernels.length > 0) waiting.push({ at, text, bytes });
      if (waiting.length >= batch) await flush();
      continue;
    }
    failed++;
    const { signature, detail } = rejection;
    classes[signature] = (classes[signature] ?? 0) + 1;
    if (failures.has(signature)) continue;
    const same = (smaller: string): boolean => kernelOutcome(smaller).rejection?.signature === signature;
    fail({ at, signature, detail, text, reduced: reduce(text, same, 40) });
  }
  await flush();
  return { inputs, checked, loaded, others, problems, classes, failures: [...failures.values()], failed };
}
