/** The entry of the bundle: runs the command line, or becomes a snapshot that will. */
import { startupSnapshot } from "node:v8";
import { fileHost } from "../host.js";
import { analyze } from "../pipeline.js";
import { main } from "./main.js";

/** Runs xdpl with these arguments and sets the process's exit code. */
export function run(args: readonly string[]): void {
  void main(args);
}

if (startupSnapshot.isBuildingSnapshot()) {
  // What every start would do: the grammar is made, the prelude read, and the code of all passes compiled.
  for (const text of ["xdp f(pkt) { return DROP; }"]) analyze({ path: "warm.xdpl", text }, fileHost());
  startupSnapshot.setDeserializeMainFunction(() => {
    run(process.argv.slice(2));
  });
}
