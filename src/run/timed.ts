/** `begin`, `end` and `interval`: programs that the run itself runs, in this process, in order with what it shows. */
import type { ObjectMetadata } from "../base/layout.js";
import { periodOf } from "../base/rates.js";
import { runOnce, type LoadedObject } from "../loader/index.js";

export interface Timed {
  /** Runs `begin`. Before anything else is attached. */
  begin(): void;
  /** Runs each `interval` when its time has come; returns how to stop. */
  start(onRun: () => void): () => void;
  /** Runs `end`. After everything else was detached. */
  end(): void;
}

export function timedPrograms(
  object: LoadedObject,
  metadata: ObjectMetadata,
  names: readonly string[],
): Timed {
  const chosen = metadata.programs.filter(({ name }) => names.includes(name));
  const runAll = (kind: string): void => {
    for (const one of chosen) if (one.kind === kind) runOnce(object.program(one.name));
  };
  return {
    begin: () => runAll("begin"),
    end: () => runAll("end"),
    start(onRun) {
      const timers = chosen
        .filter(({ kind }) => kind === "interval")
        .map(({ name, target }) => {
          const every = Math.max(1, Number((periodOf(target ?? "") ?? 1_000_000_000n) / 1_000_000n));
          return setInterval(() => {
            runOnce(object.program(name));
            onRun();
          }, every);
        });
      return () => {
        for (const timer of timers) clearInterval(timer);
      };
    },
  };
}
