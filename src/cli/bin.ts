/** The entry of the bundle: runs the command line, or becomes a snapshot that will. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString, startupSnapshot } from "node:v8";
import { fileHost, packageRoot, readSource } from "../host.js";
import { buildWith } from "../pipeline.js";
import { main } from "./main.js";

/** Runs xdpl with these arguments and sets the process's exit code. */
export function run(args: readonly string[]): void {
  // V8 optimises what it has run for a while, which pays off when it will run for a while longer. A build of a tenth of a
  // second spends half of it on that: this makes it wait until it is worth its time.
  setFlagsFromString("--interrupt-budget=1000000");
  void main(args);
}

/** What every start would do again: the grammar is made, the standard library read, the code of all passes compiled. */
function warmUp(): void {
  const host = fileHost();
  const folder = join(packageRoot(), "examples");
  const names = readdirSync(folder).filter((name) => name.endsWith(".xdpl"));
  for (const name of names) buildWith(undefined, readSource(join(folder, name)), host, "ll");
}

if (startupSnapshot.isBuildingSnapshot()) {
  warmUp();
  startupSnapshot.setDeserializeMainFunction(() => {
    run(process.argv.slice(2));
  });
}
