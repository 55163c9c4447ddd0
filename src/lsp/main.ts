/** The server's program: `xdpl lsp` and the editor's extension start it; its own threads are started from it too. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, workerData } from "node:worker_threads";
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { packageRoot } from "../host.js";
import { compileThread, createCompiler, serveCompiler } from "./compile-worker.js";
import { serve } from "./server.js";

function version(): string {
  const found: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return typeof found === "object" && found !== null && "version" in found ? String(found.version) : "";
}

if (!isMainThread && workerData === compileThread) serveCompiler();
else {
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  serve(connection, createCompiler(fileURLToPath(import.meta.url)), version());
}
