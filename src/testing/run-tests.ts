/** The tests of a script, one after the other. */
import type { Checked } from "../check/checked.js";
import type { IrTest, TestModule } from "../ir/sites.js";
import { coverageOf, type FileCoverage } from "./coverage.js";
import { chanceOf, generatePacket, shrinkPacket, wordsOf } from "./generate.js";
import { openSession, type SessionOptions, type TestFailure } from "./session.js";

export interface RunOptions extends Omit<SessionOptions, "seed"> {
  readonly seed: number;
  /** Packets for each property. */
  readonly runs: number;
  /** Only tests whose name has this in it. */
  readonly filter?: string | undefined;
  readonly onTest?: (result: TestResult) => void;
}

export interface TestResult {
  readonly test: IrTest;
  readonly milliseconds: number;
  /** Undefined when it passed. */
  readonly failure: TestFailure | undefined;
  /** Of a property: how many packets it ran on. */
  readonly runs: number | undefined;
  /** Of a property that failed: the smallest packet that was found to. */
  readonly packet: Uint8Array | undefined;
}

export interface TestReport {
  readonly results: readonly TestResult[];
  readonly coverage: readonly FileCoverage[];
}

export function runTests(checked: Checked, tests: TestModule, options: RunOptions): TestReport {
  const session = openSession(checked, tests, options);
  const words = wordsOf(checked);
  const { filter } = options;
  const chosen = tests.tests.filter(({ name }) => filter === undefined || name.includes(filter));
  const results = chosen.map((test): TestResult => {
    const begun = performance.now();
    const result = test.property
      ? runProperty(test)
      : { failure: session.run(test), runs: undefined, packet: undefined };
    const done = { test, milliseconds: performance.now() - begun, ...result };
    options.onTest?.(done);
    return done;
  });
  return { results, coverage: coverageOf(tests, session.hits) };

  function runProperty(test: IrTest): Pick<TestResult, "failure" | "runs" | "packet"> {
    const chance = chanceOf(options.seed);
    for (let run = 1; run <= options.runs; run++) {
      const packet = generatePacket(checked, words, chance);
      if (!session.run(test, packet)) continue;
      const smallest = shrinkPacket(packet, (one) => session.run(test, one) !== undefined);
      return { failure: session.run(test, smallest), runs: run, packet: smallest };
    }
    return { failure: undefined, runs: options.runs, packet: undefined };
  }
}
