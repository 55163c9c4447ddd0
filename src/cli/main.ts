/** `xdpl`: reads the command line, runs one command, sets the exit code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommanderError, type Command } from "commander";
import { CompilerBug } from "../base/invariant.js";
import { packageRoot } from "../host.js";
import { exitCode, Failure, type ExitCode } from "./failure.js";
import { createProgram, openContext, type Finish } from "./program.js";
import { showFailure, type Terminal } from "./terminal.js";

let known: string | undefined;

function version(): string {
  return (known ??= readVersion());
}

function readVersion(): string {
  const found: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  const named = typeof found === "object" && found !== null && "version" in found ? found.version : undefined;
  return typeof named === "string" ? named : "0.0.0";
}

/** Reports what was thrown; a fault of xdpl's own is called one, and the stack is for those who ask. */
function caught(error: unknown, terminal: Terminal, json: boolean): ExitCode {
  if (error instanceof Failure) {
    showFailure(terminal, error, json);
    return error.exit;
  }
  const outside = outsideFault(error);
  if (outside) {
    showFailure(terminal, outside, json);
    return outside.exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  const kind = error instanceof CompilerBug ? "" : `${error instanceof Error ? error.name : "thrown"}: `;
  if (json) {
    const remedy = "this is a bug in xdpl: please report it with the script";
    terminal.out(
      JSON.stringify({ ok: false, error: { message: kind + message, remedy, exit: exitCode.bug } }) + "\n",
    );
  } else {
    terminal.err(
      `xdpl: this is a bug in xdpl, not in the script: ${kind}${message}\n` +
        `      Please report it with the script, this message, and the output of \`xdpl doctor\`\n` +
        `      (xdpl ${version()}, Node ${process.versions.node}, ${process.platform} ${process.arch}).\n`,
    );
    if (process.env["XDPL_DEBUG"]) terminal.err(`\n${error instanceof Error ? (error.stack ?? "") : ""}\n`);
    else terminal.err(`      XDPL_DEBUG=1 shows where it happened.\n`);
  }
  return exitCode.bug;
}

/** Errors of the loader and of the LLVM binding know their remedy; they are about the machine. */
function outsideFault(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || (error.name !== "LoaderError" && error.name !== "LlvmUnavailable"))
    return undefined;
  const remedy = "remedy" in error && typeof error.remedy === "string" ? error.remedy : undefined;
  const usage = "kind" in error && error.kind === "bad-argument";
  return new Failure(usage ? exitCode.usage : exitCode.environment, error.message, remedy);
}

const finish: Finish = async (work, options) => {
  const context = openContext(options);
  try {
    process.exitCode = await work(context);
  } catch (error) {
    process.exitCode = caught(error, context.terminal, context.json);
  }
};

function makeProgram(): Command {
  const program = createProgram(version(), finish);
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

let made: Command | undefined;

/** Runs the command line `args` (without `node` and the script's name). */
export async function main(args: readonly string[]): Promise<void> {
  const program = (made ??= makeProgram());
  if (args.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = exitCode.usage;
    return;
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // commander has written its message already; help and version are no errors.
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    else process.exitCode = caught(error, openContext({}).terminal, false);
  }
}
