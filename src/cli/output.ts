/** Files written whole or not at all. */
import {
  existsSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { environment, systemCode, systemMessage } from "./failure.js";

export interface Output {
  readonly path: string;
  readonly content: string | Uint8Array;
}

interface Staged {
  readonly temporary: string;
  readonly target: string;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Writes every output beside its target, then renames all of them into place. When one can't be written, none is
 * there, and what was there before is untouched. A signal meanwhile waits until the end, or finds nothing half done.
 */
export function writeOutputs(outputs: readonly Output[]): void {
  const staged: Staged[] = [];
  const late = (signal: NodeJS.Signals): void => {
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.removeListener(signal, late);
  };
  for (const signal of signals) process.on(signal, late);
  let path = "";
  try {
    for (const output of outputs) {
      path = output.path;
      const bytes = typeof output.content === "string" ? Buffer.from(output.content) : output.content;
      const target = finalPath(path);
      if (target === undefined) {
        writeInto(path, "w", bytes);
        continue;
      }
      const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
      staged.push({ temporary, target });
      writeInto(temporary, "wx", bytes);
    }
    for (const one of staged.splice(0)) {
      path = one.target;
      try {
        renameSync(one.temporary, one.target);
      } catch (error) {
        rmSync(one.temporary, { force: true });
        throw error;
      }
    }
  } catch (error) {
    for (const one of staged) rmSync(one.temporary, { force: true });
    const remedy =
      systemCode(error) === "ENOENT"
        ? `make the folder first: mkdir -p ${dirname(path)}`
        : "nothing was written, and no temporary file is left";
    throw environment(`${path} can't be written: ${reason(error)}`, remedy);
  } finally {
    release();
  }
}

function reason(error: unknown): string {
  return systemCode(error) === "ENOENT" ? "its folder does not exist" : systemMessage(error);
}

/** Where the file itself lies, symbolic links followed; undefined for devices and pipes, which are written into. */
function finalPath(path: string): string | undefined {
  try {
    const target = lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
    return lstatSync(target).isFile() || lstatSync(target).isDirectory() ? target : undefined;
  } catch {
    return path;
  }
}

function writeInto(path: string, flags: "w" | "wx", bytes: Uint8Array): void {
  const file = openSync(path, flags, 0o666);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a folder and those above it. (Node's recursive mkdir never ends where the file system answers ENOENT though the
 * parent is there, as /proc does.)
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return;
    throw environment(`the folder ${path} can't be made: ${systemMessage(error)}`);
  }
}
