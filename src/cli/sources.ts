/** Scripts from files, standard input and `-e`. */
import { readFileSync } from "node:fs";
import type { SourceFile } from "../base/span.js";
import { decodeSource, readSource, UnreadableSource } from "../host.js";
import { systemMessage, usage } from "./failure.js";
import type { SourceFlags } from "./program.js";

const standardInput = "<stdin>";
const commandLine = "<command line>";

/** What `-` means. */
export function readStandardInput(): SourceFile {
  if (process.stdin.isTTY)
    process.stderr.write("xdpl: reading the script from standard input; end it with ^D\n");
  return { path: standardInput, text: decoded(standardInput, () => decodeSource(readFileSync(0))) };
}

function decoded(path: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const why = error instanceof TypeError ? "it is not UTF-8 text" : systemMessage(error);
  return usage(`${path} can't be read: ${why}`);
}

export function readScript(path: string): SourceFile {
  if (path === "-") return readStandardInput();
  try {
    return readSource(path);
  } catch (error) {
    throw error instanceof UnreadableSource ? unreadable(path, error.cause) : error;
  }
}

/** The scripts a command is asked to work on, at least one. */
export function readScripts(files: readonly string[], flags: SourceFlags, command: string): SourceFile[] {
  if (flags.e !== undefined) {
    if (files.length > 0) throw usage("either -e or files, not both");
    return [{ path: commandLine, text: flags.e }];
  }
  if (files.length === 0)
    throw usage("no script is given", `name a file, or \`-\`, or use -e: xdpl ${command} firewall.xdpl`);
  if (files.filter((file) => file === "-").length > 1) throw usage("standard input can be read only once");
  return files.map(readScript);
}

/** Whether a script has a file of its own, whose name its output can take. */
export function hasFile(source: SourceFile): boolean {
  return source.path !== standardInput && source.path !== commandLine;
}
