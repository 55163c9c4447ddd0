/**
 * Runs the checker's fuzzer in a thread that is watched: where a script never ends, the thread is stopped, the script is
 * a failure, and a new thread goes on behind it.
 */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import {
  fuzzChecker,
  numbersOf,
  progress,
  type CheckerReport,
  type Failure,
  type InputKind,
  type Range,
} from "./checker.js";

/** In seconds: longer than any script takes on a busy machine. */
const patience = 15;
const chunkSize = 40;
const textRoom = 1 << 18;

interface Task {
  readonly range: Range;
  readonly text: SharedArrayBuffer;
}

type Message =
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "report"; readonly report: CheckerReport };

/** The first number says how many scripts have started, the second how long the last one is; then its text. */
function views(buffer: SharedArrayBuffer): { readonly numbers: Int32Array; readonly bytes: Uint8Array } {
  return { numbers: new Int32Array(buffer, 0, 2), bytes: new Uint8Array(buffer, 8) };
}

const known = new Set<string>();

function work({ range, text }: Task): void {
  const { numbers, bytes } = views(text);
  const encoder = new TextEncoder();
  progress.started = (script) => {
    const { written } = encoder.encodeInto(script, bytes);
    Atomics.store(numbers, 1, written);
    Atomics.add(numbers, 0, 1);
  };
  const report = fuzzChecker(
    range,
    (failure) => parentPort?.postMessage({ kind: "failure", failure }),
    known,
  );
  parentPort?.postMessage({ kind: "report", report });
}

if (!isMainThread) parentPort?.on("message", work);

export async function watchChecker(
  range: Range,
  onFailure: (failure: Failure) => void,
): Promise<CheckerReport> {
  const failures = new Map<string, Failure>();
  const total: Record<InputKind, number> = { random: 0, mutant: 0, garbage: 0 };
  const accepted = { ...total };
  const codes: Record<string, number> = {};
  let [inputs, slowest, failed] = [0, 0, 0];
  const fail = (failure: Failure): void => {
    if (failures.has(failure.signature)) return;
    failures.set(failure.signature, failure);
    onFailure(failure);
  };
  const add = (report: CheckerReport): void => {
    inputs += report.inputs;
    failed += report.failed;
    slowest = Math.max(slowest, report.slowest);
    for (const kind of ["random", "mutant", "garbage"] as const) {
      total[kind] += report.total[kind];
      accepted[kind] += report.accepted[kind];
    }
    for (const [code, count] of Object.entries(report.codes)) codes[code] = (codes[code] ?? 0) + count;
  };
  let worker = new Worker(new URL(import.meta.url), { stdout: false });
  const numbers = [...numbersOf(range)];
  for (let at = 0; at < numbers.length; at += chunkSize) {
    const chunk = numbers.slice(at, at + chunkSize);
    const [from = 0, last = 0] = [chunk[0], chunk.at(-1)];
    const part: Range = { ...range, from, count: last - from + 1 };
    const hung = await runChunk(worker, part, fail, add);
    if (hung === undefined) continue;
    await worker.terminate();
    worker = new Worker(new URL(import.meta.url));
    failed++;
    fail({
      at: from,
      signature: "never ends",
      detail: `among scripts ${from} to ${last}`,
      text: hung,
      reduced: hung,
    });
  }
  await worker.terminate();
  return { inputs, total, accepted, slowest, codes, failures: [...failures.values()], failed };
}

/** Undefined when the chunk is done; else the script that does not end. */
function runChunk(
  worker: Worker,
  range: Range,
  fail: (failure: Failure) => void,
  add: (report: CheckerReport) => void,
): Promise<string | undefined> {
  const text = new SharedArrayBuffer(8 + textRoom);
  const view = views(text);
  return new Promise((resolve, reject) => {
    let [seen, quiet] = [0, 0];
    const timer = setInterval(() => {
      const now = Atomics.load(view.numbers, 0);
      quiet = now === seen ? quiet + 1 : 0;
      seen = now;
      if (quiet < patience) return;
      done(new TextDecoder().decode(view.bytes.slice(0, Atomics.load(view.numbers, 1))));
    }, 1000);
    const onMessage = (message: Message): void => {
      if (message.kind === "failure") fail(message.failure);
      else {
        add(message.report);
        done(undefined);
      }
    };
    const done = (hung: string | undefined): void => {
      clearInterval(timer);
      worker.off("message", onMessage);
      worker.off("error", reject);
      resolve(hung);
    };
    worker.on("message", onMessage);
    worker.once("error", reject);
    worker.postMessage({ range, text } satisfies Task);
  });
}
