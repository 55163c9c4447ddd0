/**
 * Before all tests: tracefs, where the machine has none mounted and we may. One for all of them, since a test that
 * took its own away would take it from the commands that others are running.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tracefs } from "../../src/loader/tracefs.js";

let mounted: string | undefined;

export function setup(): void {
  if (tracefs() !== undefined) return;
  const place = mkdtempSync(join(tmpdir(), "xdpl-tracefs-"));
  if (spawnSync("mount", ["-t", "tracefs", "tracefs", place], { stdio: "ignore" }).status === 0)
    mounted = place;
  // Tests that need it are skipped, for want of the same privilege.
  else rmdirSync(place);
}

export function teardown(): void {
  if (mounted === undefined) return;
  spawnSync("umount", ["--lazy", mounted], { stdio: "inherit" });
  rmdirSync(mounted);
}
