/**
 * Makes `dist`: the library with its types (`dist/lib`, by tsc), and the command (`dist/cli`): one bundle, so that a
 * start reads one file, and a launcher that starts Node from a snapshot of the compiler where it can.
 */
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleOptions } from "./build-options.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const out = join(root, "dist", "cli");

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const bundled = build(bundleOptions(join(out, "main.cjs")));
const tsc = spawnSync(
  process.execPath,
  [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
await bundled;
for (const file of ["xdpl", "start.cjs"]) cpSync(join(root, "src", "cli", "launch", file), join(out, file));
writeFileSync(join(out, "package.json"), '{ "type": "commonjs" }\n');
chmodSync(join(out, "xdpl"), 0o755);
process.exitCode = tsc.status ?? 1;
