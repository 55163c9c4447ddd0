/** LLVM on a thread of its own, so that the editor need not wait for it. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import type { ListedFunction } from "../llvm/assembly.js";
import type { Cpu } from "../llvm/index.js";

interface Job {
  readonly id: number;
  readonly text: string;
  readonly cpu: Cpu;
}

interface Done {
  readonly id: number;
  readonly listed?: readonly ListedFunction[];
  /** Why there is none: there is no libLLVM here, or it refused the text. */
  readonly problem?: string;
}

export type Compiled =
  | { readonly ok: true; readonly listed: readonly ListedFunction[] }
  | { readonly ok: false; readonly problem: string };

export interface Compiler {
  readonly compile: (text: string, cpu: Cpu) => Promise<Compiled>;
  readonly end: () => Promise<void>;
}

/** The thread starts with the first job. `entry` is this program's file. */
export function createCompiler(entry: string): Compiler {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<number, (done: Compiled) => void>();
  const fail = (problem: string): void => {
    worker = undefined;
    for (const done of waiting.values()) done({ ok: false, problem });
    waiting.clear();
  };
  const start = (): Worker => {
    const made = new Worker(entry, { workerData: compileThread });
    made.on("message", ({ id, listed, problem }: Done) => {
      waiting.get(id)?.(listed ? { ok: true, listed } : { ok: false, problem: problem ?? "" });
      waiting.delete(id);
    });
    made.on("error", (error) => fail(error.message));
    made.on("exit", () => fail("the compiler's thread has ended"));
    made.unref();
    return made;
  };
  return {
    compile: (text, cpu) =>
      new Promise((done) => {
        worker ??= start();
        const id = next++;
        waiting.set(id, done);
        worker.postMessage({ id, text, cpu } satisfies Job);
      }),
    end: async () => {
      await worker?.terminate();
    },
  };
}

/** What a thread of this program is started with to be the compiler. */
export const compileThread = "xdpl-compile";

/** The thread's side. */
export function serveCompiler(): void {
  const port = parentPort;
  if (isMainThread || !port) return;
  const answer = async (job: Job): Promise<void> => {
    const done = await compileJob(job);
    port.postMessage(done);
  };
  port.on("message", (job: Job) => void answer(job));
}

async function compileJob({ id, text, cpu }: Job): Promise<Done> {
  try {
    const { compileModule, readAssembly } = await import("../llvm/index.js");
    const result = compileModule(text, { cpu, endian: "little", emit: "assembly" });
    return result.ok ? { id, listed: readAssembly(result.text) } : { id, problem: result.message };
  } catch (error) {
    return { id, problem: error instanceof Error ? error.message : String(error) };
  }
}
