/**
 * Before all tests: tracefs and the BPF file system, where the machine has none mounted and we may. One for all of them,
 * since a test that took its own away would take it from the commands that others are running.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tracefs } from "../../src/loader/tracefs.js";
import { isBpfFileSystem } from "../../src/run/pins.js";
import { bpffs } from "./kernel.js";

/** What takes away again what was mounted. */
const undo: (() => void)[] = [];

export function setup(): void {
  // Tests that need what can't be mounted are skipped, for want of the same privilege.
  if (tracefs() === undefined) {
    const place = mkdtempSync(join(tmpdir(), "xdpl-tracefs-"));
    undo.push(() => rmdirSync(place));
    mount("tracefs", place);
  }
  if (!isBpfFileSystem(bpffs)) mount("bpf", bpffs);
}

function mount(kind: string, place: string): void {
  if (spawnSync("mount", ["-t", kind, kind, place], { stdio: "ignore" }).status === 0)
    undo.push(() => void spawnSync("umount", ["--lazy", place], { stdio: "inherit" }));
}

export function teardown(): void {
  for (const action of undo.splice(0).toReversed()) action();
}
