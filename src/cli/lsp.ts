/** `xdpl lsp`: the language server is a program of its own (`src/lsp/main.ts`), which the launcher starts directly. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../host.js";
import { environment, exitCode, type ExitCode } from "./failure.js";

export async function lsp(): Promise<ExitCode> {
  const program = join(packageRoot(), "dist", "cli", "lsp.cjs");
  if (!existsSync(program)) throw environment(`${program} is not there`, "build it: ./dev build");
  const server = spawn(process.execPath, [program, "--stdio"], { stdio: "inherit" });
  const [code]: unknown[] = await once(server, "exit");
  return code === 0 ? exitCode.ok : exitCode.bug;
}
