/** Tests of scripts, and the engines they run in. */
export { compareEngines } from "./compare.js";
export { coverageOf, lcov, lineOf, totalsOf, type FileCoverage } from "./coverage.js";
export { coveragePage, percent } from "./coverage-page.js";
export { runTests, type TestReport, type TestResult } from "./run-tests.js";
export type { Layer } from "./dissect.js";
export { openSession, type ProgramRun, type Step, type TestFailure } from "./session.js";
