"use strict";
/** Starts xdpl without a snapshot, and has one made in the background for the next time. */
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  process.stderr.write(`xdpl: Node ${process.versions.node} is too old; Node 20 or newer is needed\n`);
  process.exit(3);
}
const { join } = require("node:path");
const bundle = join(__dirname, "main.cjs");

const blob = process.env.XDPL_SNAPSHOT_TO;
delete process.env.XDPL_SNAPSHOT_TO;
if (blob) process.once("exit", () => makeSnapshot(blob));
// Node 22 and newer keep the compiled code of modules; older ones compile it anew.
else require("node:module").enableCompileCache?.();

require(bundle).run(process.argv.slice(2));

/** Nobody waits for it, and when it fails nothing but time is lost. */
function makeSnapshot(path) {
  const { mkdirSync, readdirSync, rmSync, statSync } = require("node:fs");
  const { dirname } = require("node:path");
  const { spawn } = require("node:child_process");
  const month = 30 * 24 * 3600 * 1000;
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      const old = join(folder, name);
      if (/\.(blob|tmp)$/.test(name) && Date.now() - statSync(old).mtimeMs > month) rmSync(old);
    }
    const temporary = `${path}.${process.pid}.tmp`;
    // Snapshots are young in Node, and a broken one would end every start: it has to prove itself first.
    const script = `
      "$1" --snapshot-blob "$2" --build-snapshot "$3" &&
      "$1" --snapshot-blob "$2" -- xdpl build -e "xdp f(pkt) { return DROP; }" --emit ll &&
      mv -f -- "$2" "$4" || rm -f -- "$2"`;
    const options = { detached: true, stdio: "ignore", cwd: folder };
    spawn("/bin/sh", ["-c", script, "sh", process.execPath, temporary, bundle, path], options)
      .on("error", () => {})
      .unref();
  } catch {
    // A cache that can't be written: every start is as this one.
  }
}
