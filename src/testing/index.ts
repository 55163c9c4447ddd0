/** Tests of scripts, and the engines they run in. */
export { compareEngines, type CompareOptions, type CompareResult } from "./compare.js";
