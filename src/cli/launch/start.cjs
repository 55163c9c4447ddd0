"use strict";
/** Starts xdpl without a snapshot, and has one made in the background for the next time. */
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  process.stderr.write(`xdpl: Node ${process.versions.node} is too old; Node 20 or newer is needed\n`);
  process.exit(3);
}
const { join } = require("node:path");
const bundle = join(__dirname, "main.cjs");

const { XDPL_SNAPSHOT_TO: blob, XDPL_SNAPSHOT_FLAGS: flags } = process.env;
delete process.env.XDPL_SNAPSHOT_TO;
delete process.env.XDPL_SNAPSHOT_FLAGS;
if (blob) process.once("exit", () => makeSnapshot(blob, flags ?? ""));
// Node 22 and newer keep the compiled code of modules; older ones compile it anew.
else require("node:module").enableCompileCache?.();

require(bundle).run(process.argv.slice(2));

/** Nobody waits for it, and when it fails nothing but time is lost: every start is then as this one. */
function makeSnapshot(path, flags) {
  // Snapshots are young in Node, and a broken one would end every start: it has to prove itself first. The shell makes
  // the folder, for Node's own recursive mkdir never ends where the file system answers ENOENT to it (/proc).
  const script = `
    umask 077
    mkdir -p -- "$5" && cd -- "$5" || exit
    find . -name "*.blob" -mtime +30 -o -name "*.tmp" -mmin +10 | while read -r old; do rm -f -- "$old"; done
    "$1" $6 --snapshot-blob "$2" --build-snapshot "$3" &&
    "$1" $6 --snapshot-blob "$2" -- xdpl build -e "xdp f(pkt) { return DROP; }" --emit ll &&
    mv -f -- "$2" "$4" || rm -f -- "$2"`;
  const { dirname } = require("node:path");
  const { spawn } = require("node:child_process");
  const names = [process.execPath, `${path}.${process.pid}.tmp`, bundle, path, dirname(path), flags];
  try {
    const env = { ...process.env, XDPL_KOFFI_ADDON: koffiAddon() };
    const options = { detached: true, stdio: "ignore", cwd: "/", env };
    spawn("/bin/sh", ["-c", script, "sh", ...names], options)
      .on("error", () => {})
      .unref();
  } catch {
    // No shell, no more processes: as above.
  }
}

/** The library that koffi's package opens on this machine; empty when it opens none. */
function koffiAddon() {
  try {
    const opened = require("koffi").version !== undefined;
    return (opened && Object.keys(require.cache).find((path) => path.endsWith("koffi.node"))) || "";
  } catch {
    return "";
  }
}
