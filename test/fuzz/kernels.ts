/**
 * What passes the check loads on every kernel that it says it is for: objects in batches, each kernel booted once a
 * batch under QEMU. A script claims the kernels from the one on that has all it asks for.
 */
import { compareKernels } from "../../src/kernel/versions.js";
import { neededKernel } from "../../src/verify/target.js";
import { availableKernels, loadOnKernels, type KernelVerdict } from "../kernels/matrix.js";
import { inputAt, numbersOf, type Failure, type Range } from "./checker.js";
import { kernelOutcome, shapeOf } from "./kernel.js";

/** On one kernel. */
export interface KernelCount {
  /** Scripts that claim it, and of these those with every program accepted. */
  readonly scripts: number;
  readonly accepted: number;
  /** Programs of theirs. */
  readonly programs: number;
  /** Scripts that claim a younger one. */
  readonly notClaimed: number;
  /** Of these, the scripts that this kernel takes all the same. */
  readonly modest: number;
  /** The scripts that were refused with each signature, by number. */
  readonly classes: Readonly<Record<string, readonly number[]>>;
}

export interface KernelsReport {
  readonly inputs: number;
  readonly checked: number;
  /** In this kernel; the others get only what this one takes. */
  readonly loaded: number;
  readonly kernels: Readonly<Record<string, KernelCount>>;
  /** Kernels that did not finish. */
  readonly problems: readonly string[];
  readonly failures: readonly Failure[];
  readonly failed: number;
}

export interface KernelsOptions {
  /** Versions; all that have been fetched when not said. */
  readonly kernels?: readonly string[] | undefined;
  /** Objects that one boot loads. */
  readonly batch?: number;
  readonly parallel?: number;
  /** Told after every batch. */
  readonly onProgress?: (report: KernelsReport) => void;
}

interface Waiting {
  readonly at: number;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The oldest kernel that it claims. */
  readonly oldest: string;
}

interface Count {
  scripts: number;
  accepted: number;
  programs: number;
  notClaimed: number;
  modest: number;
  readonly classes: Record<string, number[]>;
}

export async function fuzzKernels(
  range: Range,
  options: KernelsOptions = {},
  onFailure: (failure: Failure) => void = () => {},
): Promise<KernelsReport> {
  const { batch = 150, kernels = availableKernels(), parallel } = options;
  const failures = new Map<string, Failure>();
  const counts: Record<string, Count> = {};
  const problems: string[] = [];
  let waiting: Waiting[] = [];
  let [inputs, checked, loaded, failed] = [0, 0, 0, 0];
  const report = (): KernelsReport => {
    const counted = { inputs, checked, loaded, kernels: counts };
    return { ...counted, problems, failures: [...failures.values()], failed };
  };
  const refuse = (count: Count, script: Waiting, verdict: KernelVerdict): void => {
    const reason = verdict.rejection?.reason ?? `errno ${verdict.errno}`;
    const signature = `${verdict.kernel} rejected: ${shapeOf(reason)}`;
    (count.classes[signature] ??= []).push(script.at);
    if (failures.has(signature)) return;
    const { at, text } = script;
    const failure = { at, signature, detail: verdict.log.slice(-3000), text, reduced: text };
    failures.set(signature, failure);
    onFailure(failure);
  };
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const objects = waiting.map(({ at, bytes }) => ({ name: `${at}`, bytes }));
    const table = await loadOnKernels(objects, kernels, parallel === undefined ? {} : { parallel });
    problems.push(...table.problems);
    const byScript = new Map<string, KernelVerdict[]>();
    for (const one of table.verdicts) {
      const key = `${one.kernel} ${one.object}`;
      const known = byScript.get(key);
      if (known) known.push(one);
      else byScript.set(key, [one]);
    }
    for (const kernel of kernels) {
      const fresh: Count = { scripts: 0, accepted: 0, programs: 0, notClaimed: 0, modest: 0, classes: {} };
      const count = (counts[kernel] ??= fresh);
      for (const script of waiting) {
        const verdicts = byScript.get(`${kernel} ${script.at}`);
        if (!verdicts) continue;
        const refused = verdicts.find((one) => !one.accepted);
        if (compareKernels(script.oldest, kernel) > 0) {
          count.notClaimed++;
          if (!refused) count.modest++;
          continue;
        }
        count.scripts++;
        count.programs += verdicts.length;
        if (!refused) count.accepted++;
        else {
          failed++;
          refuse(count, script, refused);
        }
      }
    }
    waiting = [];
    options.onProgress?.(report());
  };
  for (const at of numbersOf(range)) {
    const { text } = inputAt(range.seed, at);
    inputs++;
    const { check, rejection, bytes, analysis } = kernelOutcome(text, false);
    if (check !== "accepted") continue;
    checked++;
    if (rejection || !bytes) continue;
    loaded++;
    waiting.push({ at, text, bytes, oldest: neededKernel(analysis?.needs ?? []).kernel });
    if (waiting.length >= batch) await flush();
  }
  await flush();
  return report();
}
