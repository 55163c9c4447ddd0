/** The entry of the bundle: runs the command line, or becomes a snapshot that will. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString, startupSnapshot } from "node:v8";
import { packageRoot } from "../host.js";
import { main } from "./main.js";

/** Runs xdpl with these arguments and sets the process's exit code. */
export function run(args: readonly string[]): void {
  // V8 optimises what it has run for a while, which pays off when it will run for a while longer. A build of a tenth of a
  // second spends half of it on that: this makes it wait until it is worth its time.
  setFlagsFromString("--interrupt-budget=300000");
  void main(args);
}

/**
 * What every start would do again: the grammar is made, the standard library read, and all code compiled that a build
 * runs before it comes to LLVM.
 */
async function warmUp(): Promise<void> {
  const examples = join(packageRoot(), "examples");
  const scripts = readdirSync(examples).filter((name) => name.endsWith(".xdpl"));
  const out = mkdtempSync(join(tmpdir(), "xdpl-"));
  try {
    await main(["build", ...scripts.map((name) => join(examples, name)), "--emit", "ll", "-o", out]);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (startupSnapshot.isBuildingSnapshot()) {
  void warmUp();
  startupSnapshot.setDeserializeMainFunction(() => {
    run(process.argv.slice(2));
  });
}
