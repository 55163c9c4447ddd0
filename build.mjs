/**
 * Makes `dist`: the library with its types (`dist/lib`, by tsc), and the command (`dist/cli`): one bundle, so that a
 * start reads one file, and a launcher that starts Node from a snapshot of the compiler where it can.
 *
 * `node build.mjs --out FOLDER` makes FOLDER/dist instead.
 */
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleOptions, serverOptions } from "./build-options.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const [option, value] = process.argv.slice(2);
const dist = join(option === "--out" && value ? resolve(value) : root, "dist");
// Made aside and put in place when it is whole: whoever uses the old one meanwhile is not disturbed.
mkdirSync(dirname(dist), { recursive: true });
const work = mkdtempSync(join(dirname(dist), ".dist-"));

try {
  const cli = join(work, "cli");
  mkdirSync(cli);
  const tsc = spawn(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      "tsconfig.build.json",
      "--outDir",
      join(work, "lib"),
    ],
    { cwd: root, stdio: "inherit" },
  );
  const compiled = new Promise((done) => tsc.on("close", done));
  const bundles = Promise.all([
    build(bundleOptions(join(cli, "main.cjs"))),
    build(serverOptions(join(cli, "lsp.cjs"))),
  ]);
  const [bundled] = await Promise.allSettled([bundles, compiled]);
  if (bundled.status === "rejected") throw bundled.reason;
  for (const file of ["xdpl", "start.cjs"]) cpSync(join(root, "src/cli/launch", file), join(cli, file));
  writeFileSync(join(cli, "package.json"), '{ "type": "commonjs" }\n');
  chmodSync(join(cli, "xdpl"), 0o755);
  process.exitCode = (await compiled) ?? 1;

  rmSync(dist, { recursive: true, force: true });
  chmodSync(work, 0o755);
  renameSync(work, dist);
} catch (error) {
  // esbuild has said what is wrong with the sources.
  if (!(error instanceof Error && "errors" in error)) console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
