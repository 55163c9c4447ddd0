/** Tests of scripts, and the engines they run in. */
export { compareEngines, type CompareOptions, type CompareResult } from "./compare.js";
export { coverageOf, lcov, lineOf, totalsOf, type FileCoverage } from "./coverage.js";
export { coveragePage, percent } from "./coverage-page.js";
export { runTests, type RunOptions, type TestReport, type TestResult } from "./run-tests.js";
export type { Layer } from "./dissect.js";
export { openSession, type ProgramRun, type Step, type TestFailure, type TestSession } from "./session.js";
